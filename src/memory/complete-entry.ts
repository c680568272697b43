/**
 * The last step of filling a chunk: its incarnation says that it is whole, and the bound of its
 * page that something in it expires.
 */
import * as atomics from '#atomics'
import * as entryHeader from '../../native-layout/entry-header.ts'
import * as page from '../../native-layout/page.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import * as view from './view.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { closeWrites, compareExchange, load, store } = atomics
const { HEADER } = entryHeader
const { NEVER_TICK, PAGE, TICK_MS } = page
const { handleIn, pageAddress, pageOf } = view

/**
 * Completes the chunk of a live word: a reader that loads this incarnation reads these bytes, also
 * where it met an equal word of the slot's past. With an expiry the page's bound follows, before
 * the entry is published. Both are sequentially consistent: a sweep of the page, which resets the
 * bound and looks at the chunks then, either sees the chunk complete, or its reset is seen here.
 */
export function markComplete(
  view: MemoryView,
  word: number,
  words: Int32Array,
  at: WordIndex,
  incarnation: number,
  expiry: number,
): void {
  if (expiry === 0) {
    closeWrites(words, at + HEADER.INCARNATION, incarnation)
    return
  }
  store(words, at + HEADER.INCARNATION, incarnation)
  const tick = tickOf(view, expiry)
  const bound = pageAddress(view, pageOf(view, handleIn(view, word))) + PAGE.EXPIRY
  for (let seen = load(view.control, bound); tick < seen; seen = load(view.control, bound)) {
    compareExchange(view.control, bound, seen, tick)
  }
}

/** The expiry tick of an absolute time in ms. */
export function tickOf(view: MemoryView, ms: number): number {
  const tick = Math.floor((ms - view.startedAt) / TICK_MS)
  return Math.max(0, Math.min(NEVER_TICK - 1, tick))
}
