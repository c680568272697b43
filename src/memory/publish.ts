/**
 * The three ways in which the table changes: an entry replaces another of its key, an entry is
 * removed (or another one that a transaction has made takes its place), an entry is created. Each
 * is one compare-and-exchange of a slot word; whoever wins it, and nobody else, frees what it
 * unlinked and counts.
 */
import * as atomics from '#atomics'
import * as entryHeader from '../../native-layout/entry-header.ts'
import * as tableSlot from '../../native-layout/table-slot.ts'
import * as threadRow from '../../native-layout/thread-row.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import * as clockBits from './clock-bits.ts'
import * as commit from './commit.ts'
import type { Draft } from './draft.ts'
import * as entries from './entry.ts'
import * as freeEntry from './free-entry.ts'
import * as magazine from './magazine.ts'
import * as row from './row.ts'
import * as table from './table.ts'
import * as view from './view.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { closeWrites, compareExchange, load, peek, poke } = atomics
const { HEADER, INTENT, presenceOf, WORDS_BEFORE_KEY } = entryHeader
const {
  announce,
  announcerOf,
  BUCKET,
  BUCKET_SHIFT,
  clearAnnouncement,
  fillingOf,
  packEmpty,
  packReserved,
  packTag,
} = tableSlot
const {
  COUNTER,
  ROW,
  ROW_BUSY,
  ROW_CREATE,
  ROW_FREEING,
  ROW_REMOVE,
  ROW_REPLACE,
  ROW_RESERVE,
  sequenceOf,
} = threadRow
const { reset } = clockBits
const { abortMutation, claimMutation, commitMutation, DEL, EVICT, EXPIRE, PUT } = commit
const { chainIn, entryBytes, isVacant, spaceIn, valueLength } = entries
const { freeUnlinked } = freeEntry
const { classOf } = magazine
const { applyDelta, count, field, record, recordDelta, recordReplacement, setKind } = row
const { secondOf, stampOf, tagFor } = table
const { chunkAddress, pageOf, rowAddress, segmentOf, handleIn } = view

export const WON = 1
export const LOST = 0

/**
 * Replaces the entry found by the scan by the complete new one in the row.
 *
 * If the thread dies after the exchange, recovery sees the new word published and frees the old
 * chunk.
 * @param draft of the new entry, which says where it lies
 */
export function replaceEntry(view: MemoryView, draft: Draft): number {
  const { entry, entryAt, slotWord } = view
  const fresh = field(view, ROW.NEW)
  const presence = presenceOf(peek(entry, entryAt + HEADER.VALUE_AND_PRESENCE))
  const chain = chainIn(entry, entryAt, presence)
  // The two have one key, so that they differ by their values and by what stands before the key.
  const words = WORDS_BEFORE_KEY[draft.presence]! - WORDS_BEFORE_KEY[presence]!
  const bytes = words * 4 + draft.length - valueLength(entry, entryAt)
  record(view, ROW.SLOT, view.slotIndex)
  record(view, ROW.OLD, slotWord)
  record(view, ROW.OLD_CHAIN, chain)
  recordReplacement(view, bytes, view.key.space, draft.stamp, stampOf(entry, entryAt, presence))
  // An intent changes nothing yet.
  if (draft.intent === undefined) claimMutation(view, PUT, draft.words, draft.at, view.home)
  setKind(view, ROW_REPLACE)
  if (compareExchange(view.slotTable, view.slotAt, slotWord, fresh) !== slotWord) {
    setKind(view, ROW_BUSY)
    abortMutation(view)
    count(view, 'casRetries')
    return LOST
  }
  freeUnlinked(view, slotWord, entry, entryAt, chain)
  applyDelta(view, sequenceOf(view.state))
  commitMutation(view)
  return WON
}

/**
 * Removes the entry of a slot: delete, expiry, eviction.
 * @param words @param at the entry, whose slot word is `word`
 * @param reason index of the counter it raises
 * @param home home bucket of its key, whose counter orders the removal
 * @param version of the removal, when it came from elsewhere
 */
export function removeEntry(
  view: MemoryView,
  table: Int32Array,
  slotAt: WordIndex,
  slotIndex: number,
  word: number,
  words: Int32Array,
  at: WordIndex,
  reason: number,
  home: number,
  version = 0,
): number {
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  const stamp = stampOf(words, at, presence)
  recordDelta(view, -1, -entryBytes(words, at), spaceIn(words, at, presence), 0, stamp)
  if (!isVacant(words, at, presence)) {
    claimMutation(view, mutationFor(reason), words, at, home, version)
  }
  return takeOut(view, table, slotAt, slotIndex, word, words, at, 0)
}

/**
 * Puts the entry that a committed intent names in the place of the entry that carries the intent.
 * As a removal: who wins frees what it unlinked, and nobody has made the new entry for this alone.
 * @param fresh slot word of the complete entry, which nobody frees before
 */
export function settleEntry(
  view: MemoryView,
  table: Int32Array,
  slotAt: WordIndex,
  slotIndex: number,
  word: number,
  words: Int32Array,
  at: WordIndex,
  fresh: number,
  home: number,
): number {
  const handle = handleIn(view, fresh)
  const freshAt = chunkAddress(view, handle)
  if (fresh >= 0 || freshAt < 0) return LOST // Recycled bytes.
  const freshWords = view.data[segmentOf(view, pageOf(view, handle))]!
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  const freshPresence = presenceOf(peek(freshWords, freshAt + HEADER.VALUE_AND_PRESENCE))
  recordDelta(
    view,
    0,
    entryBytes(freshWords, freshAt) - entryBytes(words, at),
    spaceIn(words, at, presence),
    stampOf(freshWords, freshAt, freshPresence),
    stampOf(words, at, presence),
  )
  claimMutation(view, PUT, freshWords, freshAt, home)
  return takeOut(view, table, slotAt, slotIndex, word, words, at, fresh)
}

/** @param next what the slot has then; 0: it is empty */
function takeOut(
  view: MemoryView,
  table: Int32Array,
  slotAt: WordIndex,
  slotIndex: number,
  word: number,
  words: Int32Array,
  at: WordIndex,
  next: number,
): number {
  const chain = chainIn(words, at, presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE)))
  record(view, ROW.SLOT, slotIndex)
  record(view, ROW.OLD, word)
  record(view, ROW.OLD_CHAIN, chain)
  setKind(view, ROW_REMOVE)
  // The filling is read after the word: I-STAMP.
  const then = next || packEmpty(fillingOf(load(table, slotAt + BUCKET.B - BUCKET.A)))
  if (compareExchange(table, slotAt, word, then) !== word) {
    setKind(view, ROW_BUSY)
    abortMutation(view)
    count(view, 'casRetries')
    return LOST
  }
  setKind(view, ROW_FREEING)
  freeUnlinked(view, word, words, at, chain)
  applyDelta(view, sequenceOf(view.state))
  commitMutation(view)
  return WON
}

function mutationFor(reason: number): number {
  if (reason === COUNTER.deletes) return DEL
  return reason === COUNTER.expired || reason === COUNTER.flushedEntries ? EXPIRE : EVICT
}

/**
 * Creates the complete new entry of the row in the slot chosen by `chooseEmpty`.
 *
 * Reserve the slot privately, store its tag, announce in the home word, place, clear. The
 * announcement certifies that the key is still absent; from then on anybody can place and clear.
 */
export function createEntry(view: MemoryView): number {
  const { control, rowAt } = view
  const slot = view.emptySlot
  const bucket = slot >>> 4
  const table = view.tables[bucket >>> view.tableShift]!
  const slotAt = ((bucket & view.tableMask) << BUCKET_SHIFT) + BUCKET.A + (slot & 15)
  const homes = view.tables[view.home >>> view.tableShift]!
  const homeAt = ((view.home & view.tableMask) << BUCKET_SHIFT) + BUCKET.HOME
  const filling = fillingOf(view.emptyWord)
  const reserved = packReserved(view.row, filling)
  const fresh = field(view, ROW.NEW)
  const handle = handleIn(view, fresh)
  const words = view.data[segmentOf(view, pageOf(view, handle))]!
  const at = chunkAddress(view, handle)
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  record(view, ROW.SLOT, slot)
  record(view, ROW.HOME, view.home)
  // Whoever helps and reads this word reads the slot and the entry that belong to it, too.
  closeWrites(control, rowAt + ROW.EXPECTED, reserved)
  const stamp = stampOf(words, at, presence)
  recordDelta(view, 1, entryBytes(words, at), view.key.space, stamp, 0)
  if ((presence & INTENT) === 0) claimMutation(view, PUT, words, at, view.home)
  setKind(view, ROW_RESERVE)
  if (compareExchange(table, slotAt, view.emptyWord, reserved) !== view.emptyWord) {
    return lostCreation(view)
  }
  poke(table, slotAt + BUCKET.B - BUCKET.A, packTag(tagFor(secondOf(view)), filling + 1))
  reset(view.tableBytes[bucket >>> view.tableShift]!, slotAt)
  const { policy } = view
  if (policy.created !== undefined) policy.created(view, slot, classOf(view, handle))
  setKind(view, ROW_CREATE)
  const announced = announce(view.homeWord, view.row, view.emptyDepth)
  if (compareExchange(homes, homeAt, view.homeWord, announced) !== view.homeWord) {
    compareExchange(table, slotAt, reserved, packEmpty(filling))
    return lostCreation(view)
  }
  compareExchange(table, slotAt, reserved, peek(control, rowAt + ROW.NEW))
  compareExchange(homes, homeAt, announced, clearAnnouncement(announced))
  applyDelta(view, sequenceOf(view.state))
  commitMutation(view)
  return WON
}

function lostCreation(view: MemoryView): number {
  setKind(view, ROW_BUSY)
  abortMutation(view)
  count(view, 'casRetries')
  return LOST
}

/** Finishes the creation announced in the home word of the last scan, whoever began it. */
export function helpAnnounced(view: MemoryView): void {
  const seen = view.homeWord
  const { control } = view
  const at = rowAddress(view, announcerOf(seen) - 1)
  const slot = load(control, at + ROW.SLOT)
  const expected = load(control, at + ROW.EXPECTED)
  const fresh = load(control, at + ROW.NEW)
  const homes = view.tables[view.home >>> view.tableShift]!
  const homeAt = ((view.home & view.tableMask) << BUCKET_SHIFT) + BUCKET.HOME
  if (load(homes, homeAt) !== seen) return
  const bucket = slot >>> 4
  const table = view.tables[bucket >>> view.tableShift]!
  const slotAt = ((bucket & view.tableMask) << BUCKET_SHIFT) + BUCKET.A + (slot & 15)
  compareExchange(table, slotAt, expected, fresh)
  compareExchange(homes, homeAt, seen, clearAnnouncement(seen))
  count(view, 'helps')
}
