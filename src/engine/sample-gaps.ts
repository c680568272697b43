/**
 * How far it is from one sample to the next: 1 to twice the mean less one, each as likely. A fixed
 * step would meet the same call of a repeating pattern for ever.
 */
export class SampleGaps {
  readonly #most: number
  /** State of a xorshift generator, never 0. */
  #state: number

  /** @param seed other numbers for each thread */
  constructor(mean: number, seed: number) {
    this.#most = 2 * mean - 1
    this.#state = (0x9e3779b9 ^ seed) | 1
  }

  next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return 1 + ((state >>> 0) % this.#most)
  }
}
