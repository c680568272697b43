/**
 * Size-class drift: a cache whose values change their size keeps as many entries as one that never
 * held others, pages do not go to and fro at a steady mix, and a size that is met now and then
 * empties no page of its own.
 */
import { expect, test } from 'vitest'
import { viewOf } from '../../src/engine/engine.ts'
import { classStats } from '../../src/engine/slab-admin.ts'
import type { Engine } from '../../src/index.ts'
import { openEngine } from './open-engine.ts'

const MEMORY = 4 * 2 ** 20
/** A fresh cache of the same size holds so many more entries at most. */
const FEWEST_KEPT = 0.95
const VALUE = new Uint8Array(4096)

type Sizes = (n: number) => number
const small: Sizes = () => 300
const large: Sizes = () => 1500
const mixed: Sizes = (n) => 300 + ((n * 7919) % 1700)

/** Writes new keys worth twice the memory; how many pages moved meanwhile. */
function write(engine: Engine, sizes: Sizes, name: string): { sets: number; moved: number } {
  const before = engine.stats().pagesMoved
  let sets = 0
  for (let bytes = 0; bytes < 2 * MEMORY; sets++) {
    const size = sizes(sets)
    engine.set(`${name} ${String(sets).padStart(16, '0')}`, VALUE.subarray(0, size))
    bytes += size + 40
  }
  return { sets, moved: engine.stats().pagesMoved - before }
}

const freshCounts = new Map<Sizes, number>()
function freshCount(sizes: Sizes): number {
  const known = freshCounts.get(sizes)
  if (known !== undefined) return known
  const engine = openEngine({ memory: MEMORY, expectedEntries: 15_000 })
  write(engine, sizes, 'fresh')
  const { entries } = engine.stats()
  freshCounts.set(sizes, entries)
  return entries
}

test('a cache whose value sizes shift keeps what a fresh one would hold', () => {
  const engine = openEngine({ memory: MEMORY, expectedEntries: 15_000 })
  const phases = [small, large, small, mixed, mixed, small]
  for (const [n, sizes] of phases.entries()) {
    write(engine, sizes, `phase ${n}`)
    expect(engine.stats().entries / freshCount(sizes), `phase ${n}`).toBeGreaterThan(FEWEST_KEPT)
  }
  expect(engine.verify().problems).toEqual([])
})

test('at a steady mix of sizes pages stay where they are', () => {
  const engine = openEngine({ memory: MEMORY, expectedEntries: 15_000 })
  for (let n = 0; n < 2; n++) write(engine, mixed, `warm-up ${n}`)
  const { sets, moved } = write(engine, mixed, 'steady')
  expect((1000 * moved) / sets).toBeLessThan(15)
})

test('a page that was emptied for a class is not taken by the next one that looks', () => {
  const engine = openEngine({ memory: MEMORY, expectedEntries: 15_000 })
  for (let n = 0; n < 2; n++) write(engine, small, `small ${n}`)
  const view = viewOf(engine)
  const pagesOf = (bytes: number) =>
    classStats(view).find(({ chunkBytes }) => chunkBytes >= bytes + 40)!.pages
  expect(pagesOf(1500)).toBe(0)
  const { pages } = engine.stats().memory
  for (let n = 0; n < 5000; n++) {
    engine.set(`large ${n}`, VALUE.subarray(0, 1500))
    for (let i = 0; i < 2; i++) engine.set(`more ${n} ${i}`, VALUE.subarray(0, 300))
  }
  // The large ones write seven tenths of the bytes.
  expect(pagesOf(1500) / pages).toBeGreaterThan(0.6)
})

test('a size that is met now and then borrows a chunk and empties no page', () => {
  const engine = openEngine({ memory: MEMORY, expectedEntries: 15_000 })
  for (let n = 0; n < 2; n++) write(engine, (i) => (i % 2 === 0 ? 300 : 380), `both ${n}`)
  const { pagesMoved, evictions } = engine.stats()
  engine.set('rare', VALUE.subarray(0, 345))
  expect(engine.getBytes('rare', new Uint8Array(400))).toBe(345)
  expect(engine.stats().pagesMoved).toBe(pagesMoved)
  expect(engine.stats().evictions.pages).toBe(evictions.pages)
})
