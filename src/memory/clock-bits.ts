/**
 * The reference bits: two per slot, in the last word of its bucket.
 *
 * They are written by plain byte stores, away from every word that is compared and exchanged: a
 * mark lost to a race costs hit ratio nobody can measure, a reader that made writers fail would
 * cost more. Intentional, do not fix.
 */
import * as atomics from '#atomics'
import * as slots from '../../native-layout/table-slot.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { peek, peekByte, pokeByte } = atomics
const { BUCKET, BUCKET_SHIFT } = slots
const IN_BUCKET = BUCKET.WORDS - 1
const CLOCK_BYTE = BUCKET.CLOCK * 4
const MOST = 3

export const HOTTEST = MOST

/** Byte of the table segment that holds the bits of a slot, given its word A. */
function byteAt(slotAt: WordIndex): number {
  const bucket = slotAt >>> BUCKET_SHIFT
  const way = (slotAt & IN_BUCKET) - BUCKET.A
  return (bucket << (BUCKET_SHIFT + 2)) + CLOCK_BYTE + (way >>> 2)
}
function shiftOf(slotAt: WordIndex): number {
  return (((slotAt & IN_BUCKET) - BUCKET.A) & 3) << 1
}

/** The heat of a slot's entry, 0 to 3. */
export function heat(bytes: Uint8Array, slotAt: WordIndex): number {
  return (peekByte(bytes, byteAt(slotAt)) >>> shiftOf(slotAt)) & HOTTEST
}

/**
 * One use of the slot in the registers: up to 3. On every hit, so what the functions above do is
 * written out.
 */
export function warm({ tableBytes, slotSegment, slotAt }: MemoryView): void {
  const bytes = tableBytes[slotSegment]!
  const way = (slotAt & IN_BUCKET) - BUCKET.A
  const at = ((slotAt & ~IN_BUCKET) << 2) + CLOCK_BYTE + (way >>> 2)
  const shift = (way & 3) << 1
  const seen = peekByte(bytes, at)
  if (((seen >>> shift) & MOST) !== MOST) pokeByte(bytes, at, seen + (1 << shift))
}

/**
 * Whether a slot is so hot that a use more changes nothing, whatever the policy: asked of the words
 * in which it lies, so that a use costs a load.
 */
export function isHottest(words: Int32Array, slotAt: WordIndex): boolean {
  const way = (slotAt & IN_BUCKET) - BUCKET.A
  return ((peek(words, (slotAt & ~IN_BUCKET) + BUCKET.CLOCK) >>> (way << 1)) & MOST) === MOST
}

/** The same where only whether there was one counts. */
export function visit({ tableBytes, slotSegment, slotAt }: MemoryView): void {
  const bytes = tableBytes[slotSegment]!
  const at = byteAt(slotAt)
  const shift = shiftOf(slotAt)
  const seen = peekByte(bytes, at)
  if (((seen >>> shift) & HOTTEST) === 0) pokeByte(bytes, at, seen + (1 << shift))
}

/** The hand passed: one less. */
export function cool(bytes: Uint8Array, slotAt: WordIndex): void {
  const at = byteAt(slotAt)
  const shift = shiftOf(slotAt)
  const seen = peekByte(bytes, at)
  if (((seen >>> shift) & HOTTEST) !== 0) pokeByte(bytes, at, seen - (1 << shift))
}

/** A new entry in the slot starts at 0: inserting with a bit set costs hit ratio. */
export function reset(bytes: Uint8Array, slotAt: WordIndex): void {
  const at = byteAt(slotAt)
  const shift = shiftOf(slotAt)
  const seen = peekByte(bytes, at)
  if (((seen >>> shift) & HOTTEST) !== 0) pokeByte(bytes, at, seen & ~(HOTTEST << shift))
}
