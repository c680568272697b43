/**
 * Which connections watch which kinds of log lines: a place for each watcher, with its slot. So who
 * dies while it takes a place leaves nothing behind that closing the slot does not find. What all
 * of them watch together is summed up after each change of a place, and after each death: commands
 * look at that one word.
 *
 * ```
 *  31                     4 3      0
 *  how often summed up     | kinds      the first word
 *  slot + 1, or 0: free    | kinds      each place
 * ```
 */
import { load, peek, swap } from '#words'

const KIND_BITS = 4
const ALL_KINDS = (1 << KIND_BITS) - 1
/** As in memcached. */
const MOST_WATCHERS = 20
/** Words that they take. */
export const WATCH_WORDS: number = 1 + MOST_WATCHERS
/** Changes of others during one summing up; each of them sums up, too. */
const MOST_TRIES = 1000

export class WatchPlaces {
  readonly #words: Int32Array
  readonly #summary: number
  readonly #first: number

  constructor(words: Int32Array, at: number) {
    this.#words = words
    this.#summary = at
    this.#first = at + 1
  }

  /** Kinds that somebody watches. */
  get kinds(): number {
    return peek(this.#words, this.#summary) & ALL_KINDS
  }

  kindsOf(slot: number): number {
    for (let place = 0; place < MOST_WATCHERS; place++) {
      const word = peek(this.#words, this.#first + place)
      if (word >>> KIND_BITS === slot + 1) return word & ALL_KINDS
    }
    return 0
  }

  /** @returns false when all places are taken */
  add(slot: number, kinds: number): boolean {
    const word = ((slot + 1) << KIND_BITS) | kinds
    for (let place = 0; place < MOST_WATCHERS; place++) {
      const at = this.#first + place
      if (load(this.#words, at) !== 0 || !swap(this.#words, at, 0, word)) continue
      this.sumUp()
      return true
    }
    return false
  }

  /** Two threads may do so at once: one of them takes the place. */
  remove(slot: number): void {
    let isChanged = false
    for (let place = 0; place < MOST_WATCHERS; place++) {
      const at = this.#first + place
      const word = load(this.#words, at)
      if (word >>> KIND_BITS === slot + 1 && swap(this.#words, at, word, 0)) isChanged = true
    }
    if (isChanged) this.sumUp()
  }

  /** Whoever changes a place after it was looked at here sums up later. */
  sumUp(): void {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const seen = load(this.#words, this.#summary)
      let kinds = 0
      for (let place = 0; place < MOST_WATCHERS; place++) {
        kinds |= load(this.#words, this.#first + place) & ALL_KINDS
      }
      const fresh = (((seen >>> KIND_BITS) + 1) << KIND_BITS) | kinds
      if (swap(this.#words, this.#summary, seen, fresh)) return
    }
  }
}
