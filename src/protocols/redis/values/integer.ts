/**
 * Signed 64-bit integers in decimal, by Redis' rules: no plus, no blanks, no zeros in front, no -0.
 * Up to 15 digits they are plain numbers, so that counting needs no BigInt; beyond, BigInts.
 */

/** A number as long as it is exact, else a BigInt. */
export type Integer = number | bigint

export const MOST_INTEGER: bigint = 2n ** 63n - 1n
export const LEAST_INTEGER: bigint = -(2n ** 63n)

const MINUS = 45
const ZERO = 48
const SAFE_DIGITS = 15
/** Digits of the largest magnitude. */
const MOST_DIGITS = 19

/** The integer that `bytes[from..to)` says, or undefined when it says none. */
export function readInteger(bytes: Uint8Array, from: number, to: number): Integer | undefined {
  const isNegative = from < to && bytes[from] === MINUS
  const first = isNegative ? from + 1 : from
  const digits = to - first
  if (digits < 1 || digits > MOST_DIGITS) return undefined
  if (bytes[first] === ZERO) return digits === 1 && !isNegative ? 0 : undefined
  const split = Math.max(first, to - SAFE_DIGITS)
  let high = 0
  let low = 0
  for (let at = first; at < to; at++) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) return undefined
    if (at < split) high = high * 10 + digit
    else low = low * 10 + digit
  }
  if (split === first) return isNegative ? -low : low
  const magnitude = BigInt(high) * 10n ** BigInt(SAFE_DIGITS) + BigInt(low)
  return withinRange(isNegative ? -magnitude : magnitude)
}

function withinRange(value: bigint): bigint | undefined {
  return value > MOST_INTEGER || value < LEAST_INTEGER ? undefined : value
}

/** The sum, or undefined when it needs more than 64 bits. */
export function addIntegers(a: Integer, b: Integer): Integer | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return withinRange(BigInt(a) + BigInt(b))
}

/** The negative; undefined for the least integer, which has none. */
export function negated(value: Integer): Integer | undefined {
  if (typeof value === 'number') return value === 0 ? 0 : -value
  return withinRange(-value)
}
