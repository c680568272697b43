/**
 * x64 lets a thread read on while its plain stores wait in its store buffer: each write is
 * interrupted before each of its accesses, and what others do there sees all, some or none of the
 * stores that wait. Both calls must end as one of the two orders of them would.
 */
import { peek } from '#atomics'
import { describe, expect, test, vi } from 'vitest'
import { PAGE } from '../../native-layout/page.ts'
import { type Engine, viewOf } from '../../src/engine/engine.ts'
import { sweepPage } from '../../src/engine/sweep.ts'
import { HeddleError } from '../../src/index.ts'
import { declareDead, lessees, recoverDead } from '../../src/memory/lease.ts'
import { tickOf } from '../../src/memory/complete-entry.ts'
import { handleIn, pageAddress, pageOf } from '../../src/memory/view.ts'
import { FakeClock, openEngine, secondRow } from './open-engine.ts'
import { runLate } from './store-buffer.ts'

vi.mock(import('../../src/memory/atomics.ts'), async (original) => {
  const { late } = await import('./store-buffer.ts')
  return late(original)
})

type Call = (engine: Engine, version: number) => unknown

/** What a call returns, or why it was refused. */
function answer(call: () => unknown): string {
  try {
    return String(call())
  } catch (error) {
    if (error instanceof HeddleError) return error.code
    throw error
  }
}
const WRITES: readonly (readonly [string, Call])[] = [
  ['set', (engine) => engine.set('key', '7')],
  ['set of another size', (engine) => engine.set('key', '8'.repeat(40))],
  ['add', (engine) => engine.add('key', '6')],
  ['replace', (engine) => engine.replace('key', '5')],
  ['compareAndSet', (engine, version) => engine.compareAndSet('key', '4', version)],
  ['increment', (engine) => engine.increment('key')],
  ['append', (engine) => engine.append('key', '1')],
  ['delete', (engine) => engine.delete('key')],
]
/** What others do: the same calls, a read, a change and the use of the chunk that it frees. */
const OTHERS: readonly (readonly [string, Call])[] = [
  ...WRITES,
  ['get', (engine) => engine.get('key')],
  [
    'delete, set of another key',
    (engine) => {
      const isDeleted = engine.delete('key')
      engine.set('other', '9')
      return isDeleted
    },
  ],
  ['clear', (engine) => engine.clear()],
]
const STATES = ['present', 'absent'] as const

function prepare(engine: Engine, state: (typeof STATES)[number]): number {
  engine.delete('other')
  engine.delete('key')
  if (state === 'absent') return 0
  engine.set('key', '3')
  return engine.gets('key')!.version
}

/** How many of the stores that wait the others see, by the number of the access. */
const VISIBLE: readonly ((waiting: number) => number)[] = [() => 0, (waiting) => waiting >>> 1]

describe.each(STATES)('a key that is %s', (state) => {
  test.each(WRITES)(
    '%s',
    (_name, write) => {
      const engine = openEngine({ memory: '2mb' })
      const other = secondRow(engine)
      for (const [name, act] of OTHERS) {
        const ends = (...calls: (readonly [0 | 1, Call])[]): string => {
          const version = prepare(engine, state)
          const results: unknown[] = []
          for (const [at, call] of calls) {
            results[at] = answer(() => call(at === 0 ? engine : other, version))
          }
          return JSON.stringify([...results, engine.get('key')])
        }
        const allowed = [ends([0, write], [1, act]), ends([1, act], [0, write])]
        for (const visible of VISIBLE) {
          for (let number = 0, isReached = true; isReached; number++) {
            const version = prepare(engine, state)
            let theirs: string | undefined
            let seen: number | undefined
            const others = (): void => {
              theirs = answer(() => act(other, version))
              seen = other.gets('key')?.version
            }
            const mine = (): string => answer(() => write(engine, version))
            const run = runLate(mine, number, others, visible)
            isReached = run.isReached
            if (!isReached) break
            const last = engine.gets<string>('key')
            const end = JSON.stringify([run.result, theirs, last?.value])
            expect(allowed, `${name} before access ${number}`).toContain(end)
            if (last !== undefined && seen !== undefined) {
              expect(last.version, `${name} before access ${number}`).toBeGreaterThanOrEqual(seen)
            }
          }
          expect(engine.verify().problems, name).toEqual([])
        }
      }
    },
    60_000,
  )
})

describe('recovery beside a write whose stores are late', () => {
  test.each(WRITES.filter(([name]) => RECOVERED_BESIDE.has(name)))(
    '%s',
    (_name, write) => {
      const engine = openEngine({ memory: '2mb', maxThreads: 3 })
      const view = viewOf(engine)
      const recoverer = viewOf(secondRow(engine))
      for (let died = 0, comes = true; comes; died += DEATH_STRIDE) {
        for (let number = 0, isReached = true; isReached; number += STRIDE) {
          const version = prepare(engine, 'present')
          const dying = secondRow(engine)
          const { row } = viewOf(dying)
          try {
            comes = runLate(() => dying.set('key', '2'), died, die).isReached
          } catch (error) {
            if (error !== DEATH) throw error
          }
          const { threadId } = lessees(view).find((lessee) => lessee.row === row)!
          declareDead(view, row, threadId)
          const run = runLate(
            () => write(engine, version),
            number,
            () => void recoverDead(recoverer),
          )
          isReached = run.isReached
          expect(recoverDead(recoverer)).toBe(0)
        }
        expect(engine.verify().problems, `died at access ${died}`).toEqual([])
      }
    },
    60_000,
  )
})
const RECOVERED_BESIDE = new Set(['set', 'increment', 'delete'])
const DEATH = new Error('the thread ends here')
/** One access of so many: all of them take minutes. */
const DEATH_STRIDE = 5
const STRIDE = 5
function die(): void {
  throw DEATH
}

test('a page that is swept while an entry is completed keeps a bound that is low enough', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  const [view, other] = [viewOf(engine), viewOf(secondRow(engine))]
  other.now = clock.now
  const bound = pageAddress(view, 1) + PAGE.EXPIRY
  for (let number = 0, isReached = true; isReached; number++) {
    engine.set('first', 1, 5_000)
    const tick = tickOf(view, clock.ms + 60_000)
    expect(peek(view.control, bound)).toBeLessThan(tick)
    clock.ms += 10_000
    const late = (): void => engine.set('second', 2, 50_000)
    isReached = runLate(late, number, () => void sweepPage(other, 1)).isReached
    engine.has('second')
    expect(pageOf(view, handleIn(view, view.slotWord))).toBe(1)
    expect(peek(view.control, bound), `swept before access ${number}`).toBeLessThanOrEqual(tick)
    engine.delete('second')
  }
})
