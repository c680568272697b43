/** What the eviction suite asks a process to measure, and what comes back. */
import type { Policy } from '../traces/simulators.ts'

export interface EvictionOrder {
  readonly policy: Policy
  /** Bytes. */
  readonly memory: number
  /** Percent. */
  readonly levels: readonly number[]
  readonly operations: number
  /** Operations before the first that counts, where not all keys fit. */
  readonly warmUp: number
  readonly seed: number
}

export interface LevelFindings {
  readonly level: number
  readonly keys: number
  /** Of the gets, 0 to 1. */
  readonly hitRatio: number
  readonly perSecond: number
  readonly cpuNs: number
  /** Nanoseconds. */
  readonly latency: Readonly<Record<string, number>>
  readonly evictions: number
}

/** Of the latencies that are stated. */
export const PERCENTILES: readonly number[] = [50, 99, 99.9, 99.99]
