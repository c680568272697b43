/**
 * Exact simulations of policies that keep entries in the order of their arrival: FIFO, RANDOM
 * (which keeps none), SIEVE and S3-FIFO. As in policies.ts, each takes indices of keys below
 * `universe` and answers how many of the requests hit in a cache of `capacity` entries.
 *
 * SIEVE: Zhang et al., NSDI 2024. A hit sets the visited bit; the hand goes from the oldest entry
 * to the newest, takes the bit from those that have it and evicts the first that has none; new
 * entries come in at the newest end, wherever the hand is.
 *
 * S3-FIFO: Yang et al., SOSP 2023. New entries enter the small queue, a tenth of the capacity;
 * those used more than once until they come to its end go on to the main queue, which is FIFO with
 * reinsertion over 2 bits, the others to the ghost queue, which remembers the keys of nine tenths
 * of the capacity. Who comes back from there enters the main queue.
 */
const ABSENT = -1

export function fifoHits(requests: Uint32Array, universe: number, capacity: number): number {
  const isIn = new Uint8Array(universe)
  const keyAt = new Uint32Array(capacity)
  let arrived = 0
  let hits = 0
  for (const key of requests) {
    if (isIn[key] !== 0) {
      hits++
      continue
    }
    const place = arrived % capacity
    if (arrived++ >= capacity) isIn[keyAt[place]!] = 0
    keyAt[place] = key
    isIn[key] = 1
  }
  return hits
}

/** The victim is any entry, each as likely as the others (xorshift from `seed`, not 0). */
export function randomHits(
  requests: Uint32Array,
  universe: number,
  capacity: number,
  seed = 0x2545f491,
): number {
  const isIn = new Uint8Array(universe)
  const keyAt = new Uint32Array(capacity)
  let random = seed
  let used = 0
  let hits = 0
  for (const key of requests) {
    if (isIn[key] !== 0) {
      hits++
      continue
    }
    let place = used
    if (used < capacity) used++
    else {
      random ^= random << 13
      random ^= random >>> 17
      random ^= random << 5
      place = (random >>> 0) % capacity
      isIn[keyAt[place]!] = 0
    }
    keyAt[place] = key
    isIn[key] = 1
  }
  return hits
}

export function sieveHits(requests: Uint32Array, universe: number, capacity: number): number {
  const sentinel = universe
  const newer = new Int32Array(universe + 1).fill(ABSENT)
  const older = new Int32Array(universe + 1).fill(ABSENT)
  newer[sentinel] = sentinel // the oldest
  older[sentinel] = sentinel // the newest
  const isVisited = new Uint8Array(universe)
  let hand = sentinel
  let used = 0
  let hits = 0
  for (const key of requests) {
    if (newer[key] !== ABSENT) {
      hits++
      isVisited[key] = 1
      continue
    }
    if (used < capacity) used++
    else {
      for (;;) {
        if (hand === sentinel) hand = newer[sentinel]!
        if (isVisited[hand] === 0) break
        isVisited[hand] = 0
        hand = newer[hand]!
      }
      const next = newer[hand]!
      const before = older[hand]!
      newer[before] = next
      older[next] = before
      newer[hand] = ABSENT
      hand = next
    }
    const newest = older[sentinel]!
    newer[newest] = key
    older[key] = newest
    newer[key] = sentinel
    older[sentinel] = key
    isVisited[key] = 0
  }
  return hits
}

const SMALL_SHARE = 0.1
const GHOST_SHARE = 0.9
const PROMOTED_FROM = 2
const MOST_USES = 3
const NOWHERE = 0
const SMALL = 1
const MAIN = 2

export function s3FifoHits(requests: Uint32Array, universe: number, capacity: number): number {
  const whereIs = new Uint8Array(universe)
  const uses = new Uint8Array(universe)
  const leftAt = new Float64Array(universe).fill(-Infinity)
  const small = new Queue(capacity)
  const main = new Queue(capacity)
  const smallSize = Math.max(1, Math.floor(capacity * SMALL_SHARE))
  const ghosts = Math.floor(capacity * GHOST_SHARE)
  let left = 0
  let hits = 0

  function evict(): void {
    while (small.size >= smallSize || main.size === 0) {
      const key = small.take()
      if (uses[key]! >= PROMOTED_FROM) {
        uses[key] = 0
        whereIs[key] = MAIN
        main.put(key)
      } else {
        whereIs[key] = NOWHERE
        leftAt[key] = left++
        return
      }
    }
    for (;;) {
      const key = main.take()
      if (uses[key] === 0) {
        whereIs[key] = NOWHERE
        return
      }
      uses[key]!--
      main.put(key)
    }
  }
  for (const key of requests) {
    if (whereIs[key] !== NOWHERE) {
      hits++
      if (uses[key]! < MOST_USES) uses[key]!++
      continue
    }
    if (small.size + main.size >= capacity) evict()
    uses[key] = 0
    const isBack = left - leftAt[key]! <= ghosts
    leftAt[key] = -Infinity
    // A cache that was never full fills its main queue, too, and does not throw out what is cold.
    const isMain = isBack || (left === 0 && small.size >= smallSize)
    whereIs[key] = isMain ? MAIN : SMALL
    if (isMain) main.put(key)
    else small.put(key)
  }
  return hits
}

/** First in, first out, in a ring that holds `capacity` keys. */
class Queue {
  readonly #ring: Uint32Array
  #from = 0
  size = 0
  constructor(capacity: number) {
    this.#ring = new Uint32Array(capacity + 1)
  }
  put(key: number): void {
    this.#ring[(this.#from + this.size) % this.#ring.length] = key
    this.size++
  }
  take(): number {
    const key = this.#ring[this.#from]!
    this.#from = (this.#from + 1) % this.#ring.length
    this.size--
    return key
  }
}
