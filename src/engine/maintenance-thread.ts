/** What the maintenance thread does in a turn: kept here so that `workers/` stays a few lines. */
import { lessees } from '../memory/lease.ts'
import { attachEngine as attach, type Engine, viewOf } from './engine.ts'
import { maintainStep } from './maintain.ts'
import type { EngineHandle } from './session.ts'

/** A codec object does not cross threads, and maintenance asks none. */
const NO_CODEC = {
  encode: (): string => {
    throw new Error('maintenance stores nothing')
  },
  decode: (): unknown => {
    throw new Error('maintenance reads nothing')
  },
}

/** Attaches to an engine, whatever its codec. */
export function attachEngine(handle: EngineHandle): Engine {
  return attach(handle, handle.facts.codec === 'custom' ? { codec: NO_CODEC } : {})
}

/**
 * Some bounded steps of maintenance.
 * @returns false when no other thread is attached any more
 */
export function maintain(engine: Engine, steps: number): boolean {
  const view = viewOf(engine)
  for (let n = 0; n < steps; n++) maintainStep(view)
  return lessees(view).length > 1
}
