/**
 * Bad input: each is refused with a code, the field, the value and the limit, and nothing in the
 * cache has changed, the old value of the key included.
 */
import { describe, expect, test } from 'vitest'
import { attachEngine, createEngine, type Engine, type ErrorCode } from '../../src/index.ts'
import { openEngine, refusalOf } from './open-engine.ts'

interface Case {
  readonly what: string
  readonly call: (engine: Engine) => unknown
  readonly code: ErrorCode
  readonly field: string
  readonly value?: unknown
  readonly limit?: unknown
}

const LONG_KEY = 'k'.repeat(65_536)
const LARGE = 'v'.repeat(100_001)
const cyclic: { self?: unknown } = {}
cyclic.self = cyclic
const any = (value: unknown) => value as never

const KEYS: readonly Case[] = [
  ...[undefined, null, 5, {}, Symbol('s'), ['a']].map((key) => ({
    what: `key ${String(key)}`,
    call: (engine: Engine) => engine.set(any(key), 1),
    code: 'HEDDLE_BAD_TYPE' as const,
    field: 'key',
    limit: 'a string or a Uint8Array',
  })),
  ...[
    (engine: Engine) => engine.get(any(5)),
    (engine: Engine) => engine.getBytes(any(5), new Uint8Array(1)),
    (engine: Engine) => engine.gets(any(5)),
    (engine: Engine) => engine.getMany([any(5)]),
    (engine: Engine) => engine.has(any(5)),
    (engine: Engine) => engine.ttl(any(5)),
    (engine: Engine) => engine.delete(any(5)),
    (engine: Engine) => engine.touch(any(5)),
    (engine: Engine) => engine.getAndTouch(any(5)),
    (engine: Engine) => engine.add(any(5), 1),
    (engine: Engine) => engine.replace(any(5), 1),
    (engine: Engine) => engine.append(any(5), 'a'),
    (engine: Engine) => engine.prepend(any(5), 'a'),
    (engine: Engine) => engine.compareAndSet(any(5), 1, 1),
    (engine: Engine) => engine.increment(any(5)),
    (engine: Engine) => engine.decrement(any(5)),
    (engine: Engine) => engine.update(any(5), () => 1),
    (engine: Engine) => engine.getOrSet(any(5), () => 1),
    (engine: Engine) => engine.setMany([[any(5), 1]]),
  ].map((call) => ({
    what: String(call),
    call,
    code: 'HEDDLE_BAD_TYPE' as const,
    field: 'key',
    value: 5,
  })),
  {
    what: 'a long key',
    call: (engine) => engine.set(LONG_KEY, 1),
    code: 'HEDDLE_KEY_TOO_LONG',
    field: 'key',
    value: 65_536,
    limit: 65_535,
  },
  {
    what: 'a key that no page of this memory holds',
    call: (engine) => engine.set(new Uint8Array(16_317), 1),
    code: 'HEDDLE_KEY_TOO_LONG',
    field: 'key',
    value: 16_317,
    limit: 16_292,
  },
]

const VALUES: readonly Case[] = [
  ...[undefined, () => 1, Symbol('s'), cyclic, { toJSON: () => undefined }].map((value) => ({
    what: `value ${typeof value}`,
    call: (engine: Engine) => engine.set('key', value),
    code: 'HEDDLE_BAD_VALUE' as const,
    field: 'value',
  })),
  ...[
    (engine: Engine) => engine.set('key', LARGE),
    (engine: Engine) => engine.add('other', Buffer.from(LARGE)),
    (engine: Engine) => engine.replace('key', [LARGE]),
    (engine: Engine) => engine.append('key', LARGE),
    (engine: Engine) => engine.prepend('key', LARGE),
    (engine: Engine) => engine.update('key', () => LARGE),
  ].map((call) => ({
    what: String(call),
    call,
    code: 'HEDDLE_VALUE_TOO_LARGE' as const,
    field: 'value',
    limit: 100_000,
  })),
  {
    what: 'append of a number',
    call: (engine) => engine.append('key', any(5)),
    code: 'HEDDLE_BAD_TYPE',
    field: 'value',
    value: 5,
  },
  {
    what: 'append of half a character',
    call: (engine) => engine.append('key', '\ud83d'),
    code: 'HEDDLE_BAD_VALUE',
    field: 'value',
  },
  {
    what: 'append to what is neither text nor bytes',
    call: (engine) => engine.append('object', 'a'),
    code: 'HEDDLE_BAD_VALUE',
    field: 'value',
  },
  {
    what: 'increment of text',
    call: (engine) => engine.increment('key'),
    code: 'HEDDLE_NOT_A_NUMBER',
    field: 'value',
    limit: '0 to 18446744073709551615',
  },
  {
    what: 'a short target',
    call: (engine) => engine.getBytes('key', new Uint8Array(4)),
    code: 'HEDDLE_TARGET_TOO_SHORT',
    field: 'target',
    value: 4,
    limit: 9,
  },
  {
    what: 'a target that is no byte array',
    call: (engine) => engine.getBytes('key', any([1])),
    code: 'HEDDLE_BAD_TYPE',
    field: 'target',
  },
]

const NUMBERS: readonly Case[] = [
  ...[0, -1, Number.NaN, 2 ** 53].map((ttl) => ({
    what: `ttl ${ttl}`,
    call: (engine: Engine) => engine.set('key', 1, ttl),
    code: 'HEDDLE_BAD_OPTION' as const,
    field: 'ttl',
    limit: 2 ** 52,
  })),
  {
    what: 'ttl in an object',
    call: (engine) => engine.set('key', 1, { ttl: any('1s') }),
    code: 'HEDDLE_BAD_TYPE',
    field: 'ttl',
    value: '1s',
  },
  {
    what: 'ttl of touch',
    call: (engine) => engine.touch('key', -5),
    code: 'HEDDLE_BAD_OPTION',
    field: 'ttl',
    value: -5,
  },
  ...[-1, 1.5, Number.NaN, 2 ** 53, -1n, 2n ** 64n, '1'].map((by) => ({
    what: `by ${String(by)}`,
    call: (engine: Engine) => engine.increment('key', { by: any(by) }),
    code: 'HEDDLE_BAD_TYPE' as const,
    field: 'by',
    value: by,
  })),
  {
    what: 'initial',
    call: (engine) => engine.decrement('no', { initial: -1 }),
    code: 'HEDDLE_BAD_TYPE',
    field: 'initial',
    value: -1,
  },
  {
    what: 'version',
    call: (engine) => engine.compareAndSet('key', 1, 0.5),
    code: 'HEDDLE_BAD_TYPE',
    field: 'version',
    value: 0.5,
  },
  {
    what: 'at',
    call: (engine) => engine.flush({ at: Number.NaN }),
    code: 'HEDDLE_BAD_TYPE',
    field: 'at',
    value: Number.NaN,
  },
  {
    what: 'an empty namespace name',
    call: (engine) => engine.namespace(''),
    code: 'HEDDLE_BAD_OPTION',
    field: 'namespace',
    value: '',
    limit: 256,
  },
  {
    what: 'a namespace name of the wrong type',
    call: (engine) => engine.namespace(any(1)),
    code: 'HEDDLE_BAD_TYPE',
    field: 'namespace',
    value: 1,
  },
]

describe.each([
  ['keys', KEYS],
  ['values', VALUES],
  ['numbers', NUMBERS],
])('%s', (_, cases) => {
  test.each(cases.map((one) => [one.what, one] as const))('%s', (_what, one) => {
    const engine = openEngine({ maxItemSize: 100_000 })
    engine.set('key', 'old value', 5000)
    engine.set('object', { a: 1 })
    const before = JSON.stringify([engine.gets('key'), engine.gets('object'), engine.size])
    const error = refusalOf(() => one.call(engine))
    expect(error.code).toBe(one.code)
    expect(error.field).toBe(one.field)
    if ('value' in one) expect(error.value).toBe(one.value)
    if ('limit' in one) expect(error.limit).toBe(one.limit)
    expect(JSON.stringify([engine.gets('key'), engine.gets('object'), engine.size])).toBe(before)
    expect(engine.stats()).toMatchObject({ sets: 2, deletes: 0, entries: 2, flushes: 0 })
    engine.set('key', 'new value')
    expect(engine.get('key')).toBe('new value')
  })
})

test('a stored value that does not decode is an error, not a miss', () => {
  const engine = openEngine({
    codec: {
      encode: () => 'x',
      decode: () => {
        throw new Error('broken')
      },
    },
  })
  engine.set('key', { a: 1 })
  expect(refusalOf(() => engine.get('key')).code).toBe('HEDDLE_UNDECODABLE')
  expect(engine.has('key')).toBe(true)
})

test('a name is taken while its engine is open, and every call after close is refused', () => {
  const engine = openEngine({ name: 'taken' })
  const space = engine.namespace('space')
  expect(refusalOf(() => createEngine({ name: 'taken', memory: '2mb' }))).toMatchObject({
    code: 'HEDDLE_NAME_TAKEN',
    value: 'taken',
  })
  const again = attachEngine('taken')
  again.set('a', 1)
  again.close()
  again.close()
  expect(engine.get('a')).toBe(1)
  const other = createEngine({ name: 'closed', memory: '2mb' })
  const calls: (() => unknown)[] = [
    () => other.get('a'),
    () => other.set('a', 1),
    () => other.delete('a'),
    () => other.increment('a'),
    () => other.size,
    () => other.clear(),
    () => other.flush(),
    () => other.stats(),
    () => other.verify(),
    () => other.namespace('n'),
    () => [...other.keys()],
    () => [...other.entries()],
  ]
  other[Symbol.dispose]()
  for (const call of calls) {
    expect(refusalOf(call)).toMatchObject({ code: 'HEDDLE_CLOSED', field: 'name', value: 'closed' })
  }
  expect(refusalOf(() => attachEngine('closed')).code).toBe('HEDDLE_NOT_FOUND')
  expect(space.size).toBe(0)
})

test('one namespace more than there is room for', () => {
  const engine = openEngine({ maxNamespaces: 2 })
  engine.namespace('a')
  engine.namespace('b')
  expect(refusalOf(() => engine.namespace('c'))).toMatchObject({
    code: 'HEDDLE_TOO_MANY_NAMESPACES',
    value: 'c',
    limit: 2,
  })
  engine.namespace('a').set('key', 1)
  expect(engine.size).toBe(1)
})

test('memory of another layout is refused', () => {
  const engine = openEngine()
  const { handle } = engine
  for (const stranger of [
    { ...handle, layout: 99 },
    { ...handle, segments: [] },
  ]) {
    expect(refusalOf(() => attachEngine(stranger as never)).code).toBe('HEDDLE_FOREIGN_LAYOUT')
  }
})
