/** The buckets of durations: they tile, and what is read from them is as exact as they promise. */
import { expect, test } from 'vitest'
import { BUCKETS, beginOf, bucketOf, quantileOf, UNIT_NS } from '../../src/observe/buckets.ts'
import { generator } from '../protocols/memcached/client.ts'

test('buckets tile: each begins where the one before ends', () => {
  expect(beginOf(0)).toBe(0)
  for (let bucket = 1; bucket < BUCKETS; bucket++) {
    const begin = beginOf(bucket)
    expect(bucketOf(begin), `${begin} ns`).toBe(bucket)
    expect(bucketOf(begin - 0.5), `just below ${begin} ns`).toBe(bucket - 1)
  }
})

test('a bucket is at most an eighth of where it begins wide, from 512 ns on', () => {
  for (let bucket = 16; bucket < BUCKETS - 1; bucket++) {
    const width = beginOf(bucket + 1) - beginOf(bucket)
    expect(width).toBeLessThanOrEqual(beginOf(bucket) / 8)
  }
  for (let bucket = 0; bucket < 16; bucket++) {
    expect(beginOf(bucket + 1) - beginOf(bucket)).toBe(UNIT_NS)
  }
})

test('nothing falls outside', () => {
  expect(bucketOf(-1)).toBe(0)
  expect(bucketOf(Number.NaN)).toBe(0)
  expect(bucketOf(1e15)).toBe(BUCKETS - 1)
  expect(bucketOf(Number.POSITIVE_INFINITY)).toBe(BUCKETS - 1)
})

test('quantiles of many durations lie within 7 % of the exact ones', () => {
  const below = generator(11)
  const durations = Array.from({ length: 100_000 }, () => 10 ** (3 + below(4_000_000) / 1e6))
  const counts = new Float64Array(BUCKETS)
  for (const ns of durations) counts[bucketOf(ns)]! += 1
  durations.sort((a, b) => a - b)
  for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
    const exact = durations[Math.ceil(share * durations.length) - 1]!
    expect(Math.abs(quantileOf(counts, share) / exact - 1), `${share}`).toBeLessThan(0.07)
  }
  expect(quantileOf(new Float64Array(BUCKETS), 0.5)).toBe(0)
})
