/**
 * Belady's optimum: how many requests hit in a cache that knows the future and keeps the entries
 * whose next use is nearest (L. A. Belady, "A study of replacement algorithms for a virtual-storage
 * computer", IBM Systems Journal 5(2), 1966). It may also decline to keep what was just asked for,
 * so that it bounds policies with admission too.
 *
 * A cached key stands at the position of its next request, in a set of positions that finds its
 * largest member in a few steps: a bit per position, a bit for each word that is not 0, and so on.
 */
const NEVER = -1
const BITS = 5

export function beladyHits(requests: Uint32Array, universe: number, capacity: number): number {
  const nextUse = nextUses(requests, universe)
  const cached = new PositionSet(requests.length)
  let hits = 0
  let used = 0
  for (let at = 0; at < requests.length; at++) {
    const wasCached = cached.delete(at)
    if (wasCached) {
      hits++
      used--
    }
    const next = nextUse[at] as number
    if (next === NEVER) continue
    cached.add(next)
    if (++used > capacity) {
      cached.delete(cached.largest())
      used--
    }
  }
  return hits
}

/** For each request the position of the next one for its key, or -1. */
export function nextUses(requests: Uint32Array, universe: number): Int32Array {
  const next = new Int32Array(requests.length)
  const seen = new Int32Array(universe).fill(NEVER)
  for (let at = requests.length - 1; at >= 0; at--) {
    const key = requests[at] as number
    next[at] = seen[key] as number
    seen[key] = at
  }
  return next
}

class PositionSet {
  /** The first level has a bit per position, each further one a bit per word of the one before. */
  readonly #levels: Int32Array[] = []

  constructor(positions: number) {
    let words = positions
    do {
      words = (words >>> BITS) + 1
      this.#levels.push(new Int32Array(words))
    } while (words > 1)
  }

  add(position: number): void {
    let at = position
    for (const level of this.#levels) {
      level[at >>> BITS]! |= 1 << (at & 31)
      at >>>= BITS
    }
  }

  /** @returns whether it was there */
  delete(position: number): boolean {
    let at = position
    for (const [depth, level] of this.#levels.entries()) {
      const word = level[at >>> BITS] as number
      if (depth === 0 && (word & (1 << (at & 31))) === 0) return false
      const left = word & ~(1 << (at & 31))
      level[at >>> BITS] = left
      if (left !== 0) break
      at >>>= BITS
    }
    return true
  }

  /** Of a set that is not empty. */
  largest(): number {
    let at = 0
    for (let depth = this.#levels.length - 1; depth >= 0; depth--) {
      const word = (this.#levels[depth] as Int32Array)[at] as number
      at = (at << BITS) | (31 - Math.clz32(word))
    }
    return at
  }
}
