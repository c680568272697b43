/**
 * Exact simulation of what heddle calls `lfu`: TinyLFU admission (Einziger, Friedman, Manes, ACM
 * ToS 2017) in front of CLOCK, with exact counts in place of a sketch.
 *
 * New entries pass through a window of 1 % of the capacity, first in, first out. Who leaves it is
 * compared with the entry that the 2-bit CLOCK hand would evict from the main part: the one that
 * was asked for more often lately stays. Counts go up to 15 and are halved once in ten times as
 * many accesses as the cache holds entries, a part of them at a time. A hit raises the entry's two
 * bits; the hand, when it takes them off, and an eviction add them to the count.
 */
const WINDOW_SHARE = 0.01
const MOST_COUNT = 15
const MOST_HEAT = 3
const SAMPLE = 10
const ABSENT = -1

export function lfuHits(requests: Uint32Array, universe: number, capacity: number): number {
  const placeOf = new Int32Array(universe).fill(ABSENT)
  const keyAt = new Uint32Array(capacity)
  const heat = new Uint8Array(capacity)
  const isNew = new Uint8Array(capacity)
  const counts = new Uint8Array(universe)
  const window = new Uint32Array(capacity + 1)
  const windowSize = Math.max(1, Math.floor(capacity * WINDOW_SHARE))
  let head = 0
  let tail = 0
  let used = 0
  let hand = 0
  let hits = 0
  let counted = 0
  let aged = 0

  function add(key: number, times: number): void {
    counts[key] = Math.min(MOST_COUNT, counts[key]! + times)
    counted += times
    const due = Math.floor((counted / (SAMPLE * capacity)) * universe)
    for (; aged < due; aged++) counts[aged % universe]! >>>= 1
  }
  /** The place of the main entry that CLOCK would evict; -1: the main part is empty. */
  function findVictim(): number {
    for (let steps = 0; steps < 5 * capacity; steps++) {
      const place = hand
      hand = hand + 1 === capacity ? 0 : hand + 1
      if (isNew[place] !== 0) continue
      if (heat[place] === 0) return place
      heat[place]!--
      add(keyAt[place]!, 1)
    }
    return ABSENT
  }
  function evict(): number {
    // What a cache that was not full let into the window belongs to the main part.
    while (head - tail > windowSize) isNew[window[tail++ % window.length]!] = 0
    if (head - tail < windowSize) return findVictim()
    const candidate = window[tail++ % window.length]!
    const victim = findVictim()
    if (victim === ABSENT) return candidate
    const candidateCount = counts[keyAt[candidate]!]! + heat[candidate]!
    if (candidateCount <= counts[keyAt[victim]!]!) return candidate
    isNew[candidate] = 0
    return victim
  }
  for (const key of requests) {
    const place = placeOf[key]!
    if (place !== ABSENT) {
      hits++
      if (heat[place]! < MOST_HEAT) heat[place]!++
      continue
    }
    let free = used
    if (used < capacity) used++
    else {
      free = evict()
      add(keyAt[free]!, heat[free]!)
      placeOf[keyAt[free]!] = ABSENT
    }
    add(key, 1)
    keyAt[free] = key
    heat[free] = 0
    isNew[free] = 1
    placeOf[key] = free
    window[head++ % window.length] = free
  }
  return hits
}
