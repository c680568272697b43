/**
 * What no cache bounded by bytes can exceed. With values of different sizes the optimum itself is
 * NP-hard, so this is its tightest known simple bound, PFOO-L (D. S. Berger, N. Beckmann and M.
 * Harchol-Balter, "Practical bounds on optimal caching with variable object sizes", SIGMETRICS
 * 2018): a hit on a value of s bytes whose last use is d requests ago holds s bytes for d requests,
 * and all hits together hold at most the capacity at each request. The cheapest hits are taken
 * until this sum is used up, whether or not they fit at each moment.
 */
import { nextUses } from './belady.ts'

export interface ByteBound {
  /** Of requests, 0 to 1. */
  readonly hitRatio: number
  /** Of the bytes asked for, 0 to 1. */
  readonly byteHitRatio: number
}

/** @param bytes of each key's entry */
export function byteBound(
  requests: Uint32Array,
  bytes: ArrayLike<number>,
  capacity: number,
): ByteBound {
  const next = nextUses(requests, bytes.length)
  let bytesAsked = 0
  const costs = new Float64Array(requests.length)
  /** Bytes that are reused after so many requests; per byte such a hit costs that many requests. */
  const bytesAfter = new Float64Array(requests.length + 1)
  let hits = 0
  for (let at = 0; at < requests.length; at++) {
    const size = bytes[requests[at] as number] as number
    bytesAsked += size
    const distance = (next[at] as number) - at
    if (distance <= 0) continue
    costs[hits++] = size * distance
    bytesAfter[distance]! += size
  }
  const budget = capacity * requests.length
  const taken = cheapest(costs.subarray(0, hits).sort(), budget)
  return {
    hitRatio: taken / requests.length,
    byteHitRatio: nearest(bytesAfter, budget) / bytesAsked,
  }
}

function cheapest(costs: Float64Array, budget: number): number {
  let left = budget
  let taken = 0
  for (const cost of costs) {
    if (cost > left) return taken + left / cost
    left -= cost
    taken++
  }
  return taken
}

function nearest(bytesAfter: Float64Array, budget: number): number {
  let left = budget
  let taken = 0
  for (let distance = 1; distance < bytesAfter.length; distance++) {
    const bytes = bytesAfter[distance] as number
    if (bytes * distance > left) return taken + left / distance
    left -= bytes * distance
    taken += bytes
  }
  return taken
}
