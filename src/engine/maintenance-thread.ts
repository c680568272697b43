/** What the maintenance thread does in a turn: kept here so that `workers/` stays a few lines. */
import { lessees } from '../memory/lease.ts'
import { attachEngine, type Engine, viewOf } from './engine.ts'
import { maintainStep } from './maintain.ts'

export { attachEngine }

/**
 * Some bounded steps of maintenance.
 * @returns false when no other thread is attached any more
 */
export function maintain(engine: Engine, steps: number): boolean {
  const view = viewOf(engine)
  for (let n = 0; n < steps; n++) maintainStep(view)
  return lessees(view).length > 1
}
