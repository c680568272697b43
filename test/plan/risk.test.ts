/**
 * Where a forecast says that it is unsafe: a loop has a cliff where it begins to fit, and policies
 * differ below it; keys popular by Zipf's law have neither; a small sample says how small it is.
 */
import { describe, expect, test } from 'vitest'
import { zipfRequests } from './zipf-requests.ts'
import { createEngine } from '../../src/index.ts'
import { forecastOf } from '../../src/plan/forecast.ts'
import { riskAt } from '../../src/plan/risk.ts'
import { Sample } from '../../src/plan/sample.ts'
import { forecastByHand } from '../../src/plan/zipf.ts'

const MIB = 2 ** 20
const VALUE_BYTES = 1_000
const LOOPED = 6_000
const ROUNDS = 5
const OPTIONS = { expires: false, otherwiseBytes: 0, countsFirst: true } as const

function sampleOf(keys: Iterable<number>, rate = 1) {
  const sample = new Sample({ rate, mostKeys: 1e9, mostUses: 1e9 })
  for (const key of keys) sample.read(`key ${key}`, VALUE_BYTES)
  return sample.end()
}

/** Each key in turn, over and over: LRU hits nothing until all of them fit. */
function* loop() {
  for (let round = 0; round < ROUNDS; round++) for (let key = 0; key < LOOPED; key++) yield key
}

describe('a loop', () => {
  const sampled = sampleOf(loop(), 0.25)
  const forecast = forecastOf(sampled, { ...OPTIONS, policy: 'clock' })
  const all = forecast.memoryForAll

  test('has a cliff, whose end is said and is its end', () => {
    const edge = [0.85, 0.9, 0.95, 0.98, 1].map((share) => riskAt(forecast, share * all))
    const steep = edge.filter(({ reasons }) => reasons.includes('cliff'))
    expect(steep.length).toBeGreaterThan(0)
    for (const { cliffEnd, rise, low, high } of steep) {
      expect(rise).toBeGreaterThan(0.2)
      expect(high - low).toBeGreaterThan(0.2)
      expect(cliffEnd).toBeGreaterThan(0.85 * all)
      expect(forecast.most - forecast.hitRatioAt(cliffEnd!)).toBeLessThan(0.05)
    }
  })

  test('sets policies apart where it does not fit, and nowhere else', () => {
    const half = riskAt(forecast, all / 2)
    expect(half.reasons).toEqual(['policies'])
    expect(half.policySpread).toBeGreaterThan(0.1)
    expect(half.cliffEnd).toBeUndefined()
    expect(riskAt(forecast, 1.5 * all).reasons).toEqual([])
  })

  test('with all keys: the cliff lies where the engine has it', () => {
    const whole = forecastOf(sampleOf(loop()), { ...OPTIONS, policy: 'fifo' })
    const { cliffEnd } = riskAt(whole, 0.97 * whole.memoryForAll)
    const hitsWith = (memory: number) => {
      const expectedEntries = Math.ceil(whole.entriesAt(memory))
      const engine = createEngine({ name: 'loop', memory, expectedEntries, eviction: 'fifo' })
      const value = Buffer.alloc(VALUE_BYTES)
      let hits = 0
      for (const key of loop()) {
        if (engine.getBytes(`key ${key}`, value) >= 0) hits++
        else engine.set(`key ${key}`, value)
      }
      engine.close()
      return hits / (LOOPED * ROUNDS)
    }
    expect(cliffEnd).toBeDefined()
    expect(hitsWith(Math.ceil(cliffEnd! / MIB + 1) * MIB)).toBeGreaterThan(0.9 * whole.most)
    expect(hitsWith(Math.floor(0.8 * cliffEnd!))).toBeLessThan(0.2)
  })
})

describe('keys popular by Zipf', () => {
  const requests = zipfRequests(8_000, 0.9, 40_000)

  test('have no cliff and no policies apart', () => {
    const forecast = forecastOf(sampleOf(requests), { ...OPTIONS, policy: 'clock' })
    for (const share of [0.25, 0.4, 0.6, 0.8, 1]) {
      const { reasons, low, high } = riskAt(forecast, share * forecast.memoryForAll)
      expect(reasons, String(share)).toEqual([])
      expect(high - low).toBeLessThan(0.1)
    }
  })

  test('by hand: no reason at all', () => {
    const sizes = { keyBytes: 24, valueBytes: 500, expires: false, policy: 'clock' } as const
    const forecast = forecastByHand({ keys: 1e6, exponent: 0.99, ...sizes })
    for (const mib of [16, 64, 256]) expect(riskAt(forecast, mib * MIB).reasons).toEqual([])
  })

  test('a smaller sample has a larger error, and says so', () => {
    const errors = [1, 0.1, 0.01].map((rate) => {
      const forecast = forecastOf(sampleOf(requests, rate), { ...OPTIONS, policy: 'clock' })
      return riskAt(forecast, 4 * MIB)
    })
    expect(errors[0]!.standardError).toBe(0)
    expect(errors[1]!.standardError).toBeGreaterThan(0)
    expect(errors[2]!.standardError).toBeGreaterThan(errors[1]!.standardError)
    expect(errors[2]!.reasons).toContain('sample')
  })
})
