/**
 * Random schedules for programs that are too long to search (PCT; Burckhardt, Kothari, Musuvathi
 * and Nagarakatte, ASPLOS 2010). Threads get random priorities and the highest one runs; at d - 1
 * random accesses the running thread's priority drops below all others. A bug of depth d is found
 * in each execution with a probability of at least 1 / (n k^(d-1)).
 *
 * Older values are taken at random, one in eight; the access at which a thread dies is drawn, too.
 */
import type { Options } from './options.ts'
import { bit, type Strategy } from './strategy.ts'

/** The length of an execution before the first has been seen. */
const GUESSED_LENGTH = 200
const ONE_STALE_IN = 8

export class RandomPriorities implements Strategy {
  readonly #threads: number
  readonly #depth: number
  #random: number
  #priorities: number[] = []
  #drops: number[] = []
  #death = 0
  #chosen: number[] = []
  #lowest = 0

  constructor(threads: number, options: Options) {
    this.#threads = threads
    this.#depth = options.depth
    this.#random = Math.imul(options.seed | 0, 0x9e3779b1) ^ 0x2545f491 || 1
  }

  /** Draws the next schedule, of about as many accesses as the last one had. */
  begin(length: number): void {
    const accesses = length > 0 ? length : GUESSED_LENGTH
    this.#priorities = Array.from({ length: this.#threads }, (_, at) => at + 1)
    for (let at = this.#threads - 1; at > 0; at--) {
      const other = this.#draw(at + 1)
      const priority = this.#priorities[at]!
      this.#priorities[at] = this.#priorities[other]!
      this.#priorities[other] = priority
    }
    this.#drops = Array.from({ length: this.#depth - 1 }, () => this.#draw(accesses))
    this.#death = this.#draw(accesses)
    this.#chosen = []
    this.#lowest = 0
  }

  decide(depth: number, enabled: number): number {
    const known = this.#chosen[depth]
    if (known !== undefined) return known
    if (this.#drops.includes(depth)) this.#priorities[this.#highest(enabled)] = --this.#lowest
    const chosen = this.#highest(enabled)
    this.#chosen[depth] = chosen
    return chosen
  }

  alternative(depth: number, count: number, mayDie: boolean): number {
    if (mayDie && depth >= this.#death) return count - 1
    const values = mayDie ? count - 1 : count
    return values > 1 && this.#draw(ONE_STALE_IN) === 0 ? 1 + this.#draw(values - 1) : 0
  }

  happened(): void {}

  woke(): void {}

  #highest(enabled: number): number {
    let best = -1
    for (let thread = 0; thread < this.#threads; thread++) {
      if ((enabled & bit(thread)) === 0) continue
      if (best < 0 || this.#priorities[thread]! > this.#priorities[best]!) best = thread
    }
    return best
  }

  #draw(below: number): number {
    let x = this.#random
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#random = x
    return (x >>> 0) % below
  }
}
