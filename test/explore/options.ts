/**
 * How a program is explored. Of these a seed names the deaths and older values, see failure.ts.
 */
import type { Bounds } from './program.ts'

export interface Options {
  readonly mode: 'dfs' | 'pct'
  /** Switches away from a thread that could go on; Infinity: any number. */
  readonly preemptions: number
  /** Executions at most. */
  readonly executions: number
  /** Seconds at most. */
  readonly seconds: number
  /** Threads that may die for good, each before any access that may write or after its last. */
  readonly deaths: number
  readonly staleReads: boolean
  /** Reads of one execution that may get an older value. */
  readonly mostStale: number
  /** Of the random mode. */
  readonly seed: number
  /** Of the random mode: one more than the points at which a thread's priority drops. */
  readonly depth: number
  /** Accesses of one execution; more is a program that does not end. */
  readonly accesses: number
  /** False: schedules that differ in the order of independent accesses are all run. */
  readonly reduces: boolean
}

/** Seconds: no bound. */
export const NO_BUDGET: number = Infinity

const DEFAULTS: Options = {
  mode: 'dfs',
  preemptions: Infinity,
  executions: Infinity,
  seconds: NO_BUDGET,
  deaths: 0,
  staleReads: false,
  mostStale: 1,
  seed: 1,
  depth: 3,
  accesses: 20_000,
  reduces: true,
}

/** What is not said is as usual; that a thread dies may be said as true. */
export function withDefaults(options: Partial<Options> | Bounds): Options {
  return { ...DEFAULTS, ...options, deaths: Number(options.deaths ?? 0) }
}
