/** The pure parts of Redis' commands: integers, patterns, slots, checksums, bits, subsequences. */
import { describe, expect, test } from 'vitest'
import {
  combineBits,
  countBits,
  findBit,
  invertBits,
} from '../../../../src/protocols/redis/values/bit-strings.ts'
import { readField, writeField } from '../../../../src/protocols/redis/values/bit-fields.ts'
import { putCrc64 } from '../../../../src/protocols/redis/values/crc64.ts'
import { matchesGlob } from '../../../../src/protocols/redis/values/glob.ts'
import { addIntegers, readInteger } from '../../../../src/protocols/redis/values/integer.ts'
import { keySlot } from '../../../../src/protocols/redis/values/key-slot.ts'
import { commonLength, longestCommon } from '../../../../src/protocols/redis/values/lcs.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor((state / 0x80000000) * below)
  }
}

describe('integers', () => {
  const read = (text: string) => readInteger(bytes(text), 0, text.length)

  test.each([
    '',
    '-',
    '+1',
    '01',
    '-0',
    ' 1',
    '1 ',
    '1.0',
    '0x1',
    '9223372036854775809',
    '1\0',
  ])('%j is none', (text) => {
    expect(read(text)).toBeUndefined()
    expect(read(`-${text}`)).toBeUndefined()
  })

  test('2^63 is one only below 0', () => {
    expect(read('9223372036854775808')).toBeUndefined()
    expect(read('-9223372036854775808')).toBe(-(2n ** 63n))
  })

  test('of any size in 64 bits are read, written and added', () => {
    const random = randomFrom(3)
    const ends = [0n, 1n, 10n ** 15n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n]
    for (let i = 0; i < 2000; i++) {
      const near = ends[random(ends.length)]! + BigInt(random(7) - 3)
      const other = ends[random(ends.length)]! * (random(2) === 0 ? 1n : -1n)
      const expected = [near, other].map((value) => BigInt.asIntN(64, value))
      const [a, b] = expected.map((value) => read(String(value)))
      expect([BigInt(a!), BigInt(b!)]).toEqual(expected)
      const sum = expected[0]! + expected[1]!
      const isLong = BigInt.asIntN(64, sum) !== sum
      expect(addIntegers(a!, b!)?.toString()).toBe(isLong ? undefined : String(sum))
    }
  })
})

describe('patterns', () => {
  const matches = (pattern: string, text: string) => matchesGlob(bytes(pattern), bytes(text))

  test.each([
    ['*', 'abc', true],
    ['*', '', false],
    ['', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abcd', false],
    ['a*b*c', 'aXbXbXc', true],
    ['?', '', false],
    ['h[ae]llo', 'hello', true],
    ['h[ae]llo', 'hillo', false],
    ['h[^e]llo', 'hallo', true],
    ['h[^e]llo', 'hello', false],
    ['h[a-c]llo', 'hbllo', true],
    ['h[c-a]llo', 'hbllo', true],
    ['[\\]]', ']', true],
    ['[]', 'a', false],
    ['[^]', 'a', true],
    ['[a', 'a', true],
    ['[^', 'a', true],
    ['[', 'a', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a\\', 'a\\', true],
    ['a**', 'a', true],
    ['**a', 'bca', true],
  ])('%j on %j: %j', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
  })

  test('letters in any case, if so wanted', () => {
    expect(matchesGlob(bytes('Max[A-C]*'), bytes('mAXbx'), true)).toBe(true)
    expect(matchesGlob(bytes('Max[A-C]*'), bytes('mAXbx'))).toBe(false)
  })

  test('many stars take no exponential time', () => {
    expect(matches('a*'.repeat(50) + 'b', 'a'.repeat(5000))).toBe(false)
  })
})

test('slots of keys and of what stands in braces', () => {
  const slot = (key: string) => keySlot(bytes(`..${key}`), 2, 2 + key.length)
  expect(slot('')).toBe(0)
  expect(slot('123456789')).toBe(0x31c3)
  expect(slot('foo')).toBe(12_182)
  expect(slot('{user1000}.following')).toBe(slot('user1000'))
  expect(slot('foo{{bar}}zap')).toBe(slot('{bar'))
  expect(slot('foo{bar}{zap}')).toBe(slot('bar'))
  expect(slot('foo{}{bar}')).not.toBe(slot('bar'))
  expect(slot('foo{bar')).not.toBe(slot('bar'))
})

test('the checksum of DUMP has its published value', () => {
  const crc = Buffer.alloc(8)
  putCrc64(bytes('123456789'), 9, crc, 0)
  expect(crc.readBigUInt64LE()).toBe(0xe9c6d914c4b8d9can)
})

describe('bits', () => {
  const bitsOf = (value: Uint8Array): string =>
    Array.from(value, (byte) => byte.toString(2).padStart(8, '0')).join('')

  test('are counted and found as in their text', () => {
    const random = randomFrom(5)
    for (let i = 0; i < 2000; i++) {
      const kinds = [0, 255, random(256)]
      const value = Uint8Array.from({ length: 1 + random(5) }, () => kinds[random(3)]!)
      const text = bitsOf(value)
      const first = random(text.length)
      const last = first + random(text.length - first)
      const part = text.slice(first, last + 1)
      expect(countBits(value, first, last)).toBe(part.replaceAll('0', '').length)
      for (const bit of ['0', '1']) {
        const at = part.indexOf(bit)
        expect(findBit(value, bit === '1', first, last)).toBe(at < 0 ? -1 : first + at)
      }
    }
  })

  test('fields are written where they are read, and nowhere else', () => {
    const random = randomFrom(9)
    for (let i = 0; i < 1000; i++) {
      const value = Uint8Array.from({ length: 12 }, () => random(256))
      const bits = 1 + random(64)
      const offset = random(96 - bits)
      const number = (BigInt(random(2 ** 30)) << 34n) ^ BigInt(random(2 ** 30))
      const before = bitsOf(value)
      writeField(value, offset, bits, number)
      const field = BigInt.asUintN(bits, number).toString(2).padStart(bits, '0')
      const expected = before.slice(0, offset) + field + before.slice(offset + bits)
      expect(bitsOf(value)).toBe(expected)
      const signed = readField(value, offset, { isSigned: true, bits })
      expect(signed).toBe(BigInt.asIntN(bits, number))
    }
  })

  test('strings of different lengths are combined as if filled up with zeros', () => {
    const combine = (name: 'AND' | 'OR' | 'XOR', ...sources: number[][]): number[] => {
      const [first, ...others] = sources.map((source) => Uint8Array.from(source))
      let into: Uint8Array = first!
      for (const other of others) into = combineBits(name, into, other)
      return [...into]
    }
    const [a, b] = [[0b1100], [0b1010, 0b1111]]
    expect(combine('AND', a, b)).toEqual([0b1000, 0])
    expect(combine('AND', b, a)).toEqual([0b1000, 0])
    expect(combine('OR', a, b, [])).toEqual([0b1110, 0b1111])
    expect(combine('XOR', a, b, [])).toEqual([0b0110, 0b1111])
    expect(combine('AND', a, b, [])).toEqual([0, 0])
    expect([...invertBits(Uint8Array.from(a))]).toEqual([0b11110011])
  })
})

test('a common subsequence is in both strings, in the ranges that it says', () => {
  const random = randomFrom(11)
  for (let i = 0; i < 300; i++) {
    const text = () => Uint8Array.from({ length: random(20) }, () => 97 + random(3))
    const [a, b] = [text(), text()]
    const { bytes: common, length, ranges } = longestCommon(a, b)
    const parts = ranges.map(({ firstInA, lastInA, firstInB, lastInB }) => {
      const part = a.subarray(firstInA, lastInA + 1)
      expect(b.subarray(firstInB, lastInB + 1)).toEqual(part)
      return part
    })
    expect(Buffer.concat(parts.reverse())).toEqual(Buffer.from(common))
    expect(common.length).toBe(length)
    expect(commonLength(a, b)).toBe(length)
  }
})
