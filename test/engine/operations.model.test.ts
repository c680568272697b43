/**
 * The operations of the embedded API against a Map, in an engine and in a namespace of it: kinds
 * of values, keys up to the longest, entries as long as a size class and a few bytes less, times at
 * their edges, versions. model.test.ts has flushes and `clear`. A failure prints its seed and its
 * shortest sequence.
 *
 * Twice: in a memory in which everything stays, and in a small one, in which an entry may be lost
 * at any moment and a write refused, but nothing that was lost, deleted or is over comes back.
 *
 * HEDDLE_MODEL_RUNS=20 runs 20 times as many, HEDDLE_MODEL_SEED=7 others.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sizeClasses } from '../../native-layout/size-classes.ts'
import { HeddleError } from '../../src/index.ts'
import { KEYS, Pair } from './map-pair.ts'
import { modelRuns } from './model-runs.ts'
import { type Kind, MOST_BYTES, type Operation } from './operations.ts'

const CLASSES = sizeClasses(16 * 1024).bytes
const MOST_TTL = 2 ** 52

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
  [6, fc.record({ kind: kinds('set', 'setMany', 'getOrSet', 'add', 'replace'), value, ttl })],
  [2, fc.record({ kind: kinds('update'), value: fc.option(value, { nil: undefined }), ttl })],
  [2, fc.record({ kind: kinds('compareAndSet'), value, isStale: fc.boolean() })],
  [3, fc.record({ kind: kinds('increment', 'decrement'), by: numbers, initial })],
  [2, fc.record({ kind: kinds('touch', 'getAndTouch'), ttl })],
  [3, fc.record({ kind: kinds('get', 'getBytes', 'delete') })],
  [2, fc.record({ kind: kinds('advance'), ms: fc.constantFrom(1, 999, 1000, 1001, 5000) })],
]
const body = fc.oneof(...bodies.map(([weight, arbitrary]) => ({ weight, arbitrary })))
const sequence = fc.subarray(KEYS, { minLength: 2, maxLength: 3 }).chain((keys) => {
  const where = fc.record({ key: fc.constantFrom(...keys), inSpace: fc.boolean() })
  const operation = fc.tuple(where, body).map(([place, what]) => ({ ...place, ...what }))
  return fc.array(operation as fc.Arbitrary<Operation>, { maxLength: 100, size: 'max' })
})

const defaultTtl = fc.constantFrom(undefined, 5000)
/** Values that are kept near, 0: without. */
const near = fc.constantFrom(0, 2, 100)

test('all operations do what a Map does', () => {
  fc.assert(
    fc.property(sequence, defaultTtl, near, (operations, ttlOfEngine, entries) => {
      const pair = new Pair(ttlOfEngine, 'clock', false, entries)
      try {
        for (const op of operations) pair.step(op)
        pair.end()
      } finally {
        pair.engine.close()
      }
    }),
    modelRuns(50),
  )
})

test.each(['clock', 'none'] as const)("with eviction '%s' and too little memory", (eviction) => {
  let lost = 0
  fc.assert(
    fc.property(sequence, defaultTtl, near, (operations, ttlOfEngine, entries) => {
      const pair = new Pair(ttlOfEngine, eviction, true, entries)
      try {
        for (const [n, op] of operations.entries()) {
          // A refused write looks everywhere for room: enough of them once.
          if (n === 0 || (eviction === 'clock' && n % 25 === 0)) fillUp(pair, n)
          pair.step(op)
        }
        // What nobody asks for any more gives way to others.
        if (eviction === 'clock') for (const round of ROUNDS) fillUp(pair, round)
        pair.end()
        lost += pair.lost
      } finally {
        pair.engine.close()
      }
    }),
    modelRuns(8),
  )
  expect(lost).toBeGreaterThan(0)
})

/** Of fillers at the end of a run; others have the number of the operation before. */
const ROUNDS = [1001, 1002, 1003]

/** Other keys, until no page is free. */
function fillUp({ engine }: Pair, round: number): void {
  for (let n = 0; n < 1200; n++) {
    try {
      engine.set(`filler-${round}-${n}`, 'f'.repeat([30, 700, 5000][n % 3]!))
    } catch (error) {
      if (!(error instanceof HeddleError) || error.code !== 'HEDDLE_FULL') throw error
    }
  }
}

test('a key that is a byte too long is refused by every operation, and nothing changes', () => {
  const pair = new Pair(undefined, 'clock', false)
  const key = `${KEYS.at(-1)}k`
  for (const cache of [pair.engine, pair.engine.namespace('space')]) {
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
    for (const call of calls) {
      expect(call).toThrow(expect.objectContaining({ code: 'HEDDLE_KEY_TOO_LONG' }))
    }
  }
  pair.end()
  pair.engine.close()
})
