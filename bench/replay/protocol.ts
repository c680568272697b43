/**
 * What the traces suite tells a replay process, that process its pool's threads, and what comes
 * back.
 */
export type Variant = 'heddle, shared' | 'lru-cache, one per thread'

export const VARIANTS: readonly Variant[] = ['heddle, shared', 'lru-cache, one per thread']

export interface ReplayOrder {
  readonly file: string
  readonly variant: Variant
  readonly threads: number
  /** M: bytes in all, for one shared cache or divided among N. */
  readonly memory: number
  /** Passes over the trace; the first starts cold, the others are timed. */
  readonly passes: number
  /** At most so many requests of the trace. */
  readonly requests: number
}

export interface ReplayFindings {
  readonly requests: number
  readonly coldHits: number
  readonly warmHits: number
  readonly warmRequests: number
  /** Requests per second of all threads over the timed passes. */
  readonly perSecond: number
  readonly cpuNsPerRequest: number
  /**
   * RSS of the process after the replay minus before the caches were made, both after a
   * collection.
   */
  readonly rssGrowth: number
  /**
   * How much of it is the young generation of the threads' heaps, which V8 sizes by its own
   * rules.
   */
  readonly youngGrowth: number
  readonly entries: number
  /** Sets that the cache refused for want of room. */
  readonly refused: number
}

/** Shared by all tasks of a replay process, by workerData of the pool. */
export interface ThreadSupply {
  readonly keys: readonly string[]
  readonly requests: SharedArrayBuffer
  /** One word: how often a thread has arrived at a meeting. */
  readonly meeting: SharedArrayBuffer
  readonly threads: number
}

export type Task =
  | { readonly kind: 'prepare' }
  | {
      readonly kind: 'replay'
      readonly threadIndex: number
      readonly variant: Variant
      readonly memory: number
      readonly passes: number
      readonly handle?: unknown
    }

export interface TaskFindings {
  readonly coldHits: number
  readonly warmHits: number
  readonly warmRequests: number
  readonly warmNs: number
  readonly warmCpuNs: number
  readonly entries: number
  readonly refused: number
  /** Bytes that the young generation of this thread's heap occupies. */
  readonly youngBytes: number
}
