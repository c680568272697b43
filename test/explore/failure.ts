/** A failing schedule: what is wrong, the seed that reproduces it, the table of its accesses. */
import type { Executor } from './execution.ts'
import type { Options } from './options.ts'

export interface Failure {
  readonly seed: string
  readonly problems: readonly string[]
  readonly table: string
}

export function reported(
  executor: Executor,
  options: Options,
  problems: readonly string[],
): Failure {
  return { seed: '', problems, table: '' }
}
