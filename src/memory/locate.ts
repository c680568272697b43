/**
 * From a chunk to the slot that links it: what the CLOCK hand, the page mover and the expiry sweep
 * need, which walk pages and not the table.
 *
 * The chunk may be free, half filled, or recycled while it is looked at. It is linked only if one
 * of the candidate slots of the key it seems to hold carries exactly its handle and version; the
 * caller then removes or replaces by an exchange of that word, which proves it.
 */
import { load, peek } from '#atomics'
import { HEADER, isComplete, presenceOf } from '../../native-layout/entry-header.ts'
import { WAYS } from '../../native-layout/limits.ts'
import { BUCKET, BUCKET_SHIFT, depthOf, isLive } from '../../native-layout/table-slot.ts'
import type { ChunkHandle, PageNumber, WordIndex } from '../../native-layout/units.ts'
import { isEntry, keyAt, keyLength, spaceIn } from './entry.ts'
import { secondSeed, seedOf, xxh32 } from './hash.ts'
import { candidate } from './table.ts'
import { handleIn, liveWord, pageOf, segmentOf, shapeOf, type MemoryView } from './view.ts'

/** What `locate` leaves: the slot, its word, and the chunk's place. Reused, one per view. */
export class Located {
  table!: Int32Array
  tableBytes!: Uint8Array
  slotAt: WordIndex = 0
  slotIndex = 0
  word = 0
  words!: Int32Array
  at: WordIndex = 0
  segment = 0
  /** Words of a chunk of its page, when `at` was computed. */
  shape = 0
  presence = 0
  home = 0
  /** Of its key. */
  digest = 0
}

/** Places the chunk of a page in `into`; false when the page has no such chunk now. */
export function chunkIn(
  view: MemoryView,
  page: PageNumber,
  ordinal: number,
  into: Located,
): boolean {
  const shape = shapeOf(view, page)
  const offset = ordinal * shape
  if (shape === 0 || offset + shape > view.pageWords) return false
  into.shape = shape
  into.segment = segmentOf(view, page)
  into.words = view.data[into.segment]!
  into.at = ((page - 1) & view.pageMask) * view.pageWords + offset
  return true
}

/** Finds the slot that links the entry in a chunk; false when none does. */
export function locate(view: MemoryView, handle: ChunkHandle, into: Located): boolean {
  const { words, at } = into
  const incarnation = peek(words, at + HEADER.INCARNATION)
  if (!isComplete(incarnation) || !isEntry(words, at)) return false
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  const length = keyLength(words, at)
  const key = keyAt(words, at)
  if (length < 0 || key - at + ((length + 3) >>> 2) > into.shape) return false
  const seed = seedOf(view.seed, spaceIn(words, at, presence))
  const digest = xxh32(words, key, length, seed)
  const second = view.wideTable ? xxh32(words, key, length, secondSeed(seed)) : digest
  into.presence = presence
  into.digest = digest
  if (!locateWord(view, digest, second, liveWord(view, handle, incarnation), into)) return false
  // The page may have been cut anew since the chunk's place was computed, and the bytes read here
  // be part of a value; an entry that is linked now lies where its page's shape says now (I-REST).
  if (load(into.table, into.slotAt) !== into.word) return false
  return load(view.control, view.shapesAt + (handle >>> view.ordinalBits)) === into.shape
}

export const LINKED = 1
export const NOT_LINKED = 0
/** The slot changed while it was looked at. */
export const RACED = -1

/** Locates the entry that a slot links. */
export function locateSlot(view: MemoryView, slot: number, into: Located): number {
  const bucket = slot >>> 4
  const table = view.tables[bucket >>> view.tableShift]!
  const slotAt = ((bucket & view.tableMask) << BUCKET_SHIFT) + BUCKET.A + (slot & 15)
  const word = load(table, slotAt)
  if (!isLive(word)) return NOT_LINKED
  const handle = handleIn(view, word)
  if (!chunkIn(view, pageOf(view, handle), handle & view.ordinalMask, into)) return RACED
  return locate(view, handle, into) && into.word === word ? LINKED : RACED
}

/**
 * Finds the slot with exactly this word among the candidates of a key: a look, not a proof.
 * @returns false when none has it
 */
export function locateWord(
  view: MemoryView,
  digest: number,
  second: number,
  word: number,
  into: Located,
): boolean {
  for (let n = 0, last = 0; n <= last; n++) {
    const bucket = candidate(view, digest, second, n)
    const segment = bucket >>> view.tableShift
    const table = view.tables[segment]!
    const at = (bucket & view.tableMask) << BUCKET_SHIFT
    if (n === 0) {
      into.home = bucket
      last = depthOf(peek(table, at + BUCKET.HOME))
    }
    for (let way = 0; way < WAYS; way++) {
      if (peek(table, at + BUCKET.A + way) !== word) continue
      into.table = table
      into.tableBytes = view.tableBytes[segment]!
      into.slotAt = at + BUCKET.A + way
      into.slotIndex = (bucket << 4) | way
      into.word = word
      return true
    }
  }
  return false
}
