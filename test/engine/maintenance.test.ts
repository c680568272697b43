/**
 * Maintenance: what is over is freed without being read, pages that hold nothing of the kind are
 * not walked, and the thread that does it when asked keeps no process alive.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { NEVER_TICK, PAGE } from '../../native-layout/page.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { maintainStep } from '../../src/engine/maintain.ts'
import { createEngine } from '../../src/index.ts'
import { pageAddress } from '../../src/memory/view.ts'
import { FakeClock, openEngine } from './open-engine.ts'

const ENTRY = new URL('../../src/index.ts', import.meta.url).href
const NOTICE = { timeout: 30_000, interval: 20 }
const LONG_BYTES = 1000

function expiryBounds(engine: ReturnType<typeof openEngine>): number[] {
  const view = viewOf(engine)
  return Array.from({ length: view.plan.pages }, (_, page) => {
    const at = pageAddress(view, page + 1)
    return view.control[at + PAGE.CARVED] === 0 ? NEVER_TICK : view.control[at + PAGE.EXPIRY]!
  }).filter((bound) => bound < NEVER_TICK)
}

test('expired entries are freed by writes to other keys, and nobody reads them', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  for (let n = 0; n < 2000; n++) engine.set(`short ${n}`, 'v'.repeat(n % 200), { ttl: 5000 })
  const { bytes } = engine.stats()
  clock.ms += 60_000
  for (let n = 0; n < 20_000; n++) engine.set(`other ${n % 10}`, n)
  const stats = engine.stats()
  expect(stats).toMatchObject({ expirations: 2000, entries: 10, hits: 0, misses: 0 })
  expect(stats.bytes).toBeLessThan(bytes / 100)
})

test('a step frees a bounded number of entries, and steps end with all that are over', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  const view = viewOf(engine)
  for (let n = 0; n < 3000; n++) engine.set(`k${n}`, n, { ttl: n % 2 === 0 ? 1000 : 1e9 })
  clock.ms += 30_000
  let freed = 0
  for (let steps = 0; steps < 100; steps++) freed += maintainStep(view)
  expect(freed).toBe(1500)
  expect(engine.stats().entries).toBe(1500)
})

test('pages without anything that can have expired are not looked into', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  const view = viewOf(engine)
  for (let n = 0; n < 1000; n++) engine.set(`forever ${n}`, 'v'.repeat(LONG_BYTES))
  expect(expiryBounds(engine)).toEqual([])
  for (let n = 0; n < 5; n++) engine.set(`later ${n}`, n, { ttl: 3_600_000 })
  const bounds = expiryBounds(engine)
  expect(bounds).toHaveLength(1)
  const sequence = view.state
  for (let steps = 0; steps < 50; steps++) expect(maintainStep(view)).toBe(0)
  expect(view.state).toBe(sequence) // No bracket was opened: no page was swept.
  clock.ms += 3_700_000
  for (let steps = 0; steps < 50; steps++) maintainStep(view)
  expect(view.state).not.toBe(sequence)
  expect(engine.stats().expirations).toBe(5)
  expect(expiryBounds(engine)).toEqual([])
})

const codec = { encode: () => 'x', decode: () => 'y' }

test.each([
  'json',
  codec,
] as const)("maintenance: 'worker' frees them without any write, codec %o", async (one) => {
  const engine = openEngine({ maintenance: 'worker', maxThreads: 3, codec: one })
  await vi.waitUntil(() => engine.stats().threads === 2, NOTICE)
  for (let n = 0; n < 50; n++) engine.set(`k${n}`, n, { ttl: 50 })
  const { sets } = engine.stats()
  await vi.waitUntil(() => engine.stats().expirations === 50, NOTICE)
  expect(engine.stats()).toMatchObject({ sets, entries: 0, hits: 0, misses: 0 })
})

test("maintenance: 'worker' does not keep the process alive", async () => {
  const program = `
    const { createEngine } = await import(${JSON.stringify(ENTRY)})
    const engine = createEngine({ memory: '4mb', maintenance: 'worker' })
    while (engine.stats().threads < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    engine.set('k', 1)
    process.stdout.write('done')`
  const args = ['--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 })
  expect(stdout.trim()).toBe('done')
})

test('a flush is cleaned up after by maintenance as entries are met, never told as expiry', () => {
  const engine = createEngine({ name: 'flushed', memory: '4mb', seed: 3 })
  for (let n = 0; n < 100; n++) engine.set(`k${n}`, n)
  engine.clear()
  expect(engine.size).toBe(0)
  for (let n = 0; n < 100; n++) expect(engine.get(`k${n}`)).toBeUndefined()
  expect(engine.stats()).toMatchObject({ expirations: 0, flushedEntries: 100, entries: 0 })
  expect(engine.verify().problems).toEqual([])
  engine.close()
})
