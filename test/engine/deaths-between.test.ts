/**
 * Threads that die, or stand still for ever, between two accesses, at the worst moment: what the
 * others can use afterwards. Two or three rows in one thread.
 */
import { peek } from '#atomics'
import { expect, test, vi } from 'vitest'
import { CONTROL } from '../../native-layout/control-block.ts'
import { PAGE } from '../../native-layout/page.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { classStats } from '../../src/engine/slab-admin.ts'
import { lowestFree } from '../../src/memory/page-claim.ts'
import { drainStep, beginDrain } from '../../src/memory/page-moves.ts'
import { enter, leave } from '../../src/memory/row.ts'
import { pageAddress } from '../../src/memory/view.ts'
import { watcher } from './every-access.ts'
import { openEngine, secondRow } from './open-engine.ts'
import { DEATH, drain, recoverFrom } from './page-steps.ts'

vi.mock(import('../../src/memory/atomics.ts'), async (original) => {
  const { watched } = await import('./every-access.ts')
  return watched(original)
})

test('a page that came free while a thread looked past it, and died, is found again', () => {
  const engine = openEngine()
  const [view, dead] = [viewOf(engine), viewOf(secondRow(engine))]
  for (let n = 0; n < 3000; n++) engine.set(`k${n}`, new Uint8Array(100))
  const page = peek(view.control, CONTROL.FRESH)
  for (let n = 0; n < 3000; n++) engine.delete(`k${n}`)
  watcher.before = ({ kind, at }) => {
    if (kind === 'load' && peek(view.control, CONTROL.FRESH) > page) throw new Error(DEATH)
    if (kind !== 'compareExchange' || at !== CONTROL.FRESH) return
    expect(drain(view, page)).toBe(true)
  }
  expect(() => lowestFree(dead)).toThrow(DEATH)
  delete watcher.before
  recoverFrom(view, dead)
  expect(lowestFree(view)).toBe(page)
})

test('a thread that stands still with a claim does not keep the others from moving pages', () => {
  const engine = openEngine({ expectedEntries: 20_000 })
  const rival = secondRow(engine)
  const [view, other] = [viewOf(engine), viewOf(rival)]
  for (let n = 0; n < 5000; n++) engine.set(`k${n}`, new Uint8Array(900))
  const page = 5
  const claim = pageAddress(view, page) + PAGE.CLAIM
  let refusals = 0
  let isHeld = false
  watcher.after = ({ kind, at }) => {
    if (isHeld || kind !== 'compareExchange' || at !== claim) return
    if (peek(view.control, claim) !== view.row + 1) return
    if (peek(view.control, pageAddress(view, page) + PAGE.MARK) === 0) return
    const stack = peek(view.control, pageAddress(view, page) + PAGE.STACK) >>> 16
    if (stack !== peek(view.control, pageAddress(view, page) + PAGE.CARVED)) return
    isHeld = true
    // This thread is about to declare the page free, and stands still.
    for (let n = 0; n < 10; n++) {
      try {
        rival.set(`large${n}`, new Uint8Array(4000))
      } catch {
        refusals++
      }
    }
    expect(classStats(other).find((of) => of.chunkBytes >= 2000 && of.pages > 0)).toBeDefined()
  }
  enter(view)
  beginDrain(view, page, peek(view.control, pageAddress(view, page) + PAGE.STATE))
  for (let steps = 0; steps < 200 && !drainStep(view, 256); steps++);
  leave(view)
  delete watcher.after
  expect(isHeld).toBe(true)
  expect(refusals).toBe(0)
})
