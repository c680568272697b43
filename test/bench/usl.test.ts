/**
 * The fit of the Universal Scalability Law: coefficients that a made-up machine was given must come
 * back, noise must not become better than linear, and what two threads leave open must be said.
 */
import { describe, expect, test } from 'vitest'
import { capacityAt, fitUsl, forecast, peakOf, quantileOf } from '../../bench/scaling/usl.ts'

const machine = { sigma: 0.04, kappa: 0.0015 }
const measuredAt = (counts: readonly number[], model = machine) =>
  counts.map((threads) => ({ threads, times: capacityAt(model, threads) }))

describe('the law', () => {
  test('one thread does the work of one; without loss N do that of N', () => {
    expect(capacityAt(machine, 1)).toBe(1)
    expect(capacityAt({ sigma: 0, kappa: 0 }, 64)).toBe(64)
    expect(capacityAt({ sigma: 1, kappa: 0 }, 64)).toBe(1)
  })

  test('it has its peak where the formula says', () => {
    const peak = Math.round(peakOf(machine))
    expect(peak).toBe(Math.round(Math.sqrt(0.96 / 0.0015)))
    const around = [peak - 3, peak, peak + 3].map((n) => capacityAt(machine, n))
    expect(Math.max(...around)).toBe(around[1])
    expect(peakOf({ sigma: 0.1, kappa: 0 })).toBe(Number.POSITIVE_INFINITY)
    expect(peakOf({ sigma: 0, kappa: 4 })).toBe(1)
  })
})

describe('the fit', () => {
  test('coefficients come back from two numbers of threads and from more', () => {
    for (const counts of [
      [1, 2, 4],
      [1, 2, 4, 8],
      [2, 3, 16],
    ]) {
      const { hopeful, grim, isDetermined } = fitUsl(measuredAt(counts))
      expect(isDetermined).toBe(true)
      expect(hopeful).toEqual(grim)
      expect(hopeful.sigma).toBeCloseTo(machine.sigma, 10)
      expect(hopeful.kappa).toBeCloseTo(machine.kappa, 10)
    }
  })

  test('two threads alone give bounds that the truth lies between', () => {
    const { hopeful, grim, isDetermined } = fitUsl(measuredAt([1, 2]))
    expect(isDetermined).toBe(false)
    expect(hopeful).toMatchObject({ kappa: 0 })
    expect(grim).toMatchObject({ sigma: 0 })
    expect(hopeful.sigma).toBeCloseTo(machine.sigma + 2 * machine.kappa, 10)
    for (const model of [hopeful, grim]) {
      expect(capacityAt(model, 2)).toBeCloseTo(capacityAt(machine, 2), 10)
    }
    for (const threads of [4, 8, 16, 64]) {
      expect(capacityAt(grim, threads)).toBeLessThan(capacityAt(machine, threads))
      expect(capacityAt(hopeful, threads)).toBeGreaterThan(capacityAt(machine, threads))
    }
  })

  test('better than linear is noise, and neither coefficient falls below 0', () => {
    expect(fitUsl([{ threads: 2, times: 2.1 }]).hopeful).toEqual({ sigma: 0, kappa: 0 })
    const falling = fitUsl([
      { threads: 2, times: 1.5 },
      { threads: 4, times: 3.9 },
    ]).hopeful
    expect(falling.kappa).toBe(0)
    expect(falling.sigma).toBeGreaterThan(0)
    const steep = fitUsl([
      { threads: 2, times: 2 },
      { threads: 4, times: 2 },
    ]).hopeful
    expect(steep.sigma).toBe(0)
    expect(steep.kappa).toBeGreaterThan(0)
  })

  test('one thread alone is no measurement of growth', () => {
    expect(() => fitUsl([{ threads: 1, times: 1 }])).toThrow(/two threads or more/)
  })
})

test('a forecast spans the spread of the rounds and what two threads leave open', () => {
  const rounds = [1.7, 1.8, 1.85, 1.9, 1.95].map((times) => [{ threads: 2, times }])
  expect(quantileOf(rounds, 0.5)).toEqual([{ threads: 2, times: 1.85 }])
  const [two, eight] = forecast(rounds, [2, 8])
  expect(two!.low).toBeCloseTo(1.8, 10)
  expect(two!.high).toBeCloseTo(1.9, 10)
  expect(eight!.low).toBeCloseTo(capacityAt(fitUsl([{ threads: 2, times: 1.8 }]).grim, 8), 10)
  expect(eight!.high).toBeGreaterThan(2 * eight!.low)
})
