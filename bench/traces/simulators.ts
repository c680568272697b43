/**
 * The exact simulations by the name of their policy: those that `createEngine({ eviction })` knows,
 * and LRU, which heddle has only here.
 */
import { PLANNED_POLICIES, type Policy } from '../../src/plan/miniature.ts'
import { clockHits, lruHits } from './policies.ts'
import { fifoHits, randomHits, s3FifoHits, sieveHits } from './queues.ts'
import { lfuHits } from './tiny-lfu.ts'

/**
 * Requests that hit, of indices of keys below `universe`, in a cache of `capacity` entries. The
 * seed, not 0, is for those in which chance has a part.
 */
export type Simulator = (
  requests: Uint32Array,
  universe: number,
  capacity: number,
  seed?: number,
) => number

export const SIMULATORS = {
  clock: clockHits,
  's3-fifo': s3FifoHits,
  sieve: sieveHits,
  lfu: lfuHits,
  random: randomHits,
  fifo: fifoHits,
  lru: lruHits,
} as const satisfies Record<string, Simulator>

/** Those that an engine can be created with. */
export const POLICIES: readonly Policy[] = PLANNED_POLICIES
export type { Policy }
/** Those whose hit ratio depends on a hash, or on other chance. */
export const CHANCY: readonly Policy[] = ['s3-fifo', 'lfu', 'random']
/** Those of a smoke form, which has no time for all. */
export const SMOKE_POLICIES: readonly Policy[] = ['clock', 's3-fifo']
