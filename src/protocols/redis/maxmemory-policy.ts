/**
 * What clients of Redis are told of the eviction policy, by INFO and CONFIG GET: the name of Redis'
 * policy that chooses by the same thing. Its clients know no other names; `allkeys-lru` stands for
 * all that ask when an entry was used, `allkeys-random` for those that do not ask at all.
 */
import type { EvictionName } from '../../engine/eviction/names.ts'

export const MAXMEMORY_POLICIES: Readonly<Record<EvictionName, string>> = {
  clock: 'allkeys-lru',
  's3-fifo': 'allkeys-lru',
  sieve: 'allkeys-lru',
  lfu: 'allkeys-lfu',
  random: 'allkeys-random',
  fifo: 'allkeys-random',
  none: 'noeviction',
}
