/**
 * Removing entries of one page as a group: what a sweep does with those whose time is over.
 *
 *   BUSY      the pairs of slot and word are recorded
 *   CLEARING  each word is exchanged for an empty one; a pair that lost is struck out
 *   CLEARED   the chunks are chained and go to the stack of their page, then they are counted
 *
 * Each exchange has the meaning that it has in `removeEntry`: whoever wins it frees the chunk. What
 * the group has in common is done once: the record, the states, the counts, and the way home, which
 * leads not through a magazine but in one piece to the page, whose claim is held meanwhile. So a
 * removal costs one atomic instruction and not ten.
 *
 * If the thread dies, recovery asks for each pair of a group that was being cleared who won it, and
 * of a cleared one whether the chain's first chunk is on top of the stack (I-RECORD-FIRST).
 *
 * A group is of one namespace and one flush stamp. Not in a group: entries in several chunks, with
 * an intent, or whose chunk would have to be parked; and none while somebody reads the feed.
 */
import { compareExchange, peek, poke } from '#atomics'
import { HEADER, presenceOf } from '../../native-layout/entry-header.ts'
import { packStack, PAGE, stackCount, stackTop } from '../../native-layout/page.ts'
import { BUCKET, BUCKET_SHIFT, fillingOf, packEmpty } from '../../native-layout/table-slot.ts'
import {
  COUNTER,
  PAIR,
  ROW,
  ROW_BUSY,
  ROW_CLEARED,
  ROW_CLEARING,
  sequenceOf,
} from '../../native-layout/thread-row.ts'
import type { ChunkHandle, PageNumber, WordIndex } from '../../native-layout/units.ts'
import { entryBytes, spaceIn } from './entry.ts'
import { setNext, wordsOf } from './magazine.ts'
import { handleAt } from './page-claim.ts'
import { applyDelta, countAt, field, record, recordDelta, setKind } from './row.ts'
import { stampOf } from './table.ts'
import { chunkAddress, handleIn, pageAddress, type MemoryView } from './view.ts'

/** Word index of the n-th pair of this row. */
export function pairAt(view: MemoryView, n: number): WordIndex {
  return view.rowAt + ROW.PAIRS + n * PAIR.WORDS
}

/** Begins a group: nothing in it yet. The claim of the page is held until it has ended. */
export function beginGroup(view: MemoryView): void {
  record(view, ROW.OLD, 0)
  record(view, ROW.OLD_CHAIN, 0)
  record(view, ROW.GROUP, 0)
  record(view, ROW.GROUP_TOP, 0)
}

/** Adds the entry of a slot word, which the caller has found to be over. */
export function addToGroup(view: MemoryView, slot: number, word: number): void {
  const n = field(view, ROW.GROUP)
  poke(view.control, pairAt(view, n) + PAIR.SLOT, slot)
  poke(view.control, pairAt(view, n) + PAIR.WORD, word)
  record(view, ROW.GROUP, n + 1)
}

/**
 * Removes the group and gives its chunks back to their page, which is claimed by this row. The
 * caller ends the claim, and the sequence of the operation.
 * @param reason index of the counter that each removal raises
 * @returns entries removed
 */
export function removeGroup(view: MemoryView, page: PageNumber, reason: number): number {
  recordDelta(view, -field(view, ROW.GROUP), 0, 0, 0, 0)
  setKind(view, ROW_CLEARING)
  const won = clearSlots(view)
  if (won > 0) {
    recordGroupDelta(view)
    setKind(view, ROW_CLEARED)
    sendGroupHome(view, page, won)
    applyDelta(view, sequenceOf(view.state))
    record(view, ROW.GROUP, 0)
    countAt(view, reason, won)
  } else setKind(view, ROW_BUSY)
  return won
}

/** Exchanges every word of the group; what another was faster with is struck out. */
function clearSlots(view: MemoryView): number {
  const { control } = view
  const pairs = field(view, ROW.GROUP)
  let won = 0
  for (let n = 0; n < pairs; n++) {
    const pair = pairAt(view, n)
    const slot = peek(control, pair + PAIR.SLOT)
    const word = peek(control, pair + PAIR.WORD)
    const bucket = slot >>> 4
    const table = view.tables[bucket >>> view.tableShift]!
    const at = ((bucket & view.tableMask) << BUCKET_SHIFT) + BUCKET.A + (slot & 15)
    // The filling is read after the word, and does not change while that stays: I-STAMP.
    const empty = packEmpty(fillingOf(peek(table, at + BUCKET.B - BUCKET.A)))
    if (compareExchange(table, at, word, empty) === word) won++
    else poke(control, pair + PAIR.WORD, 0)
  }
  if (won < pairs) countAt(view, COUNTER.casRetries, pairs - won)
  return won
}

/** Notes what the pairs that are not struck out will count. Their chunks are whole still. */
export function recordGroupDelta(view: MemoryView): void {
  const { control } = view
  let entries = 0
  let bytes = 0
  let space = 0
  let stamp = 0
  for (let n = field(view, ROW.GROUP); n-- > 0; ) {
    const word = peek(control, pairAt(view, n) + PAIR.WORD)
    if (word === 0) continue
    const handle = handleIn(view, word)
    const words = wordsOf(view, handle)
    const at = chunkAddress(view, handle)
    const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
    entries++
    bytes += entryBytes(words, at)
    space = spaceIn(words, at, presence)
    stamp = stampOf(words, at, presence)
  }
  recordDelta(view, -entries, -bytes, space, 0, stamp)
}

/** Frees the chunks of a cleared group: next incarnation, one chain, the stack of their page. */
function sendGroupHome(view: MemoryView, page: PageNumber, won: number): void {
  const { control } = view
  const at = pageAddress(view, page) + PAGE.STACK
  const stack = peek(control, at)
  let next: ChunkHandle = stackTop(stack) === 0 ? 0 : handleAt(view, page, stackTop(stack) - 1)
  // From the last on, so that the chunks are given out in the order in which they lie.
  for (let n = field(view, ROW.GROUP); n-- > 0; ) {
    const word = peek(control, pairAt(view, n) + PAIR.WORD)
    if (word === 0) continue
    const handle = handleIn(view, word)
    const words = wordsOf(view, handle)
    const incarnation = chunkAddress(view, handle) + HEADER.INCARNATION
    poke(words, incarnation, peek(words, incarnation) + 1)
    setNext(view, handle, next)
    next = handle
  }
  record(view, ROW.GROUP_TOP, next)
  poke(control, at, packStack(stackCount(stack) + won, (next & view.ordinalMask) + 1))
}
