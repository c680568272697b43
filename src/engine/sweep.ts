/**
 * Sweeping a page: freeing what is over in it, and renewing the bound that tells when something in
 * it expires.
 *
 * A sweep reads the headers of a page in their order, and what is over is removed in groups
 * (sweep-group.ts). What it costs is cache misses, so it asks for many lines before it looks at the
 * first: a look branches by what it reads, and a branch that was guessed wrong waits for memory. It
 * ends after so many removals that no caller is held up; a later one goes on where it ended.
 *
 * Rejected: pages that hold entries of one band of expiries (Segcache, J. Yang et al., NSDI 2021).
 * A sweep would look at two entries for each that it frees instead of about fourteen, which is half
 * of what is left of an expiry's cost, for as many magazines and half filled pages as there are
 * bands.
 */
import { closeOperation, compareExchange, load, peek, store } from '#atomics'
import { CLASS } from '../../native-layout/control-block.ts'
import { HEADER, INTENT, isComplete, presenceOf } from '../../native-layout/entry-header.ts'
import {
  NEVER_TICK,
  PAGE,
  PAGE_ACTIVE,
  pageClassOf,
  pageStateOf,
} from '../../native-layout/page.ts'
import { GROUP_MOST, ROW } from '../../native-layout/thread-row.ts'
import type { PageNumber, WordIndex } from '../../native-layout/units.ts'
import { tickOf } from '../memory/complete-entry.ts'
import { expiryIn, isEntry } from '../memory/entry.ts'
import { chunkIn, Located } from '../memory/locate.ts'
import { enter, leave, raiseHint, record } from '../memory/row.ts'
import { settle } from '../memory/slab-allocator.ts'
import { classAddress, firstOf, pageAddress, segmentOf, shapeOf } from '../memory/view.ts'
import type { MemoryView } from '../memory/view.ts'
import { group, isFlushed, removeOver } from './sweep-group.ts'

const resident = new Located()
/**
 * Frees what is over in a page, flushed entries too, and renews its expiry bound unless it ends
 * before it has seen all.
 * @param most entries freed at most, or a group more
 * @param from ordinal that it begins at
 * @returns entries freed
 */
export function sweepPage(view: MemoryView, page: PageNumber, most = Infinity, from = 0): number {
  const { control } = view
  const at = pageAddress(view, page)
  const state = load(control, at + PAGE.STATE)
  if (pageStateOf(state) !== PAGE_ACTIVE) return 0
  enter(view)
  record(view, ROW.SCAN_PAGE, page)
  const before = load(control, at + PAGE.EXPIRY)
  store(control, at + PAGE.EXPIRY, NEVER_TICK)
  // The looks at the chunks come after the reset: see markComplete.
  closeOperation(control, view.rowAt + ROW.MOVING)
  const carved = load(control, at + PAGE.CARVED)
  view.sweepFrom = 0
  view.soonest = Number.POSITIVE_INFINITY
  const freed = sweepChunks(view, page, carved, most, from)
  let earliest = view.soonest === Number.POSITIVE_INFINITY ? NEVER_TICK : tickOf(view, view.soonest)
  if (view.sweepFrom > 0) earliest = Math.min(earliest, before)
  for (let seen = load(control, at + PAGE.EXPIRY); earliest < seen; ) {
    compareExchange(control, at + PAGE.EXPIRY, seen, earliest)
    seen = load(control, at + PAGE.EXPIRY)
  }
  record(view, ROW.SCAN_PAGE, 0)
  leave(view)
  if (freed > 0) {
    raiseHint(view, classAddress(pageClassOf(state)) + CLASS.FREED)
    view.pageHint[pageClassOf(state)] = page
  }
  settle(view)
  return freed
}

/** Looks at the chunks of a page; where it ends early, `view.sweepFrom` says where to go on. */
function sweepChunks(
  view: MemoryView,
  page: PageNumber,
  carved: number,
  most: number,
  from: number,
): number {
  const shape = shapeOf(view, page)
  if (shape === 0) return 0
  const chunks = Math.min(carved, Math.floor(view.pageWords / shape))
  const words = view.data[segmentOf(view, page)]!
  const doubles = view.dataDoubles[segmentOf(view, page)]!
  const first = firstOf(view, page)
  const now = view.now()
  let soonest = Number.POSITIVE_INFINITY
  let freed = 0
  let grouped = 0
  let ordinal = from < chunks ? from : 0
  let touchedTo = ordinal
  for (let left = chunks; left-- > 0; ) {
    if (ordinal === touchedTo) {
      touchedTo = Math.min(ordinal + AHEAD, chunks)
      touchHeaders(view, words, first + ordinal * shape, first + touchedTo * shape, shape)
    }
    const expiry = lookAt(view, words, doubles, first + ordinal * shape, now)
    if (expiry === PERHAPS_OVER) group[grouped++] = ordinal
    else if (expiry > 0 && expiry < soonest) soonest = expiry
    if (++ordinal === chunks) ordinal = touchedTo = 0
    if (grouped === GROUP_MOST || (grouped > 0 && left === 0)) {
      freed += removeOver(view, page, shape, grouped, now)
      grouped = 0
      if (freed >= most && left > 0) {
        view.sweepFrom = ordinal
        break
      }
    }
  }
  view.soonest = Math.min(view.soonest, soonest)
  return freed
}
/** Chunks whose headers are read ahead: what the first-level cache has room for. */
const AHEAD = 64

/** Reads the headers of chunks, so that they are in the cache when they are looked at. */
function touchHeaders(
  view: MemoryView,
  words: Int32Array,
  from: WordIndex,
  to: WordIndex,
  shape: number,
): void {
  let touched = 0
  for (let at = from; at < to; at += shape) {
    touched ^= peek(words, at) ^ peek(words, at + HEADER.WORDS)
  }
  view.touched = touched
}

const PERHAPS_OVER = -1

/**
 * The expiry of a complete entry that is not over, 0 if it has none, or nothing is there;
 * PERHAPS_OVER if it has to be looked at in its slot. Reads nothing but the chunk.
 */
function lookAt(
  view: MemoryView,
  words: Int32Array,
  doubles: Float64Array,
  at: WordIndex,
  now: number,
): number {
  if (!isComplete(peek(words, at + HEADER.INCARNATION)) || !isEntry(words, at)) return 0
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  if ((presence & INTENT) !== 0) return PERHAPS_OVER
  const expiry = expiryIn(doubles, at, presence)
  if (expiry !== 0 && expiry <= now) return PERHAPS_OVER
  return isFlushed(view, words, at, presence) ? PERHAPS_OVER : expiry
}

/** How many chunks of a sample are over, when so many that a sweep pays; else how few. */
export function sampleOver(view: MemoryView, page: PageNumber): number {
  const carved = peek(view.control, pageAddress(view, page) + PAGE.CARVED)
  if (carved <= SAMPLE) return ENOUGH_OVER
  const now = view.now()
  const stride = Math.floor(carved / SAMPLE)
  let over = 0
  let ordinal = view.sampleFrom++ % stride
  for (let n = 0; n < SAMPLE; n++, ordinal += stride) {
    if (!chunkIn(view, page, ordinal, resident)) break
    const { words, at, segment } = resident
    const look = lookAt(view, words, view.dataDoubles[segment]!, at, now)
    if (look === PERHAPS_OVER && ++over === ENOUGH_OVER) break
  }
  return over
}
/** A page is swept when so many chunks of the sample are over: about a twelfth of it. */
const SAMPLE = 64
export const ENOUGH_OVER = 5
