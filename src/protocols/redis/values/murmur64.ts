/**
 * MurmurHash64A as HyperLogLog uses it, on pairs of 32-bit words: a BigInt for each element would
 * cost more than all the rest. The result is left in `hash`.
 */

const MULTIPLIER_HIGH = 0xc6a4a793
const MULTIPLIER_LOW = 0x5bd1e995
const ROTATION = 47 - 32
const SEED = 0xadc83b19

/** The last hash, as two words. */
export const hash = { high: 0, low: 0 }

/** Hashes `bytes[from..to)`. */
export function murmur64(bytes: Uint8Array, from: number, to: number): void {
  const length = to - from
  multiply(0, length)
  hash.low ^= SEED
  let at = from
  for (; to - at >= 8; at += 8) {
    const { high, low } = hash
    multiply(wordAt(bytes, at + 4), wordAt(bytes, at))
    hash.low ^= hash.high >>> ROTATION
    multiply(hash.high, hash.low)
    hash.high ^= high
    hash.low ^= low
    multiply(hash.high, hash.low)
  }
  if (at < to) {
    for (let i = 0; at + i < to; i++) {
      if (i < 4) hash.low ^= bytes[at + i]! << (8 * i)
      else hash.high ^= bytes[at + i]! << (8 * (i - 4))
    }
    multiply(hash.high, hash.low)
  }
  hash.low ^= hash.high >>> ROTATION
  multiply(hash.high, hash.low)
  hash.low ^= hash.high >>> ROTATION
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** Leaves the low 64 bits of the product with the multiplier in `hash`. */
function multiply(high: number, low: number): void {
  const a0 = low & 0xffff
  const a1 = low >>> 16
  const b0 = MULTIPLIER_LOW & 0xffff
  const b1 = MULTIPLIER_LOW >>> 16
  const low0 = a0 * b0
  const middle = a1 * b0 + (low0 >>> 16)
  const cross = a0 * b1 + (middle & 0xffff)
  const carried = a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)
  hash.low = (cross << 16) | (low0 & 0xffff)
  hash.high = (carried + Math.imul(high, MULTIPLIER_LOW) + Math.imul(low, MULTIPLIER_HIGH)) | 0
}
