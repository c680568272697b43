/**
 * A store that becomes visible late: also x64 lets a thread read on while its plain stores wait in
 * its store buffer. The seam is wrapped so that one row's plain stores wait until its next
 * sequentially consistent write, as there, while another row acts.
 */
import { peek } from '#atomics'
import { expect, test, vi } from 'vitest'
import { PAGE } from '../../native-layout/page.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { sweepPage } from '../../src/engine/sweep.ts'
import type * as Seam from '../../src/memory/atomics.ts'
import { handleIn, pageAddress, pageOf } from '../../src/memory/view.ts'
import { tickOf } from '../../src/memory/complete-entry.ts'
import { FakeClock, openEngine, secondRow } from './open-engine.ts'

/** Stores that wait, in their order, while `isOn`; what the test does after a read of a word. */
const buffer = vi.hoisted(() => ({
  isOn: false,
  waiting: [] as { words: Int32Array; at: number; value: number }[],
  afterRead: (_words: Int32Array, _at: number): void => {},
}))

vi.mock(import('../../src/memory/atomics.ts'), async (original) => {
  const seam = await original()
  const { poke, peek, load, store, add, compareExchange } = seam
  const drain = (): void => {
    for (const { words, at, value } of buffer.waiting.splice(0)) poke(words, at, value)
  }
  const orders = <Write extends (...given: never[]) => unknown>(write: Write): Write =>
    ((...given) => {
      if (buffer.isOn) drain()
      return write(...given)
    }) as Write
  const read = (access: typeof Seam.load): typeof Seam.load => {
    return (words, at) => {
      if (!buffer.isOn) return access(words, at)
      const own = buffer.waiting.findLast((late) => late.words === words && late.at === at)
      const value = own === undefined ? access(words, at) : own.value
      buffer.afterRead(words, at)
      return value
    }
  }
  return {
    ...seam,
    poke: (words, at, value) => {
      if (buffer.isOn) buffer.waiting.push({ words, at, value })
      else poke(words, at, value)
    },
    peek: read(peek),
    load: read(load),
    store: orders(store),
    add: orders(add),
    compareExchange: orders(compareExchange),
  }
})

/** Another row acts: its own stores are visible at once. */
function act(call: () => void): void {
  buffer.isOn = false
  call()
  buffer.isOn = true
}

test('a page that is swept while an entry is completed keeps a bound that is low enough', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  const sweeper = secondRow(engine)
  const [view, other] = [viewOf(engine), viewOf(sweeper)]
  other.now = clock.now
  engine.set('first', 1, 5_000)
  const bound = pageAddress(view, 1) + PAGE.EXPIRY
  const tick = tickOf(view, clock.ms + 60_000)
  expect(peek(view.control, bound)).toBeLessThan(tick)
  clock.ms += 10_000
  buffer.afterRead = (words, at) => {
    if (words !== view.control || at !== bound) return
    buffer.afterRead = () => {}
    act(() => void sweepPage(other, 1))
  }
  buffer.isOn = true
  engine.set('second', 2, 50_000)
  buffer.isOn = false
  engine.has('second')
  expect(pageOf(view, handleIn(view, view.slotWord))).toBe(1)
  expect(peek(view.control, bound)).toBeLessThanOrEqual(tick)
})
