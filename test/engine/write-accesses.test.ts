/**
 * What a write costs whatever the machine: its accesses of shared memory that the processor puts in
 * order. Each is a call and waits for the stores before it; docs/performance.md has the table.
 */
import { expect, test, vi } from 'vitest'
import type { Engine } from '../../src/index.ts'
import { watcher } from './every-access.ts'
import { openEngine } from './open-engine.ts'

vi.mock(import('../../src/memory/atomics.ts'), async (original) => {
  const { watched } = await import('./every-access.ts')
  return watched(original)
})

const ORDERING = ['load', 'store', 'add', 'compareExchange', 'compareExchangePair', 'closeReads']

/** The ordering accesses of a call, in their order. */
function orderingOf(engine: Engine, call: (engine: Engine) => void): string[] {
  const kinds: string[] = []
  watcher.before = ({ kind }) => void (ORDERING.includes(kind) && kinds.push(kind))
  try {
    call(engine)
  } finally {
    delete watcher.before
  }
  return kinds
}

test('an overwrite stores its bracket, draws its version and exchanges the slot word', () => {
  const engine = openEngine()
  for (const first of ['same size', 'as long as needs be for another size class']) {
    engine.set('key', first)
    engine.set('key', 'same size')
    engine.set('key', first)
    const kinds = orderingOf(engine, () => engine.set('key', 'same size'))
    expect(kinds).toEqual(['store', 'add', 'compareExchange'])
  }
})
