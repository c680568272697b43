/**
 * The exact simulations that heddle's hit ratio is measured against, compared with naive ones that
 * are written from the definition, over seeded random requests; and a CLOCK with one rule broken,
 * which the same comparison must notice.
 */
import { describe, expect, test } from 'vitest'
import { CARRIED_TRACE } from '../../bench/traces/catalog.ts'
import { clockHits, lruHits } from '../../bench/traces/policies.ts'
import { readTrace } from '../../src/load/trace-reader.ts'
import { randomNumbers } from '../../bench/workload.ts'

const SEED = 42
const UNIVERSE = 60

/** A list of entries; the hand is an index into it. `insertAt` is 0 in the true policy. */
function naiveClock(requests: Iterable<number>, capacity: number, insertAt = 0): number {
  const ring: { key: number; count: number }[] = []
  let hand = 0
  let hits = 0
  for (const key of requests) {
    const entry = ring.find((one) => one.key === key)
    if (entry !== undefined) {
      hits++
      entry.count = Math.min(3, entry.count + 1)
    } else if (ring.length < capacity) {
      ring.push({ key, count: insertAt })
    } else {
      for (let at = ring[hand]!; at.count > 0; at = ring[hand]!) {
        at.count--
        hand = (hand + 1) % capacity
      }
      ring[hand] = { key, count: insertAt }
      hand = (hand + 1) % capacity
    }
  }
  return hits
}

/** An array in order of use, most recent last. */
function naiveLru(requests: Iterable<number>, capacity: number): number {
  const order: number[] = []
  let hits = 0
  for (const key of requests) {
    const at = order.indexOf(key)
    if (at !== -1) {
      hits++
      order.splice(at, 1)
    } else if (order.length === capacity) {
      order.shift()
    }
    order.push(key)
  }
  return hits
}

/** Skewed requests: the smaller of two draws, so that low keys are popular. */
function skewedRequests(seed: number, count: number): Uint32Array {
  const next = randomNumbers(seed)
  const draw = () => Math.min(next() % UNIVERSE, next() % UNIVERSE)
  return Uint32Array.from({ length: count }, draw)
}

describe('exact policies', () => {
  for (const capacity of [1, 2, 7, 30, UNIVERSE]) {
    test(`CLOCK and LRU of ${capacity} entries agree with the naive ones, seed ${SEED}`, () => {
      for (let round = 0; round < 20; round++) {
        const requests = skewedRequests(SEED + round, 2_000)
        expect(clockHits(requests, UNIVERSE, capacity)).toBe(naiveClock(requests, capacity))
        expect(lruHits(requests, UNIVERSE, capacity)).toBe(naiveLru(requests, capacity))
      }
    })
  }

  test('the comparison notices a CLOCK that inserts at 1', () => {
    const requests = skewedRequests(SEED, 2_000)
    expect(clockHits(requests, UNIVERSE, 7)).not.toBe(naiveClock(requests, 7, 1))
  })

  test('on the carried trace too', () => {
    const trace = readTrace(CARRIED_TRACE)
    const head = trace.requests.subarray(0, 10_000)
    const capacity = 138
    expect(clockHits(head, trace.keys.length, capacity)).toBe(naiveClock(head, capacity))
    expect(lruHits(head, trace.keys.length, capacity)).toBe(naiveLru(head, capacity))
  })

  test('a cache as large as the keys misses each key once', () => {
    const trace = readTrace(CARRIED_TRACE)
    const hits = trace.requests.length - trace.keys.length
    expect(clockHits(trace.requests, trace.keys.length, trace.keys.length)).toBe(hits)
    expect(lruHits(trace.requests, trace.keys.length, trace.keys.length)).toBe(hits)
  })
})
