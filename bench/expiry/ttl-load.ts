/**
 * A load of new keys whose times to live are drawn log-uniformly between two bounds, and how many
 * of its entries are alive: what else the engine counts is held by entries whose time is over.
 */
import type { Engine } from '../subjects/shared.ts'
import { randomNumbers } from '../workload.ts'

const VALUE = Buffer.alloc(100, 'x')

export interface HeldShare {
  /** Entries whose time is over, of all that are linked, in percent. */
  readonly mean: number
  readonly most: number
}

export class TtlLoad {
  readonly #engine: Engine
  readonly #low: number
  readonly #span: number
  readonly #random: () => number
  /** Entries that end in each slice of time, and the slice up to which they were taken off. */
  readonly #endings: Int32Array
  readonly #sliceMs: number
  readonly #from: number
  #slice = 0
  #alive = 0
  #shares: number[] = []
  sets = 0

  /** All times in ms; entries are not followed beyond `horizonMs`. */
  constructor(
    engine: Engine,
    times: { low: number; high: number; from: number; horizonMs: number; sliceMs: number },
    seed: number,
  ) {
    const next = randomNumbers(seed)
    this.#engine = engine
    this.#low = times.low
    this.#span = Math.log(times.high / times.low)
    this.#random = () => next() / 2 ** 32
    this.#endings = new Int32Array(Math.ceil((times.horizonMs + times.high) / times.sliceMs) + 2)
    this.#sliceMs = times.sliceMs
    this.#from = times.from
  }

  set(now: number): void {
    const ttl = Math.ceil(this.#low * Math.exp(this.#span * this.#random()))
    this.#engine.set(`expiring:${String(this.sets++).padStart(15, '0')}`, VALUE, ttl)
    const ending = Math.ceil((now + ttl - this.#from) / this.#sliceMs)
    this.#endings[ending] = (this.#endings[ending] as number) + 1
    this.#alive++
  }

  /** Notes what is held by entries that are over. */
  look(now: number): void {
    const last = Math.floor((now - this.#from) / this.#sliceMs)
    while (this.#slice <= last) this.#alive -= this.#endings[this.#slice++] as number
    const { entries } = this.#engine.stats()
    if (entries > 0) this.#shares.push((100 * Math.max(0, entries - this.#alive)) / entries)
  }

  forgetShares(): void {
    this.#shares = []
  }

  heldShare(): HeldShare {
    const sum = this.#shares.reduce((so, share) => so + share, 0)
    return { mean: sum / this.#shares.length, most: Math.max(...this.#shares) }
  }
}
