/**
 * Pages that change their class, or come free, while another thread stands still in the midst of an
 * operation: what it had begun neither harms the page nor is harmed by it. Two rows in one thread;
 * the second acts where the first is interrupted.
 */
import { peek, poke } from '#atomics'
import { expect, test } from 'vitest'
import { CONTROL } from '../../native-layout/control-block.ts'
import {
  packPageState,
  PAGE,
  PAGE_ACTIVE,
  PAGE_DRAINING,
  pageClassOf,
  pageGenerationOf,
  pageStateOf,
} from '../../native-layout/page.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { maintainStep } from '../../src/engine/maintain.ts'
import { sweepPage } from '../../src/engine/sweep.ts'
import { classStats, limitMemory, movePage, trimStep } from '../../src/engine/slab-admin.ts'
import type { Engine } from '../../src/index.ts'
import { isFree, mustRest } from '../../src/memory/page-claim.ts'
import { drainStep } from '../../src/memory/page-moves.ts'
import { enter, leave } from '../../src/memory/row.ts'
import { cutPage } from '../../src/memory/cut-page.ts'
import { pageAddress, type MemoryView } from '../../src/memory/view.ts'
import { FakeClock, openEngine, secondRow } from './open-engine.ts'
import { drain, interruptAtClock, stateOf } from './page-steps.ts'

function fill(engine: Engine, prefix: string, keys: number, bytes: number): void {
  const value = new Uint8Array(bytes)
  for (let n = 0; n < keys; n++) engine.set(`${prefix}${n}`, value)
}

/** The size class, among those that have a page, whose chunks an entry of so many bytes takes. */
function classFor(view: MemoryView, bytes: number): number {
  return classStats(view).findIndex((of) => of.chunkBytes >= bytes && of.pages > 0)
}

/** Pages above the limit that are in use. */
function inUseAbove(view: MemoryView, last: number): number[] {
  const pages = Array.from({ length: view.plan.pages - last }, (_, n) => last + 1 + n)
  return pages.filter((page) => !isFree(view, page))
}

test('a page moved to a class leaves the free chunks that the mover holds of that class', () => {
  const engine = openEngine()
  const view = viewOf(engine)
  fill(engine, 'middling', 20, 300)
  fill(engine, 'small', 5000, 50)
  const to = classFor(view, 324)
  const from = classFor(view, 50)
  const magazine = view.rowAt + view.rowLayout.magazines + to * 2
  const before = [peek(view.control, magazine), peek(view.control, magazine + 1)]
  expect(before[1]).toBeGreaterThan(0)
  expect(movePage(view, from, to)).toBe('moved')
  expect([peek(view.control, magazine), peek(view.control, magazine + 1)]).toEqual(before)
  expect(engine.verify().problems).toEqual([])
})

test.each([-1, 1000])('no page moves to class %d, which there is not', (to) => {
  const engine = openEngine()
  fill(engine, 'k', 2000, 50)
  const before = classStats(viewOf(engine))
  expect(movePage(viewOf(engine), classFor(viewOf(engine), 50), to)).toBe('none')
  expect(classStats(viewOf(engine))).toEqual(before)
})

test('a page that rests above the limit does not keep its thread from using others', () => {
  const engine = openEngine({ eviction: 'none' })
  const view = viewOf(engine)
  const busy = viewOf(secondRow(engine))
  const last = view.plan.pages - 20
  expect(() => fill(engine, 'k', 5000, 1000)).toThrow('full')
  for (let n = 0; n < 5000; n++) engine.delete(`k${n}`)
  for (const page of [view.plan.pages, last]) {
    expect(drain(view, page)).toBe(true)
    const at = pageAddress(view, page)
    poke(view.control, at + PAGE.TOP, peek(view.control, at + PAGE.BASE) + (2 << view.versionBits))
    expect(mustRest(view, page, peek(view.control, at + PAGE.STATE))).toBe(true)
  }
  const cut = (page: number): boolean => {
    enter(view)
    const done = cutPage(view, page, 0)
    leave(view)
    return done
  }
  enter(busy)
  expect(cut(view.plan.pages)).toBe(false)
  leave(busy)
  limitMemory(view, engine.stats().memory.budget - 20 * view.plan.pageBytes)
  expect([cut(last), cut(last)]).toContain(true)
})

test('a free chunk that an idle thread keeps holds up its own page only, not the trimming', () => {
  const engine = openEngine({ expectedEntries: 20_000 })
  const view = viewOf(engine)
  const idle = secondRow(engine)
  const { pages } = view.plan
  for (let n = 0; stateOf(view, pages - 1) !== PAGE_ACTIVE; n++) fill(engine, `k${n} `, 1, 250)
  for (let n = 0; stateOf(view, pages) !== PAGE_ACTIVE; n++) fill(idle, `i${n} `, 1, 250)
  fill(engine, 'm', 5000, 250)
  limitMemory(view, 3 * 2 ** 20)
  const last = peek(view.control, CONTROL.LIMIT)
  expect(inUseAbove(view, last)).toHaveLength(pages - last)
  for (let n = 0; n < 1500; n++) trimStep(view)
  expect(inUseAbove(view, last)).toEqual([pages])
  idle.set('k', new Uint8Array(250))
  for (let n = 0; n < 1500; n++) trimStep(view)
  expect(inUseAbove(view, last)).toEqual([])
})

test('a page that is marked for draining but named by nobody is trimmed all the same', () => {
  const engine = openEngine({ expectedEntries: 20_000 })
  const view = viewOf(engine)
  const other = viewOf(secondRow(engine))
  const { control } = view
  const page = view.plan.pages
  fill(engine, 'k', 20_000, 250)
  limitMemory(view, engine.stats().memory.budget - 4 * view.plan.pageBytes)
  // This thread names the page, the other one finds it unmarked and unnames it, this one marks it.
  const at = pageAddress(view, page) + PAGE.STATE
  const state = peek(control, at)
  expect(pageStateOf(state)).toBe(PAGE_ACTIVE)
  enter(view)
  poke(control, CONTROL.DRAIN, page)
  enter(other)
  drainStep(other, 8)
  leave(other)
  expect(peek(control, CONTROL.DRAIN)).toBe(0)
  poke(control, at, packPageState(pageGenerationOf(state), pageClassOf(state), PAGE_DRAINING))
  leave(view)
  let done = false
  for (let n = 0; n < 500 && !done; n++) done = trimStep(view)
  expect(done).toBe(true)
  expect(inUseAbove(view, peek(control, CONTROL.LIMIT))).toEqual([])
})

test('an entry that is moved while its page is swept is swept when its time is over', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  const mover = secondRow(engine)
  const [view, other] = [viewOf(engine), viewOf(mover)]
  other.now = clock.now
  const value = new Uint8Array(112)
  for (let n = 0; n < 120; n++) mover.set(`mortal${n}`, value, 60_000)
  for (let n = 0; n < 60; n++) mover.set(`lasting${n}`, value)
  const page = 1
  interruptAtClock(view, () => void drain(other, page))
  sweepPage(view, page)
  expect(isFree(view, page)).toBe(true)
  clock.ms += 600_000
  for (let n = 0; n < 2000; n++) maintainStep(view)
  expect(engine.stats().entries).toBe(60)
})

test.each(['clock', 'none'] as const)('%s: free pages that must rest refuse nobody', (eviction) => {
  const engine = openEngine({ eviction, expectedEntries: 40_000 })
  const view = viewOf(engine)
  const { pages } = view.plan
  try {
    fill(engine, 'k', 80 * pages, 112)
  } catch {
    // Full, as it shall be.
  }
  for (let n = 0; n < 80 * pages; n++) engine.delete(`k${n}`)
  let resting = 0
  for (let page = 1; page <= pages; page++) {
    drain(view, page)
    const at = pageAddress(view, page)
    if (!isFree(view, page)) continue
    poke(view.control, at + PAGE.TOP, peek(view.control, at + PAGE.BASE) + (2 << view.versionBits))
    if (mustRest(view, page, peek(view.control, at + PAGE.STATE))) resting++
  }
  expect(resting).toBeGreaterThan(pages / 2)
  for (const bytes of [1000, 30_000]) fill(engine, `v${bytes}`, 4, bytes)
})
