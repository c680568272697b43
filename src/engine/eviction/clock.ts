/**
 * CLOCK with two reference bits per entry: the default policy, an approximation of LRU whose hits
 * cost at most one plain byte store.
 *
 * One hand per size class walks the chunks of the class's pages in their order. It cools what it
 * passes and takes the first entry that is cold; the next entry of the class is written into the
 * chunk so freed, behind the hand, as in the textbook (F. J. Corbató, "A paging experiment with
 * the Multics system", 1968). Entries start cold: inserting them warm costs hit ratio.
 *
 * Rejected: a hand over the table's slots. It meets entries in hash order, and frees chunks of
 * every class but the one that is wanted.
 */
import { compareExchange, load } from '#atomics'
import { CLASS, CONTROL, SPACE, SPACES_AT } from '../../../native-layout/control-block.ts'
import { CONTINUATION } from '../../../native-layout/entry-header.ts'
import {
  PAGE,
  PAGE_ACTIVE,
  pageClassOf,
  pageStateOf,
  TICK_MS,
} from '../../../native-layout/page.ts'
import { isEntry } from '../../memory/entry.ts'
import { cool, heat, warm } from '../../memory/clock-bits.ts'
import { deadReason, evictLocated } from '../../memory/evict-entry.ts'
import { chunkIn, locate, Located } from '../../memory/locate.ts'
import { raiseHint } from '../../memory/row.ts'
import {
  chunkAddress,
  classAddress,
  pageAddress,
  pageOf,
  shapeOf,
  type EvictionPolicy,
  type MemoryView,
} from '../../memory/view.ts'

/** After this many entries were cooled, the next one goes whatever its heat: bounded work. */
const LONGEST_WALK = 16_384

const seen = new Located()

export const clock: EvictionPolicy = {
  name: 'clock',
  evict(view, sizeClass, reason) {
    const won = walk(view, sizeClass, reason, true) === FREED
    if (won && sizeClass >= 0) {
      raiseHint(view, classAddress(sizeClass) + CLASS.EVICTIONS)
      raiseHint(view, classAddress(sizeClass) + CLASS.EVICTED)
    }
    return won
  },
  touched(view) {
    warm(view.tableBytes[view.slotSegment]!, view.slotAt)
  },
}

/** A write that finds no room fails; only entries whose time is over make room. */
export const none: EvictionPolicy = {
  name: 'none',
  evict(view, sizeClass, reason) {
    const flushes = flushesOf(view)
    view.mayHoldFlushed = flushes !== view.flushesSwept
    const outcome = walk(view, sizeClass, reason, false)
    if (outcome === NOTHING && sizeClass < 0) view.flushesSwept = flushes
    return outcome === FREED
  },
  touched() {},
}

/** Flushes ever, of all and of each namespace: entries from before one of them may be there. */
function flushesOf(view: MemoryView): number {
  let flushes = load(view.control, CONTROL.EPOCH)
  for (let space = 0; space <= view.plan.maxNamespaces; space++) {
    flushes += load(view.control, SPACES_AT + space * SPACE.WORDS + SPACE.EPOCH)
  }
  return flushes
}

const FREED = 1
const NOTHING = 0
/** The walk ended before it had seen everything. */
const TIRED = -1
type Walk = typeof FREED | typeof NOTHING | typeof TIRED

/** Walks the hand of a class (-1: over all classes) until one entry is unlinked. */
function walk(view: MemoryView, sizeClass: number, reason: number, takeLiving: boolean): Walk {
  const { control } = view
  const handAt = sizeClass < 0 ? CONTROL.HAND : classAddress(sizeClass) + CLASS.HAND
  let cooled = 0
  let turns = 0
  for (let steps = 0; steps < 8 * LONGEST_WALK && turns <= 4; steps++) {
    const hand = load(control, handAt)
    const page = hand >>> view.ordinalBits
    const ordinal = hand & view.ordinalMask
    if (!isInPage(view, page, ordinal, sizeClass, takeLiving)) {
      const next = nextPage(view, page, sizeClass, takeLiving)
      if (next === 0) return NOTHING
      if (next <= page) turns++
      if (!takeLiving && turns > 1) return NOTHING
      compareExchange(control, handAt, hand, next << view.ordinalBits)
      continue
    }
    if (compareExchange(control, handAt, hand, hand + 1) !== hand) continue
    if (!chunkIn(view, page, ordinal, seen)) continue
    const handle = ownerOf(view, hand, page, seen)
    if (handle === 0 || !locate(view, handle, seen)) continue
    const dead = deadReason(view, seen)
    if (dead >= 0) {
      if (evictLocated(view, seen, dead)) return FREED
    } else if (takeLiving) {
      if (heat(seen.tableBytes, seen.slotAt) > 0 && cooled++ < LONGEST_WALK) {
        cool(seen.tableBytes, seen.slotAt)
      } else if (evictLocated(view, seen, reason)) return FREED
    }
  }
  return TIRED
}

/**
 * The entry that a chunk belongs to: itself, or for a continuation the entry's first chunk, if that
 * is not of the class whose hand this is (then the hand meets it there, once a turn). 0: none.
 */
function ownerOf(view: MemoryView, handle: number, page: number, at: Located): number {
  if (isEntry(at.words, at.at)) return handle
  const owner = load(at.words, at.at + CONTINUATION.OWNER)
  if (chunkAddress(view, owner) < 0) return 0
  if (shapeOf(view, pageOf(view, owner)) === shapeOf(view, page)) return 0
  return chunkIn(view, pageOf(view, owner), owner & view.ordinalMask, at) ? owner : 0
}

function isInPage(
  view: MemoryView,
  page: number,
  ordinal: number,
  sizeClass: number,
  takeLiving: boolean,
): boolean {
  return (
    page > 0 &&
    isWalked(view, page, sizeClass, takeLiving) &&
    ordinal < load(view.control, pageAddress(view, page) + PAGE.CARVED)
  )
}

/** Whether the hand looks into a page: one of its class, and not one without anything to find. */
function isWalked(view: MemoryView, page: number, sizeClass: number, takeLiving: boolean): boolean {
  const at = pageAddress(view, page)
  const state = load(view.control, at + PAGE.STATE)
  if (pageStateOf(state) !== PAGE_ACTIVE) return false
  if (sizeClass >= 0 && pageClassOf(state) !== sizeClass) return false
  if (takeLiving) return true
  return view.mayHoldFlushed || hasExpired(view, at)
}
function hasExpired(view: MemoryView, pageAt: number): boolean {
  const bound = load(view.control, pageAt + PAGE.EXPIRY)
  return view.startedAt + bound * TICK_MS <= view.now()
}

/** The next page after `page`, around the end, that the hand looks into; 0 when there is none. */
function nextPage(view: MemoryView, page: number, sizeClass: number, takeLiving: boolean): number {
  const { pages } = view.plan
  let next = page
  for (let n = 0; n < pages; n++) {
    next = next >= pages ? 1 : next + 1
    const carved = load(view.control, pageAddress(view, next) + PAGE.CARVED)
    if (carved > 0 && isWalked(view, next, sizeClass, takeLiving)) return next
  }
  return 0
}
