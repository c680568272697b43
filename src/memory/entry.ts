/**
 * The fields of an entry, read from its words: lengths, expiry, version, where the value lies.
 *
 * Every function here may be given recycled bytes by a reader that has not validated yet. None of
 * them follows a length further than the chunk without its caller clamping it.
 */
import * as atomics from '#atomics'
import * as header from '../../native-layout/entry-header.ts'
import { INTENT_WORD, isVacantIntent } from '../../native-layout/transaction.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { peek, peekDouble } = atomics
const {
  CAS,
  CHAIN,
  EXPIRY,
  HEADER,
  INTENT,
  isContinuation,
  LONG,
  offsetOf,
  presenceOf,
  shortKeyLength,
  shortValueLength,
  SPACE,
  versionHighOf,
  WORDS_BEFORE_KEY,
} = header

const TWO_TO_32 = 2 ** 32

export function keyLength(words: Int32Array, at: WordIndex): number {
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  if ((presence & LONG) !== 0) return peek(words, at + offsetOf(LONG, presence))
  return shortKeyLength(peek(words, at + HEADER.KEY_AND_VERSION))
}
/** Length of the whole value in bytes, however many chunks hold it. */
export function valueLength(words: Int32Array, at: WordIndex): number {
  const last = peek(words, at + HEADER.VALUE_AND_PRESENCE)
  const presence = presenceOf(last)
  if ((presence & LONG) !== 0) return peek(words, at + offsetOf(LONG, presence) + 1)
  return shortValueLength(last)
}
/** The version: 48 bits, larger for each later entry of one key. */
export function versionIn(words: Int32Array, at: WordIndex): number {
  const high = versionHighOf(peek(words, at + HEADER.KEY_AND_VERSION))
  return high * TWO_TO_32 + (peek(words, at + HEADER.VERSION_LOW) >>> 0)
}
/**
 * Whether an entry has this 64-bit CAS, given as two words: its explicit one, or else its version.
 */
export function hasCas(
  words: Int32Array,
  at: WordIndex,
  presence: number,
  high: number,
  low: number,
): boolean {
  if ((presence & CAS) !== 0) {
    const from = at + offsetOf(CAS, presence)
    return peek(words, from) === high && peek(words, from + 1) === low
  }
  const versionHigh = versionHighOf(peek(words, at + HEADER.KEY_AND_VERSION))
  return versionHigh === high && peek(words, at + HEADER.VERSION_LOW) === low
}
/** Absolute expiry in ms, 0 for none. */
export function expiryIn(doubles: Float64Array, at: WordIndex, presence: number): number {
  return (presence & EXPIRY) === 0 ? 0 : peekDouble(doubles, (at + HEADER.WORDS) >>> 1)
}
export function spaceIn(words: Int32Array, at: WordIndex, presence: number): number {
  return (presence & SPACE) === 0 ? 0 : peek(words, at + offsetOf(SPACE, presence))
}
/** First continuation of the value, 0 when the chunk holds all of it. */
export function chainIn(words: Int32Array, at: WordIndex, presence: number): number {
  return (presence & CHAIN) === 0 ? 0 : peek(words, at + offsetOf(CHAIN, presence))
}
/** Word index of the key. */
export function keyAt(words: Int32Array, at: WordIndex): WordIndex {
  return at + WORDS_BEFORE_KEY[presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))]!
}
/** Byte index of the value's first byte in its segment. */
export function valueAt(words: Int32Array, at: WordIndex): number {
  return (keyAt(words, at) + ((keyLength(words, at) + 3) >>> 2)) * 4
}
/** Bytes that an entry counts for: header, optional words, padded key, value. */
export function entryBytes(words: Int32Array, at: WordIndex): number {
  return valueAt(words, at) - at * 4 + valueLength(words, at)
}
/** Whether a complete chunk is the first one of an entry. */
export function isEntry(words: Int32Array, at: WordIndex): boolean {
  return !isContinuation(peek(words, at + HEADER.KEY_AND_VERSION))
}
/** Whether the entry stands for an absent key, in a transaction or left over from one. */
export function isVacant(words: Int32Array, at: WordIndex, presence: number): boolean {
  if ((presence & INTENT) === 0) return false
  return isVacantIntent(peek(words, at + offsetOf(INTENT, presence) + INTENT_WORD.HEAD))
}
/** Whether the entry in the registers is past its time or was flushed: absent, though linked. */
export function isDead(view: MemoryView, presence: number, stamp: number): boolean {
  if (((view.stamp - stamp) | 0) > 0) return true
  if ((presence & EXPIRY) === 0) return false
  const expiry = peekDouble(
    view.dataDoubles[view.entrySegment]!,
    (view.entryAt + HEADER.WORDS) >>> 1,
  )
  return expiry <= view.now()
}
