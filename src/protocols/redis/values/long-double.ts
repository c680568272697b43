/**
 * The 80-bit floating point numbers that INCRBYFLOAT counts with: read, added and written as glibc
 * does it, in integers. A value is `mantissa * 2 ** exponent`, the mantissa of at most 64 bits.
 *
 * Doubles would be shorter code, and 0.1 + 0.2 would not be 0.3 as it is in Redis.
 */

export interface LongDouble {
  readonly mantissa: bigint
  readonly exponent: number
  /** 1 or -1 for an infinity, else 0. */
  readonly infinite: -1 | 0 | 1
}

/** Redis reads no longer text as a number. */
const MOST_CHARACTERS = 5 * 1024 - 1
const MANTISSA_BITS = 64
const LEAST_EXPONENT = -16_445
const MOST_BITS = 16_384
/** Decimal exponents beyond these are infinity and zero, whatever the digits. */
const MOST_DECIMAL = 4_940
const LEAST_DECIMAL = -4_960
const FRACTION_DIGITS = 17
const SCALE = 10n ** BigInt(FRACTION_DIGITS)

const DECIMAL = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d+))?$/
const HEXADECIMAL =
  /^([+-]?)0[xX](?:([\da-fA-F]+)\.?([\da-fA-F]*)|\.([\da-fA-F]+))(?:[pP]([+-]?\d+))?$/
const INFINITE = /^([+-]?)inf(?:inity)?$/i

/** The number that text says; undefined when it says none, is too large, or too small but not 0. */
export function parseLongDouble(text: string): LongDouble | undefined {
  if (text.length > MOST_CHARACTERS) return undefined
  const decimal = DECIMAL.exec(text)
  if (decimal !== null) return checked(ofDecimal(decimal), decimal)
  const hexadecimal = HEXADECIMAL.exec(text)
  if (hexadecimal !== null) return checked(ofHexadecimal(hexadecimal), hexadecimal)
  const infinite = INFINITE.exec(text)
  if (infinite === null) return undefined
  return { mantissa: 0n, exponent: 0, infinite: infinite[1] === '-' ? -1 : 1 }
}

/** What overflowed, or became 0 without being 0, is no number. */
function checked(value: LongDouble, match: RegExpExecArray): LongDouble | undefined {
  if (value.infinite !== 0) return undefined
  const hasDigit = /[1-9a-fA-F]/.test(`${match[2] ?? ''}${match[3] ?? ''}${match[4] ?? ''}`)
  return value.mantissa === 0n && hasDigit ? undefined : value
}

function ofDecimal(match: RegExpExecArray): LongDouble {
  const fraction = match[3] ?? match[4] ?? ''
  const digits = ((match[2] ?? '') + fraction).replace(/^0+/, '')
  const exponent = Number(match[5] ?? 0) - fraction.length
  const sign = match[1] === '-' ? -1n : 1n
  if (digits === '' || digits.length + exponent < LEAST_DECIMAL) return rounded(0n, 0)
  if (digits.length + exponent > MOST_DECIMAL) return infinity(sign)
  const value = sign * BigInt(digits)
  if (exponent >= 0) return rounded(value * 10n ** BigInt(exponent), 0)
  return quotient(value, 10n ** BigInt(-exponent))
}

function ofHexadecimal(match: RegExpExecArray): LongDouble {
  const fraction = match[3] ?? match[4] ?? ''
  const digits = ((match[2] ?? '') + fraction).replace(/^0+/, '')
  const exponent = Number(match[5] ?? 0) - 4 * fraction.length
  const sign = match[1] === '-' ? -1n : 1n
  if (digits === '' || 4 * digits.length + exponent < LEAST_EXPONENT - 8) return rounded(0n, 0)
  if (4 * digits.length + exponent > MOST_BITS + 8) return infinity(sign)
  return rounded(sign * BigInt(`0x${digits}`), exponent)
}

/** A fraction, with enough bits that rounding its quotient is rounding itself. */
function quotient(numerator: bigint, denominator: bigint): LongDouble {
  const sign = numerator < 0n ? -1n : 1n
  const size = numerator * sign
  const shift = Math.max(0, MANTISSA_BITS + 2 + bitLength(denominator) - bitLength(size))
  const shifted = size << BigInt(shift)
  const whole = shifted / denominator
  const rest = shifted - whole * denominator === 0n ? 0n : 1n
  return rounded(sign * ((whole << 1n) | rest), -shift - 1)
}

function bitLength(value: bigint): number {
  const text = value.toString(16)
  return 4 * (text.length - 1) + (32 - Math.clz32(Number.parseInt(text[0]!, 16)))
}

function infinity(sign: bigint): LongDouble {
  return { mantissa: 0n, exponent: 0, infinite: sign < 0n ? -1 : 1 }
}

/** The nearest number of 64 bits, of two the even one. */
function rounded(value: bigint, exponent: number): LongDouble {
  if (value === 0n) return { mantissa: 0n, exponent: 0, infinite: 0 }
  const sign = value < 0n ? -1n : 1n
  const size = value * sign
  const drop = Math.max(bitLength(size) - MANTISSA_BITS, LEAST_EXPONENT - exponent)
  if (drop <= 0) {
    if (bitLength(size) + exponent > MOST_BITS) return infinity(sign)
    return { mantissa: value, exponent, infinite: 0 }
  }
  const kept = shiftRounded(size, drop)
  if (kept !== 0n && bitLength(kept) + exponent + drop > MOST_BITS) return infinity(sign)
  return { mantissa: sign * kept, exponent: exponent + drop, infinite: 0 }
}

/** `size / 2 ** bits`, the nearest integer, of two the even one. */
function shiftRounded(size: bigint, bits: number): bigint {
  const kept = size >> BigInt(bits)
  const rest = size - (kept << BigInt(bits))
  const half = 1n << BigInt(bits - 1)
  return rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept
}

/** The sum; undefined when it is an infinity or no number. */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble | undefined {
  if (a.infinite !== 0 || b.infinite !== 0) return undefined
  const exponent = Math.min(a.exponent, b.exponent)
  const left = a.mantissa << BigInt(a.exponent - exponent)
  const right = b.mantissa << BigInt(b.exponent - exponent)
  const sum = rounded(left + right, exponent)
  return sum.infinite === 0 ? sum : undefined
}

/** With up to 17 digits behind the point and no exponent. */
export function formatLongDouble({ mantissa, exponent }: LongDouble): string {
  const size = mantissa < 0n ? -mantissa : mantissa
  const scaled =
    exponent >= 0 ? (size << BigInt(exponent)) * SCALE : shiftRounded(size * SCALE, -exponent)
  const digits = scaled.toString().padStart(FRACTION_DIGITS + 1, '0')
  const whole = digits.slice(0, -FRACTION_DIGITS)
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, '')
  const text = fraction === '' ? whole : `${whole}.${fraction}`
  return mantissa < 0n && scaled !== 0n ? `-${text}` : text
}
