/**
 * Maintenance: bounded steps that free what is over before anybody asks for its memory, and work on
 * a page that is being drained.
 *
 * Expired entries are found without looking at what cannot have expired: each page keeps a lower
 * bound of the expiries in it, and a page whose bound has not passed is skipped by reading one
 * word.
 */
import { add, compareExchange, load, peek, store } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { HEADER, isComplete, presenceOf } from '../../native-layout/entry-header.ts'
import { NEVER_TICK, PAGE, PAGE_ACTIVE, pageStateOf } from '../../native-layout/page.ts'
import { ROW } from '../../native-layout/thread-row.ts'
import { expiryIn, isEntry } from '../memory/entry.ts'
import { deadReason, evictLocated } from '../memory/evict-entry.ts'
import { chunkIn, locate, Located } from '../memory/locate.ts'
import { handleAt } from '../memory/page-claim.ts'
import { enter, leave, record } from '../memory/row.ts'
import { trimStep } from '../memory/memory-limit.ts'
import { drainStep } from '../memory/page-moves.ts'
import { settle } from '../memory/slab-allocator.ts'
import { pageAddress, type MemoryView } from '../memory/view.ts'
import { tickOf } from '../memory/complete-entry.ts'

const resident = new Located()
/** Pages whose bound one step reads. */
const PAGES_PER_STEP = 256

/**
 * One bounded step.
 * @returns entries freed
 */
export function maintainStep(view: MemoryView): number {
  const now = tickOf(view, view.now())
  let freed = 0
  if (view.sweepLeft === 0) claimPages(view)
  while (view.sweepLeft > 0) {
    const page = view.sweepNext
    view.sweepLeft--
    view.sweepNext = page === view.plan.pages ? 1 : page + 1
    const at = pageAddress(view, page)
    if (peek(view.control, at + PAGE.EXPIRY) >= now) continue
    if (pageStateOf(peek(view.control, at + PAGE.STATE)) !== PAGE_ACTIVE) continue
    freed += sweepPage(view, page)
    break
  }
  if (peek(view.control, CONTROL.LIMIT) !== 0) trimStep(view)
  if (load(view.control, CONTROL.DRAIN) !== 0) {
    enter(view)
    drainStep(view, 64)
    leave(view)
  }
  settle(view)
  return freed
}

/**
 * Takes the next pages of the cursor that all threads move on. What is left of them when a page had
 * to be swept waits for this thread's next step; a thread that dies leaves them to the next round.
 */
function claimPages(view: MemoryView): void {
  const { pages } = view.plan
  const claimed = Math.min(pages, PAGES_PER_STEP)
  view.sweepNext = ((add(view.control, CONTROL.EXPIRY_CURSOR, claimed) >>> 0) % pages) + 1
  view.sweepLeft = claimed
}

/** Frees what is over in a page and renews its expiry bound. Also frees flushed entries. */
export function sweepPage(view: MemoryView, page: number): number {
  const { control } = view
  const at = pageAddress(view, page)
  if (pageStateOf(load(control, at + PAGE.STATE)) !== PAGE_ACTIVE) return 0
  enter(view)
  record(view, ROW.SCAN_PAGE, page)
  store(control, at + PAGE.EXPIRY, NEVER_TICK)
  let earliest = NEVER_TICK
  let freed = 0
  const carved = load(control, at + PAGE.CARVED)
  for (let ordinal = 0; ordinal < carved; ordinal++) {
    const expiry = sweepChunk(view, page, ordinal)
    if (expiry < 0) freed++
    else if (expiry > 0) earliest = Math.min(earliest, tickOf(view, expiry))
  }
  for (let seen = load(control, at + PAGE.EXPIRY); earliest < seen; ) {
    compareExchange(control, at + PAGE.EXPIRY, seen, earliest)
    seen = load(control, at + PAGE.EXPIRY)
  }
  record(view, ROW.SCAN_PAGE, 0)
  leave(view)
  settle(view)
  return freed
}

/** The expiry of the entry in a chunk, linked or about to be; 0 none; -1 when it was freed. */
function sweepChunk(view: MemoryView, page: number, ordinal: number): number {
  if (!chunkIn(view, page, ordinal, resident)) return 0
  const { words, at } = resident
  if (!isComplete(load(words, at + HEADER.INCARNATION)) || !isEntry(words, at)) return 0
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  const expiry = expiryIn(view.dataDoubles[resident.segment]!, at, presence)
  if (!locate(view, handleAt(view, page, ordinal), resident)) return expiry
  const dead = deadReason(view, resident)
  return dead >= 0 && evictLocated(view, resident, dead) ? -1 : expiry
}
