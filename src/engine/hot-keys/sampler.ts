/**
 * One thread's notes on its keys. Of the uses one in `perSample` is looked at, drawn anew each time
 * so that no pattern of the caller hides a key. What is looked at goes through Space-Saving: a key
 * that has a place gains weight there; another takes the lightest place, with one more than the
 * weight it had, which is then its error. So a weight is never too low, never too high by more than
 * its error, and no error is above the sum of all weights divided by the number of places; every
 * key with a larger share than one in so many has a place.
 *
 * Weights are halved every half-life: what is told is what is hot, not what once was. A thread that
 * does nothing halves nothing; who reads its row does so on the copy (report.ts).
 *
 * Large values need no samples: whoever stores one compares its length with the smallest of those
 * noted, and that is all that nearly every store pays.
 *
 * Rejected: a sketch of counters for all keys (it cannot say which keys these are), and noting
 * every use (half as much again as a get).
 */
import type { KeyScratch } from '../../memory/key-scratch.ts'
import { SampleGaps } from '../sample-gaps.ts'
import { type HotKeysMemory, KeyRow, LARGE } from './rows.ts'

/** What a thread without notes counts down from: it looks up once in a billion uses. */
export const NEVER: number = 2 ** 30
/** So many samples between two looks at what readers found gone. */
const SAMPLES_PER_TIDYING = 64

export class KeySampler {
  readonly #row: KeyRow
  readonly #keys: number
  readonly #halfLifeMs: number
  readonly #gaps: SampleGaps
  #samples = 0

  /** @param row the thread's row of the engine */
  constructor(memory: HotKeysMemory, row: number, now: number) {
    this.#row = new KeyRow(memory, row)
    this.#keys = memory.keys
    this.#halfLifeMs = memory.halfLifeMs
    this.#gaps = new SampleGaps(memory.perSample, row ^ now)
    this.#row.tidy(0, this.#row.places)
    if (this.#row.halvedAt === 0) this.#row.halvedAt = now
  }

  /** Uses until the next sample. */
  draw(): number {
    return this.#gaps.next()
  }

  /** A use of the staged key that was drawn. */
  note(key: KeyScratch, now: number): void {
    const row = this.#row
    this.#halve(now)
    row.all++
    const place = row.find(key, 0, this.#keys)
    if (place >= 0) {
      row.weigh(place, row.weightOf(place) + 1)
      return
    }
    const lightest = -1 - place
    const error = row.weightOf(lightest)
    row.give(lightest, key, error + 1, error)
  }

  /**
   * A value of the staged key was stored, of more bytes than the last answer.
   * @returns above how many bytes to tell of the next one
   */
  noteLarge(key: KeyScratch, bytes: number): number {
    const row = this.#row
    const place = row.find(key, this.#keys, row.places)
    if (place >= 0) row.weigh(place, bytes)
    else row.give(-1 - place, key, bytes, 0)
    return this.largeFrom()
  }

  /** The smallest of the large values; 0 while there are free places. */
  largeFrom(): number {
    const row = this.#row
    let least = Number.MAX_SAFE_INTEGER
    for (let place = this.#keys; place < row.places; place++) {
      least = Math.min(least, row.weightOf(place))
    }
    return least
  }

  /** Whether it is time to ask `largeFrom` again: places were perhaps freed. */
  hasTidied(): boolean {
    if (++this.#samples % SAMPLES_PER_TIDYING !== 0) return false
    this.#row.tidy(this.#keys, this.#keys + LARGE)
    return true
  }

  #halve(now: number): void {
    const row = this.#row
    const periods = Math.floor((now - row.halvedAt) / this.#halfLifeMs)
    if (periods <= 0) return
    const left = 0.5 ** periods
    row.all *= left
    for (let place = 0; place < this.#keys; place++) {
      row.weigh(place, row.weightOf(place) * left)
      row.err(place, row.errorOf(place) * left)
    }
    row.halvedAt += periods * this.#halfLifeMs
  }
}
