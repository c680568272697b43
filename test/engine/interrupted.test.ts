/**
 * Operations that are interrupted before every single access in turn, by another row that does
 * whole operations there: what they answer must have been true at some moment.
 */
import { expect, test, vi } from 'vitest'
import { viewOf } from '../../src/engine/engine.ts'
import { interruptAt } from './every-access.ts'
import { FakeClock, openEngine, secondRow } from './open-engine.ts'

vi.mock(import('../../src/memory/atomics.ts'), async (original) => {
  const { watched } = await import('./every-access.ts')
  return watched(original)
})

const MOST_ACCESSES = 2000
/** Bytes that are a time long past, read as an expiry. */
const PAST = '0'.repeat(16)

test('an entry that is overwritten meanwhile is not missing to whoever changes it', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  const rival = secondRow(engine)
  viewOf(rival).now = clock.now
  const changes: [string, () => unknown][] = [
    ['touch', () => engine.touch('key', 50_000)],
    ['append', () => engine.append('key', '1')],
    ['decrement', () => engine.decrement('key') !== undefined],
    ['replace', () => engine.replace('key', '1234', 50_000)],
  ]
  for (const [name, change] of changes) {
    let interrupted = true
    for (let number = 0; interrupted; number++) {
      engine.set('key', '1234', 60_000)
      let found: unknown
      const call = () => {
        found = change()
      }
      interrupted = interruptAt(number, call, () => {
        rival.set('key', '5678', 60_000)
        rival.set(PAST, '') // In the chunk that came free.
        rival.delete(PAST)
      })
      expect(found, `${name} interrupted before access ${number}`).toBe(true)
      expect(number).toBeLessThan(MOST_ACCESSES)
    }
  }
})

test('what add has stored is there: a flush before it does not take it', () => {
  const engine = openEngine({ eviction: 'none' })
  const rival = secondRow(engine)
  let interrupted = true
  for (let number = 0; interrupted; number++) {
    engine.set('key', 'old')
    let isAdded = false
    const call = () => {
      isAdded = engine.add('key', 'new')
    }
    let wasAbsent = false
    interrupted = interruptAt(number, call, () => {
      rival.clear()
      wasAbsent = rival.add('key', 'between')
      wasAbsent &&= rival.delete('key')
    })
    const value = engine.get('key')
    const where = `interrupted before access ${number}`
    // Before the flush 'old' was there; after it, first the rival's value, and then no other flush.
    if (isAdded && wasAbsent) expect(value, where).toBe('new')
    expect(number).toBeLessThan(MOST_ACCESSES)
  }
})
