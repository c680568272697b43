/**
 * Random operations in a memory that is far too small: whatever was evicted or refused, a value
 * that is read is the last one written to its key, nothing over is read, and all adds up.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EVICTIONS } from '../../src/engine/eviction/names.ts'
import { createEngine, HeddleError } from '../../src/index.ts'
import { modelRuns } from './model-runs.ts'

const KEYS = 3000
const STEPS = 6000

interface Written {
  readonly value: string
  readonly expiry: number
}

/** A small generator: the same seed makes the same run. */
class Random {
  #state: number
  constructor(seed: number) {
    this.#state = seed | 1
  }
  below(n: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % n
  }
}

/** Sizes drift, so that pages have to move between classes; some take several chunks. */
function lengthFor(random: Random, step: number): number {
  const phase = Math.floor((step * 4) / STEPS)
  if (random.below(50) === 0) return random.below(12_000)
  return [20, 600, 90, 1700][phase]! + random.below(60)
}

describe.each(EVICTIONS)("eviction '%s'", (eviction) => {
  test.each([0, 500])('with maxEntries %i', (maxEntries) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
        const random = new Random(seed)
        const written = new Map<string, Written>()
        let ms = 1_800_000_000_000
        const bounds = maxEntries === 0 ? {} : { maxEntries }
        const engine = createEngine({
          name: 'evicting',
          memory: '2mb',
          maxThreads: 2,
          eviction,
          now: () => ms,
          ...bounds,
        })
        const expected = (key: string): string | undefined => {
          const last = written.get(key)
          return last === undefined || last.expiry <= ms ? undefined : last.value
        }
        let refused = 0
        let wrong = 0
        let over = 0
        for (let step = 0; step < STEPS; step++) {
          const key = `key-${random.below(KEYS)}`
          const kind = random.below(20)
          if (kind < 9) {
            const value = `${step}:`.padEnd(lengthFor(random, step), key)
            const ttl = random.below(4) === 0 ? 1 + random.below(2000) : Number.POSITIVE_INFINITY
            try {
              engine.set(key, value, ttl)
              written.set(key, { value, expiry: ms + ttl })
            } catch (error) {
              if (!(error instanceof HeddleError) || error.code !== 'HEDDLE_FULL') throw error
              refused++
            }
          } else if (kind < 17) {
            const value = engine.get(key)
            const allowed = expected(key)
            if (value !== undefined && value !== allowed) wrong++
            if (eviction === 'none' && value !== allowed) wrong++
          } else if (kind === 17) {
            engine.delete(key)
            written.delete(key)
          } else if (kind === 18) ms += random.below(20)
          else if (random.below(800) === 0) {
            engine.clear()
            written.clear()
          }
          if (maxEntries !== 0 && engine.size > maxEntries) over++
        }
        // Who meets an entry that is over frees it, and goes on with a drain that is under way.
        for (let n = 0; n < KEYS; n++) engine.get(`key-${n}`)
        let there = 0
        for (let n = 0; n < KEYS; n++) if (engine.get(`key-${n}`) !== undefined) there++
        const { size } = engine
        const { problems } = engine.verify()
        const { contended } = engine.stats()
        engine.close()
        expect({ wrong, over, problems, contended }).toEqual({
          wrong: 0,
          over: 0,
          problems: [],
          contended: 0,
        })
        expect(size).toBe(there)
        if (eviction !== 'none') expect(refused).toBe(0)
      }),
      modelRuns(3),
    )
  })
})
