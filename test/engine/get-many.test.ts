/** getMany and getManyBytes: what one call about many keys answers, whatever its phases do. */
import { expect, test } from 'vitest'
import { viewOf } from '../../src/engine/engine.ts'
import { RawAccess } from '../../src/engine/raw-access.ts'
import type { Codec } from '../../src/engine/codec.ts'
import { createEngine, type Engine, type Key } from '../../src/index.ts'
import { FakeClock, openEngine, refusalOf } from './open-engine.ts'

/** All kinds of keys: text, bytes, wide text, one of 64 bytes, long ones, the empty one, twice. */
const KEYS: readonly Key[] = [
  ...Array.from({ length: 40 }, (_, n) => `key-${n}`),
  Buffer.from('key-7'),
  'schlüssel',
  'x'.repeat(63),
  'x'.repeat(64),
  'x'.repeat(65),
  'y'.repeat(3000),
  '',
  'key-3',
  'key-3',
]

function textOf(key: Key): string {
  return `${key.length}:${String(key).slice(-9)}`
}

/** Every third key is absent. */
function fill(engine: Engine): (string | undefined)[] {
  const there = KEYS.filter((_, n) => n % 3 !== 0).map(String)
  for (const key of there) engine.set(key, textOf(key))
  return KEYS.map((key) => (there.includes(String(key)) ? textOf(String(key)) : undefined))
}

function bytesOfMany(engine: Pick<Engine, 'getManyBytes'>, keys: readonly Key[]) {
  const lengths = new Int32Array(keys.length + 1).fill(-7)
  const target = Buffer.alloc(100_000)
  const total = engine.getManyBytes(keys, target, lengths)
  expect(lengths[keys.length]).toBe(-7)
  let at = 0
  const values = [...lengths.subarray(0, keys.length)].map((length) => {
    if (length < 0) return undefined
    at += length
    return target.toString('utf8', at - length, at)
  })
  expect(at).toBe(total)
  return values
}

test.each([
  ['a small table', {}],
  ['two digests', { memory: '256mb', expectedEntries: 13_000_000 }],
])('keys of all kinds, in any number: %s', (_name, options) => {
  const engine = openEngine(options)
  const wanted = fill(engine)
  for (let many = 0; many <= KEYS.length; many++) {
    const keys = KEYS.slice(0, many)
    expect(engine.getMany(keys)).toEqual(wanted.slice(0, many))
    expect(bytesOfMany(engine, keys)).toEqual(wanted.slice(0, many))
  }
})

test('namespaces, expiry, flush, values in several chunks, empty ones', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  const other = engine.namespace('other')
  const long = 'long'.repeat(20_000)
  other.set('a', 'here', 100)
  other.set('empty', '')
  other.set('long', long)
  engine.set('a', 'elsewhere')
  const keys = ['a', 'empty', 'long', 'b']
  expect(other.getMany(keys)).toEqual(['here', '', long, undefined])
  expect(bytesOfMany(other, keys)).toEqual(['here', '', long, undefined])
  expect(engine.getMany(keys)).toEqual(['elsewhere', undefined, undefined, undefined])
  clock.ms += 100
  expect(other.getMany(keys)).toEqual([undefined, '', long, undefined])
  other.clear()
  expect(bytesOfMany(other, keys)).toEqual([undefined, undefined, undefined, undefined])
})

test('each key counts once, as hit or miss', () => {
  const engine = openEngine()
  const wanted = fill(engine)
  const { hits, misses } = engine.stats()
  engine.getMany(KEYS)
  bytesOfMany(engine, KEYS)
  const there = wanted.filter((value) => value !== undefined).length
  const after = engine.stats()
  expect(after.hits - hits).toBe(2 * there)
  expect(after.misses - misses).toBe(2 * (KEYS.length - there))
})

test('a target that is too short: the error says what all need, lengths what each has', () => {
  const engine = openEngine()
  engine.set('a', 'four')
  engine.set('b', 'sixsix')
  const lengths = new Int32Array(3)
  const error = refusalOf(() => engine.getManyBytes(['a', 'x', 'b'], new Uint8Array(9), lengths))
  expect(error).toMatchObject({ code: 'HEDDLE_TARGET_TOO_SHORT', field: 'target', limit: 10 })
  expect(error.message).toBe('target has 9 bytes, but the values need 10')
  expect([...lengths]).toEqual([4, -1, 6])
  expect(engine.getManyBytes(['a', 'x', 'b'], new Uint8Array(10), lengths)).toBe(10)
})

test('a target whose buffer grows, shrinks, or is given away between calls', () => {
  const engine = openEngine()
  engine.set('a', 'four')
  engine.set('b', 'sixsix')
  const buffer = new ArrayBuffer(8, { maxByteLength: 64 })
  const target = new Uint8Array(buffer)
  const lengths = new Int32Array(2)
  const read = () => engine.getManyBytes(['a', 'b'], target, lengths)
  const tooShort = { code: 'HEDDLE_TARGET_TOO_SHORT', limit: 10 }
  expect(refusalOf(read)).toMatchObject(tooShort)
  buffer.resize(16)
  expect(read()).toBe(10)
  expect(Buffer.from(target).toString('latin1', 0, 10)).toBe('foursixsix')
  buffer.resize(4)
  expect(refusalOf(read)).toMatchObject(tooShort)
  expect(Buffer.from(target).toString('latin1')).toBe('four')
  structuredClone(buffer, { transfer: [buffer] })
  expect(refusalOf(read)).toMatchObject(tooShort)

  const fixed = new Uint8Array(16)
  expect(engine.getManyBytes(['a', 'b'], fixed, lengths)).toBe(10)
  structuredClone(fixed.buffer, { transfer: [fixed.buffer] })
  const given = refusalOf(() => engine.getManyBytes(['a', 'b'], fixed, lengths))
  expect(given).toMatchObject(tooShort)
})

const any = (value: unknown): never => value as never

test.each<[string, (engine: Engine) => unknown, string, string]>([
  ['no keys', (e) => e.getMany(any('a')), 'HEDDLE_BAD_TYPE', 'keys'],
  ['no key', (e) => e.getMany(['a', any(1)]), 'HEDDLE_BAD_TYPE', 'key'],
  ['too long', (e) => e.getMany(['a', 'x'.repeat(70_000)]), 'HEDDLE_KEY_TOO_LONG', 'key'],
  ['bytes of no keys', (e) => e.getManyBytes(any(1), any(1), any(1)), 'HEDDLE_BAD_TYPE', 'keys'],
  [
    'no target',
    (e) => e.getManyBytes([], any('x'), new Int32Array(1)),
    'HEDDLE_BAD_TYPE',
    'target',
  ],
  [
    'no lengths',
    (e) => e.getManyBytes([], new Uint8Array(1), any([1])),
    'HEDDLE_BAD_TYPE',
    'lengths',
  ],
  [
    'few lengths',
    (e) => e.getManyBytes(['a', 'b'], new Uint8Array(9), new Int32Array(1)),
    'HEDDLE_BAD_VALUE',
    'lengths.length',
  ],
])('refused: %s', (_name, call, code, field) => {
  const engine = openEngine()
  expect(refusalOf(() => call(engine))).toMatchObject({ code, field })
  expect(engine.getMany(['a', 'b'])).toEqual([undefined, undefined])
})

test('a codec may read many keys while many are read, and close the engine', () => {
  const names = Array.from({ length: 70 }, (_, n) => `n${n}`)
  let nested: () => void = () => {}
  const codec: Codec = {
    encode: (value) => JSON.stringify(value),
    decode(bytes) {
      nested()
      return JSON.parse(Buffer.from(bytes).toString()) as unknown
    },
  }
  const engine = openEngine({ codec })
  for (const name of names) engine.set(name, { name })
  engine.set('text', 'plain')
  const inner: unknown[] = []
  nested = () => void inner.push(...engine.getMany(['text', 'n0 is absent', 'text']))
  expect(engine.getMany(names)).toEqual(names.map((name) => ({ name })))
  expect(inner).toEqual(names.flatMap(() => ['plain', undefined, 'plain']))
  expect(engine.getMany(['text', 'text'])).toEqual(['plain', 'plain'])
})

test('a codec may close the engine while many are read', () => {
  const codec: Codec = { encode: () => 'x', decode: () => engine.close() }
  const engine = createEngine({ name: 'closed within', memory: '4mb', codec })
  engine.set('a', {})
  expect(refusalOf(() => engine.getMany(['a', 'a']))).toMatchObject({ code: 'HEDDLE_CLOSED' })
})

test('what was looked ahead at may change before its turn', () => {
  const engine = openEngine({ codec: { encode: () => 'object', decode: () => change() } })
  const names = Array.from({ length: 30 }, (_, n) => `n${n}`)
  for (const name of names) engine.set(name, name)
  engine.set('n0', {})
  const change = (): unknown => {
    engine.delete('n1')
    engine.set('n2', 'later')
    engine.set('n30', 'new')
    return 'changed'
  }
  const wanted = ['changed', undefined, 'later', ...names.slice(3), 'new']
  expect(engine.getMany([...names, 'n30'])).toEqual(wanted)
})

test('each key of a call is noted once as used', () => {
  const engine = openEngine({ hotKeys: true })
  const raw = new RawAccess(engine)
  for (let turn = 0; turn < 40_000; turn++) engine.getMany(['a', 'b'])
  const uses = raw.stage(Buffer.from('a'), 0, 1) ? (raw.uses() ?? 0) : 0
  expect(uses).toBeGreaterThan(20_000)
  expect(uses).toBeLessThan(60_000)
  expect(viewOf(engine).row).toBe(0)
})
