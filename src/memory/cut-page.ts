/**
 * Cutting a free page for a class: which one, and whether it may be cut yet.
 *
 * A page that was emptied for a class waits for that class for a while, and one whose chunk
 * versions would come round again rests (I-REST).
 */
import { load, peek } from '#atomics'
import { PAGE, PAGE_FREE, pageStateOf } from '../../native-layout/page.ts'
import { MAGAZINE } from '../../native-layout/thread-row.ts'
import type { PageNumber, SizeClass } from '../../native-layout/units.ts'
import { magazineAt, quarantinePassed, snapshotRows } from './magazine.ts'
import {
  cut,
  isFree,
  lastPage,
  lowestFree,
  mustRest,
  releaseClaim,
  takeBatch,
  tryClaim,
} from './page-claim.ts'
import { isMeantFor, stampBatch, startCounting } from './page-demand.ts'
import { pageAddress, type MemoryView } from './view.ts'

/**
 * Cuts a free page for the class: the lowest, or while that one rests another one.
 * @param any also one that was emptied for another class
 */
export function cutFree(view: MemoryView, sizeClass: SizeClass, any: boolean): boolean {
  const lowest = lowestFree(view)
  if (lowest === 0) return false
  const last = Math.min(lastPage(view), lowest + PAGES_TRIED)
  for (let page = lowest; page <= last; page++) {
    if (!isFree(view, page) || !(any || isMeantFor(view, page, sizeClass))) continue
    if (cutPage(view, page, sizeClass)) return true
  }
  return false
}
const PAGES_TRIED = 64

export function cutPage(view: MemoryView, page: PageNumber, sizeClass: SizeClass): boolean {
  const free = load(view.control, pageAddress(view, page) + PAGE.STATE)
  if (pageStateOf(free) !== PAGE_FREE) return false
  if (mustRest(view, page, free) && !hasRested(view, page, free)) return false
  if (!tryClaim(view, page)) return false
  const done = cut(view, page, sizeClass, free)
  const isEmpty = peek(view.control, magazineAt(view, sizeClass) + MAGAZINE.TOP) === 0
  if (done && isEmpty) takeBatch(view, page, sizeClass, view.batches[sizeClass]!)
  releaseClaim(view, page)
  if (!done) return false
  stampBatch(view, page, sizeClass)
  startCounting(view, sizeClass)
  view.restingPage = 0
  view.pageHint[sizeClass] = page
  return true
}

/**
 * Whether the operations that were under way when this thread first saw the free page are over, its
 * own included: it may hold a slot word from before itself.
 */
function hasRested(view: MemoryView, page: PageNumber, free: number): boolean {
  if (view.restingPage !== page || view.restingState !== free) {
    if (isWaiting(view, view.restingPage)) return false
    view.restingPage = page
    view.restingState = free
    snapshotRows(view, view.restingSnapshot, true)
  }
  return quarantinePassed(view, view.restingSnapshot)
}

/** Whether this thread waits for another page still, one that can be used once it has rested. */
function isWaiting(view: MemoryView, page: PageNumber): boolean {
  if (page === 0 || page > lastPage(view)) return false
  const state = load(view.control, pageAddress(view, page) + PAGE.STATE)
  return state === view.restingState && !quarantinePassed(view, view.restingSnapshot)
}
