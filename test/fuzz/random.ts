/**
 * Random choices that are the same for the same seed (mulberry32), for all fuzzing: a seed that is
 * printed replays what it made.
 */
export class Random {
  readonly seed: number
  #state: number

  constructor(seed: number) {
    this.seed = seed
    this.#state = seed >>> 0
  }

  /** A whole number from 0 below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }

  /** True once in so many times. */
  once(inTimes: number): boolean {
    return this.below(inTimes) === 0
  }

  one<Of>(of: readonly Of[]): Of {
    return of[this.below(of.length)]!
  }

  /** Some of them, in a random order. */
  some<Of>(of: readonly Of[], inTimes = 3): Of[] {
    return this.shuffled(of.filter(() => this.once(inTimes)))
  }

  shuffled<Of>(of: readonly Of[]): Of[] {
    const left = [...of]
    for (let n = left.length - 1; n > 0; n--) {
      const other = this.below(n + 1)
      const swapped = left[n]!
      left[n] = left[other]!
      left[other] = swapped
    }
    return left
  }

  /** Places to cut `length` bytes into at most `most` + 1 pieces, in order. */
  cuts(length: number, most: number): number[] {
    const count = length < 2 ? 0 : this.below(most + 1)
    const places = Array.from({ length: count }, () => 1 + this.below(length - 1))
    return [...new Set(places)].sort((a, b) => a - b)
  }
}
