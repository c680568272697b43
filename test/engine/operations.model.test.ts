/**
 * The operations that model.test.ts leaves out, against a Map, in an engine and in a namespace of
 * it: all kinds of values, keys up to the longest, entries as long as a size class and a byte more,
 * times at their edges, versions. A failure prints its seed and its shortest sequence.
 *
 * HEDDLE_MODEL_RUNS=20 runs 20 times as many, HEDDLE_MODEL_SEED=7 others.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sizeClasses } from '../../native-layout/size-classes.ts'
import { HeddleError } from '../../src/index.ts'
import { comparable, type Expected, type Kind, KEYS, MOST_BYTES, Pair, whole } from './map-pair.ts'
import { modelRuns } from './model-runs.ts'

const CLASSES = sizeClasses(16 * 1024).bytes
const MOST_TTL = 2 ** 52

type Operation = { readonly key: string; readonly inSpace: boolean } & (
  | { kind: 'set' | 'setMany' | 'getOrSet'; value: Kind; ttl: number | undefined }
  | { kind: 'update'; value: Kind | undefined; ttl: number | undefined }
  | { kind: 'compareAndSet'; value: Kind; isStale: boolean }
  | { kind: 'increment' | 'decrement'; by: bigint; initial: bigint | undefined }
  | { kind: 'touch' | 'getAndTouch'; ttl: number | undefined }
  | { kind: 'get' | 'delete' }
  | { kind: 'advance'; ms: number }
)

function step(pair: Pair, op: Operation): void {
  if (op.kind === 'advance') {
    pair.ms += op.ms
    return
  }
  const at = op.inSpace ? 1 : 0
  const cache = pair.caches[at]!
  const { key } = op
  const version = pair.look(at, key)
  const found = pair.find(at, key)
  const old = found?.value
  switch (op.kind) {
    case 'set':
    case 'setMany': {
      const value = whole(op.value)
      if (op.kind === 'set') cache.set(key, value, op.ttl)
      else cache.setMany([[key, value]], op.ttl)
      pair.put(at, key, value, op.ttl)
      return
    }
    case 'getOrSet': {
      const value = whole(op.value)
      const got = cache.getOrSet(key, () => value, op.ttl)
      if (found === undefined) pair.put(at, key, value, op.ttl)
      expect(comparable(got)).toEqual(comparable(found === undefined ? value : old))
      return
    }
    case 'update': {
      const value = op.value === undefined ? undefined : whole(op.value)
      cache.update(
        key,
        (before) => {
          expect(comparable(before)).toEqual(comparable(old))
          return value
        },
        op.ttl,
      )
      if (value !== undefined) pair.put(at, key, value, op.ttl)
      return
    }
    case 'compareAndSet': {
      const value = whole(op.value)
      const outcome = cache.compareAndSet(key, value, op.isStale ? version - 1 : version)
      expect(outcome).toBe(found === undefined ? 'missing' : op.isStale ? 'exists' : 'stored')
      if (outcome === 'stored') pair.put(at, key, value, undefined)
      return
    }
    case 'increment':
    case 'decrement':
      count(pair, at, op, found)
      return
    case 'touch':
      expect(cache.touch(key, op.ttl)).toBe(found !== undefined)
      pair.touch(at, key, op.ttl)
      return
    case 'getAndTouch':
      expect(comparable(cache.getAndTouch(key, op.ttl))).toEqual(comparable(old))
      pair.touch(at, key, op.ttl)
      return
    case 'delete':
      expect(cache.delete(key)).toBe(found !== undefined)
      pair.maps[at]!.delete(key)
      return
    default:
      read(pair, at, key, old)
      return
  }
}

function read(pair: Pair, at: number, key: string, old: unknown): void {
  const cache = pair.caches[at]!
  expect(comparable(cache.get(key))).toEqual(comparable(old))
  const many = cache.getMany([key, ...KEYS])
  const expected = [key, ...KEYS].map((of) => comparable(pair.find(at, of)?.value))
  expect(many.map(comparable)).toEqual(expected)
  const bytes = typeof old === 'string' ? Buffer.from(old) : old
  if (bytes !== undefined && !(bytes instanceof Uint8Array)) return
  const target = Buffer.alloc(MOST_BYTES)
  const length = cache.getBytes(key, target)
  expect(length).toBe(bytes?.length ?? -1)
  if (bytes === undefined) return
  expect(target.subarray(0, length).equals(bytes)).toBe(true)
  if (length > 0) {
    const short = () => cache.getBytes(key, new Uint8Array(length - 1))
    expect(codeOf(short)).toBe('HEDDLE_TARGET_TOO_SHORT')
  }
}

function count(
  pair: Pair,
  at: number,
  op: Operation & { kind: 'increment' | 'decrement'; by: bigint; initial: bigint | undefined },
  found: Expected | undefined,
): void {
  const { kind, key, by, initial } = op
  const cache = pair.caches[at]!
  const options = initial === undefined ? { by } : { by, initial }
  if (found === undefined) {
    const first = initial ?? (kind === 'increment' ? by : undefined)
    expect(comparable(cache[kind](key, options))).toEqual(first)
    if (first !== undefined) pair.put(at, key, comparable(first), undefined)
    return
  }
  const text = String(found.value)
  const isPlain = ['string', 'number', 'bigint'].includes(typeof found.value)
  if (!isPlain || !/^\d{1,20}$/.test(text) || BigInt(text) >= 2n ** 64n) {
    expect(codeOf(() => cache[kind](key, options))).toBe('HEDDLE_NOT_A_NUMBER')
    return
  }
  const before = BigInt(text)
  const up = BigInt.asUintN(64, before + by)
  const after = kind === 'increment' ? up : before > by ? before - by : 0n
  expect(comparable(cache[kind](key, options))).toBe(after)
  const value = typeof found.value === 'string' ? `${after}` : after
  pair.maps[at]!.set(key, { ...found, value, round: ++pair.rounds })
}

function codeOf(call: () => unknown): string | undefined {
  try {
    call()
  } catch (error) {
    if (error instanceof HeddleError) return error.code
    throw error
  }
  return undefined
}

const ttl = fc.constantFrom(undefined, undefined, 1, 1000, 1001, MOST_TTL, Number.POSITIVE_INFINITY)
const PLAIN = [0, 7, -1, 1.5, 2 ** 53 - 1, 5n, 2n ** 64n - 1n, -3n, true, null, '9', '', 'ü', '-1']
const value: fc.Arbitrary<Kind> = fc.oneof(
  fc
    .constantFrom<unknown>(...PLAIN, '18446744073709551615', { a: [1, { b: null }] })
    .map((of): Kind => ['plain', of]),
  fc
    .tuple(
      fc.constantFrom('text' as const, 'bytes' as const),
      fc.constantFrom(...CLASSES, MOST_BYTES),
      fc.integer({ min: 0, max: 90 }),
    )
    .map(([kind, bytes, less]): Kind => [kind, Math.max(0, bytes - less)]),
)
const numbers = fc.constantFrom(0n, 1n, 9n, 2n ** 53n, 2n ** 64n - 1n)
const initial = fc.option(numbers, { nil: undefined })
const kinds = <const Of extends string>(...of: Of[]) => fc.constantFrom(...of)
const bodies: readonly (readonly [number, fc.Arbitrary<object>])[] = [
  [6, fc.record({ kind: kinds('set', 'setMany', 'getOrSet'), value, ttl })],
  [2, fc.record({ kind: kinds('update'), value: fc.option(value, { nil: undefined }), ttl })],
  [2, fc.record({ kind: kinds('compareAndSet'), value, isStale: fc.boolean() })],
  [3, fc.record({ kind: kinds('increment', 'decrement'), by: numbers, initial })],
  [2, fc.record({ kind: kinds('touch', 'getAndTouch'), ttl })],
  [3, fc.record({ kind: kinds('get', 'delete') })],
  [2, fc.record({ kind: kinds('advance'), ms: fc.constantFrom(1, 999, 1000, 1001, 5000) })],
]
const body = fc.oneof(...bodies.map(([weight, arbitrary]) => ({ weight, arbitrary })))
const sequence = fc.subarray(KEYS, { minLength: 2, maxLength: 3 }).chain((keys) => {
  const where = fc.record({ key: fc.constantFrom(...keys), inSpace: fc.boolean() })
  const operation = fc.tuple(where, body).map(([place, what]) => ({ ...place, ...what }))
  return fc.array(operation as fc.Arbitrary<Operation>, { maxLength: 100, size: 'max' })
})

test('all operations do what a Map does', () => {
  fc.assert(
    fc.property(sequence, fc.constantFrom(undefined, 5000), (operations, defaultTtl) => {
      const pair = new Pair(defaultTtl)
      try {
        for (const op of operations) step(pair, op)
        pair.end()
      } finally {
        pair.engine.close()
      }
    }),
    modelRuns(50),
  )
})

test('a key that is a byte too long is refused by every operation, and nothing changes', () => {
  const pair = new Pair(undefined)
  const key = `${KEYS.at(-1)}k`
  for (const cache of pair.caches) {
    const calls = [
      () => cache.get(key),
      () => cache.set(key, 1),
      () => cache.add(key, 1),
      () => cache.increment(key),
      () => cache.update(key, () => 1),
      () => cache.touch(key),
      () => cache.delete(key),
      () => cache.getMany(['k', key]),
    ]
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'HEDDLE_KEY_TOO_LONG'))
  }
  pair.end()
  pair.engine.close()
})
