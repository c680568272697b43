/**
 * Engines for tests: each with a name of its own, walked by the integrity checker and closed after
 * the test that opened it, and a clock that moves only when a test moves it.
 */
import { afterEach, expect } from 'vitest'
import {
  attachEngine,
  createEngine,
  type Engine,
  type EngineOptions,
  HeddleError,
} from '../../src/index.ts'

const opened: Engine[] = []
let engines = 0

/** An engine of 4 MiB with a fixed seed, unless the options say otherwise. */
export function openEngine(options: EngineOptions = {}): Engine {
  const engine = createEngine({ name: `test-${++engines}`, memory: '4mb', seed: 7, ...options })
  opened.push(engine)
  return engine
}

/**
 * A second row of an engine in this thread, as if another thread had attached: `attachEngine` would
 * give the session that the thread has.
 */
export function secondRow(engine: Engine): Engine {
  const { handle } = engine
  const facts = { ...handle.facts, id: `${handle.facts.id} row ${++rows}` }
  return attachEngine({ ...handle, facts })
}
let rows = 0

afterEach(() => {
  for (const engine of opened.splice(0)) {
    expect(engine.verify().problems).toEqual([])
    engine.close()
  }
})

/** A clock for the option `now`. */
export class FakeClock {
  ms = 1_800_000_000_000
  readonly now = (): number => this.ms
}

/** The HeddleError that a call throws. */
export function refusalOf(call: () => unknown): HeddleError {
  try {
    call()
  } catch (error) {
    if (error instanceof HeddleError) return error
    throw error
  }
  throw new Error('the call was not refused')
}
