/**
 * Hot keys and large values: what is told of them against exact counts, on Zipf's distribution and
 * on a real trace; several threads' rows put together; what time, deaths and deletions do.
 */
import { describe, expect, test } from 'vitest'
import { CARRIED_TRACE } from '../../bench/traces/catalog.ts'
import { KeyRow } from '../../src/engine/hot-keys/rows.ts'
import { KeySampler } from '../../src/engine/hot-keys/sampler.ts'
import { createEngine, type Engine, type EngineOptions } from '../../src/index.ts'
import { readTrace } from '../../src/load/trace-reader.ts'
import { KeyScratch } from '../../src/memory/key-scratch.ts'
import { openEngine, refusalOf, secondRow } from './open-engine.ts'

function open(options: EngineOptions): Engine {
  return openEngine({ hotKeys: true, ...options })
}

/** Ranks from 0 by Zipf's law with an exponent of 1. */
function zipf(ranks: number, uses: number): number[] {
  const weights = Array.from({ length: ranks }, (_, rank) => 1 / (rank + 1))
  const all = weights.reduce((sum, weight) => sum + weight)
  let sum = 0
  const upTo = weights.map((weight) => (sum += weight / all))
  let state = 12345
  return Array.from({ length: uses }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const drawn = state / 2 ** 32
    let [low, high] = [0, ranks - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (upTo[middle]! < drawn) low = middle + 1
      else high = middle
    }
    return low
  })
}

function countsOf(ids: ArrayLike<number>): Map<string, number> {
  const counts = new Map<string, number>()
  for (let i = 0; i < ids.length; i++) {
    const key = `key:${ids[i]}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function hottest(counts: Map<string, number>, most: number): string[] {
  const sorted = [...counts].sort((a, b) => b[1] - a[1])
  return sorted.slice(0, most).map(([key]) => key)
}

describe('against exact counts', () => {
  const loads: readonly (readonly [string, ArrayLike<number>])[] = [
    ['Zipf', zipf(20_000, 300_000)],
    ['trace web12', readTrace(CARRIED_TRACE).requests],
  ]

  test.each(loads)('%s, every use noted: bounds hold and no hot key is missing', (_name, ids) => {
    const cache = open({ hotKeys: { sample: 1, keys: 256, halfLife: Number.POSITIVE_INFINITY } })
    for (let i = 0; i < ids.length; i++) cache.get(`key:${ids[i]}`)
    const counts = countsOf(ids)
    const told = cache.hotKeys(256)
    for (const { key, uses, leastUses, mostUses } of told) {
      const exact = counts.get(key)!
      expect(uses, key).toBeGreaterThanOrEqual(exact)
      expect(leastUses, key).toBeLessThanOrEqual(exact)
      expect(mostUses, key).toBeGreaterThanOrEqual(exact)
      expect(uses - exact, key).toBeLessThanOrEqual(ids.length / 256)
    }
    const keys = told.map(({ key }) => key)
    const heavy = [...counts].filter(([, count]) => count > ids.length / 256)
    expect(heavy.length).toBeGreaterThan(0)
    for (const [key] of heavy) expect(keys).toContain(key)
  })

  test.each(loads)('%s, one use in 16: the hottest are found, shares are near', (_name, ids) => {
    const cache = open({ hotKeys: { sample: 16, keys: 256, halfLife: Number.POSITIVE_INFINITY } })
    for (let i = 0; i < ids.length; i++) cache.get(`key:${ids[i]}`)
    const counts = countsOf(ids)
    const told = cache.hotKeys(20)
    const found = hottest(counts, 5).filter((key) => told.some((hot) => hot.key === key))
    expect(found.length).toBeGreaterThanOrEqual(4)
    const outside = told.filter(({ key, leastUses, mostUses }) => {
      const exact = counts.get(key) ?? 0
      return exact < leastUses || exact > mostUses
    })
    expect(outside.length).toBeLessThanOrEqual(3) // bounds of 95 %, twenty of them
    expect(told[0]!.share).toBeCloseTo(counts.get(told[0]!.key)! / ids.length, 1)
  })
})

test('reads and writes count alike; namespaces are apart, long keys go by their beginning', () => {
  const cache = open({ hotKeys: { sample: 1 } })
  const other = cache.namespace('other')
  const long = 'l'.repeat(500)
  cache.set('a', 1)
  cache.get('a')
  cache.has('a')
  cache.delete('a')
  for (let i = 0; i < 3; i++) other.get('a')
  for (let i = 0; i < 5; i++) cache.get(long)
  const told = cache.hotKeys()
  expect(told.map(({ key, space, isCut, uses }) => [key, space, isCut, uses])).toEqual([
    ['l'.repeat(96), 0, true, 5],
    ['a', 0, false, 4],
    ['a', 1, false, 3],
  ])
  expect(told[0]!.share).toBeCloseTo(5 / 12)
})

test('rows of several threads are put together: sums, errors, and what a row may miss', () => {
  const cache = open({ hotKeys: { sample: 1, keys: 8, halfLife: Number.POSITIVE_INFINITY } })
  const others = [secondRow(cache), secondRow(cache)] as const
  const use = (thread: Engine, name: string, times: number) => {
    for (let i = 0; i < times; i++) thread.get(name)
  }
  use(others[0], 'both', 40)
  use(others[1], 'both', 2)
  for (let i = 0; i < 20; i++) use(others[1], `one-off ${i}`, 3) // pushes it out again
  use(others[0], 'first only', 10)
  const told = new Map(cache.hotKeys(100).map((hot) => [hot.key, hot]))
  const both = told.get('both')!
  expect(both.uses).toBe(40)
  expect(both.leastUses).toBeLessThanOrEqual(42)
  expect(both.mostUses).toBeGreaterThanOrEqual(42)
  expect(told.get('first only')!.uses).toBe(10)
  for (const { uses, leastUses } of told.values()) expect(leastUses).toBeLessThanOrEqual(uses)
  for (const other of others) other.close()
})

test('uses count half after each half-life, also in the row of a thread that sleeps', () => {
  let now = 1_000_000
  const cache = open({ now: () => now, hotKeys: { sample: 1, halfLife: 60_000 } })
  for (let i = 0; i < 64; i++) cache.get('old')
  now += 120_000
  expect(cache.hotKeys()[0]).toMatchObject({ key: 'old', uses: 16, share: 1 })
  for (let i = 0; i < 20; i++) cache.get('new')
  expect(cache.hotKeys().map(({ key, uses }) => [key, uses])).toEqual([
    ['new', 20],
    ['old', 16],
  ])
})

test('a place that a dead thread left half given is left out, and free for the next', () => {
  const cache = open({ hotKeys: { sample: 1, keys: 8 } })
  const memory = cache.handle.hotKeys!
  const key = new KeyScratch(1)
  const row = new KeyRow(memory, 7)
  key.loadString('half', 0)
  row.all = 1
  row.give(0, key, 5, 0)
  expect(row.read(0)?.bytes.toString()).toBe('half')
  // What a thread that dies within `give` leaves: an odd sequence.
  const sequences = new Int32Array(memory.memory)
  const at = sequences.findIndex((word, index) => word === 2 && sequences[index + 1] === 0)
  sequences[at] = 3
  expect(row.read(0)).toBeUndefined()
  expect(cache.hotKeys()).toEqual([])
  const now = Date.now()
  new KeySampler(memory, 7, now).note(key, now)
  expect(cache.hotKeys()).toMatchObject([{ key: 'half', uses: 1 }])
})

describe('large values', () => {
  test('the largest are told with their size now', () => {
    const cache = open({})
    for (let i = 0; i < 200; i++) cache.set(`key:${i}`, 'v'.repeat(100 + i))
    cache.append('key:3', 'x'.repeat(5000))
    const told = cache.bigKeys(4)
    expect(told.map(({ key, bytes }) => [key, bytes])).toEqual([
      ['key:3', 5103],
      ['key:199', 299],
      ['key:198', 298],
      ['key:197', 297],
    ])
    expect(cache.bigKeys(1000)).toHaveLength(32)
  })

  test('what was deleted or shrunk gives its place away', () => {
    const cache = open({ hotKeys: { sample: 1 } })
    for (let i = 0; i < 32; i++) cache.set(`big:${i}`, 'v'.repeat(10_000))
    for (let i = 0; i < 32; i++) cache.set(`small:${i}`, 'v'.repeat(100))
    for (let i = 0; i < 31; i++) cache.delete(`big:${i}`)
    cache.set('big:31', 'v')
    expect(cache.bigKeys()).toEqual([{ key: 'big:31', isCut: false, space: 0, bytes: 1 }])
    for (let i = 0; i < 200; i++) cache.get('any') // its places are looked at now and then
    cache.set('small:again', 'v'.repeat(50))
    expect(cache.bigKeys()[0]).toMatchObject({ key: 'small:again', bytes: 50 })
  })
})

describe('refusals', () => {
  test('an engine that notes nothing says so', () => {
    const cache = open({ hotKeys: false })
    cache.get('a')
    expect(refusalOf(() => cache.hotKeys()).code).toBe('HEDDLE_NO_HOT_KEYS')
    expect(refusalOf(() => cache.bigKeys()).code).toBe('HEDDLE_NO_HOT_KEYS')
  })

  test.each([
    [{ sample: 0 }, 'sample'],
    [{ sample: 1.5 }, 'sample'],
    [{ keys: 4097 }, 'keys'],
    [{ halfLife: 999 }, 'halfLife'],
    [{ halfLive: 1000 }, 'halfLive'],
    ['yes', 'hotKeys'],
  ])('hotKeys: %j', (hotKeys, field) => {
    const error = refusalOf(() => createEngine({ hotKeys: hotKeys as never }))
    expect(error.field).toBe(field)
  })

  test('how many is a whole number', () => {
    const cache = open({})
    expect(refusalOf(() => cache.hotKeys(0)).field).toBe('most')
    expect(refusalOf(() => cache.bigKeys(2.5)).field).toBe('most')
  })
})
