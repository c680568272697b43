/**
 * What happens when this code makes a mistake and an exception comes up: it is counted and told
 * once per place, and the connection goes on. But a thread that is in the midst of an operation of
 * the engine cannot go on: it ends, and the others finish or undo what it was doing.
 */
import { isWithinOperation } from '../../engine/own-changes.ts'
import { COUNT } from './board.ts'
import type { RedisClient } from './client.ts'

const told = new Set<string>()
const MOST_TOLD = 100

export function noteInternalError({ raw, host }: RedisClient, error: unknown): void {
  if (isWithinOperation(raw.view)) throw error
  host.board.add(COUNT.internalErrors, 1)
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const place = stack.split('\n').slice(0, 2).join()
  if (told.size >= MOST_TOLD || told.has(place)) return
  told.add(place)
  process.emitWarning(`A Redis command failed: ${stack}`, {
    code: 'HEDDLE_INTERNAL',
    type: 'HeddleWarning',
  })
}
