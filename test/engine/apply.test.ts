/**
 * Records from elsewhere: put if newer, delete if older, and the version counters that follow.
 */
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { VERSION_STRIPES } from '../../native-layout/limits.ts'
import { STRIPE } from '../../native-layout/control-block.ts'
import { TAG_ASCII } from '../../src/engine/codec.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { DELETED, EXISTS, MISSING, STORED } from '../../src/engine/outcomes.ts'
import { applyDelete } from '../../src/engine/remove.ts'
import { APPLY, storeDraft } from '../../src/engine/store.ts'
import type { Engine } from '../../src/index.ts'
import { raiseVersion, stripeOf, takeVersion } from '../../src/memory/version.ts'
import { Draft } from '../../src/memory/draft.ts'
import { FakeClock, openEngine } from './open-engine.ts'

const HALF = 2 ** 31

function put(engine: Engine, key: string, value: string, version: number, expiry = 0): number {
  const view = viewOf(engine)
  view.key.loadString(key, 0)
  const draft = new Draft()
  draft.bytes = Buffer.from(value)
  draft.length = value.length
  draft.codec = TAG_ASCII
  draft.expiry = expiry
  return storeDraft(view, draft, APPLY, version)
}
function remove(engine: Engine, key: string, version: number): number {
  const view = viewOf(engine)
  view.key.loadString(key, 0)
  return applyDelete(view, version)
}

test('a record is stored once, and only over what is older', () => {
  const engine = openEngine()
  expect(put(engine, 'k', 'ten', 10)).toBe(STORED)
  expect(engine.gets('k')).toEqual({ value: 'ten', version: 10 })
  expect(put(engine, 'k', 'again', 10)).toBe(EXISTS)
  expect(put(engine, 'k', 'older', 9)).toBe(EXISTS)
  expect(put(engine, 'k', 'newer', 11)).toBe(STORED)
  expect(engine.gets('k')).toEqual({ value: 'newer', version: 11 })
  expect(engine.stats().sets).toBe(0)
})

test('an older record does not come back over an entry whose time is over', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  put(engine, 'k', 'short', 10, clock.ms + 5)
  clock.ms += 10
  expect(put(engine, 'k', 'older', 9)).toBe(EXISTS)
  expect(engine.get('k')).toBeUndefined()
})

test.each([
  1000,
  HALF - 1,
  HALF,
  HALF + 5,
  2 * HALF - 1,
  2 * HALF,
  7 * HALF + 3,
  2 ** 47,
])('what is written here after version %d has a larger one', (version) => {
  const engine = openEngine()
  put(engine, 'k', 'there', version)
  engine.set('k', 'here')
  const { version: own } = engine.gets('k')!
  expect(own).toBeGreaterThan(version)
  expect(own - version).toBeLessThan(10)
  expect(put(engine, 'k', 'late', version)).toBe(EXISTS)
  expect(remove(engine, 'k', own)).toBe(EXISTS)
  expect(remove(engine, 'k', own + 1)).toBe(DELETED)
  engine.set('k', 'again')
  expect(engine.gets('k')!.version).toBeGreaterThan(own + 1)
})

test('a deletion removes what is older, and is told with its own version', () => {
  const engine = openEngine({ feedBytes: '64kb', maxThreads: 4 })
  const feed = engine.mutations()
  put(engine, 'k', 'ten', 10)
  expect(remove(engine, 'k', 10)).toBe(EXISTS)
  expect(remove(engine, 'k', 12)).toBe(DELETED)
  expect(remove(engine, 'k', 12)).toBe(MISSING)
  expect(engine.get('k')).toBeUndefined()
  put(engine, 'k', 'thirteen', 13)
  const told = feed.poll().map(({ kind, version }) => [kind, version])
  expect(told).toEqual([
    ['PUT', 10],
    ['DEL', 12],
    ['PUT', 13],
  ])
  engine.set('other than k', 1)
})

test('versions increase over each turn of the lower word', () => {
  const view = viewOf(openEngine())
  let last = takeVersion(view, 3)
  for (let half = 1; half <= 6; half++) {
    raiseVersion(view, 3, half * HALF - 3)
    for (let n = 0; n < 6; n++) {
      const version = takeVersion(view, 3)
      expect(version).toBeGreaterThan(last)
      last = version
    }
    expect(last).toBe(half * HALF + 4) // The ticket that meets a late upper word is dropped.
  }
  expect(takeVersion(view, 4)).toBe(1)
  expect(takeVersion(view, 3 + VERSION_STRIPES)).toBe(last + 1)
})

test('a counter whose upper word is late gives nothing that was given before', () => {
  const view = viewOf(openEngine())
  const at = stripeOf(5)
  raiseVersion(view, 5, HALF - 2)
  const before = takeVersion(view, 5)
  expect(before).toBe(HALF - 1)
  view.control[at + STRIPE.LOW] = view.control[at + STRIPE.LOW]! + 1 // Drawn, and stopped there.
  raiseVersion(view, 5, 2 * HALF + 1)
  expect(takeVersion(view, 5)).toBe(2 * HALF + 2)
})

test('threads that draw and raise around the turns: none twice, later ones larger', async () => {
  const engine = openEngine()
  const program = new URL('./version-thread.ts', import.meta.url)
  const workers = [0, 1, 2].map((thread) => {
    return new Worker(program, { workerData: { handle: engine.handle, thread } })
  })
  const drawn = await Promise.all(
    workers.map(async (worker): Promise<Float64Array> => (await once(worker, 'message'))[0]),
  )
  const all = new Set<number>()
  for (const versions of drawn) {
    for (const [at, version] of versions.entries()) {
      if (at > 0 && version <= versions[at - 1]!) throw new Error(`${version} after a larger one`)
      if (all.has(version)) throw new Error(`${version} was given twice`)
      all.add(version)
    }
  }
  expect(Math.max(...drawn.map((versions) => versions.at(-1)!))).toBeGreaterThan(20 * HALF)
  await Promise.all(workers.map((worker) => worker.terminate()))
  await expect.poll(() => engine.stats().threads).toBe(1)
})
