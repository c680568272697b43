/**
 * What the policy of the engine gains over LRU, by miniature simulation (C. Waldspurger et al.,
 * "Cache modeling and optimization using miniature simulations", USENIX ATC '17): a sample that has
 * a share of the keys is replayed through a cache that is smaller by the same share. The simulator
 * is the engine itself, bounded by `maxEntries`, so that whatever policy it has is what is
 * measured. Taken is the difference to LRU on the same sample, in which errors of the sampling
 * cancel out.
 */
import { createEngine } from '../engine/engine.ts'
import { EVICTIONS, type EvictionName } from '../../native-layout/eviction-state.ts'
import type { SampledUses } from './sample.ts'
import { lruCurve } from './lru-curve.ts'

export type Policy = Exclude<EvictionName, 'none'>
/** Those that a plan can be made for. */
export const PLANNED_POLICIES: readonly Policy[] = EVICTIONS.filter((name) => name !== 'none')

const BUDGET_BYTES_PER_ENTRY = 256
const SMALLEST_BUDGET = 4 * 2 ** 20
/** A smaller miniature says nothing of a large cache. */
const LEAST_ENTRIES = 50
const KEY_LENGTH = 8
const VALUE = Buffer.from('here')

/**
 * @param capacities entries that the whole cache has room for
 * @returns for each the hit ratio of the policy minus that of LRU, of all reads, 0 to 1
 */
export function gainsOverLru(
  sample: SampledUses,
  policy: Policy,
  capacities: readonly number[],
): number[] {
  const { rate, uses } = sample
  const reads = uses.reduce((sum, use) => sum + (use < 0 ? 0 : 1), 0)
  if (reads === 0) return capacities.map(() => 0)
  const lru = lruCurve({ ...sample, rate: 1, reads })
  const keys = Array.from(sample.keyBytes, (_, key) => String(key).padStart(KEY_LENGTH, '0'))
  const found = new Map<number, number>()
  return capacities.map((capacity) => {
    const small = Math.max(LEAST_ENTRIES, Math.round(capacity * rate))
    if (small >= keys.length) return 0
    const gain = found.get(small) ?? hitsOf(uses, keys, policy, small) / reads - lru.at(small)
    found.set(small, gain)
    return gain
  })
}

function hitsOf(
  uses: Int32Array,
  keys: readonly string[],
  policy: Policy,
  maxEntries: number,
): number {
  const engine = createEngine({
    ...{ name: 'heddle plan', eviction: policy, maxThreads: 1, maxNamespaces: 0 },
    ...{ maxEntries, expectedEntries: maxEntries },
    memory: Math.max(SMALLEST_BUDGET, maxEntries * BUDGET_BYTES_PER_ENTRY),
  })
  const target = Buffer.alloc(VALUE.length)
  let hits = 0
  try {
    for (const use of uses) {
      const key = keys[use < 0 ? ~use : use] as string
      if (use >= 0 && engine.getBytes(key, target) >= 0) hits++
      else engine.set(key, VALUE)
    }
  } finally {
    engine.close()
  }
  return hits
}
