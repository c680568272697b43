/**
 * Stack distances against a list that is searched, sampled ones against a distribution that is
 * known, and the sample's bounds.
 */
import { describe, expect, test } from 'vitest'
import { lruHits } from '../../bench/traces/policies.ts'
import { randomNumbers } from '../../bench/workload.ts'
import { HitCurve } from '../../src/plan/hit-curve.ts'
import { lruCurve } from '../../src/plan/lru-curve.ts'
import { hashOf, Sample, UNKNOWN_BYTES } from '../../src/plan/sample.ts'
import { StackDistances } from '../../src/plan/stack-distances.ts'

const SEED = 11
const ALL = { rate: 1, mostKeys: 1e9, mostUses: 1e9 }

function skewed(seed: number, count: number, universe: number): number[] {
  const next = randomNumbers(seed)
  return Array.from({ length: count }, () => Math.min(next() % universe, next() % universe))
}

/** A list, most recent first. */
function naiveDistances(uses: readonly number[], weights: readonly number[]): number[] {
  const stack: number[] = []
  return uses.map((key) => {
    const at = stack.indexOf(key)
    const above = at < 0 ? [] : stack.splice(0, at + 1)
    stack.unshift(key, ...above.slice(0, -1))
    if (at < 0) return Number.POSITIVE_INFINITY
    return above.reduce((sum, one) => sum + weights[one]!, 0)
  })
}

describe('stack distances', () => {
  test('agree with a list that is searched, over entries and over bytes', () => {
    for (const universe of [1, 5, 300, 3_000]) {
      const uses = skewed(SEED, 6_000, universe)
      const bytes = Array.from({ length: universe }, (_, key) => 1 + ((key * 7919) % 997))
      for (const weights of [Array<number>(universe).fill(1), bytes]) {
        const distances = new StackDistances(universe)
        const found = uses.map((key) => distances.use(key, weights[key]!))
        expect(found, `${universe} keys`).toEqual(naiveDistances(uses, weights))
      }
    }
  })

  test('a key whose weight changes counts with the new one', () => {
    const distances = new StackDistances(2)
    expect(distances.use(0, 10)).toBe(Number.POSITIVE_INFINITY)
    expect(distances.use(1, 1)).toBe(Number.POSITIVE_INFINITY)
    expect(distances.use(0, 3)).toBe(4)
    expect(distances.use(1, 5)).toBe(8)
  })
})

describe('the curve', () => {
  test('of a whole trace is what LRU caches of each size hit', () => {
    const uses = skewed(SEED, 30_000, 2_000)
    const sample = new Sample(ALL)
    for (const key of uses) sample.read(`key ${key}`, 100)
    const curve = lruCurve(sample.end())
    for (const capacity of [1, 10, 100, 500, 1_500]) {
      const hits = lruHits(Uint32Array.from(uses), 2_000, capacity)
      expect(curve.at(capacity) * 100).toBeCloseTo((hits / 30_000) * 100, 0)
    }
    expect(curve.most).toBeCloseTo(1 - new Set(uses).size / 30_000, 10)
  })

  test('rises, and adds what sampling missed at the shortest distance', () => {
    const curve = new HitCurve()
    for (const distance of [4, 100, 1_000, Number.POSITIVE_INFINITY]) curve.note(distance)
    expect([1, 4.05, 101, 1_011].map((size) => curve.at(size))).toEqual([0, 0.25, 0.5, 0.75])
    curve.adjust(8)
    expect(curve.at(4.05)).toBe(5 / 8)
    expect(curve.most).toBe(7 / 8)
  })
})

/** `universe` keys in turn: LRU hits nothing below that size and everything from it on. */
function cyclic(rate: number, universe: number): HitCurve {
  const sample = new Sample({ ...ALL, rate })
  for (let n = 0; n < universe * 5; n++) sample.read(`key ${n % universe}`, 10)
  return lruCurve(sample.end())
}

describe('sampling by key (SHARDS)', () => {
  test('finds the one size from which on a loop fits', () => {
    for (const rate of [0.5, 0.1, 0.05]) {
      const curve = cyclic(rate, 20_000)
      expect(curve.at(17_500), `rate ${rate}`).toBeLessThan(0.06)
      expect(curve.at(22_500), `rate ${rate}`).toBeGreaterThan(0.76)
    }
  })

  test('is near the whole curve for uniform and for skewed keys', () => {
    const next = randomNumbers(SEED)
    const draws = [() => next() % 40_000, () => Math.floor(40_000 ** ((next() % 1e6) / 1e6))]
    for (const draw of draws) {
      const whole = new Sample(ALL)
      const tenth = new Sample({ ...ALL, rate: 0.1 })
      for (let n = 0; n < 100_000; n++) {
        const key = `key ${draw()}`
        whole.read(key, 10)
        tenth.read(key, 10)
      }
      const [exact, sampled] = [lruCurve(whole.end()), lruCurve(tenth.end())]
      for (const size of [1_000, 4_000, 16_000, 40_000]) {
        expect(Math.abs(sampled.at(size) - exact.at(size)), `${size}`).toBeLessThan(0.03)
      }
    }
  })

  test('without the adjustment the skewed curve would be further off', () => {
    const exact = new Sample(ALL)
    const sampled = new Sample({ ...ALL, rate: 0.05 })
    const hot = Array.from({ length: 100 }, (_, n) => `hot ${n}`)
    const missing = hot.find((key) => hashOf(key) >= 0.05 * 2 ** 32)!
    for (let n = 0; n < 50_000; n++) {
      for (const sample of [exact, sampled]) {
        sample.read(missing, 1)
        sample.read(`cold ${n % 10_000}`, 1)
      }
    }
    const uses = sampled.end()
    const [right, adjusted] = [lruCurve(exact.end()).at(5_000), lruCurve(uses).at(5_000)]
    const bare = lruCurve({ ...uses, reads: uses.uses.length / uses.rate }).at(5_000)
    expect(right).toBeCloseTo(0.5, 2)
    expect(Math.abs(adjusted - right)).toBeLessThan(0.05)
    expect(Math.abs(bare - right)).toBeGreaterThan(0.4)
  })
})

describe('a sample', () => {
  test('keeps within its bounds by lowering its rate, and keeps all uses of what it keeps', () => {
    const sample = new Sample({ rate: 1, mostKeys: 500, mostUses: 20_000 })
    const uses = skewed(SEED, 100_000, 10_000)
    for (const key of uses) sample.read(`key ${key}`, key)
    const found = sample.end()
    expect(found.keyBytes.length).toBeLessThanOrEqual(500)
    expect(found.keyBytes.length).toBeGreaterThan(350)
    expect(found.uses.length).toBeLessThanOrEqual(20_000)
    expect(found.rate).toBeGreaterThan(0.03)
    expect(found.rate).toBeLessThan(0.07)
    expect(found.reads).toBe(100_000)
    const kept = uses.filter((key) => hashOf(`key ${key}`) < found.rate * 2 ** 32)
    expect([...found.uses].map((number) => found.valueBytes[number])).toEqual(kept)
  })

  test('says which sizes it does not know, and takes them later', () => {
    const sample = new Sample(ALL)
    sample.read('a', UNKNOWN_BYTES)
    sample.read('b', 7)
    expect([...sample.unknown()]).toEqual(['a'])
    sample.learn('a', 9)
    sample.learn('stranger', 9)
    sample.read('a', UNKNOWN_BYTES)
    expect([...sample.end().valueBytes]).toEqual([9, 7])
  })
})
