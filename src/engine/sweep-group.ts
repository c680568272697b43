/**
 * What a sweep does with chunks of a page that seem to be over: it finds the slots that link them,
 * and removes what is really over as a group (src/memory/remove-group.ts).
 *
 * Digests first, then all home buckets, then the slots: a bucket is a cache miss, and so they are
 * all under way at once. What cannot go with the group is removed by itself.
 */
import { closeOperation, load, peek } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { CHAIN, HEADER, INTENT, isComplete, presenceOf } from '../../native-layout/entry-header.ts'
import { COUNTER, GROUP_MOST, ROW } from '../../native-layout/thread-row.ts'
import type { PageNumber, WordIndex } from '../../native-layout/units.ts'
import { expiryIn, isEntry, keyAt, keyLength, spaceIn } from '../memory/entry.ts'
import { deadReason, evictLocated } from '../memory/evict-entry.ts'
import { secondSeed, seedOf, xxh32 } from '../memory/hash.ts'
import { chunkIn, locate, Located, locateWord } from '../memory/locate.ts'
import { handleAt, releaseClaim, tryClaim } from '../memory/page-claim.ts'
import { addToGroup, beginGroup, removeGroup } from '../memory/remove-group.ts'
import { currentStamp, field, renew } from '../memory/row.ts'
import { homeWord, stampOf } from '../memory/table.ts'
import { firstOf, liveWord, segmentOf, type MemoryView } from '../memory/view.ts'

const resident = new Located()
/** Chunks of a group that seem to be over, by their ordinals, and the digests of their keys. */
export const group = new Int32Array(GROUP_MOST)
const digests = new Int32Array(GROUP_MOST)
/** The slot of each and its word; 0: not linked. */
const slots = new Int32Array(GROUP_MOST)
const slotWords = new Int32Array(GROUP_MOST)

/**
 * Frees what is over of the chunks in `group`: together what can be, the rest one by one.
 * @returns entries freed
 */
export function removeOver(
  view: MemoryView,
  page: PageNumber,
  shape: number,
  chunks: number,
  now: number,
): number {
  // While somebody reads the feed each removal is told by itself.
  if (peek(view.control, CONTROL.LISTEN) !== 0 || !tryClaim(view, page)) {
    return removeEach(view, page, chunks)
  }
  touchHomes(view, page, shape, chunks)
  findSlots(view, page, shape, chunks)
  // Slots first, then the shape and what the entries say: an entry that is linked now lies where
  // its page's shape says now (I-REST), and a removal proves that it was linked all the while.
  closeOperation(view.control, view.rowAt + ROW.MOVING)
  let freed = 0
  let rest = chunks
  if (load(view.control, view.shapesAt + page) === shape) {
    rest = collect(view, page, shape, chunks, now)
    if (field(view, ROW.GROUP) > 0) freed = removeGroup(view, page, groupReason)
  }
  releaseClaim(view, page)
  renew(view)
  return freed + removeEach(view, page, rest)
}

/** Finds the slots that link the chunks in `group`, and reads nothing else of the entries. */
function findSlots(view: MemoryView, page: PageNumber, shape: number, chunks: number): void {
  const words = view.data[segmentOf(view, page)]!
  const doubles = view.dataDoubles[segmentOf(view, page)]!
  for (let n = 0; n < chunks; n++) {
    const ordinal = group[n]!
    const at = firstOf(view, page) + ordinal * shape
    slotWords[n] = 0
    const incarnation = peek(words, at + HEADER.INCARNATION)
    if (!isComplete(incarnation) || !isEntry(words, at)) continue
    const digest = digests[n]!
    const second = view.wideTable
      ? digestAt(words, at, shape, secondSeed(seedAt(view, words, at)))
      : digest
    const word = liveWord(view, handleAt(view, page, ordinal), incarnation)
    if (locateWord(view, digest, second, word, resident)) {
      slotWords[n] = word
      slots[n] = resident.slotIndex
    } else keep(view, expiryOf(words, doubles, at)) // Linked soon, perhaps.
  }
}

/** Notes the digests of the keys in `group` and reads their home buckets, all at once. */
function touchHomes(view: MemoryView, page: PageNumber, shape: number, chunks: number): void {
  const words = view.data[segmentOf(view, page)]!
  for (let n = 0; n < chunks; n++) {
    const at = firstOf(view, page) + group[n]! * shape
    digests[n] = digestAt(words, at, shape, seedAt(view, words, at))
  }
  let touched = 0
  for (let n = 0; n < chunks; n++) touched ^= homeWord(view, digests[n]!)
  view.touched = touched
}

/** The digest of the key in a chunk; 0 of recycled bytes. */
function digestAt(words: Int32Array, at: WordIndex, shape: number, seed: number): number {
  const length = keyLength(words, at)
  const key = keyAt(words, at)
  if (length < 0 || key - at + ((length + 3) >>> 2) > shape) return 0
  return xxh32(words, key, length, seed)
}

/** Why the entries of the row's group go: they have one stamp, so it is the same for all. */
let groupReason: number = COUNTER.expired

/**
 * Records what is over as the row's group.
 * @returns how many are to be looked at one by one: the first ones in `group`
 */
function collect(
  view: MemoryView,
  page: PageNumber,
  shape: number,
  chunks: number,
  now: number,
): number {
  const words = view.data[segmentOf(view, page)]!
  const doubles = view.dataDoubles[segmentOf(view, page)]!
  let rest = 0
  let space = -1
  let stamp = 0
  beginGroup(view)
  for (let n = 0; n < chunks; n++) {
    const word = slotWords[n]!
    if (word === 0) continue
    const at = firstOf(view, page) + group[n]! * shape
    const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
    const itsSpace = spaceIn(words, at, presence)
    const itsStamp = stampOf(words, at, presence)
    const isOther = space >= 0 && (itsSpace !== space || itsStamp !== stamp)
    if (isOther || (presence & ALONE) !== 0 || willWrap(view, word)) {
      group[rest++] = group[n]!
      continue
    }
    const isOfFlushed = isFlushed(view, words, at, presence)
    const expiry = expiryIn(doubles, at, presence)
    if (!isOfFlushed && (expiry === 0 || expiry > now)) {
      keep(view, expiry)
      continue
    }
    space = itsSpace
    stamp = itsStamp
    groupReason = isOfFlushed ? COUNTER.flushedEntries : COUNTER.expired
    addToGroup(view, slots[n]!, word)
  }
  return rest
}
/** An entry with one of these is removed by itself. */
const ALONE = INTENT | CHAIN

/** Whether the next version of the chunk of a live word is 0: it would have to be parked. */
function willWrap(view: MemoryView, word: number): boolean {
  return ((word + 1) & view.versionMask) === 0
}

function expiryOf(words: Int32Array, doubles: Float64Array, at: WordIndex): number {
  return expiryIn(doubles, at, presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE)))
}

function keep(view: MemoryView, expiry: number): void {
  if (expiry > 0 && expiry < view.soonest) view.soonest = expiry
}

/** Frees those of the first `chunks` of `group` that are over, one by one. */
function removeEach(view: MemoryView, page: PageNumber, chunks: number): number {
  let freed = 0
  for (let n = 0; n < chunks; n++) {
    if (!chunkIn(view, page, group[n]!, resident)) continue
    const { words, at, segment } = resident
    if (!isComplete(peek(words, at + HEADER.INCARNATION)) || !isEntry(words, at)) continue
    const expiry = expiryOf(words, view.dataDoubles[segment]!, at)
    const isLinked = locate(view, handleAt(view, page, group[n]!), resident)
    const dead = isLinked ? deadReason(view, resident) : -1
    if (dead >= 0 && evictLocated(view, resident, dead)) freed++
    else keep(view, expiry)
  }
  return freed
}

function seedAt(view: MemoryView, words: Int32Array, at: WordIndex): number {
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  return seedOf(view.seed, spaceIn(words, at, presence))
}

/** Whether a flush came after the entry in a chunk, which need not be linked. */
export function isFlushed(
  view: MemoryView,
  words: Int32Array,
  at: WordIndex,
  presence: number,
): boolean {
  const space = spaceIn(words, at, presence)
  if (space < 0 || space > view.plan.maxNamespaces) return false
  return ((currentStamp(view, space) - stampOf(words, at, presence)) | 0) > 0
}
