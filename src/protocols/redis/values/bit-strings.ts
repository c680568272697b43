/** Counting and finding bits in a string; bit 0 is the highest bit of byte 0. */

const SET_BITS = new Uint8Array(256)
for (let byte = 1; byte < 256; byte++) SET_BITS[byte] = SET_BITS[byte >>> 1]! + (byte & 1)

/** The bits of a byte from `first` to `last`, both within 0 to 7. */
function maskOf(first: number, last: number): number {
  return (0xff >>> first) & (0xff << (7 - last))
}

/** Bits that are 1 from bit `first` to bit `last`, both within the string. */
export function countBits(bytes: Uint8Array, first: number, last: number): number {
  const from = Math.floor(first / 8)
  const to = Math.floor(last / 8)
  if (from === to) return SET_BITS[bytes[from]! & maskOf(first & 7, last & 7)]!
  let count = SET_BITS[bytes[from]! & maskOf(first & 7, 7)]!
  for (let at = from + 1; at < to; at++) count += SET_BITS[bytes[at]!]!
  return count + SET_BITS[bytes[to]! & maskOf(0, last & 7)]!
}

/** The first bit of a value from bit `first` to bit `last`; -1 when there is none. */
export function findBit(bytes: Uint8Array, isOne: boolean, first: number, last: number): number {
  const from = Math.floor(first / 8)
  const to = Math.floor(last / 8)
  const flip = isOne ? 0 : 0xff
  for (let at = from; at <= to; at++) {
    let found = bytes[at]! ^ flip
    if (at === from || at === to) {
      found &= maskOf(at === from ? first & 7 : 0, at === to ? last & 7 : 7)
    }
    if (found !== 0) return at * 8 + Math.clz32(found) - 24
  }
  return -1
}

export type BitOperation = 'AND' | 'OR' | 'XOR' | 'NOT'

/**
 * Combines two strings bit by bit; the shorter one counts as filled up with zeros.
 * @param into a private copy: the result is this array, or a longer one
 */
export function combineBits(
  operation: Exclude<BitOperation, 'NOT'>,
  into: Uint8Array,
  other: Uint8Array,
): Uint8Array {
  let result = into
  if (other.length > into.length) {
    result = new Uint8Array(other.length)
    result.set(into)
  }
  if (operation === 'AND') {
    for (let i = 0; i < other.length; i++) result[i]! &= other[i]!
    result.fill(0, other.length)
  } else if (operation === 'OR') for (let i = 0; i < other.length; i++) result[i]! |= other[i]!
  else for (let i = 0; i < other.length; i++) result[i]! ^= other[i]!
  return result
}

/** Turns all bits around, in place. */
export function invertBits(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) bytes[i] = ~bytes[i]! & 0xff
  return bytes
}
