/**
 * What an operator may ask of the slabs while the cache runs: counts per size class, a page moved
 * from one class to another, less memory, a sweep of what is over. Bounded steps; nobody waits.
 */
import { load, peek, store } from '#atomics'
import { CLASS, CONTROL } from '../../native-layout/control-block.ts'
import {
  PAGE,
  PAGE_ACTIVE,
  pageClassOf,
  pageStateOf,
  stackCount,
} from '../../native-layout/page.ts'
import { capacityOf, isFree } from '../memory/page-claim.ts'
import { classOfPage } from '../memory/page-demand.ts'
import { beginDrain, drainStep } from '../memory/page-moves.ts'
import { enter, leave, renew } from '../memory/row.ts'
import { cutPage } from '../memory/cut-page.ts'
import { settle } from '../memory/slab-allocator.ts'
import { classAddress, pageAddress, type MemoryView } from '../memory/view.ts'
import { sweepPage } from './sweep.ts'

export { limitMemory, memoryLimit, trimStep } from '../memory/memory-limit.ts'

/** One size class, counted without stopping anybody. */
export interface ClassStats {
  readonly chunkBytes: number
  readonly chunksPerPage: number
  pages: number
  /** Chunks given out at some time: in use, or free in a page or a magazine. */
  carved: number
  /** Free chunks in the pages; those in the threads' magazines count as in use. */
  free: number
  /** Entries evicted from the class, ever. */
  readonly evicted: number
}

/** The size classes in the order of their numbers, those without a page included. */
export function classStats(view: MemoryView): ClassStats[] {
  const classes: ClassStats[] = []
  for (const [sizeClass, chunkBytes] of view.classes.bytes.entries()) {
    const evicted = load(view.control, classAddress(sizeClass) + CLASS.EVICTED) >>> 0
    const chunksPerPage = capacityOf(view, sizeClass)
    classes.push({ chunkBytes, chunksPerPage, pages: 0, carved: 0, free: 0, evicted })
  }
  for (let page = 1; page <= view.plan.pages; page++) {
    const at = pageAddress(view, page)
    const state = load(view.control, at + PAGE.STATE)
    if (pageStateOf(state) !== PAGE_ACTIVE) continue
    const of = classes[pageClassOf(state)]!
    of.pages++
    of.carved += peek(view.control, at + PAGE.CARVED)
    of.free += stackCount(peek(view.control, at + PAGE.STACK))
  }
  return classes
}

/**
 * Moves a page from one class to another: what lives in it is moved or evicted.
 * @returns 'moved'; 'none' when the class has no page to give; 'busy' when another page is being
 * drained or a thread keeps a chunk of the page
 */
export function movePage(view: MemoryView, from: number, to: number): 'moved' | 'none' | 'busy' {
  const page = emptiestOf(view, from)
  if (page === 0 || view.classes.bytes[to] === undefined) return 'none'
  enter(view)
  let done: 'moved' | 'busy' = 'busy'
  const state = load(view.control, pageAddress(view, page) + PAGE.STATE)
  if (pageStateOf(state) === PAGE_ACTIVE && beginDrain(view, page, state)) {
    for (let step = 0; step < MOST_STEPS && !drainStep(view, CHUNKS_PER_STEP); step++);
    for (let tries = 0; done === 'busy' && tries < 2 && isFree(view, page); tries++) {
      if (cutPage(view, page, to)) done = 'moved'
      else renew(view) // It may rest for this very operation.
    }
  }
  leave(view)
  settle(view)
  return done
}
const MOST_STEPS = 64
const CHUNKS_PER_STEP = 256

function emptiestOf(view: MemoryView, sizeClass: number): number {
  let best = 0
  let mostFree = -1
  for (let page = 1; page <= view.plan.pages; page++) {
    if (classOfPage(view, page) !== sizeClass) continue
    const at = pageAddress(view, page)
    const taken =
      peek(view.control, at + PAGE.CARVED) - stackCount(peek(view.control, at + PAGE.STACK))
    const free = capacityOf(view, sizeClass) - taken
    if (free > mostFree) {
      mostFree = free
      best = page
    }
  }
  return best
}

/** Whether pages follow the demand by themselves (they do unless this was switched off). */
export function setAutomove(view: MemoryView, isOn: boolean): void {
  store(view.control, CONTROL.STILL, isOn ? 0 : 1)
}

/**
 * Sweeps one page for entries whose time is over.
 * @param sizeClass only a page of this class; -1: any
 * @returns entries freed
 */
export function crawlPage(view: MemoryView, page: number, sizeClass: number): number {
  const state = load(view.control, pageAddress(view, page) + PAGE.STATE)
  if (pageStateOf(state) !== PAGE_ACTIVE) return 0
  if (sizeClass >= 0 && pageClassOf(state) !== sizeClass) return 0
  return sweepPage(view, page)
}
