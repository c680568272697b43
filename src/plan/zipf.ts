/**
 * A forecast by hand: so many keys, asked for independently of each other with Zipf's popularity
 * (rank r with a weight of 1 / r^s), of one size. The hit ratio of LRU follows from Che's
 * approximation (H. Che, Y. Tung and Z. Wang, "Hierarchical web caching systems", IEEE JSAC 20(7),
 * 2002): an entry stays for a characteristic time T, the same for all, and is hit with the
 * probability that it is asked for within T; T is such that as many keys stay as there is room for.
 * Ranks are taken together in steps of a 64th of an octave, so that a billion keys are no work.
 */
import { chunkBytesOf, classesFor, memoryFor, roomOf, TABLE_BYTES } from './entry-cost.ts'
import type { Forecast } from './forecast.ts'
import type { Policy } from './miniature.ts'

export interface ByHand {
  readonly keys: number
  /** Zipf's exponent, 0 for uniform. */
  readonly exponent: number
  readonly keyBytes: number
  readonly valueBytes: number
  readonly expires: boolean
  readonly policy: Policy
}

const PER_OCTAVE = 64

/** Keys of like rank: how many, and the probability of a request for one of them. */
interface Group {
  readonly count: number
  readonly probability: number
}

export function forecastByHand({ keys, exponent, policy, ...sizes }: ByHand): Forecast {
  const groups = groupsOf(keys, exponent)
  const chunkBytes = (memory: number) =>
    chunkBytesOf(classesFor(memory), sizes.keyBytes, sizes.valueBytes, sizes.expires)
  const entriesAt = (memory: number) => {
    const bytes = chunkBytes(memory)
    return Math.min(
      keys,
      roomOf(memory, Math.min(keys, memory / (bytes + TABLE_BYTES)), 1, policy) / bytes,
    )
  }
  return {
    keys,
    memoryForAll: memoryFor(chunkBytes(2 ** 30) * keys, keys, 1, policy),
    most: 1,
    isReplayed: false,
    sampledKeys: Number.POSITIVE_INFINITY,
    entriesAt,
    hitRatioAt: (memory) => cheHitRatio(groups, entriesAt(memory)),
    standardErrorAt: () => 0,
    policiesAt: (memory) => [cheHitRatio(groups, entriesAt(memory))],
  }
}

export function groupsOf(keys: number, exponent: number): Group[] {
  const groups: { count: number; weight: number }[] = []
  let total = 0
  for (let rank = 1; rank <= keys; ) {
    const next = Math.min(keys + 1, Math.max(rank + 1, Math.floor(rank * 2 ** (1 / PER_OCTAVE))))
    const weight = 1 / Math.sqrt(rank * (next - 1)) ** exponent
    groups.push({ count: next - rank, weight })
    total += weight * (next - rank)
    rank = next
  }
  return groups.map(({ count, weight }) => ({ count, probability: weight / total }))
}

/** The hit ratio, 0 to 1, of an LRU cache with room for so many entries. */
export function cheHitRatio(groups: readonly Group[], entries: number): number {
  const keys = groups.reduce((sum, { count }) => sum + count, 0)
  if (entries >= keys) return 1
  const held = (time: number) =>
    groups.reduce((sum, { count, probability }) => sum + count * stays(probability, time), 0)
  let [low, high] = [0, 1]
  while (held(high) < entries) high *= 2
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (held(middle) < entries) low = middle
    else high = middle
  }
  return groups.reduce(
    (sum, { count, probability }) => sum + count * probability * stays(probability, high),
    0,
  )
}

function stays(probability: number, time: number): number {
  return -Math.expm1(-probability * time)
}
