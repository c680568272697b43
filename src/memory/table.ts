/**
 * Looking up: which buckets a key may live in, and the one comparison that readers and writers
 * share.
 *
 * A reader leaves nothing behind. It finds a slot by its tag, reads slot word, incarnation and key
 * with plain loads, and believes them only after slot word and incarnation were read again, in this
 * order, unchanged (I-COMPLETE): then the entry was linked all the while. An entry never changes
 * its slot (I-STAY), so a key that was present during the whole scan is met, and a miss needs no
 * proof.
 */
import * as atomics from '#atomics'
import * as header from '../../native-layout/entry-header.ts'
import * as limits from '../../native-layout/limits.ts'
import * as slots from '../../native-layout/table-slot.ts'
import * as rows from '../../native-layout/thread-row.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import * as hash from './hash.ts'
import * as views from './view.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { closeOperation, closeReads, load, openReads, peek } = atomics
const {
  EPOCH,
  isContinuation,
  LONG,
  offsetOf,
  presenceOf,
  shortKeyLength,
  SHORT_KEY_LIMIT,
  SPACE,
  HEADER,
  WORDS_BEFORE_KEY,
} = header
const { MAX_RETRIES, WAYS } = limits
const { BUCKET, BUCKET_SHIFT, depthOf, handleOf } = slots
const { ROW } = rows
const { remix } = hash
const { chunkInPage, segmentOf, shapeOf } = views

export const FOUND = 1
export const ABSENT = 0
export const CONTENDED = -1
export type Lookup = typeof FOUND | typeof ABSENT | typeof CONTENDED

const TWO_TO_MINUS_32 = 2 ** -32

/** The bucket that a digest falls into: its share of the number of buckets. */
export function bucketOf(view: MemoryView, digest: number): number {
  return ((digest >>> 0) * view.buckets * TWO_TO_MINUS_32) >>> 0
}

/** A word of the home bucket of a digest: for whoever touches many and keeps what they gave. */
export function homeWord(view: MemoryView, digest: number): number {
  const home = bucketOf(view, digest)
  const at = (home & view.tableMask) << BUCKET_SHIFT
  return peek(view.tables[home >>> view.tableShift]!, at + BUCKET.A)
}

/** The n-th candidate bucket (0 is the home bucket) of the digests of a key. */
export function candidate(view: MemoryView, digest: number, second: number, n: number): number {
  return n === 0 ? bucketOf(view, digest) : bucketOf(view, remix(second, n))
}

/** The 12-bit tag, never 0. */
export function tagFor(second: number): number {
  return second & 0xfff || 1
}

/** The digest that tag and further candidates come from. */
export function secondOf(view: MemoryView): number {
  return view.wideTable ? view.key.secondDigest() : view.key.digest
}

/**
 * Looks for the staged key, without writing anything.
 * @returns FOUND with the entry in the view's registers, not yet validated: copy, then `isStill`
 */
export function find(view: MemoryView): Lookup {
  const digest = view.key.digest
  const second = view.wideTable ? view.key.secondDigest() : digest
  const tag = tagFor(second)
  const home = bucketOf(view, digest)
  view.home = home
  const table = view.tables[home >>> view.tableShift]!
  const at = (home & view.tableMask) << BUCKET_SHIFT
  // Read first, also because a bucket is two lines, which are fetched together then.
  const depth = depthOf(peek(table, at + BUCKET.HOME))
  const { likelyWay } = view.key
  if (likelyWay >= 0 && matchWay(view, table, at, home, likelyWay) === FOUND) return FOUND
  const inHome = findIn(view, table, at, home, tag)
  if (inHome !== ABSENT) return inHome
  const outcome = depth === 0 ? ABSENT : findDeeper(view, second, tag, depth)
  // A miss has closed its reads at no slot.
  if (outcome === ABSENT) closeOperation(view.control, view.rowAt + ROW.STATE)
  return outcome
}

function findDeeper(view: MemoryView, second: number, tag: number, depth: number): Lookup {
  for (let n = 1; n <= depth; n++) {
    const bucket = bucketOf(view, remix(second, n))
    const table = view.tables[bucket >>> view.tableShift]!
    const at = (bucket & view.tableMask) << BUCKET_SHIFT
    const outcome = findIn(view, table, at, bucket, tag)
    if (outcome !== ABSENT) return outcome
  }
  return ABSENT
}

/** Looks through one bucket. */
export function findIn(
  view: MemoryView,
  table: Int32Array,
  at: WordIndex,
  bucket: number,
  tag: number,
): Lookup {
  const firstTag = at + BUCKET.B
  for (let way = 0; way < WAYS; way++) {
    if (peek(table, firstTag + way) >>> 20 !== tag) continue
    const outcome = matchWay(view, table, at, bucket, way)
    if (outcome !== ABSENT) return outcome
  }
  return ABSENT
}

function matchWay(
  view: MemoryView,
  table: Int32Array,
  at: WordIndex,
  bucket: number,
  way: number,
): Lookup {
  const outcome = matchSlot(view, table, at + BUCKET.A + way)
  if (outcome === FOUND) {
    view.slotTable = table
    view.slotSegment = bucket >>> view.tableShift
    view.slotAt = at + BUCKET.A + way
    view.slotIndex = (bucket << 4) | way
  }
  return outcome
}

/** Compares the staged key with the entry of one slot; a recycled chunk is looked at again. */
function matchSlot(view: MemoryView, table: Int32Array, slotAt: WordIndex): Lookup {
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const word = peek(table, slotAt)
    if (word >= 0) return ABSENT
    const handle = handleOf(word, view.versionBits)
    const page = handle >>> view.ordinalBits
    const shape = page > 0 && page <= view.pages ? shapeOf(view, page) : 0
    const entryAt = chunkInPage(view, page, handle & view.ordinalMask, shape)
    if (entryAt < 0) {
      if (load(table, slotAt) === word) return CONTENDED
      continue
    }
    const segment = segmentOf(view, page)
    const words = view.data[segment]!
    const incarnation = openReads(words, entryAt) // The bytes are read after it.
    const version = ((incarnation + 1) >>> 1) & view.versionMask
    if ((incarnation & 1) !== 0 || version !== (word & view.versionMask)) {
      if (tries > 0) load(table, slotAt)
      continue
    }
    if (holdsKey(view, words, entryAt, shape)) {
      view.slotWord = word
      view.entrySegment = segment
      view.entry = words
      view.entryAt = entryAt
      view.entryShape = shape
      view.entryIncarnation = incarnation
      return FOUND
    }
    // A failed comparison counts only if the bytes were not recycled under it.
    if (closeReads(table, slotAt, word) === word && openReads(words, entryAt) === incarnation) {
      return ABSENT
    }
  }
  return CONTENDED
}

/** Whether a chunk's bytes, perhaps recycled ones, are an entry with the staged key. */
function holdsKey(view: MemoryView, words: Int32Array, at: WordIndex, shape: number): boolean {
  const key = view.key
  const second = peek(words, at + HEADER.KEY_AND_VERSION)
  const length = key.length
  if (shortKeyLength(second) !== (length < SHORT_KEY_LIMIT ? length : SHORT_KEY_LIMIT)) return false
  if (isContinuation(second)) return false
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  let from = at + HEADER.WORDS
  if (presence !== 0 || key.space !== 0) {
    if (!sameSpace(words, at, presence, key.space)) return false
    if (length >= SHORT_KEY_LIMIT) {
      if ((presence & LONG) === 0) return false
      if (peek(words, at + offsetOf(LONG, presence)) !== length) return false
    }
    from = at + WORDS_BEFORE_KEY[presence]!
  }
  const count = key.wordCount
  if (from - at + count > shape) return false
  for (let i = 0; i < count; i++) {
    if (peek(words, from + i) !== key.words[i]) return false
  }
  return true
}

function sameSpace(words: Int32Array, at: WordIndex, presence: number, space: number): boolean {
  const stored = (presence & SPACE) === 0 ? 0 : peek(words, at + offsetOf(SPACE, presence))
  return stored === space
}

/**
 * Whether the entry in the registers was linked until now: then everything read from it since
 * `find` is one consistent entry. The linearization point of a hit.
 */
export function isStill(view: MemoryView): boolean {
  return (
    closeReads(view.slotTable, view.slotAt, view.slotWord) === view.slotWord &&
    openReads(view.entry, view.entryAt) === view.entryIncarnation
  )
}

/** The flush stamp of the entry in the registers. */
export function stampOf(words: Int32Array, at: WordIndex, presence: number): number {
  return (presence & EPOCH) === 0 ? 0 : peek(words, at + offsetOf(EPOCH, presence))
}
