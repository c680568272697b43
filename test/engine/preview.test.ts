/**
 * A look at an entry that counts as nothing: its first bytes, also of a value in several chunks;
 * absent when it is expired, flushed, or was never there.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RawAccess } from '../../src/engine/raw-access.ts'
import { createEngine, type Engine } from '../../src/index.ts'

let engine: Engine
let raw: RawAccess

beforeEach(() => {
  engine = createEngine({ name: 'preview', memory: '16mb', hotKeys: true })
  raw = new RawAccess(engine)
})
afterEach(() => engine.close())

function preview(key: string, most = 16): Buffer | undefined {
  return raw.preview(Buffer.from(key), 0, most)
}

test('the first bytes, and what is known of the whole', () => {
  engine.set('k', Buffer.from('0123456789'), 60_000)
  expect(preview('k', 4)!.toString()).toBe('0123')
  expect(raw.reading.length).toBe(10)
  expect(raw.reading.expiry).toBeGreaterThan(raw.now())
  expect(preview('k', 100)!.toString()).toBe('0123456789')
  expect(preview('k', 0)).toHaveLength(0)
})

test('a value in several chunks shows its beginning', () => {
  const value = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251))
  engine.set('long', value)
  const shown = preview('long', 4096)!
  expect(shown.length).toBeGreaterThan(500)
  expect(shown.equals(value.subarray(0, shown.length))).toBe(true)
  expect(raw.reading.length).toBe(300_000)
})

test('what is over, flushed, absent or impossible is not there', async () => {
  engine.set('short', 'x', 5)
  engine.set('kept', 'x')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(preview('short')).toBeUndefined()
  engine.clear()
  expect(preview('kept')).toBeUndefined()
  expect(preview('never')).toBeUndefined()
  expect(preview('k'.repeat(70_000))).toBeUndefined()
})

test('it is neither a hit nor a miss, and heats no key', () => {
  engine.set('k', 'v')
  const { hits, misses } = engine.stats()
  const uses = () => engine.hotKeys(5).reduce((sum, hot) => sum + hot.uses, 0)
  const before = uses()
  for (let times = 0; times < 2000; times++) preview(times % 2 === 0 ? 'k' : 'absent')
  expect([engine.stats().hits, engine.stats().misses, uses()]).toEqual([hits, misses, before])
})
