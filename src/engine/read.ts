/**
 * Reading: get, gets, has, ttl, getBytes. A reader writes nothing but its own counters and a
 * reference bit, and allocates nothing but its result.
 *
 * Each reads optimistically and believes it after `isStill`; a torn copy is thrown away unseen.
 */
import * as atomics from '#atomics'
import * as block from '../../native-layout/control-block.ts'
import * as header from '../../native-layout/entry-header.ts'
import * as limits from '../../native-layout/limits.ts'
import * as rows from '../../native-layout/thread-row.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import * as entries from '../memory/entry.ts'
import * as intents from '../memory/intent.ts'
import * as row from '../memory/row.ts'
import * as table from '../memory/table.ts'
import * as views from '../memory/view.ts'
import type { MemoryView } from '../memory/view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { copyOut, peek, peekDouble } = atomics
const { CONTROL } = block
const {
  CAS,
  CHAIN,
  codecOf,
  CONTENT,
  CONTINUATION,
  continuationLength,
  EXPIRY,
  FLAGS,
  HEADER,
  INTENT,
  LONG,
  MARKS,
  offsetOf,
  presenceOf,
  shortValueLength,
  STORE_TIME,
  WORDS_BEFORE_KEY,
} = header
const { MAX_RETRIES } = limits
const { COUNTER } = rows
const { versionIn } = entries
const { HOLDS, intentMeaning } = intents
const { countAt, currentStamp } = row
const { ABSENT, CONTENDED, find, isStill, stampOf } = table
const { chunkAddress, pageOf, segmentOf } = views

/** A look at one entry: what a read leaves for its caller. */
export class Reading {
  codec = 0
  /** Length of the value in bytes. */
  length = 0
  version = 0
  /** Absolute expiry in ms, 0 none. */
  expiry = 0
  /** Flush stamp. */
  stamp = 0
  flags = 0
  /** Explicit client CAS, both words 0 without one. */
  casHigh = 0
  casLow = 0
  marks = 0
  /** Number of the content type, 0 without one. */
  content = 0
  /** When the value was stored, absolute ms; 0: not noted. */
  storedAt = 0
  presence = 0
}

/** Looks at the entry in the registers; validate afterwards. Returns the value's first byte. */
export function look(view: MemoryView, into: Reading): number {
  const { entry, entryAt } = view
  const last = peek(entry, entryAt + HEADER.VALUE_AND_PRESENCE)
  const presence = presenceOf(last)
  into.codec = codecOf(last)
  into.presence = presence
  into.length =
    (presence & LONG) === 0
      ? shortValueLength(last)
      : peek(entry, entryAt + offsetOf(LONG, presence) + 1)
  return (entryAt + WORDS_BEFORE_KEY[presence]! + view.key.wordCount) * 4
}

/** Reads the optional words that only protocols ask for. After `look`, before validation. */
export function lookAtWords(view: MemoryView, into: Reading): void {
  const { entry, entryAt } = view
  const { presence } = into
  into.flags = (presence & FLAGS) === 0 ? 0 : peek(entry, entryAt + offsetOf(FLAGS, presence))
  into.marks = (presence & MARKS) === 0 ? 0 : peek(entry, entryAt + offsetOf(MARKS, presence))
  into.casHigh = (presence & CAS) === 0 ? 0 : peek(entry, entryAt + offsetOf(CAS, presence))
  into.casLow = (presence & CAS) === 0 ? 0 : peek(entry, entryAt + offsetOf(CAS, presence) + 1)
  into.content = (presence & CONTENT) === 0 ? 0 : peek(entry, entryAt + offsetOf(CONTENT, presence))
  into.storedAt = (presence & STORE_TIME) === 0 ? 0 : storeTimeIn(view, presence)
}

function storeTimeIn({ entry, entryAt }: MemoryView, presence: number): number {
  const at = entryAt + offsetOf(STORE_TIME, presence)
  return peek(entry, at) * 2 ** 32 + (peek(entry, at + 1) >>> 0)
}

/** Whether the bytes that `look` announces lie inside the entry's own chunk. */
export function isWhole(view: MemoryView, into: Reading, at: number): boolean {
  return (
    (into.presence & CHAIN) === 0 &&
    into.length >= 0 &&
    at + into.length <= (view.entryAt + view.entryShape) * 4
  )
}

/** Absolute expiry in ms of the entry in the registers, 0 for none. */
export function expiryOf(view: MemoryView, presence: number): number {
  if ((presence & EXPIRY) === 0) return 0
  return peekDouble(view.dataDoubles[view.entrySegment]!, (view.entryAt + HEADER.WORDS) >>> 1)
}

/**
 * Whether the validated entry is not what its key holds: flushed, past its time, or no longer (or
 * not yet) what a transaction says. Read last.
 */
export function isOver(view: MemoryView, presence: number): boolean {
  const epoch = peek(view.control, CONTROL.EPOCH)
  if (epoch !== 0 || view.key.space !== 0) {
    const now = currentStamp(view, view.key.space)
    if (((now - stampOf(view.entry, view.entryAt, presence)) | 0) > 0) return true
  }
  if ((presence & (EXPIRY | INTENT)) === 0) return false
  if ((presence & INTENT) !== 0) {
    if (intentMeaning(view, view.entry, view.entryAt, presence) !== HOLDS) return true
    if ((presence & EXPIRY) === 0) return false
  }
  return expiryOf(view, presence) <= view.now()
}

export const HIT = 1
export const GONE = 0
/** The entry is linked but over: the caller may free it. */
export const OVER = -2
export const LOST_RACE = -1

/**
 * Copies the value of the staged key into private bytes.
 * @param target where to, from byte `to` on; if there is too little room it is left alone
 * @returns HIT with length and codec in `into`, GONE, OVER, LOST_RACE
 */
export function readBytes(view: MemoryView, into: Reading, target: Uint8Array, to: number): number {
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const found = find(view)
    if (found === ABSENT) return miss(view)
    if (found === CONTENDED) break
    const at = look(view, into)
    const { length } = into
    if (length < 0 || length > view.longestValue) continue
    let copied = true
    if (to + length <= target.length) {
      if (isWhole(view, into, at)) copyOut(view.entry, at >>> 2, target, to, length)
      else copied = copyChain(view, into, at, target, to)
    }
    const over = isOver(view, into.presence)
    if (!isStill(view) || !copied) continue
    if (over) return OVER
    hit(view)
    return HIT
  }
  countAt(view, COUNTER.contended)
  return LOST_RACE
}

export function hit(view: MemoryView): void {
  view.policy.touched(view)
  countAt(view, COUNTER.hits)
}
export function miss(view: MemoryView): number {
  countAt(view, COUNTER.misses)
  return GONE
}

/** Copies a value that lies in several chunks; false when they do not add up (recycled bytes). */
export function copyChain(
  view: MemoryView,
  reading: Reading,
  at: number,
  target: Uint8Array,
  to = 0,
): boolean {
  const { entry, entryAt } = view
  if ((reading.presence & CHAIN) === 0) return false
  const chainAt = entryAt + offsetOf(CHAIN, reading.presence)
  let part = peek(entry, chainAt)
  let done = peek(entry, chainAt + 1)
  if (done < 0 || done > reading.length) return false
  if (at + done > (entryAt + view.entryShape) * 4) return false
  copyOut(entry, at >>> 2, target, to, done)
  while (part !== 0 && done < reading.length) {
    const partAt: WordIndex = chunkAddress(view, part)
    if (partAt < 0) return false
    const segment = segmentOf(view, pageOf(view, part))
    const words = view.data[segment]!
    const bytes = continuationLength(peek(words, partAt + CONTINUATION.LENGTH_AND_TYPE))
    const start = partAt + CONTINUATION.BYTES
    if (bytes <= 0 || done + bytes > reading.length) return false
    if (start + ((bytes + 3) >>> 2) > words.length) return false
    copyOut(words, start, target, to + done, bytes)
    done += bytes
    part = peek(words, partAt + CONTINUATION.NEXT)
  }
  return done === reading.length
}

/** Looks at the staged key without copying its value: has, ttl. */
export function peekEntry(view: MemoryView, into: Reading): number {
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const found = find(view)
    if (found === ABSENT) return GONE
    if (found === CONTENDED) break
    look(view, into)
    into.version = versionIn(view.entry, view.entryAt)
    into.expiry = expiryOf(view, into.presence)
    const over = isOver(view, into.presence)
    if (isStill(view)) return over ? OVER : HIT
  }
  countAt(view, COUNTER.contended)
  return LOST_RACE
}
