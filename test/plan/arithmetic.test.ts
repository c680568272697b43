/**
 * The planner's arithmetic: what entries take, against an engine that is filled; Che's
 * approximation against LRU on drawn requests; memory for a wanted hit ratio; nodes and cost.
 */
import { describe, expect, test } from 'vitest'
import { lruHits } from '../../bench/traces/policies.ts'
import { createEngine } from '../../src/index.ts'
import {
  chunkBytesOf,
  classesFor,
  memoryFor,
  roomOf,
  TABLE_BYTES,
} from '../../src/plan/entry-cost.ts'
import { forecastOf, memoryForRatio } from '../../src/plan/forecast.ts'
import { gainsByEntries, PLANNED_POLICIES } from '../../src/plan/miniature.ts'
import { purchaseOf } from '../../src/plan/purchase.ts'
import { Sample } from '../../src/plan/sample.ts'
import { cheHitRatio, forecastByHand, groupsOf } from '../../src/plan/zipf.ts'
import { zipfRequests } from './zipf-requests.ts'

const MIB = 2 ** 20
const ALL = { rate: 1, mostKeys: 1e9, mostUses: 1e9 }

/** Entries that an engine takes before it refuses. */
function filled(memory: number, expectedEntries: number, valueBytesOf: (n: number) => number) {
  const engine = createEngine({ name: 'plan test', memory, expectedEntries, eviction: 'none' })
  const value = Buffer.alloc(100_000)
  let n = 0
  try {
    for (;;) engine.set(`key ${String(n).padStart(12, '0')}`, value.subarray(0, valueBytesOf(n++)))
  } catch (error) {
    expect((error as { code?: string }).code).toBe('HEDDLE_FULL')
  } finally {
    engine.close()
  }
  return n - 1
}

describe('bytes of entries', () => {
  const shapes: readonly [string, number, (n: number) => number][] = [
    ['100 bytes', 4 * MIB, () => 100],
    ['1,000 bytes', 16 * MIB, () => 1_000],
    ['4,800 bytes, in pieces', 8 * MIB, () => 4_800],
    ['70,000 bytes, in pieces', 32 * MIB, () => 70_000],
    ['16 to 2,000 bytes', 16 * MIB, (n) => 16 + ((n * 7919) % 1985)],
  ]
  test.each(shapes)('values of %s: as many fit as is planned', (_name, memory, bytesOf) => {
    const classes = classesFor(memory)
    const bytes = Array.from({ length: 2_000 }, (_, n) =>
      chunkBytesOf(classes, 16, bytesOf(n), false),
    )
    const mean = bytes.reduce((sum, one) => sum + one, 0) / bytes.length
    const used = Math.min(new Set(bytes).size, classes.bytes.length)
    const guess = memory / (mean + TABLE_BYTES)
    const planned = roomOf(memory, guess, used, 'none') / mean
    const found = filled(memory, Math.ceil(guess), bytesOf)
    expect(found / planned).toBeGreaterThan(0.95)
    expect(found / planned).toBeLessThan(1.05)
  })

  test('a TTL and long values take their words', () => {
    const classes = classesFor(64 * MIB)
    expect(chunkBytesOf(classes, 16, 32, true) - chunkBytesOf(classes, 16, 32, false)).toBe(8)
    expect(chunkBytesOf(classes, 300, 0, false)).toBeGreaterThan(300)
  })

  test('memory for so many bytes has the room, and a MiB less has not', () => {
    for (const [bytes, entries] of [
      [1e6, 5_000],
      [3e8, 100_000],
      [9e10, 1e8],
    ] as const) {
      const memory = memoryFor(bytes, entries, 10, 's3-fifo')
      expect(memory % MIB).toBe(0)
      expect(roomOf(memory, entries, 10, 's3-fifo')).toBeGreaterThanOrEqual(bytes)
      expect(roomOf(memory - MIB, entries, 10, 's3-fifo')).toBeLessThan(bytes)
    }
  })
})

describe('by hand', () => {
  test("Che's approximation is what LRU does on drawn requests", () => {
    const [keys, warm, count] = [10_000, 80_000, 160_000]
    for (const exponent of [0, 0.7, 0.99]) {
      const requests = zipfRequests(keys, exponent, count)
      for (const capacity of [200, 1_000, 5_000]) {
        const cold = lruHits(requests.subarray(0, warm), keys, capacity)
        const hits = lruHits(requests, keys, capacity) - cold
        const che = cheHitRatio(groupsOf(keys, exponent), capacity)
        expect(Math.abs(che - hits / (count - warm)), `${exponent} ${capacity}`).toBeLessThan(0.015)
      }
    }
  })

  test('groups have all keys and the whole probability', () => {
    for (const keys of [1, 2, 1_000, 1e9]) {
      const groups = groupsOf(keys, 0.99)
      expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(keys)
      const whole = groups.reduce((sum, { count, probability }) => sum + count * probability, 0)
      expect(whole).toBeCloseTo(1, 9)
    }
  })

  test('more memory is a higher hit ratio, and what holds all hits all', () => {
    const sizes = { keyBytes: 24, valueBytes: 500, expires: true, policy: 'clock' } as const
    const forecast = forecastByHand({ keys: 1e6, exponent: 0.99, ...sizes })
    const ratios = [16, 64, 256].map((mib) => forecast.hitRatioAt(mib * MIB))
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b))
    expect(forecast.hitRatioAt(forecast.memoryForAll)).toBeCloseTo(1, 3)
    const memory = memoryForRatio(forecast, 0.9)!
    expect(forecast.hitRatioAt(memory)).toBeGreaterThanOrEqual(0.9)
    expect(forecast.hitRatioAt(memory - MIB)).toBeLessThan(0.9)
  })
})

describe('a forecast', () => {
  const sample = new Sample(ALL)
  for (const key of zipfRequests(8_000, 0.8, 40_000)) sample.read(`key ${key}`, 400)
  const uses = sample.end()
  const options = { expires: false, otherwiseBytes: 0, countsFirst: true } as const

  test.each(PLANNED_POLICIES)('is what the engine does with that memory, %s', (policy) => {
    const forecast = forecastOf(uses, { ...options, policy })
    for (const memory of [2 * MIB, 3 * MIB]) {
      const expectedEntries = Math.ceil(forecast.entriesAt(memory))
      const engine = createEngine({ name: 'plan test', memory, expectedEntries, eviction: policy })
      const target = Buffer.alloc(400)
      let hits = 0
      for (const use of uses.uses) {
        if (engine.getBytes(`key ${use}`, target) >= 0) hits++
        else engine.set(`key ${use}`, target)
      }
      engine.close()
      const difference = forecast.hitRatioAt(memory) - hits / uses.reads
      expect(Math.abs(difference), `${memory}`).toBeLessThan(0.02)
    }
  })

  test('says when no memory is enough, and leaves first reads out when asked to', () => {
    const forecast = forecastOf(uses, { ...options, policy: PLANNED_POLICIES[0]! })
    expect(forecast.most).toBeCloseTo(1 - forecast.keys / uses.reads, 6)
    expect(memoryForRatio(forecast, forecast.most + 0.01)).toBeUndefined()
    const warm = forecastOf(uses, { ...options, countsFirst: false, policy: PLANNED_POLICIES[0]! })
    expect(warm.most).toBeCloseTo(1, 6)
  })

  test('a miniature of everything gains nothing', () => {
    const gains = gainsByEntries(uses, PLANNED_POLICIES[0]!)
    expect(gains.at(-1)).toEqual({ entries: uses.keyBytes.length, gain: 0 })
    const places = gains.map(({ entries }) => entries)
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b))
  })
})

describe('what to buy', () => {
  const prices = {
    ...{ rate: 120_000, workerRate: 50_000 },
    ...{ nodeMemory: 2 ** 30, nodeCores: 2, nodePrice: 70 },
  }

  test('nodes for the workers, then for the memory', () => {
    const small = purchaseOf(100 * MIB, prices)
    expect(small).toMatchObject({ workers: 3, nodes: 2, workersPerNode: 2, cost: 140 })
    const large = purchaseOf(2_000 * MIB, prices)
    expect(large).toMatchObject({ workers: 3, nodes: 3, workersPerNode: 1, cost: 210 })
    expect(large.memoryPerNode * 3).toBeGreaterThanOrEqual(2_000 * MIB)
    expect(large.memoryPerNode + (128 + 64) * MIB).toBeLessThanOrEqual(2 ** 30)
  })

  test('a node without room is refused, and no node holds more than one cache may', () => {
    expect(() => purchaseOf(MIB, { ...prices, nodeMemory: 150 * MIB })).toThrow(/no memory left/)
    expect(purchaseOf(200 * 2 ** 30, { ...prices, nodeMemory: 2 ** 40 }).nodes).toBe(4)
  })
})
