/** What the hit ratio suite asks the threads of its pool, and what comes back. */
import type { Policy } from '../traces/simulators.ts'

/** One size of cache on one trace, with every policy. */
export interface Task {
  readonly file: string
  /** At most so many requests of the trace, from its beginning. */
  readonly mostRequests: number
  /** `entries`: the cache holds a share of the unique keys; `bytes`: of the bytes of all. */
  readonly bound: 'entries' | 'bytes'
  /** The share. */
  readonly percent: number
  readonly policies: readonly Policy[]
  /** Of the hash, one replay each; policies that hash nothing are replayed with the first only. */
  readonly seeds: readonly number[]
}

/** What one policy did. */
export interface PolicyFindings {
  readonly policy: Policy
  /** Of the engine, the mean of its replays: hits, and bytes of keys and values that were hits. */
  readonly hits: number
  readonly hitBytes: number
  /** Hits of each replay. */
  readonly replays: readonly number[]
  /** Of the simulation, the mean of as many; undefined where the bound is bytes. */
  readonly simulated: number | undefined
}

export interface CellFindings {
  readonly trace: string
  readonly requests: number
  readonly unique: number
  readonly bytesAsked: number
  readonly bound: Task['bound']
  readonly percent: number
  /** Entries, or bytes of the engine's `memory`. */
  readonly capacity: number
  /** Hits of an exact LRU. Over bytes: of one that has no overhead. */
  readonly lru: number
  readonly lruBytes: number
  /** Hits of Belady's optimum; over bytes a bound of hits and of bytes (byte-bound.ts). */
  readonly best: number
  readonly bestBytes: number
  readonly policies: readonly PolicyFindings[]
}
