/**
 * The hash and the staged key against their oracles: xxhash-wasm for the digests, TextEncoder for
 * the bytes of string keys. Whatever the way in (string, bytes, part of a buffer), one key has one
 * digest, or two threads would look for it in two places.
 */
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import xxhash from 'xxhash-wasm'
import { MAX_KEY_BYTES } from '../../native-layout/limits.ts'
import { seedOf, xxh32 } from '../../src/memory/hash.ts'
import { KeyScratch } from '../../src/memory/key-scratch.ts'

type Oracle = (bytes: Uint8Array, seed: number) => number
let oracle: Oracle

beforeAll(async () => {
  const { h32Raw } = await xxhash()
  oracle = (bytes, seed) => h32Raw(bytes, seed >>> 0) >>> 0
})

/** The bytes at word `at` of otherwise nonzero words, so that reading past the end shows. */
function hashAt(bytes: Uint8Array, at: number, seed: number): number {
  const words = new Int32Array(at + (bytes.length >>> 2) + 2).fill(-1)
  new Uint8Array(words.buffer).set(bytes, at * 4)
  return xxh32(words, at, bytes.length, seed) >>> 0
}

describe('xxh32', () => {
  test('every length up to 300 bytes, at several places, for several seeds', () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 167 + 13) & 255)
    for (let length = 0; length <= bytes.length; length++) {
      const part = bytes.slice(0, length)
      for (const seed of [0, 1, -1, 0x9e3779b1 | 0]) {
        expect(hashAt(part, length % 3, seed), `${length} bytes`).toBe(oracle(part, seed))
      }
    }
  })

  test('any bytes, any seed', () => {
    const input = [fc.uint8Array({ maxLength: 2000, size: 'max' }), fc.integer()] as const
    fc.assert(
      fc.property(...input, (bytes, seed) => hashAt(bytes, 1, seed) === oracle(bytes, seed)),
      { seed: 20261121, numRuns: 500 },
    )
  })

  test('the longest key', () => {
    const bytes = new Uint8Array(MAX_KEY_BYTES).fill(251)
    expect(hashAt(bytes, 0, 7)).toBe(oracle(bytes, 7))
  })
})

describe('the staged key', () => {
  const SEED = 12345
  const scratch = new KeyScratch(SEED)
  const staged = () => Buffer.from(scratch.bytes.subarray(0, scratch.length))

  function expectStaged(bytes: Uint8Array): void {
    expect(scratch.length).toBe(bytes.length)
    expect(scratch.wordCount).toBe(Math.ceil(bytes.length / 4))
    expect(staged().equals(bytes)).toBe(true)
    const padding = scratch.bytes.subarray(bytes.length, scratch.wordCount * 4)
    expect(padding.every((byte) => byte === 0)).toBe(true)
    expect(scratch.digest >>> 0).toBe(oracle(bytes, SEED))
  }

  test('a string is its UTF-8 form, also with lone surrogates', () => {
    const strings = fc.oneof(
      fc.string({ maxLength: 80, unit: 'binary-ascii' }),
      fc.string({ maxLength: 80, unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    )
    fc.assert(
      fc.property(strings, (key) => {
        expect(scratch.loadString(key, 0)).toBe(true)
        expectStaged(new TextEncoder().encode(key))
      }),
      { seed: 20261121, numRuns: 500 },
    )
  })

  test('bytes are staged as they are, from any place of a buffer', () => {
    const input = [fc.uint8Array({ maxLength: 200, size: 'max' }), fc.nat({ max: 9 })] as const
    fc.assert(
      fc.property(...input, (bytes, offset) => {
        const source = new Uint8Array(offset + bytes.length + 5).fill(255)
        source.set(bytes, offset)
        expect(scratch.loadBytes(source, offset, offset + bytes.length, 0)).toBe(true)
        expectStaged(bytes)
      }),
      { seed: 20261121, numRuns: 500 },
    )
  })

  test('the longest key fits, one byte more does not', () => {
    const longest = 'k'.repeat(MAX_KEY_BYTES)
    expect(scratch.loadString(longest, 0)).toBe(true)
    expectStaged(Buffer.from(longest))
    expect(scratch.loadString(`${longest}k`, 0)).toBe(false)
    expect(scratch.loadString('é'.repeat(32_767) + 'a', 0)).toBe(true)
    expect(scratch.length).toBe(MAX_KEY_BYTES)
    expect(scratch.loadString('é'.repeat(32_768), 0)).toBe(false)
    expect(scratch.loadBytes(new Uint8Array(MAX_KEY_BYTES), 0, MAX_KEY_BYTES, 0)).toBe(true)
    expectStaged(new Uint8Array(MAX_KEY_BYTES))
    const tooLong = MAX_KEY_BYTES + 1
    expect(scratch.loadBytes(new Uint8Array(tooLong), 0, tooLong, 0)).toBe(false)
  })

  test('a namespace seeds the digest', () => {
    const key = Buffer.from('key')
    scratch.loadString('key', 3)
    expect(scratch.digest >>> 0).toBe(oracle(key, seedOf(SEED, 3)))
    expect(scratch.digest >>> 0).not.toBe(oracle(key, SEED))
  })
})
