/**
 * Full buckets: below 85 % of the table's slots no creation is refused or evicts for want of a
 * slot, also under churn; above that, a full set of candidates costs its coldest entry.
 */
import { expect, test } from 'vitest'
import { viewOf } from '../../src/engine/engine.ts'
import type { Engine } from '../../src/index.ts'
import { openEngine, refusalOf } from './open-engine.ts'

const ROUNDS = 2

/** Fills to a share of the slots, then replaces keys by others at random. Returns the creations. */
function churn(engine: Engine, share: number): number {
  const wanted = Math.floor(engine.stats().slots * share)
  const keys: string[] = []
  let created = 0
  let random = 12_345
  const create = (): void => {
    const key = `key-${created++}`
    engine.set(key, created)
    keys.push(key)
  }
  while (keys.length < wanted) create()
  for (let n = 0; n < ROUNDS * wanted; n++) {
    random = (Math.imul(random, 1664525) + 1013904223) | 0
    const at = (random >>> 0) % keys.length
    engine.delete(keys[at]!)
    keys[at] = keys.at(-1)!
    keys.pop()
    create()
  }
  expect(engine.size).toBe(wanted)
  expect(keys.filter((key) => !engine.has(key))).toEqual([])
  return created
}

test("with 'none', no creation is refused below 85 % of the slots", () => {
  const engine = openEngine({ memory: '16mb', expectedEntries: 20_000, eviction: 'none' })
  churn(engine, 0.85)
  expect(engine.stats().refused).toEqual({ memory: 0, slots: 0 })
})

test("with 'clock', none evicts for a slot below 85 %; beyond, the coldest goes", () => {
  const engine = openEngine({ memory: '16mb', expectedEntries: 10_000 })
  churn(engine, 0.85)
  expect(engine.stats().evictions).toMatchObject({ memory: 0, slots: 0 })
  const { slots } = engine.stats()
  for (let n = 0; n < slots; n++) engine.set(`more-${n}`, n)
  const { evictions, entries } = engine.stats()
  expect(evictions.slots).toBeGreaterThan(slots / 2)
  expect(evictions.memory).toBe(0)
  expect(entries).toBeGreaterThan(slots * 0.95)
})

test("with 'none', a full table refuses for its slots while memory is left", () => {
  const engine = openEngine({ memory: '4mb', expectedEntries: 1, eviction: 'none', maxThreads: 2 })
  const { slots } = engine.stats()
  let stored = 0
  const error = refusalOf(() => {
    for (; ; stored++) engine.set(`key-${stored}`, stored)
  })
  expect(error.code).toBe('HEDDLE_FULL')
  expect(stored).toBeGreaterThan(slots * 0.9)
  expect(engine.stats()).toMatchObject({ entries: stored, refused: { memory: 0, slots: 1 } })
  expect(viewOf(engine).buckets * 15).toBe(slots)
  let wrong = 0
  for (let n = 0; n < stored; n++) if (engine.get(`key-${n}`) !== n) wrong++
  expect(wrong).toBe(0)
})
