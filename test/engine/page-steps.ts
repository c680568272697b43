/**
 * Steps of page moves for tests that use two rows in one thread: a page drained, a row interrupted
 * or ended in the midst of an operation, a row declared dead and recovered.
 */
import { peek } from '#atomics'
import { expect } from 'vitest'
import { PAGE, pageStateOf } from '../../native-layout/page.ts'
import { declareDead, lessees, recoverDead } from '../../src/memory/lease.ts'
import { isFree } from '../../src/memory/page-claim.ts'
import { beginDrain, drainStep } from '../../src/memory/page-moves.ts'
import { enter, leave } from '../../src/memory/row.ts'
import { pageAddress, type MemoryView } from '../../src/memory/view.ts'

export function stateOf(view: MemoryView, page: number): number {
  return pageStateOf(peek(view.control, pageAddress(view, page) + PAGE.STATE))
}

/** Drains a page in one operation; whether it came free. */
export function drain(view: MemoryView, page: number): boolean {
  enter(view)
  beginDrain(view, page, peek(view.control, pageAddress(view, page) + PAGE.STATE))
  for (let steps = 0; steps < 200 && !drainStep(view, 256); steps++);
  leave(view)
  return isFree(view, page)
}

/** Lets others act when the row next asks for the time. */
export function interruptAtClock(view: MemoryView, act: () => void): void {
  const { now } = view
  view.now = () => {
    view.now = now
    act()
    return now()
  }
}

/** Lets others act before each change of the row's state, which is given. */
export function watchState(view: MemoryView, act: (next: number, last: number) => void): void {
  let state = view.state
  Object.defineProperty(view, 'state', {
    get: () => state,
    set: (next: number) => {
      act(next, state)
      state = next
    },
  })
}

/** Ends what a row is doing where it next asks for a chunk's place and the moment has come. */
export function dieInPages(view: MemoryView, isTime: () => boolean): void {
  for (const name of ['data', 'versionBits'] as const) {
    const value = view[name]
    Object.defineProperty(view, name, {
      get: () => {
        if (isTime()) throw new Error(DEATH)
        return value
      },
    })
  }
}
export const DEATH = 'the thread ends here'

/** Recovers what the row held, as after the death of its thread. */
export function recoverFrom(view: MemoryView, dead: MemoryView): void {
  const { row, threadId } = lessees(view).find((lessee) => lessee.row === dead.row)!
  declareDead(view, row, threadId)
  expect(recoverDead(view)).toBe(0)
}
