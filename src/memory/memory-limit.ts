/**
 * A lower memory limit while the cache runs: pages above a number are not used any more, and those
 * that hold something are drained one after the other. The memory itself stays with the process.
 */
import { load, store } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { PAGE, PAGE_ACTIVE, PAGE_DRAINING, pageStateOf } from '../../native-layout/page.ts'
import type { PageNumber } from '../../native-layout/units.ts'
import { lastPage } from './page-claim.ts'
import { adoptDrain, beginDrain, drainStep } from './page-moves.ts'
import { enter, leave } from './row.ts'
import { settle } from './slab-allocator.ts'
import { pageAddress, type MemoryView } from './view.ts'

/**
 * Uses no more than so many bytes from now on, at least one page; what lives beyond is evicted step
 * by step (`trimStep`). More than the engine was created with cannot be had.
 * @returns the bytes that may be used now
 */
export function limitMemory(view: MemoryView, bytes: number): number {
  const { plan } = view
  const fixed = plan.memoryBytes - plan.pages * plan.pageBytes
  const pages = Math.max(1, Math.min(plan.pages, Math.floor((bytes - fixed) / plan.pageBytes)))
  store(view.control, CONTROL.LIMIT, pages === plan.pages ? 0 : pages)
  return fixed + pages * plan.pageBytes
}

/** Bytes that may be used: the budget, unless the limit was lowered. */
export function memoryLimit(view: MemoryView): number {
  const { plan } = view
  return plan.memoryBytes - (plan.pages - lastPage(view)) * plan.pageBytes
}

/** Drains pages above the memory limit, a bounded step; whether none is left. */
export function trimStep(view: MemoryView): boolean {
  const page = nextBeyond(view)
  if (page === 0) return true
  const state = load(view.control, pageAddress(view, page) + PAGE.STATE)
  enter(view)
  if (load(view.control, CONTROL.DRAIN) === 0) {
    if (pageStateOf(state) === PAGE_ACTIVE) beginDrain(view, page, state)
    else adoptDrain(view)
  }
  drainStep(view, CHUNKS_PER_STEP)
  leave(view)
  settle(view)
  return false
}
const CHUNKS_PER_STEP = 256

/** The highest page above the limit that holds something; one given up only if all others are. */
function nextBeyond(view: MemoryView): PageNumber {
  const last = lastPage(view)
  let abandoned = 0
  for (let page = view.plan.pages; page > last; page--) {
    const state = pageStateOf(load(view.control, pageAddress(view, page) + PAGE.STATE))
    if (state !== PAGE_ACTIVE && state !== PAGE_DRAINING) continue
    if (!view.abandoned.has(page)) return page
    if (abandoned === 0) abandoned = page
  }
  if (abandoned !== 0) view.abandoned.clear()
  return abandoned
}
