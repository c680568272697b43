/** How many entries expire, by a sample: exact in small caches, near the truth in larger ones. */
import { expect, test } from 'vitest'
import { viewOf } from '../../src/engine/engine.ts'
import { type ExpirySample, sampleExpiries } from '../../src/engine/expiry-sample.ts'
import type { Engine } from '../../src/index.ts'
import { FakeClock, openEngine } from './open-engine.ts'

function sampleOf(engine: Engine, space = 0): ExpirySample {
  return sampleExpiries(viewOf(engine))[space]!
}

test('of a small cache every entry is counted', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  expect(sampleOf(engine)).toEqual({ entries: 0, expiring: 0, timed: 0, leftMs: 0 })
  for (let n = 0; n < 1500; n++)
    engine.set(`key-${n}`, 'v'.repeat(n % 700), n % 3 === 0 ? 6000 : undefined)
  expect(sampleOf(engine)).toEqual({ entries: 1500, expiring: 500, timed: 500, leftMs: 3e6 })
  clock.ms += 1000
  for (let n = 0; n < 30; n += 2) engine.delete(`key-${n}`)
  for (let n = 1; n < 30; n += 2) engine.set(`key-${n}`, 'other', 1000)
  const leftMs = 490 * 5000 + 15 * 1000
  expect(sampleOf(engine)).toEqual({ entries: 1485, expiring: 505, timed: 505, leftMs })
  clock.ms += 2000
  expect(sampleOf(engine)).toMatchObject({ expiring: 505, timed: 490, leftMs: 490 * 3000 })
})

test('a value of many chunks is one entry, and what was flushed is none', () => {
  const engine = openEngine({ memory: '16mb' })
  engine.set('large', 'x'.repeat(900_000), 1000)
  const space = engine.namespace('other')
  for (let n = 0; n < 10; n++) space.set(`key-${n}`, n, n < 4 ? 1000 : undefined)
  expect(sampleOf(engine)).toMatchObject({ entries: 1, expiring: 1 })
  expect(sampleOf(engine, 1)).toMatchObject({ entries: 10, expiring: 4 })
  space.clear()
  expect(sampleOf(engine, 1)).toMatchObject({ entries: 0, expiring: 0 })
  expect(sampleOf(engine)).toMatchObject({ entries: 1, expiring: 1 })
})

test('of a large cache the shares are near the truth, also when written in turns', () => {
  const engine = openEngine({ memory: '16mb' })
  for (let n = 0; n < 65_536; n++)
    engine.set(`key-${n}`, n, n % 4 === 0 ? 1e6 + (n & 1023) : undefined)
  const { entries, expiring, timed, leftMs } = sampleOf(engine)
  expect(entries).toBeGreaterThan(1500)
  expect(entries).toBeLessThanOrEqual(2049)
  expect(Math.abs(expiring / entries - 0.25)).toBeLessThan(0.08)
  expect(leftMs / timed).toBeGreaterThan(0.9e6)
  expect(leftMs / timed).toBeLessThanOrEqual(1.001e6 + 1023)
})
