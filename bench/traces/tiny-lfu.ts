/**
 * Simulation of what heddle calls `lfu`: TinyLFU admission (Einziger, Friedman, Manes, ACM ToS
 * 2017) in front of CLOCK.
 *
 * New entries pass through a window of 1 % of the capacity, first in, first out. Who leaves it is
 * compared with the entry that the 2-bit CLOCK hand would evict from the main part: the one that
 * was asked for more often lately stays. A hit raises the entry's two bits; the hand, when it takes
 * them off, and an eviction add them to the count.
 *
 * Counts are kept in the sketch of the paper, not exactly: who collides with whom is part of the
 * algorithm, and worth up to 2 points of hit ratio either way. It is the form of Caffeine: blocks
 * of 64 bytes with four rows of 32 counters of 4 bits, a block for each eight entries but 512 at
 * least, the smallest of a key's counters raised (conservative update). All are halved once in ten
 * times as many counts as the cache holds entries, a block at a time. The hashes are its own, so
 * the engine collides elsewhere: `seed` shows how much of a hit ratio is that chance.
 */
const WINDOW_SHARE = 0.01
const MOST_HEAT = 3
const ABSENT = -1

export function lfuHits(
  requests: Uint32Array,
  universe: number,
  capacity: number,
  seed = 1,
): number {
  const placeOf = new Int32Array(universe).fill(ABSENT)
  const keyAt = new Uint32Array(capacity)
  const heat = new Uint8Array(capacity)
  const isNew = new Uint8Array(capacity)
  const sketch = new Sketch(capacity, seed)
  const window = new Uint32Array(capacity + 1)
  const windowSize = Math.max(1, Math.floor(capacity * WINDOW_SHARE))
  let head = 0
  let tail = 0
  let used = 0
  let hand = 0
  let hits = 0

  /** The place of the main entry that CLOCK would evict; -1: the main part is empty. */
  function findVictim(): number {
    for (let steps = 0; steps < 5 * capacity; steps++) {
      const place = hand
      hand = hand + 1 === capacity ? 0 : hand + 1
      if (isNew[place] !== 0) continue
      if (heat[place] === 0) return place
      heat[place]!--
      sketch.add(keyAt[place]!, 1)
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
    const candidateCount = sketch.countOf(keyAt[candidate]!) + heat[candidate]!
    if (candidateCount <= sketch.countOf(keyAt[victim]!)) return candidate
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
      sketch.add(keyAt[free]!, heat[free]!)
      placeOf[keyAt[free]!] = ABSENT
    }
    sketch.add(key, 1)
    keyAt[free] = key
    heat[free] = 0
    isNew[free] = 1
    placeOf[key] = free
    window[head++ % window.length] = free
  }
  return hits
}

const ROWS = 4
const COUNTERS = 32
const MOST_COUNT = 15
const ENTRIES_PER_BLOCK = 8
const FEWEST_BLOCKS = 512
const SAMPLE = 10

class Sketch {
  readonly #blocks: number
  readonly #counters: Uint8Array
  readonly #seed: number
  readonly #period: number
  #counted = 0
  #halved = 0

  constructor(capacity: number, seed: number) {
    this.#blocks = Math.max(FEWEST_BLOCKS, Math.ceil(capacity / ENTRIES_PER_BLOCK))
    this.#counters = new Uint8Array(this.#blocks * ROWS * COUNTERS)
    this.#seed = seed
    this.#period = SAMPLE * capacity
  }

  countOf(key: number): number {
    let least = MOST_COUNT
    for (let row = 0; row < ROWS; row++) {
      least = Math.min(least, this.#counters[this.#placeOf(key, row)]!)
    }
    return least
  }

  add(key: number, times: number): void {
    const wanted = Math.min(MOST_COUNT, this.countOf(key) + times)
    for (let row = 0; row < ROWS; row++) {
      const place = this.#placeOf(key, row)
      this.#counters[place] = Math.max(wanted, this.#counters[place]!)
    }
    this.#counted += times
    const due = Math.floor((this.#counted / this.#period) * this.#blocks)
    for (; this.#halved < due; this.#halved++) {
      const block = (this.#halved % this.#blocks) * ROWS * COUNTERS
      for (let at = block; at < block + ROWS * COUNTERS; at++) this.#counters[at]! >>>= 1
    }
  }

  #placeOf(key: number, row: number): number {
    const block = mixed(key, this.#seed) % this.#blocks
    const counter = mixed(key, this.#seed + 1 + row) % COUNTERS
    return (block * ROWS + row) * COUNTERS + counter
  }
}

/** The finalizer of MurmurHash3 over a number and a seed. */
function mixed(key: number, seed: number): number {
  let digest = Math.imul(key + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca77)
  digest = Math.imul(digest ^ (digest >>> 16), 0x85ebca6b)
  digest = Math.imul(digest ^ (digest >>> 13), 0xc2b2ae35)
  return (digest ^ (digest >>> 16)) >>> 0
}
