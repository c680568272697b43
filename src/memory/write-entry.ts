/**
 * Making an entry: how large it will be, which chunks it takes, and the filling of its bytes.
 *
 * A new entry is private until its slot word is exchanged; stale readers may look at its chunk, so
 * it stays marked half filled (odd incarnation) until every byte and the version are in place. A
 * value larger than the largest chunk continues in a chain of chunks, made from its end to its
 * beginning: each is recorded, linked into the row's list, and only then the next is taken, so a
 * killed writer leaks none of them.
 */
import * as atomics from '#atomics'
import * as entryHeader from '../../native-layout/entry-header.ts'
import * as limits from '../../native-layout/limits.ts'
import * as sizeClasses from '../../native-layout/size-classes.ts'
import * as threadRow from '../../native-layout/thread-row.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import * as completeEntry from './complete-entry.ts'
import type { Draft } from './draft.ts'
import * as freeEntry from './free-entry.ts'
import * as row from './row.ts'
import * as slabAllocator from './slab-allocator.ts'
import * as version from './version.ts'
import * as view from './view.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { copyIn, copyWordsIn, peek, poke, pokeDouble } = atomics
const {
  CHAIN,
  CONTINUATION,
  EPOCH,
  EXPIRY,
  HEADER,
  LONG,
  offsetOf,
  packContinuation,
  packKeyAndVersion,
  packValueAndPresence,
  presenceOf,
  refillStep,
  SHORT_KEY_LIMIT,
  SHORT_VALUE_LIMIT,
  shortKeyLength,
  SPACE,
  TYPE_VALUE,
  WORDS_BEFORE_KEY,
  FLAGS,
  CAS,
  CONTENT,
  MARKS,
  INTENT,
  STORE_TIME,
} = entryHeader
const { MAX_KEY_BYTES } = limits
const { classFor } = sizeClasses
const { ROW } = threadRow
const { markComplete } = completeEntry
const { dropNew } = freeEntry
const { field, record } = row
const { allocate, makeRoom } = slabAllocator
const { takeVersion } = version
const { chunkAddress, pageOf, segmentOf } = view

/** Longer values are copied by the runtime. */
const MOST_COPIED_BY_WORDS = 128
const CONTINUATION_HEADER_BYTES = CONTINUATION.BYTES * 4

/**
 * Takes the chunks for a draft and fills them, all but the version.
 * @returns false when memory is used up; what was taken stays in the row for `dropNew`
 */
export function build(view: MemoryView, draft: Draft): boolean {
  for (let tries = 1; !buildOnce(view, draft); tries++) {
    const isLong = field(view, ROW.NEW_CHAIN) !== 0
    dropNew(view) // Other threads took what was evicted for it: begin again.
    if (view.policy.name !== 'none') {
      if (tries === BUILD_TRIES) return false
      continue
    }
    // Entries can be moved out of a page only while the row holds no pieces of a new one.
    const wanted = Math.ceil(draft.length / view.plan.pageBytes)
    if (!isLong || tries > Math.max(LEAST_PAGES_MOVED, wanted)) return false
    if (!makeRoom(view, view.classes.bytes.length - 1)) return false
    dropNew(view)
  }
  return true
}
const BUILD_TRIES = 16
/** A value may have as many pages emptied as it fills, or so many: a refusal has a bound. */
const LEAST_PAGES_MOVED = 4

function buildOnce(view: MemoryView, draft: Draft): boolean {
  const presence = presenceFor(view, draft)
  const before = WORDS_BEFORE_KEY[presence]! * 4 + view.key.wordCount * 4
  const { largest } = view.classes
  view.wantedBytes = before + draft.length
  if (before + draft.length <= largest || draft.length === 0) {
    return buildHead(view, draft, presence, before, draft.length)
  }
  return buildChained(view, draft, presence | CHAIN)
}

function presenceFor(view: MemoryView, draft: Draft): number {
  let presence = 0
  if (draft.expiry !== 0) presence |= EXPIRY
  if (view.key.length >= SHORT_KEY_LIMIT || draft.length >= SHORT_VALUE_LIMIT) presence |= LONG
  if (draft.stamp !== 0) presence |= EPOCH
  if (view.key.space !== 0) presence |= SPACE
  if (draft.flags !== 0) presence |= FLAGS
  if ((draft.casHigh | draft.casLow) !== 0) presence |= CAS
  if (draft.storedAt !== 0) presence |= STORE_TIME
  if (draft.marks !== 0) presence |= MARKS
  if (draft.content !== 0) presence |= CONTENT
  if (draft.intent !== undefined) presence |= INTENT
  return presence
}

/** The pieces of a long value, the last one first. */
function buildChained(view: MemoryView, draft: Draft, presence: number): boolean {
  const { largest } = view.classes
  const room = largest - CONTINUATION_HEADER_BYTES
  const before = WORDS_BEFORE_KEY[presence]! * 4 + view.key.wordCount * 4
  const inHead = Math.max(0, Math.min(draft.length, largest - before))
  let end = draft.length
  const parts = Math.ceil((draft.length - inHead) / room)
  let size = draft.length - inHead - (parts - 1) * room
  for (let part = 0; part < parts; part++) {
    if (!buildPart(view, draft, end - size, size)) return false
    end -= size
    size = room
  }
  return buildHead(view, draft, presence, before, inHead)
}

function buildPart(view: MemoryView, draft: Draft, from: number, bytes: number): boolean {
  const sizeClass = classFor(view.classes, CONTINUATION_HEADER_BYTES + bytes)
  const handle = allocate(view, sizeClass, true)
  if (handle === 0) return false
  const segment = segmentOf(view, pageOf(view, handle))
  const words = view.data[segment]!
  const at = chunkAddress(view, handle)
  const target = (at + CONTINUATION.BYTES) * 4
  copyIn(view.dataBytes[segment]!, target, draft.bytes, draft.from + from, bytes)
  poke(words, at + CONTINUATION.LENGTH_AND_TYPE, packContinuation(bytes))
  poke(words, at + CONTINUATION.OWNER, 0)
  poke(words, at + CONTINUATION.NEXT, field(view, ROW.NEW_CHAIN))
  poke(words, at + HEADER.INCARNATION, peek(words, at + HEADER.INCARNATION) + 1)
  record(view, ROW.NEW_CHAIN, handle)
  record(view, ROW.NEW_PART, 0)
  return true
}

function buildHead(
  view: MemoryView,
  draft: Draft,
  presence: number,
  before: number,
  inHead: number,
): boolean {
  const sizeClass = classFor(view.classes, before + inHead)
  const handle = allocate(view, sizeClass, false)
  if (handle === 0) return false
  const segment = segmentOf(view, pageOf(view, handle))
  const words = view.data[segment]!
  const at = chunkAddress(view, handle)
  const { key } = view
  poke(words, at + HEADER.KEY_AND_VERSION, packKeyAndVersion(key.length, TYPE_VALUE, 0))
  poke(
    words,
    at + HEADER.VALUE_AND_PRESENCE,
    packValueAndPresence(draft.length, draft.codec, presence),
  )
  if (presence !== 0) writeOptional(view, draft, segment, at, presence, inHead)
  const keyFrom = at + WORDS_BEFORE_KEY[presence]!
  for (let i = 0; i < key.wordCount; i++) poke(words, keyFrom + i, key.words[i]!)
  const valueFrom = keyFrom + key.wordCount
  if (inHead <= MOST_COPIED_BY_WORDS && draft.viewed === draft.bytes) {
    copyWordsIn(words, valueFrom, draft.view!, draft.from, inHead)
  } else copyIn(view.dataBytes[segment]!, valueFrom * 4, draft.bytes, draft.from, inHead)
  draft.words = words
  draft.at = at
  draft.presence = presence
  if ((presence & CHAIN) !== 0) ownParts(view, handle)
  return true
}

function writeOptional(
  view: MemoryView,
  draft: Draft,
  segment: number,
  at: WordIndex,
  presence: number,
  inHead: number,
): void {
  const words = view.data[segment]!
  if ((presence & EXPIRY) !== 0) {
    pokeDouble(view.dataDoubles[segment]!, (at + HEADER.WORDS) >>> 1, draft.expiry)
  }
  if ((presence & LONG) !== 0) {
    poke(words, at + offsetOf(LONG, presence), view.key.length)
    poke(words, at + offsetOf(LONG, presence) + 1, draft.length)
  }
  if ((presence & EPOCH) !== 0) poke(words, at + offsetOf(EPOCH, presence), draft.stamp)
  if ((presence & SPACE) !== 0) poke(words, at + offsetOf(SPACE, presence), view.key.space)
  if ((presence & FLAGS) !== 0) poke(words, at + offsetOf(FLAGS, presence), draft.flags)
  if ((presence & CAS) !== 0) {
    poke(words, at + offsetOf(CAS, presence), draft.casHigh)
    poke(words, at + offsetOf(CAS, presence) + 1, draft.casLow)
  }
  if ((presence & STORE_TIME) !== 0) {
    poke(words, at + offsetOf(STORE_TIME, presence), Math.floor(draft.storedAt / 2 ** 32))
    poke(words, at + offsetOf(STORE_TIME, presence) + 1, draft.storedAt | 0)
  }
  if ((presence & MARKS) !== 0) poke(words, at + offsetOf(MARKS, presence), draft.marks)
  if ((presence & CONTENT) !== 0) poke(words, at + offsetOf(CONTENT, presence), draft.content)
  const { intent } = draft
  if (intent !== undefined) {
    const from = at + offsetOf(INTENT, presence)
    for (let word = 0; word < intent.length; word++) poke(words, from + word, intent[word]!)
  }
  if ((presence & CHAIN) !== 0) {
    poke(words, at + offsetOf(CHAIN, presence), field(view, ROW.NEW_CHAIN))
    poke(words, at + offsetOf(CHAIN, presence) + 1, inHead)
  }
}

/** Tells each continuation which entry it belongs to, so that a page mover can find it. */
export function ownParts(view: MemoryView, owner: number): void {
  for (let part = field(view, ROW.NEW_CHAIN); part !== 0; ) {
    const words = view.data[segmentOf(view, pageOf(view, part))]!
    const at = chunkAddress(view, part)
    poke(words, at + CONTINUATION.OWNER, owner)
    part = peek(words, at + CONTINUATION.NEXT)
  }
}

/**
 * Takes the version, after the scan and before the exchange, and completes the entry. After a lost
 * exchange the entry is completed again under its next incarnation with a later version.
 */
export function complete(view: MemoryView, draft: Draft): void {
  finish(view, draft, takeVersion(view, view.home))
}

/**
 * Completes the entry with a version that came from elsewhere (apply), or is kept (touch, move).
 * @param word its slot word, when it is not the row's new one
 */
export function finish(
  view: MemoryView,
  draft: Draft,
  version: number,
  word: number = field(view, ROW.NEW),
): void {
  const { words, at } = draft
  draft.version = version
  let incarnation = peek(words, at + HEADER.INCARNATION)
  if ((incarnation & 1) === 0) {
    incarnation += refillStep(view.versionBits)
    poke(words, at + HEADER.INCARNATION, incarnation)
  }
  const short = shortKeyLength(peek(words, at + HEADER.KEY_AND_VERSION))
  const high = Math.floor(version / 2 ** 32)
  poke(words, at + HEADER.VERSION_LOW, version | 0)
  poke(words, at + HEADER.KEY_AND_VERSION, packKeyAndVersion(short, TYPE_VALUE, high))
  markComplete(view, word, words, at, incarnation + 1, draft.expiry)
}

/** The longest key that an entry of this engine can hold, in bytes. */
export function longestKey(view: MemoryView): number {
  const optional =
    WORDS_BEFORE_KEY[
      EXPIRY | LONG | EPOCH | SPACE | CHAIN | FLAGS | CAS | MARKS | STORE_TIME | CONTENT | INTENT
    ]! * 4
  return Math.min(MAX_KEY_BYTES, view.classes.widest - optional - 4)
}

/** Presence mask of the entry in the registers. */
export function presenceAt(words: Int32Array, at: WordIndex): number {
  return presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
}
