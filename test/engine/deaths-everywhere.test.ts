/**
 * Threads that die at accesses all through what is not a call on a key: page moves,
 * sweeps, a lower limit, a flush of a namespace, attaching, closing. Whoever recovers them finds
 * everything in order, and room for as much as ever.
 */
import { describe, expect, test, vi } from 'vitest'
import { type Engine, viewOf } from '../../src/engine/engine.ts'
import { maintainStep } from '../../src/engine/maintain.ts'
import { sweepPage } from '../../src/engine/sweep.ts'
import { classStats, limitMemory, movePage, trimStep } from '../../src/engine/slab-admin.ts'
import { declareDead, lessees, recoverDead, takeLease } from '../../src/memory/lease.ts'
import type { MemoryView } from '../../src/memory/view.ts'
import { interruptAt } from './every-access.ts'
import { FakeClock, openEngine, secondRow } from './open-engine.ts'

vi.mock(import('../../src/memory/atomics.ts'), async (original) => {
  const { watched } = await import('./every-access.ts')
  return watched(original)
})

const VALUE = 'v'.repeat(400)
const LONG = 'long'.repeat(2000)
/** One access of so many: all of them take minutes. */
const STRIDE = 29

/** Runs the call of the dying row up to the access, where it dies; whether it came so far. */
function dieAt(number: number, call: () => void): boolean {
  const death = new Error('the thread ends here')
  try {
    return interruptAt(number, call, () => {
      throw death
    })
  } catch (error) {
    if (error !== death) throw error
    return true
  }
}

function recover(view: MemoryView, dead: MemoryView): void {
  const lessee = lessees(view).find(({ row }) => row === dead.row)
  if (lessee !== undefined) declareDead(view, lessee.row, lessee.threadId)
  expect(recoverDead(view)).toBe(0)
}

function fill(engine: Engine, prefix: string, keys: number): void {
  for (let n = 0; n < keys; n++)
    engine.set(`${prefix}${n}`, n % 20 === 0 ? LONG : VALUE, 1 + n * 100)
}

/** Entries that fit when everything is flushed and filled anew. */
function room(engine: Engine): number {
  engine.clear()
  let keys = 0
  try {
    for (; keys < 100_000; keys++) engine.set(`room${keys}`, VALUE)
  } catch {
    return keys
  }
  return keys
}

const classOfPage = (view: MemoryView, bytes: number): number =>
  classStats(view).findIndex((of) => of.chunkBytes >= bytes && of.pages > 0)

const WORKS: readonly (readonly [string, (engine: Engine) => void])[] = [
  [
    'a page move',
    (engine) => {
      const view = viewOf(engine)
      movePage(view, classOfPage(view, 400), 0)
    },
  ],
  ['a sweep', (engine) => void sweepPage(viewOf(engine), 2)],
  ['maintenance', (engine) => void maintainStep(viewOf(engine))],
  [
    'a lower limit',
    (engine) => {
      const view = viewOf(engine)
      limitMemory(view, engine.stats().memory.budget - 3 * view.plan.pageBytes)
      trimStep(view)
      limitMemory(view, engine.stats().memory.budget)
    },
  ],
  ['a flush of a namespace', (engine) => engine.namespace('space').clear()],
  ['closing', (engine) => engine.close()],
]

describe.each(['clock', 'none'] as const)("eviction '%s'", (eviction) => {
  test.each(WORKS)('%s', (_name, work) => {
    const clock = new FakeClock()
    const engine = openEngine({ memory: '2mb', maxThreads: 3, eviction, now: clock.now })
    const view = viewOf(engine)
    const all = eviction === 'none' ? room(engine) : 0
    engine.clear()
    let comes = true
    for (let number = 0; comes; number += STRIDE) {
      const dying = secondRow(engine)
      viewOf(dying).now = clock.now
      fill(dying, `d${number} `, 60)
      fill(engine, `e${number % 3} `, 60)
      dying.namespace('space').set('key', VALUE)
      clock.ms += 2000
      comes = dieAt(number, () => work(dying))
      recover(view, viewOf(dying))
      expect(engine.verify().problems, `died at access ${number}`).toEqual([])
    }
    limitMemory(view, engine.stats().memory.budget)
    if (eviction === 'none') expect(room(engine)).toBeGreaterThan(all * 0.9)
  })
})

test('attaching', () => {
  const engine = openEngine({ memory: '2mb', maxThreads: 3 })
  const view = viewOf(engine)
  let comes = true
  for (let number = 0; comes; number++) {
    const dying = secondRow(engine)
    const dead = viewOf(dying)
    dying.close()
    comes = dieAt(number, () => takeLease(dead, { threadId: 77, tid: 0, startTime: 0 }))
    for (const { row, threadId } of lessees(view)) {
      if (row !== view.row) declareDead(view, row, threadId)
    }
    expect(recoverDead(view)).toBe(0)
    expect(lessees(view)).toHaveLength(1)
    expect(engine.verify().problems).toEqual([])
  }
})
