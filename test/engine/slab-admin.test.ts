/** What an operator may ask of the slabs: each command changes what it says. */
import { describe, expect, test } from 'vitest'
import { viewOf } from '../../src/engine/engine.ts'
import {
  classStats,
  crawlPage,
  limitMemory,
  memoryLimit,
  movePage,
  setAutomove,
  trimStep,
} from '../../src/engine/slab-admin.ts'
import type { Engine } from '../../src/index.ts'
import { FakeClock, openEngine } from './open-engine.ts'

const KEYS = 20_000

function fill(engine: Engine, prefix: string, keys: number, bytes: number, ttl?: number): void {
  const value = new Uint8Array(bytes)
  for (let n = 0; n < keys; n++) engine.set(prefix + n, value, ttl)
}
function classOf(engine: Engine, bytes: number): number {
  return classStats(viewOf(engine)).findIndex((one) => one.chunkBytes >= bytes)
}

test('classes are counted', () => {
  const engine = openEngine({ expectedEntries: 2 * KEYS })
  fill(engine, 'k', 1000, 100)
  const used = classStats(viewOf(engine)).filter((one) => one.pages > 0)
  expect(used).toHaveLength(1)
  expect(used[0]!.carved - used[0]!.free).toBeGreaterThanOrEqual(1000)
  expect(used[0]!.evicted).toBe(0)
  fill(engine, 'more', 2 * KEYS, 100)
  const evicted = classStats(viewOf(engine)).reduce((sum, one) => sum + one.evicted, 0)
  expect(evicted).toBe(engine.stats().evictions.memory)
  expect(evicted).toBeGreaterThan(1000)
})

describe('less memory', () => {
  test('evicts down to the limit, and is filled again when the limit is raised', () => {
    const engine = openEngine({ memory: '8mb', expectedEntries: 2 * KEYS })
    const view = viewOf(engine)
    fill(engine, 'k', 3 * KEYS, 250)
    const full = engine.stats().bytes
    const limit = limitMemory(view, 4 * 2 ** 20)
    expect(limit).toBeLessThanOrEqual(4 * 2 ** 20)
    expect(memoryLimit(view)).toBe(limit)
    for (let n = 0; n < 10_000 && !trimStep(view); n++);
    expect(trimStep(view)).toBe(true)
    expect(engine.stats().bytes).toBeLessThan(0.6 * full)
    expect(engine.get(`k${3 * KEYS - 1}`)).toBeDefined()
    fill(engine, 'l', KEYS, 250)
    expect(engine.stats().bytes).toBeLessThan(0.6 * full)
    limitMemory(view, 8 * 2 ** 20)
    fill(engine, 'm', 3 * KEYS, 250)
    expect(engine.stats().bytes).toBeGreaterThan(0.9 * full)
  })

  test('never asks for more than there is, nor for nothing', () => {
    const view = viewOf(openEngine())
    expect(limitMemory(view, 2 ** 40)).toBe(view.plan.memoryBytes)
    expect(limitMemory(view, 0)).toBeGreaterThan(0)
  })
})

test('a page moves from one class to another', () => {
  const engine = openEngine({ expectedEntries: 3 * KEYS })
  const view = viewOf(engine)
  fill(engine, 'small', 3 * KEYS, 50)
  fill(engine, 'large', 100, 3000)
  const to = classOf(engine, 3000 + 24)
  const source = classStats(view).findIndex((one) => one.pages > 3)
  const before = classStats(view)
  expect(movePage(view, source, to)).toBe('moved')
  const after = classStats(view)
  expect(after[source]!.pages).toBe(before[source]!.pages - 1)
  expect(after[to]!.pages).toBe(before[to]!.pages + 1)
  const empty = before.findIndex((one) => one.pages === 0)
  expect(movePage(view, empty, to)).toBe('none')
})

test('pages stay where they are while moving is switched off', () => {
  const moved = (isOn: boolean): number => {
    const engine = openEngine({ memory: '4mb', expectedEntries: KEYS })
    setAutomove(viewOf(engine), isOn)
    fill(engine, 'small', 2 * KEYS, 100)
    fill(engine, 'large', 1, 1000)
    fill(engine, 'large', 3000, 1000)
    return engine.stats().pagesMoved
  }
  // Without moving a class gets a page only while it has none at all.
  expect(moved(true)).toBeGreaterThan(4 * moved(false))
})

test('a crawl frees what is over', () => {
  const clock = new FakeClock()
  const engine = openEngine({ memory: '8mb', expectedEntries: KEYS, now: clock.now })
  const view = viewOf(engine)
  fill(engine, 'k', 5000, 100, 1000)
  clock.ms += 2000
  let freed = 0
  for (let page = 1; page <= view.plan.pages; page++) freed += crawlPage(view, page, -1)
  expect(freed).toBe(5000)
  expect(engine.stats().entries).toBe(0)
})
