/**
 * Exact simulations of two eviction policies over a trace, as references for heddle's hit ratio.
 * Both take indices of keys below `universe` and answer how many of the requests hit in a cache
 * of `capacity` entries.
 *
 * CLOCK with a 2-bit count: a new entry starts at 0; a hit adds one, up to 3; the hand takes one
 * off each entry that it passes and evicts the first that it finds at 0. The new entry takes that
 * place and the hand moves on.
 *
 * LRU: a doubly linked list through two arrays, most recent after the sentinel.
 */
const MOST_COUNT = 3
const ABSENT = -1

export function clockHits(requests: Uint32Array, universe: number, capacity: number): number {
  const placeOf = new Int32Array(universe).fill(ABSENT)
  const keyAt = new Uint32Array(capacity)
  const countAt = new Uint8Array(capacity)
  let used = 0
  let hand = 0
  let hits = 0
  for (const key of requests) {
    const place = placeOf[key] as number
    if (place !== ABSENT) {
      hits++
      const count = countAt[place] as number
      if (count < MOST_COUNT) countAt[place] = count + 1
      continue
    }
    let free = used
    if (used < capacity) {
      used++
    } else {
      while ((countAt[hand] as number) > 0) {
        countAt[hand] = (countAt[hand] as number) - 1
        hand = hand + 1 === capacity ? 0 : hand + 1
      }
      free = hand
      placeOf[keyAt[free] as number] = ABSENT
      hand = hand + 1 === capacity ? 0 : hand + 1
    }
    keyAt[free] = key
    countAt[free] = 0
    placeOf[key] = free
  }
  return hits
}

export function lruHits(requests: Uint32Array, universe: number, capacity: number): number {
  const sentinel = universe
  const before = new Int32Array(universe + 1).fill(ABSENT)
  const after = new Int32Array(universe + 1).fill(ABSENT)
  before[sentinel] = sentinel
  after[sentinel] = sentinel
  let used = 0
  let hits = 0

  function unlink(key: number): void {
    const next = after[key] as number
    const previous = before[key] as number
    after[previous] = next
    before[next] = previous
    after[key] = ABSENT
  }
  for (const key of requests) {
    if (after[key] !== ABSENT) {
      hits++
      unlink(key)
    } else if (used < capacity) {
      used++
    } else {
      unlink(before[sentinel] as number)
    }
    const first = after[sentinel] as number
    after[key] = first
    before[key] = sentinel
    before[first] = key
    after[sentinel] = key
  }
  return hits
}
