/**
 * Maintenance: bounded steps that free what is over before anybody asks for its memory, and work on
 * a page that is being drained.
 *
 * Expired entries are found without looking at what cannot have expired: each page keeps a lower
 * bound of the expiries in it, and a page whose bound has not passed is skipped by reading one
 * word. Where it has passed, a sample says whether enough is over for a sweep to pay, and if not,
 * after how long another one is worth taking; what stays behind is a small share of a page, and
 * goes once the page is overdue.
 */
import { add, load, peek } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { PAGE, PAGE_ACTIVE, pageStateOf } from '../../native-layout/page.ts'
import { tickOf } from '../memory/complete-entry.ts'
import { trimStep } from '../memory/memory-limit.ts'
import { drainStep } from '../memory/page-moves.ts'
import { enter, leave } from '../memory/row.ts'
import { settle } from '../memory/slab-allocator.ts'
import { pageAddress, type MemoryView } from '../memory/view.ts'
import { ENOUGH_OVER, sampleOver, sweepPage } from './sweep.ts'

/** Pages whose bound one step reads, and of which it takes a sample. */
const PAGES_PER_STEP = 256
const SAMPLES_PER_STEP = 4
/** Entries that one step frees, and chunks that it looks at, or a page more. */
const FREED_PER_STEP = 256
const CHUNKS_PER_STEP = 2048
/** A page is swept, whatever the sample says, when something in it is over for so many ticks. */
const OVERDUE_TICKS = 512

/**
 * One bounded step.
 * @returns entries freed
 */
export function maintainStep(view: MemoryView): number {
  const freed = view.sweepFrom > 0 ? sweepOn(view) : sweepNext(view)
  if (peek(view.control, CONTROL.LIMIT) !== 0) trimStep(view)
  if (load(view.control, CONTROL.DRAIN) !== 0) {
    enter(view)
    drainStep(view, 64)
    leave(view)
  }
  settle(view)
  return freed
}

/** Goes on with the page in which the last sweep of this thread had freed enough. */
function sweepOn(view: MemoryView): number {
  return sweepPage(view, view.sweptPage, FREED_PER_STEP, view.sweepFrom)
}

/** Sweeps the next pages that are worth it. */
function sweepNext(view: MemoryView): number {
  const { control } = view
  const { pages } = view.plan
  const now = tickOf(view, view.now())
  const cursor = peek(control, CONTROL.EXPIRY_CURSOR) >>> 0
  let samples = 0
  let freed = 0
  let looked = 0
  for (let chunks = 0; chunks < CHUNKS_PER_STEP && samples < SAMPLES_PER_STEP; ) {
    if (looked === Math.min(pages, PAGES_PER_STEP)) break
    const page = ((cursor + looked++) % pages) + 1
    const at = pageAddress(view, page)
    const bound = peek(control, at + PAGE.EXPIRY)
    if (bound >= now || pageStateOf(peek(control, at + PAGE.STATE)) !== PAGE_ACTIVE) continue
    const since = now - bound
    if (since < OVERDUE_TICKS) {
      if (view.sampleDue[page]! > now) continue
      const over = sampleOver(view, page)
      samples++
      if (over < ENOUGH_OVER) {
        view.sampleDue[page] = now + Math.max(1, since >>> (over + 1))
        continue
      }
    }
    view.sampleDue[page] = 0
    view.sweptPage = page
    freed += sweepPage(view, page, FREED_PER_STEP - freed)
    chunks += peek(control, at + PAGE.CARVED)
    if (freed >= FREED_PER_STEP || view.sweepFrom > 0) break
  }
  add(control, CONTROL.EXPIRY_CURSOR, looked)
  return freed
}
