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

/**
 * S3-FIFO as in a cache whose entries stay where they are: a new entry takes the place of the one
 * that went for it, the main queue is a CLOCK hand that goes over the places in their order and
 * passes by those of the small queue, and joining the main queue changes nothing else.
 */
export function s3FifoHits(requests: Uint32Array, universe: number, capacity: number): number {
  const placeOf = new Int32Array(universe).fill(ABSENT)
  const leftAt = new Float64Array(universe).fill(-Infinity)
  const keyAt = new Uint32Array(capacity)
  const uses = new Uint8Array(capacity)
  const isSmall = new Uint8Array(capacity)
  const small = new Queue(capacity)
  const smallSize = Math.max(1, Math.floor(capacity * SMALL_SHARE))
  const ghosts = Math.floor(capacity * GHOST_SHARE)
  let used = 0
  let left = 0
  let hand = 0
  let hits = 0

  /** The place of the entry that goes. */
  function evict(): number {
    // What a cache that was not full took in belongs to the main queue.
    while (small.size > smallSize) isSmall[small.take()] = 0
    while (small.size >= smallSize || small.size === used) {
      const place = small.take()
      if (uses[place]! < PROMOTED_FROM) {
        leftAt[keyAt[place]!] = left++
        return place
      }
      uses[place] = 0
      isSmall[place] = 0
    }
    for (;;) {
      const place = hand
      hand = hand + 1 === capacity ? 0 : hand + 1
      if (isSmall[place] !== 0) continue
      if (uses[place] === 0) return place
      uses[place]!--
    }
  }
  for (const key of requests) {
    const present = placeOf[key]!
    if (present !== ABSENT) {
      hits++
      if (uses[present]! < MOST_USES) uses[present]!++
      continue
    }
    let place = used
    if (used < capacity) used++
    else {
      place = evict()
      placeOf[keyAt[place]!] = ABSENT
    }
    keyAt[place] = key
    placeOf[key] = place
    uses[place] = 0
    const isBack = left - leftAt[key]! <= ghosts
    leftAt[key] = -Infinity
    isSmall[place] = isBack ? 0 : 1
    if (!isBack) small.put(place)
  }
  return hits
}

/** First in, first out, in a ring that holds `capacity` places. */
class Queue {
  readonly #ring: Uint32Array
  #from = 0
  size = 0
  constructor(capacity: number) {
    this.#ring = new Uint32Array(capacity + 1)
  }
  put(place: number): void {
    this.#ring[(this.#from + this.size) % this.#ring.length] = place
    this.size++
  }
  take(): number {
    const place = this.#ring[this.#from]!
    this.#from = (this.#from + 1) % this.#ring.length
    this.size--
    return place
  }
}
