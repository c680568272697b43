/** What the planner's suite asks the threads of its pool, and what comes back. */
import type { Policy } from '../traces/simulators.ts'

/** One trace: forecasts from samples of it, and replays with the memory that they are about. */
export interface PlanTask {
  readonly file: string
  readonly mostRequests: number
  readonly policy: Policy
  /** Shares of the bytes of all keys and values, in percent. */
  readonly percents: readonly number[]
  /** Shares of the keys that samples have, 1 for all of them. */
  readonly rates: readonly number[]
  /** Of the hash of the engine that replays. */
  readonly seed: number
}

export interface PlanFindings {
  readonly trace: string
  readonly requests: number
  readonly unique: number
  readonly sizes: readonly {
    readonly percent: number
    /** Bytes. */
    readonly memory: number
    /** Hit ratio of the engine with this memory, 0 to 1. */
    readonly measured: number
    /** What was forecast from a sample at each rate, 0 to 1. */
    readonly planned: readonly number[]
    /** Whether each forecast says there that it is unsafe. */
    readonly isWarned: readonly boolean[]
  }[]
  /** Keys in the sample at each rate. */
  readonly sampledKeys: readonly number[]
  /** CPU of making each forecast, in ms. */
  readonly planMs: readonly number[]
}
