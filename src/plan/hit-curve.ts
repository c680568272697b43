/**
 * A hit-ratio curve: over the size of a cache, the share of uses that hit. It is collected from
 * distances (stack-distances.ts) in buckets of a 64th of an octave, 1.1 % wide, so that it takes
 * the same few kilobytes for a thousand uses and for a billion; within a bucket it is a straight
 * line.
 */
const PER_OCTAVE = 64
const MOST_OCTAVES = 60

export class HitCurve {
  readonly #counts = new Float64Array(PER_OCTAVE * MOST_OCTAVES)
  #uses = 0

  /** @param distance the size from which on the use is a hit, 1 or more; Infinity: never */
  note(distance: number): void {
    this.#uses++
    if (Number.isFinite(distance)) this.#counts[bucketOf(distance)]!++
  }

  /**
   * Sampling by key over- or undercounts uses when a very hot key is or is not in the sample. What
   * is missing is added at the shortest distance, where hot keys are, and what is too much taken
   * away there (SHARDS-adj, C. Waldspurger et al., "Efficient MRC construction with SHARDS",
   * FAST '15, section 4.3).
   * @param expected uses: those seen in all, times the rate
   */
  adjust(expected: number): void {
    let tooMany = this.#uses - expected
    this.#uses = expected
    if (tooMany < 0) this.#counts[0]! -= tooMany
    for (let bucket = 0; bucket < this.#counts.length && tooMany > 0; bucket++) {
      const taken = Math.min(tooMany, this.#counts[bucket] as number)
      this.#counts[bucket]! -= taken
      tooMany -= taken
    }
  }

  /** The share of uses, 0 to 1, that hit in a cache of this size. */
  at(size: number): number {
    if (this.#uses === 0 || size < 1) return 0
    const last = bucketOf(size)
    let hits = 0
    for (let bucket = 0; bucket < last; bucket++) hits += this.#counts[bucket] as number
    const from = startOf(last)
    const share = Math.min(1, (size - from) / (startOf(last + 1) - from))
    return Math.min(1, (hits + share * (this.#counts[last] as number)) / this.#uses)
  }

  get uses(): number {
    return this.#uses
  }

  /** The share of uses that hit in a cache without bound. */
  get most(): number {
    return this.#uses === 0 ? 0 : this.#counts.reduce((sum, count) => sum + count, 0) / this.#uses
  }
}

function bucketOf(distance: number): number {
  const bucket = Math.floor(Math.log2(Math.max(1, distance)) * PER_OCTAVE)
  return Math.min(bucket, PER_OCTAVE * MOST_OCTAVES - 1)
}

function startOf(bucket: number): number {
  return 2 ** (bucket / PER_OCTAVE)
}
