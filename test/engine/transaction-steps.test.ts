/**
 * Transactions that are interrupted, or die, between two accesses at the worst moment. Two or three
 * rows in one thread.
 */
import { load } from '#atomics'
import { expect, test, vi } from 'vitest'
import { kindOf, ROW, ROW_FREEING } from '../../native-layout/thread-row.ts'
import { TX_COMMITTED, TX_NONE, TX_OPEN, txState } from '../../native-layout/transaction.ts'
import { TAG_ASCII } from '../../src/engine/codec.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { Draft, PUT_FRESH, RawAccess, STORED, type Want } from '../../src/engine/raw-access.ts'
import type { Engine } from '../../src/index.ts'
import { declareDead, isTorn, lessees, recoverDead } from '../../src/memory/lease.ts'
import type { MemoryView } from '../../src/memory/view.ts'
import { interruptAt, watcher } from './every-access.ts'
import { openEngine, secondRow } from './open-engine.ts'
import { DEATH } from './page-steps.ts'

vi.mock(import('../../src/memory/atomics.ts'), async (original) => {
  const { watched } = await import('./every-access.ts')
  return watched(original)
})

const encoder = new TextEncoder()
const OVERFLOW = 'Maximum call stack size exceeded'

function write(engine: Engine, key: string, value: string): number {
  const draft = new Draft()
  draft.bytes = encoder.encode(value)
  draft.length = draft.bytes.length
  draft.codec = TAG_ASCII
  const bytes = encoder.encode(key)
  const common = { key: bytes, space: 0, seen: undefined, isWatched: false }
  const want: Want = { ...common, kind: PUT_FRESH, draft }
  return new RawAccess(engine).transact([want])
}

/** A transaction over the key that stops before it is decided, or just after. */
function stop(engine: Engine, key: string, state: typeof TX_OPEN | typeof TX_COMMITTED): void {
  const view = viewOf(engine)
  const tx = view.rowAt + ROW.TX
  watcher[state === TX_OPEN ? 'before' : 'after'] = ({ kind, at, words }) => {
    if (kind === 'compareExchange' && words === view.control && at === tx) {
      throw new RangeError(OVERFLOW)
    }
  }
  expect(() => write(engine, key, 'stopped')).toThrow(OVERFLOW)
  delete watcher.before
  delete watcher.after
  expect(txState(load(view.control, tx))).toBe(state)
}

/** From now on the row ends where it would free what it has taken out of a slot. */
function endWhenFreeing(view: MemoryView): void {
  let { state } = view
  Object.defineProperty(view, 'state', {
    get: () => state,
    set: (next: number) => {
      if (kindOf(next) === ROW_FREEING) throw new Error(DEATH)
      state = next
    },
  })
}

test.each([0, 1])('who puts in place and who removes the same, both dead, %i first', (first) => {
  const engine = openEngine({ memory: '2mb', maxThreads: 4 })
  const rivals = [secondRow(engine), secondRow(engine)] as const
  const [remover, settler] = first === 0 ? rivals : [rivals[1], rivals[0]]
  const view = viewOf(engine)
  engine.set('a', 'old')
  stop(engine, 'a', TX_COMMITTED)
  const tx = view.rowAt + ROW.TX
  let isMet = false
  const { control, tables } = viewOf(remover)
  watcher.before = ({ kind, at, words }) => {
    if (kind === 'compareExchange' && tables.includes(words as Int32Array)) {
      throw new Error(DEATH)
    }
    if (isMet || kind !== 'load' || words !== control || at !== tx) return
    // It has read the slot, but not yet what became of the transaction.
    isMet = true
    endWhenFreeing(viewOf(settler))
    expect(() => settler.set('a', 'late')).toThrow(DEATH)
    expect(engine.delete('none')).toBe(false)
    expect(txState(load(view.control, tx))).toBe(TX_NONE)
  }
  expect(() => remover.delete('a')).toThrow(DEATH)
  delete watcher.before
  expect(isMet).toBe(true)
  const dead = rivals.map((rival) => viewOf(rival).row)
  for (const { row, threadId } of lessees(view)) {
    if (dead.includes(row)) declareDead(view, row, threadId)
  }
  expect(recoverDead(view)).toBe(0)
  expect(engine.get('a')).toBe('stopped')
  expect(engine.size).toBe(1)
  expect(engine.verify().problems).toEqual([])
})

test('an intent whose chunk is filled anew while a writer aborts its transaction', () => {
  const holder = openEngine({ memory: '2mb', maxThreads: 3 })
  const [writer, other] = [secondRow(holder), secondRow(holder)]
  const filler = '\x7f'.repeat(4)
  const { control, plan, rowLayout } = viewOf(writer)
  const astray: number[] = []
  for (let number = 0, interrupted = true; interrupted; number++) {
    writer.set('a', 'old')
    stop(holder, 'a', TX_OPEN)
    watcher.after = ({ kind, at, words }) => {
      if (kind !== 'compareExchange' || words !== control) return
      const row = (at - plan.rowsAt - ROW.TX) / rowLayout.words
      if (Number.isInteger(row) && row >= plan.maxThreads) astray.push(number)
    }
    interrupted = interruptAt(
      number,
      () => writer.set('a', 'new'),
      () => {
        other.set('a', 'x')
        for (let n = 0; n < 8; n++) other.set(`filler${n}`, filler.repeat(n))
      },
    )
    delete watcher.after
    expect(['new', 'x'], `at access ${number}`).toContain(writer.get('a'))
    expect(holder.delete('none')).toBe(false)
    if (number % 20 === 0) expect(holder.verify().problems).toEqual([])
  }
  expect(astray).toEqual([])
})

test('a key that was watched while a transaction was about to create it was touched', () => {
  const engine = openEngine({ memory: '2mb', maxThreads: 2 })
  const view = viewOf(engine)
  const raw = new RawAccess(secondRow(engine))
  const bytes = encoder.encode('a')
  raw.stage(bytes, 0, bytes.length)
  let seen = raw.see()
  let isSame = false
  watcher.before = ({ kind, at, words }) => {
    if (kind !== 'compareExchange' || words !== view.control || at !== view.rowAt + ROW.TX) return
    seen = raw.see()
    isSame = raw.isAsSeen(seen!)
  }
  expect(write(engine, 'a', 'new')).toBe(STORED)
  delete watcher.before
  expect(seen!.version).toBe(0)
  expect(isSame).toBe(true)
  expect(raw.isAsSeen(seen!)).toBe(false)
  engine.delete('a')
  expect(raw.isAsSeen(seen!)).toBe(false)
})

test('an exception while a transaction is begun leaves no trace once it is mended', () => {
  const engine = openEngine({ memory: '2mb', maxThreads: 2 })
  const view = viewOf(engine)
  engine.set('a', 'old')
  for (let number = 0, interrupted = true; interrupted; number++) {
    interrupted = interruptAt(
      number,
      () => {
        try {
          write(engine, 'a', 'new')
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      },
      () => {
        throw new RangeError(OVERFLOW)
      },
    )
    expect(['old', 'new']).toContain(engine.get('a'))
    expect(isTorn(view), `after access ${number}`).toBe(false)
    expect(txState(load(view.control, view.rowAt + ROW.TX))).toBe(TX_NONE)
    expect(engine.verify().problems).toEqual([])
    engine.set('a', 'old')
  }
  expect(write(engine, 'a', 'new')).toBe(STORED)
})
