/**
 * The references that a hit ratio is shown beside: Belady's optimum against a search through all
 * decisions, and the bound over bytes, which no cache may exceed and which is the optimum where
 * nothing is in dispute.
 */
import { describe, expect, test } from 'vitest'
import { beladyHits, nextUses } from '../../bench/traces/belady.ts'
import { byteBound } from '../../bench/traces/byte-bound.ts'
import { clockHits, lruHits } from '../../bench/traces/policies.ts'
import { randomNumbers } from '../../bench/workload.ts'
import { StackDistances } from '../../src/plan/stack-distances.ts'

const SEED = 7

function requestsOf(seed: number, count: number, universe: number): Uint32Array {
  const next = randomNumbers(seed)
  const draw = () => Math.min(next() % universe, next() % universe)
  return Uint32Array.from({ length: count }, draw)
}

/** The most that any sequence of decisions can hit: bytes of hits, or hits when all sizes are 1. */
function bestOfAll(requests: Uint32Array, sizes: readonly number[], capacity: number): number {
  let reached = new Map<number, number>([[0, 0]])
  for (const key of requests) {
    const after = new Map<number, number>()
    const reach = (kept: number, gained: number) => {
      if (gained > (after.get(kept) ?? -1)) after.set(kept, gained)
    }
    for (const [kept, gained] of reached) {
      const isHit = (kept & (1 << key)) !== 0
      const gain = gained + (isHit ? (sizes[key] as number) : 0)
      const held = kept | (1 << key)
      // Any part of what could be held may be kept.
      for (let part = held; ; part = (part - 1) & held) {
        if (weightOf(part, sizes) <= capacity) reach(part, gain)
        if (part === 0) break
      }
    }
    reached = after
  }
  return Math.max(...reached.values())
}

function weightOf(kept: number, sizes: readonly number[]): number {
  return sizes.reduce((sum, size, key) => sum + ((kept & (1 << key)) !== 0 ? size : 0), 0)
}

describe("Belady's optimum", () => {
  test('is what a search through all decisions finds', () => {
    for (let round = 0; round < 40; round++) {
      const requests = requestsOf(SEED + round, 24, 7)
      const capacity = 1 + (round % 4)
      const best = bestOfAll(requests, Array<number>(7).fill(1), capacity)
      expect(beladyHits(requests, 7, capacity), `round ${round}`).toBe(best)
    }
  })

  test('is above LRU and CLOCK, and all hits but the first uses at full size', () => {
    const requests = requestsOf(SEED, 20_000, 2_000)
    for (const capacity of [1, 31, 32, 33, 500, 1_999]) {
      const best = beladyHits(requests, 2_000, capacity)
      expect(best).toBeGreaterThanOrEqual(lruHits(requests, 2_000, capacity))
      expect(best).toBeGreaterThanOrEqual(clockHits(requests, 2_000, capacity))
    }
    expect(beladyHits(requests, 2_000, 2_000)).toBe(20_000 - new Set(requests).size)
  })

  test('knows the position of the next use of each key', () => {
    expect([...nextUses(Uint32Array.of(0, 1, 0, 0, 2), 3)]).toEqual([2, -1, 3, -1, -1])
  })
})

describe('the bound over bytes', () => {
  test('is not below the best of all decisions, for hits and for bytes', () => {
    const sizes = [1, 2, 3, 1, 4, 2]
    for (let round = 0; round < 40; round++) {
      const requests = requestsOf(SEED + round, 24, 6)
      const capacity = 2 + (round % 5)
      const asked = requests.reduce((sum, key) => sum + (sizes[key] as number), 0)
      const bound = byteBound(requests, sizes, capacity)
      const best = bestOfAll(requests, sizes, capacity)
      expect(bound.byteHitRatio * asked, `round ${round}`).toBeGreaterThanOrEqual(best - 1e-9)
    }
  })

  test('is not below LRU over bytes, and all hits where everything fits', () => {
    const requests = requestsOf(SEED, 5_000, 300)
    const sizes = Array.from({ length: 300 }, (_, key) => 100 + ((key * 37) % 900))
    const total = sizes.reduce((sum, size) => sum + size, 0)
    for (const capacity of [2_000, 20_000, 60_000]) {
      const distances = new StackDistances(300)
      let hits = 0
      for (const key of requests) if (distances.use(key, sizes[key] as number) <= capacity) hits++
      expect(byteBound(requests, sizes, capacity).hitRatio * 5_000).toBeGreaterThanOrEqual(hits)
    }
    const most = 5_000 - new Set(requests).size
    expect(byteBound(requests, sizes, total).hitRatio * 5_000).toBeCloseTo(most, 6)
  })
})
