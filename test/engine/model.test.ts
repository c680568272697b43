/**
 * Random operations on a few keys, against a Map that does the same in the simplest way, under a
 * clock that the operations move. A failure prints its seed and its shortest sequence.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEngine, type Engine, type HeddleError, type Namespace } from '../../src/index.ts'
import { modelRuns } from './model-runs.ts'

type Text = { readonly kind: 'set' | 'add' | 'replace'; key: string; value: string; ttl: number }
type Change = { readonly kind: 'append' | 'prepend'; key: string; value: string }
type Count = { readonly kind: 'increment' | 'decrement'; key: string; by: number; ttl: number }
type Keyed = { readonly kind: 'get' | 'delete' | 'cas' | 'staleCas'; key: string }
type Touch = { readonly kind: 'touch'; key: string; ttl: number }
type Whole = { readonly kind: 'clear' | 'clearSpace' | 'flushAt' | 'advance'; ms: number }
type Operation = (Text | Change | Count | Keyed | Touch | Whole) & { readonly inSpace?: boolean }

interface Expected {
  text: string
  expiry: number
  /** Created by a counting call: read as a number, and nothing can be appended. */
  isNumber: boolean
}

/** What an engine with two key spaces should do. */
class Model {
  readonly spaces = [new Map<string, Expected>(), new Map<string, Expected>()] as const
  flushAt = 0
  ms: number

  constructor(ms: number) {
    this.ms = ms
  }
  advance(ms: number): void {
    this.ms += ms
    if (this.flushAt === 0 || this.flushAt > this.ms) return
    this.clear()
  }
  clear(): void {
    this.flushAt = 0
    for (const space of this.spaces) space.clear()
  }
  find(space: number, key: string): Expected | undefined {
    const found = this.spaces[space]!.get(key)
    if (found === undefined || found.expiry > this.ms) return found
    this.spaces[space]!.delete(key)
    return undefined
  }
  put(space: number, key: string, text: string, ttl: number, isNumber = false): void {
    const expiry = ttl === 0 ? Number.POSITIVE_INFINITY : this.ms + ttl
    this.spaces[space]!.set(key, { text, expiry, isNumber })
  }
  live(space: number): number {
    return KEYS.filter((key) => this.find(space, key) !== undefined).length
  }
}

const KEYS = ['', 'a', 'b', 'key', 'grün', 'k'.repeat(300), 'x'.repeat(5000)]
const key = fc.constantFrom(...KEYS)
const ttl = fc.constantFrom(0, 0, 1, 50, 1000)
const value = fc.oneof(
  fc.constantFrom('', '0', '7', '18446744073709551615', 'text', 'ünï'),
  fc
    .tuple(fc.constantFrom('s', 'ß'), fc.integer({ min: 0, max: 9000 }))
    .map(([c, n]) => c.repeat(n)),
)
const inSpace = fc.boolean()
/** Values that are kept near, 0: without. */
const near = fc.constantFrom(0, 2, 100)
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('set', 'add', 'replace'),
      key,
      value,
      ttl,
      inSpace,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('append', 'prepend'), key, value, inSpace }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('increment', 'decrement'),
      key,
      by: fc.nat(20),
      ttl,
      inSpace,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('get', 'delete', 'cas', 'staleCas'),
      key,
      inSpace,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('touch'), key, ttl, inSpace }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('clear', 'clearSpace', 'flushAt', 'advance', 'advance', 'advance'),
      ms: fc.integer({ min: 1, max: 80 }),
    }),
  },
) as fc.Arbitrary<Operation>

const MAX_ITEM = 20_000

/** Does one operation on both and compares what they say. */
function step(engine: Engine, space: Namespace, model: Model, op: Operation): unknown {
  const at = op.inSpace === true ? 1 : 0
  const cache = at === 1 ? space : engine
  const ttlOf = (ms: number) => (ms === 0 ? undefined : ms)
  const found = 'key' in op ? model.find(at, op.key) : undefined
  switch (op.kind) {
    case 'set':
      cache.set(op.key, op.value, ttlOf(op.ttl))
      return model.put(at, op.key, op.value, op.ttl)
    case 'add':
    case 'replace': {
      const stores = (op.kind === 'replace') === (found !== undefined)
      expect(cache[op.kind](op.key, op.value, ttlOf(op.ttl))).toBe(stores)
      if (stores) model.put(at, op.key, op.value, op.ttl)
      return
    }
    case 'append':
    case 'prepend':
      return concat(cache, op, found)
    case 'increment':
    case 'decrement':
      return count(cache, model, at, op, found)
    case 'get':
      expect(cache.get(op.key)).toBe(found?.isNumber ? numberOf(found) : found?.text)
      expect(cache.ttl(op.key)).toBe(found === undefined ? undefined : found.expiry - model.ms)
      return
    case 'delete':
      expect(cache.delete(op.key)).toBe(found !== undefined)
      model.spaces[at]!.delete(op.key)
      return
    case 'cas':
    case 'staleCas': {
      const version = (cache.gets(op.key)?.version ?? 1) - (op.kind === 'staleCas' ? 1 : 0)
      const outcome = op.kind === 'cas' ? 'stored' : 'exists'
      expect(cache.compareAndSet(op.key, 'compared', version)).toBe(found ? outcome : 'missing')
      if (found && op.kind === 'cas') model.put(at, op.key, 'compared', 0)
      return
    }
    case 'touch':
      expect(cache.touch(op.key, ttlOf(op.ttl))).toBe(found !== undefined)
      if (found) found.expiry = op.ttl === 0 ? Number.POSITIVE_INFINITY : model.ms + op.ttl
      return
    case 'clear':
      engine.clear()
      return model.clear()
    case 'clearSpace':
      space.clear()
      return model.spaces[1].clear()
    case 'flushAt':
      model.flushAt = START + Math.ceil((model.ms + op.ms - START) / 16) * 16
      return engine.flush({ at: model.flushAt })
    case 'advance':
      return model.advance(op.ms)
  }
}

function concat(cache: Namespace | Engine, op: Change, found?: Expected): void {
  const text = op.kind === 'append' ? `${found?.text}${op.value}` : `${op.value}${found?.text}`
  if (found?.isNumber) {
    expectRefusal('HEDDLE_BAD_VALUE', () => cache[op.kind](op.key, op.value))
    return
  }
  if (found !== undefined && Buffer.byteLength(text) > MAX_ITEM) {
    expectRefusal('HEDDLE_VALUE_TOO_LARGE', () => cache[op.kind](op.key, op.value))
    return
  }
  expect(cache[op.kind](op.key, op.value)).toBe(found !== undefined)
  if (found !== undefined) found.text = text
}

function count(
  cache: Namespace | Engine,
  model: Model,
  at: number,
  op: Count,
  found?: Expected,
): void {
  const options = { by: op.by, ...(op.ttl === 0 ? {} : { ttl: op.ttl }) }
  const isNumber = found !== undefined && /^\d{1,20}$/.test(found.text)
  if (found === undefined) {
    const created = op.kind === 'increment' ? op.by : undefined
    expect(cache[op.kind](op.key, options)).toBe(created)
    if (created !== undefined) model.put(at, op.key, `${created}`, op.ttl, true)
  } else if (!isNumber || BigInt(found.text) >= 2n ** 64n) {
    expectRefusal('HEDDLE_NOT_A_NUMBER', () => cache[op.kind](op.key, options))
  } else {
    const before = BigInt(found.text)
    const by = BigInt(op.by)
    const after =
      op.kind === 'increment' ? BigInt.asUintN(64, before + by) : before > by ? before - by : 0n
    expect(BigInt(cache[op.kind](op.key, options)!)).toBe(after)
    found.text = `${after}`
  }
}

/** A counter reads as a number as long as it is a safe integer. */
function numberOf({ text }: Expected): number {
  return Number(text)
}

function expectRefusal(code: string, call: () => unknown): void {
  try {
    call()
  } catch (error) {
    expect((error as HeddleError).code).toBe(code)
    return
  }
  expect.unreachable(`${code} was expected`)
}

const START = 1_800_000_000_000

test('an engine does what a Map does', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 150 }), near, (operations, entries) => {
      const model = new Model(START)
      const engine = createEngine({
        name: 'model',
        memory: '2mb',
        maxThreads: 2,
        maxItemSize: MAX_ITEM,
        now: () => model.ms,
        near: entries === 0 ? undefined : { entries },
      })
      try {
        const space = engine.namespace('space')
        for (const op of operations) step(engine, space, model, op)
        for (const [at, cache] of [engine, space].entries()) {
          for (const of of KEYS) {
            const found = model.find(at, of)
            expect(cache.get(of)?.toString()).toBe(found?.text)
          }
          const keys = KEYS.filter((of) => model.find(at, of) !== undefined)
          expect([...cache.keys()].sort()).toEqual(keys.sort())
        }
        expect(space.size).toBe(model.live(1))
        expect(engine.size).toBe(model.live(0) + model.live(1))
        expect(engine.verify().problems).toEqual([])
      } finally {
        engine.close()
      }
    }),
    modelRuns(300),
  )
})
