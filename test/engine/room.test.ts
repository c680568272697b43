/**
 * Where free chunks are: a thread keeps only a few of them, whatever it overwrites or sweeps, and a
 * thread that is suspended within an operation does not empty the cache of the others.
 */
import { peek, poke } from '#atomics'
import { describe, expect, test } from 'vitest'
import { packPageState, PAGE, PAGE_FREE, pageStateOf } from '../../native-layout/page.ts'
import { MAGAZINE } from '../../native-layout/thread-row.ts'
import { maintainStep } from '../../src/engine/maintain.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { classStats, limitMemory, movePage, trimStep } from '../../src/engine/slab-admin.ts'
import type { Engine } from '../../src/index.ts'
import { magazineAt } from '../../src/memory/magazine.ts'
import { mustRest } from '../../src/memory/page-claim.ts'
import { beginDrain } from '../../src/memory/page-moves.ts'
import { enter, leave } from '../../src/memory/row.ts'
import { settle } from '../../src/memory/slab-allocator.ts'
import { type MemoryView, pageAddress } from '../../src/memory/view.ts'
import { openEngine, secondRow } from './open-engine.ts'

const KEYS = 20_000
const MEMORY = 4 * 2 ** 20

/** Chunks above what a thread may hold between operations, over all classes. */
function hoarded(engine: Engine): number {
  const view = viewOf(engine)
  let chunks = 0
  for (const [sizeClass, batch] of view.batches.entries()) {
    const held = peek(view.control, magazineAt(view, sizeClass) + MAGAZINE.COUNT)
    chunks += Math.max(0, held - 2 * batch)
  }
  return chunks
}

/** The size class with a page whose chunks are at least so large. */
function classOf(view: MemoryView, bytes: number): number {
  return classStats(view).findIndex((of) => of.chunkBytes >= bytes && of.pages > 0)
}

describe('a thread gives free chunks back', () => {
  test('of the classes that its writes replace', () => {
    const engine = openEngine({ memory: '16mb', expectedEntries: 2 * KEYS })
    for (const bytes of [40, 300, 90, 10]) {
      for (let n = 0; n < KEYS; n++) engine.set(`k${n}`, 'x'.repeat(bytes))
      expect(hoarded(engine)).toBe(0)
    }
    for (let n = 0; n < KEYS; n++) engine.delete(`k${n}`)
    expect(hoarded(engine)).toBe(0)
  })

  test('of the entries that it sweeps', () => {
    let now = 1_000_000
    const engine = openEngine({ memory: '16mb', expectedEntries: KEYS, now: () => now })
    for (let n = 0; n < KEYS; n++) engine.set(`k${n}`, n, 5)
    now += 10_000
    for (let n = 0; n < 2000 && engine.size > 0; n++) maintainStep(viewOf(engine))
    expect(engine.size).toBe(0)
    expect(hoarded(engine)).toBe(0)
  })

  test.each<[string, (view: MemoryView, page: number) => void]>([
    [
      'pages that it moves',
      (view) => {
        for (let n = 0; n < 30; n++) movePage(view, classOf(view, 2048), classOf(view, 40))
      },
    ],
    [
      'pages above a lower limit',
      (view, page) => {
        limitMemory(
          view,
          view.plan.memoryBytes - (view.plan.pages - page + 1) * view.plan.pageBytes,
        )
        for (let n = 0; n < 4; n++) trimStep(view)
      },
    ],
    [
      'a page that its maintenance drains',
      (view, page) => {
        beginDrain(view, page, peek(view.control, pageAddress(view, page) + PAGE.STATE))
        maintainStep(view)
      },
    ],
    [
      'a page that its writes drain',
      (view, page) => {
        beginDrain(view, page, peek(view.control, pageAddress(view, page) + PAGE.STATE))
        settle(view)
      },
    ],
  ])('of the long values that give way to %s', (_name, work) => {
    const engine = openEngine({ memory: '2mb', maxThreads: 4 })
    const writer = secondRow(engine)
    const view = viewOf(engine)
    writer.set('short', 'x'.repeat(40))
    for (let n = 0; n < 12; n++) writer.set(`k${n}`, 'x'.repeat(200_000))
    writer.close()
    // The page with their first pieces is the only one of its class, and old by its stamp.
    expect(engine.size).toBeGreaterThan(9)
    const { evictions } = engine.stats()
    let page = view.plan.pages
    while (pageStateOf(peek(view.control, pageAddress(view, page) + PAGE.STATE)) !== 2) page--
    work(view, page)
    expect(engine.stats().evictions.pages).toBeGreaterThan(evictions.pages)
    expect(hoarded(engine)).toBe(0)
  })
})

test('while a writer is suspended, others find room for values of all sizes', () => {
  const engine = openEngine({ memory: MEMORY, expectedEntries: 50_000 })
  const suspended = secondRow(engine)
  engine.set('k', 'x'.repeat(60_000))
  enter(viewOf(suspended))
  for (const bytes of [60_000, 5000, 700, 60_000, 100]) {
    const value = new Uint8Array(bytes)
    const writes = Math.ceil((3 * MEMORY) / (bytes + 24))
    for (let n = 0; n < writes; n++) engine.set(`${bytes} ${n}`, value)
    expect(engine.stats().bytes).toBeGreaterThan(MEMORY / 2)
  }
  leave(viewOf(suspended))
  suspended.close()
  expect(engine.verify().problems).toEqual([])
})

test('a page rests before it is cut if its next chunk versions lie beyond a wrap', () => {
  const view = viewOf(openEngine())
  const page = view.plan.pages
  const at = pageAddress(view, page)
  const drained = packPageState(1, 0, PAGE_FREE)
  const wrap = 2 << view.versionBits // An incarnation counts two for each chunk version.
  const rests = (base: number, top: number): boolean => {
    poke(view.control, at + PAGE.BASE, base)
    poke(view.control, at + PAGE.TOP, top)
    return mustRest(view, page, drained)
  }
  expect(rests(1, 100)).toBe(false)
  expect(rests(1, wrap - 6)).toBe(false)
  expect(rests(1, wrap - 4)).toBe(true)
  expect(rests(wrap - 3, wrap)).toBe(true)
  expect(rests(wrap - 1, wrap + 10)).toBe(false)
  expect(rests(5 * wrap + 7, 6 * wrap + 7)).toBe(true)
  expect(mustRest(view, page, packPageState(0, 0, PAGE_FREE))).toBe(false)
  poke(view.control, at + PAGE.BASE, 0)
  poke(view.control, at + PAGE.TOP, 0)
})
