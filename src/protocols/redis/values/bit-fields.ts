/**
 * BITFIELD's numbers: signed of 1 to 64 bits or unsigned of 1 to 63, at any bit of a string, and
 * what becomes of a number that does not fit.
 */

export type Overflow = 'WRAP' | 'SAT' | 'FAIL'

export interface FieldType {
  readonly isSigned: boolean
  readonly bits: number
}

/** The field that begins at a bit; what lies behind the end of the string is 0. */
export function readField(
  bytes: Uint8Array,
  offset: number,
  { isSigned, bits }: FieldType,
): bigint {
  const from = Math.floor(offset / 8)
  const shift = BigInt((8 - ((offset + bits) % 8)) % 8)
  const to = Math.ceil((offset + bits) / 8)
  let value = 0n
  for (let at = from; at < to; at++) value = (value << 8n) | BigInt(bytes[at] ?? 0)
  value >>= shift
  return isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
}

/** Writes a field that lies within the string. */
export function writeField(bytes: Uint8Array, offset: number, bits: number, value: bigint): void {
  let rest = BigInt.asUintN(bits, value)
  for (let bit = offset + bits - 1; bit >= offset; bit--) {
    const mask = 0x80 >>> (bit & 7)
    const at = Math.floor(bit / 8)
    if ((rest & 1n) === 1n) bytes[at]! |= mask
    else bytes[at]! &= ~mask
    rest >>= 1n
  }
}

/** The number that is stored for one that may not fit; undefined when none is. */
export function fitted(value: bigint, type: FieldType, overflow: Overflow): bigint | undefined {
  const { isSigned, bits } = type
  const most = 2n ** BigInt(isSigned ? bits - 1 : bits) - 1n
  const least = isSigned ? -most - 1n : 0n
  if (value >= least && value <= most) return value
  if (overflow === 'FAIL') return undefined
  if (overflow === 'SAT') return value > most ? most : least
  return isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
}
