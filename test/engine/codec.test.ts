/** Values to bytes and back: each type comes back as itself; what cannot be kept is refused. */
import { describe, expect, test } from 'vitest'
import * as codecs from '../../src/engine/codec.ts'
import { createValueEncoder, decodeBytes, encodeValue } from '../../src/engine/codec.ts'

type AnyCodec = 'json' | 'v8' | codecs.Codec

const MIB = 1024 * 1024

/** Encodes, lays the bytes at an odd offset of shared memory, decodes, then spoils the memory. */
function roundTrip(value: unknown, codec: AnyCodec = 'json'): { value: unknown; tag: number } {
  const encoder = createValueEncoder(codec, 4 * MIB)
  encodeValue(encoder, value)
  const shared = Buffer.from(new SharedArrayBuffer(encoder.length + 16))
  shared.set(encoder.bytes.subarray(0, encoder.length), 3)
  const decoded = decodeBytes(encoder.tag, shared, 3, 3 + encoder.length, codec)
  shared.fill(0xaa)
  return { value: decoded, tag: encoder.tag }
}

function text(value: unknown): string {
  const encoder = createValueEncoder('json', MIB)
  encodeValue(encoder, value)
  return Buffer.from(encoder.bytes.subarray(0, encoder.length)).toString()
}

describe('strings', () => {
  test('ASCII of every length around the fast path and the scratch', () => {
    for (const length of [
      0, 1, 2, 3, 4, 5, 7, 8, 19, 20, 21, 24, 64, 4091, 4092, 4093, 4096, 5000,
    ]) {
      const value = 'heddle~\0'.repeat(length).slice(0, length)
      expect(roundTrip(value)).toEqual({ value, tag: codecs.TAG_ASCII })
    }
  })

  test.each([
    'é',
    'aé',
    'abcdefghijklmnopqré',
    '日本語'.repeat(2000),
    '😀',
    `x${'😀'.repeat(3000)}`,
  ])('UTF-8 %#', (value) => {
    expect(roundTrip(value)).toEqual({ value, tag: codecs.TAG_UTF8 })
    expect(text(value)).toBe(value)
  })

  test.each([
    '\ud800',
    'a\udc00b',
    '\udc00\ud800',
    `${'x'.repeat(100)}\ud83d`,
  ])('a lone surrogate comes back as it was (%#)', (value) => {
    expect(roundTrip(value)).toEqual({ value, tag: codecs.TAG_JSON })
    expect(roundTrip(value, 'v8').value).toBe(value)
  })

  test('more than the scratch may hold', () => {
    const ascii = 'a'.repeat(3 * MIB)
    expect(roundTrip(ascii).value).toBe(ascii)
    const wide = 'é'.repeat(MIB)
    expect(roundTrip(wide)).toEqual({ value: wide, tag: codecs.TAG_UTF8 })
  })
})

describe('other types', () => {
  test.each<[unknown, string, number]>([
    [0, '0', codecs.TAG_NUMBER],
    [-0, '-0', codecs.TAG_NUMBER],
    [-1.5e-300, '-1.5e-300', codecs.TAG_NUMBER],
    [2 ** 53, '9007199254740992', codecs.TAG_NUMBER],
    [Number.NaN, 'NaN', codecs.TAG_NUMBER],
    [Number.NEGATIVE_INFINITY, '-Infinity', codecs.TAG_NUMBER],
    [18446744073709551615n, '18446744073709551615', codecs.TAG_BIGINT],
    [-(10n ** 60n), `-1${'0'.repeat(60)}`, codecs.TAG_BIGINT],
    [true, 'true', codecs.TAG_BOOLEAN],
    [false, 'false', codecs.TAG_BOOLEAN],
    [null, '', codecs.TAG_NULL],
    [{ a: [1, 'é', null] }, '{"a":[1,"é",null]}', codecs.TAG_JSON],
    [[], '[]', codecs.TAG_JSON],
    [{}, '{}', codecs.TAG_JSON],
  ])('%o is stored as %j', (value, stored, tag) => {
    expect(text(value)).toBe(stored)
    expect(roundTrip(value)).toStrictEqual({ value, tag })
  })

  test('bytes are borrowed, not copied, and come back as a private Uint8Array', () => {
    const pool = new Uint8Array([9, 1, 2, 3, 9])
    const value = pool.subarray(1, 4)
    const encoder = createValueEncoder('json', MIB)
    encodeValue(encoder, value)
    expect(encoder.bytes).toBe(value)
    codecs.releaseValue(encoder)
    expect(encoder.bytes).toBe(encoder.scratch)
    expect(roundTrip(value)).toStrictEqual({ value: new Uint8Array([1, 2, 3]), tag: 0 })
    expect(roundTrip(Buffer.from('hi')).value).toStrictEqual(new Uint8Array([104, 105]))
    expect(roundTrip(new Uint8Array(0)).value).toStrictEqual(new Uint8Array(0))
  })

  test('v8 keeps what JSON loses, and typed arrays do not look into the cache', () => {
    const cyclic: { self?: unknown } = {}
    cyclic.self = cyclic
    const back = roundTrip(cyclic, 'v8').value as { self: unknown }
    expect(back.self).toBe(back)
    for (const value of [new Map([[1, new Set([2])]]), new Date(5), { u: undefined, n: 1n }]) {
      expect(roundTrip(value, 'v8')).toStrictEqual({ value, tag: codecs.TAG_V8 })
    }
    const floats = new Float64Array([1, 2, 3])
    expect(roundTrip({ floats, bytes: Buffer.from('abc') }, 'v8').value).toStrictEqual({
      floats,
      bytes: Buffer.from('abc'),
    })
  })

  test('inside an object JSON drops in silence what the README says, and v8 nothing', () => {
    const value = {
      map: new Map([[1, 2]]),
      set: new Set([1]),
      bytes: new Uint8Array([7, 8]),
      floats: new Float64Array([0.5]),
      gone: undefined,
      list: [undefined, Number.NaN],
      when: new Date(0),
    }
    expect(roundTrip(value).value).toStrictEqual({
      map: {},
      set: {},
      bytes: { 0: 7, 1: 8 },
      floats: { 0: 0.5 },
      list: [null, null],
      when: '1970-01-01T00:00:00.000Z',
    })
    expect(roundTrip(value.when).value).toBe('1970-01-01T00:00:00.000Z')
    expect(roundTrip(value, 'v8').value).toStrictEqual(value)
  })

  test('a codec of the user: text and bytes, given back as a private copy', () => {
    const asText = { encode: (v: unknown) => `<${JSON.stringify(v)}>é`, decode: String }
    expect(roundTrip({ a: 1 }, asText).tag).toBe(codecs.TAG_CUSTOM)
    let seen: Uint8Array | undefined
    const asBytes: codecs.Codec = {
      encode: () => new Uint8Array([1, 2, 3]),
      decode: (bytes) => {
        seen = bytes
        return { n: bytes.length }
      },
    }
    expect(roundTrip([], asBytes).value).toEqual({ n: 3 })
    expect(seen).toStrictEqual(new Uint8Array([1, 2, 3]))
    expect(roundTrip('plain', asBytes)).toEqual({ value: 'plain', tag: codecs.TAG_ASCII })
  })
})

test('words: short values end in zeros up to the word, whatever was there before', () => {
  const encoder = createValueEncoder('json', MIB)
  for (const value of ['a', 'abc', 'abcd', 'x'.repeat(21), 'x'.repeat(63), 'é', 12345, true, '']) {
    encoder.scratch.fill(0xff)
    encodeValue(encoder, value)
    expect(encoder.bytes).toBe(encoder.scratch)
    expect(encoder.words.buffer).toBe(encoder.scratch.buffer)
    const end = (encoder.length + 3) & ~3
    expect(Array.from(encoder.scratch.subarray(encoder.length, end)).every((b) => b === 0)).toBe(
      true,
    )
  }
})

test('the scratch does not keep the size of the largest value', () => {
  const encoder = createValueEncoder('json', 64 * MIB)
  encodeValue(encoder, 'x'.repeat(32 * MIB))
  encodeValue(encoder, 'x'.repeat(MIB - 8))
  expect(encoder.scratch.length).toBeLessThanOrEqual(MIB)
})

test('user code that runs inside an encoding may use the encoder', () => {
  const encoder = createValueEncoder('json', MIB)
  const value = {
    toJSON(): string {
      encodeValue(encoder, 'inner value that is longer than the outer one')
      return 'outer'
    },
  }
  encodeValue(encoder, value)
  expect(Buffer.from(encoder.bytes.subarray(0, encoder.length)).toString()).toBe('"outer"')
})

describe('refusals', () => {
  function refusal(value: unknown, codec: AnyCodec = 'json', maxItemBytes = MIB): unknown {
    try {
      encodeValue(createValueEncoder(codec, maxItemBytes), value)
    } catch (error) {
      return error
    }
    throw new Error('accepted')
  }
  const cyclic: unknown[] = []
  cyclic.push(cyclic)

  test.each<[unknown, AnyCodec, RegExp]>([
    [undefined, 'json', /undefined cannot be stored/],
    [() => 1, 'json', /function cannot/],
    [Symbol('s'), 'v8', /symbol cannot/],
    [cyclic, 'json', /circular/i],
    [{ n: 1n }, 'json', /BigInt/],
    [{ toJSON: () => undefined }, 'json', /no text/],
    [new Map([[1, 2]]), 'json', /Map.*v8/],
    [new Set([1]), 'json', /v8/],
    [/x/, 'json', /v8/],
    [new Error('x'), 'json', /v8/],
    [new Float64Array(2), 'json', /typed array.*v8/],
    [new ArrayBuffer(2), 'json', /ArrayBuffer/],
    [Promise.resolve(1), 'json', /await/],
    [{ f: () => 1 }, 'v8', /v8\.serialize/],
    [
      {},
      {
        encode: () => {
          throw new TypeError('no way')
        },
        decode: String,
      },
      /no way/,
    ],
  ])('%o with %o', (value, codec, message) => {
    expect(refusal(value, codec)).toMatchObject({
      code: 'HEDDLE_BAD_VALUE',
      field: 'value',
      message: expect.stringMatching(message),
    })
  })

  test('the cause is kept, and a codec that returns something else is told so', () => {
    expect((refusal(cyclic) as Error).cause).toBeInstanceOf(TypeError)
    const codec = { encode: () => 5 as unknown as string, decode: String }
    expect(refusal({}, codec)).toMatchObject({ code: 'HEDDLE_BAD_TYPE', value: 5 })
  })

  test.each<[unknown, AnyCodec]>([
    ['x'.repeat(101), 'json'],
    ['é'.repeat(51), 'json'],
    [`${'é'.repeat(9)}x`.repeat(6), 'json'],
    [new Uint8Array(101), 'json'],
    [{ a: 'x'.repeat(100) }, 'json'],
    [{ a: 'x'.repeat(100) }, 'v8'],
    [10n ** 100n, 'json'],
  ])('too large: %#', (value, codec) => {
    expect(refusal(value, codec, 100)).toMatchObject({ code: 'HEDDLE_VALUE_TOO_LARGE', limit: 100 })
  })

  test('exactly the limit is accepted', () => {
    for (const value of ['x'.repeat(100), 'é'.repeat(50), new Uint8Array(100), 10n ** 99n]) {
      const encoder = createValueEncoder('json', 100)
      encodeValue(encoder, value)
      expect(encoder.length).toBe(100)
    }
  })

  test('bytes that do not decode are an error, never a wrong value', () => {
    const custom = {
      encode: String,
      decode: () => {
        throw new Error('broken')
      },
    }
    const cases: [number, string, AnyCodec][] = [
      [codecs.TAG_JSON, '{"a":', 'json'],
      [codecs.TAG_V8, 'nonsense', 'v8'],
      [codecs.TAG_BIGINT, '1x', 'json'],
      [codecs.TAG_CUSTOM, 'abc', 'json'],
      [codecs.TAG_CUSTOM, 'abc', custom],
      [15, 'abc', 'json'],
    ]
    for (const [tag, stored, codec] of cases) {
      const buffer = Buffer.from(stored)
      expect(() => decodeBytes(tag, buffer, 0, buffer.length, codec)).toThrow(
        expect.objectContaining({ code: 'HEDDLE_UNDECODABLE' }),
      )
    }
  })
})
