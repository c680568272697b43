/**
 * xxHash32 over 32-bit words, as published by Yann Collet (xxHash specification, XXH32).
 *
 * The words are read in place, whether they lie in a thread's scratch or in an entry, so nothing is
 * copied to be hashed; a 24-byte key costs about 10 ns. The wasm hasher of xxhash-wasm needs a copy
 * and a call (47-66 ns for that key) and serves as the oracle of the tests.
 */
import * as atomics from '#atomics'

// Constants: an import is looked up at each use (docs/performance.md).
const { peek } = atomics

const P1 = 0x9e3779b1 | 0
const P2 = 0x85ebca77 | 0
const P3 = 0xc2b2ae3d | 0
const P4 = 0x27d4eb2f | 0
const P5 = 0x165667b1 | 0

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
}

function lane(accumulator: number, word: number): number {
  return Math.imul(rotate((accumulator + Math.imul(word, P2)) | 0, 13), P1)
}

/**
 * The XXH32 digest of the first `bytes` bytes from word `at` on, as a signed 32-bit number.
 * @param words little-endian words
 * @param at index of the first word
 * @param bytes length in bytes; the last word may be used in part
 * @param seed 32 bits
 */
export function xxh32(words: Int32Array, at: number, bytes: number, seed: number): number {
  let i = at
  const whole = at + (bytes >>> 2)
  let h: number
  if (bytes >= 16) {
    let a = (seed + P1 + P2) | 0
    let b = (seed + P2) | 0
    let c = seed | 0
    let d = (seed - P1) | 0
    for (const last = whole - 3; i < last; i += 4) {
      a = lane(a, peek(words, i))
      b = lane(b, peek(words, i + 1))
      c = lane(c, peek(words, i + 2))
      d = lane(d, peek(words, i + 3))
    }
    h = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0
  } else {
    h = (seed + P5) | 0
  }
  h = (h + bytes) | 0
  for (; i < whole; i++) {
    h = Math.imul(rotate((h + Math.imul(peek(words, i), P3)) | 0, 17), P4)
  }
  if ((bytes & 3) !== 0) {
    let rest = peek(words, i)
    for (let n = bytes & 3; n > 0; n--) {
      h = Math.imul(rotate((h + Math.imul(rest & 255, P5)) | 0, 11), P1)
      rest >>>= 8
    }
  }
  h = Math.imul(h ^ (h >>> 15), P2)
  h = Math.imul(h ^ (h >>> 13), P3)
  return h ^ (h >>> 16)
}

/** The seed of a namespace's keys: equal keys of two namespaces fall into unrelated buckets. */
export function seedOf(seed: number, space: number): number {
  return (seed + Math.imul(space, P1)) | 0
}

/** A second digest for tables too large for one: tag and further candidates come from it. */
export function secondSeed(seed: number): number {
  return seed ^ P4
}

/** Spreads the bits of a digest again, differently for each `n` (murmur3's finalizer). */
export function remix(h: number, n: number): number {
  let x = h ^ Math.imul(n, P3)
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
