/**
 * Decimal numbers in bytes, read and written without strings. 64-bit numbers are two 32-bit words,
 * as the engine keeps a CAS; only those above 2^53 become a BigInt on their way out.
 */
const TWO_32 = 2 ** 32
const PLUS = 43
const MINUS = 45
const ZERO = 48

/** The last 64-bit number that `readLong` read, as signed words. */
export class LongWords {
  high = 0
  low = 0
}
export const long: LongWords = new LongWords()

/**
 * An unsigned number up to `most`; -1 when the bytes are none or it is larger. Of numbers with a
 * minus only -0 is one, as for memcached.
 */
export function readUnsigned(bytes: Uint8Array, from: number, to: number, most: number): number {
  let at = from
  let largest = most
  if (at < to && (bytes[at] === PLUS || bytes[at] === MINUS)) {
    if (bytes[at++] === MINUS) largest = 0
  }
  if (at === to) return -1
  let value = 0
  for (; at < to; at++) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
    if (value > largest) return -1
  }
  return value
}

/** A number of at most 53 bits with an optional sign; NaN when the bytes are none. */
export function readSigned(bytes: Uint8Array, from: number, to: number): number {
  const isNegative = from < to && bytes[from] === MINUS
  const start = isNegative ? from + 1 : from
  const first = bytes[start]
  if (isNegative && (first === PLUS || first === MINUS)) return Number.NaN
  const value = readUnsigned(bytes, start, to, Number.MAX_SAFE_INTEGER)
  if (value < 0) return Number.NaN
  return isNegative ? -value : value
}

/** Reads an unsigned 64-bit number into `long`; false when the bytes are none. -0 is one. */
export function readLong(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from
  const hasMinus = at < to && bytes[at] === MINUS
  if (at < to && (hasMinus || bytes[at] === PLUS)) at++
  if (at === to) return false
  let high = 0
  let low = 0
  for (; at < to; at++) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) return false
    low = low * 10 + digit
    const carry = Math.floor(low / TWO_32)
    low -= carry * TWO_32
    high = high * 10 + carry
    if (high >= TWO_32 || (hasMinus && digit !== 0)) return false
  }
  long.high = high | 0
  long.low = low | 0
  return true
}

/** The number that two words stand for; exact up to 2^53. */
export function joined(high: number, low: number): number {
  return (high >>> 0) * TWO_32 + (low >>> 0)
}

/** Two words as a BigInt. */
export function asBigInt(high: number, low: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

/** Writes a whole number from 0 to 2^53; returns where it ends. There is room for 16 bytes. */
export function putNumber(target: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    target[at] = ZERO + value
    return at + 1
  }
  let digits = 1
  for (let bound = 10; value >= bound; bound *= 10) digits++
  let rest = value
  for (let i = at + digits - 1; i >= at; i--) {
    const tenth = Math.floor(rest / 10)
    target[i] = ZERO + (rest - tenth * 10)
    rest = tenth
  }
  return at + digits
}

/** Writes an unsigned 64-bit number; returns where it ends. There is room for 20 bytes. */
export function putLong(target: Uint8Array, at: number, high: number, low: number): number {
  if (high >>> 21 === 0) return putNumber(target, at, joined(high, low))
  const text = asBigInt(high, low).toString()
  for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** Writes ASCII text; returns where it ends. */
export function putText(target: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i)
  return at + text.length
}
