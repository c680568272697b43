/**
 * The response times of a run and how late the generator itself was, as histograms; on request also
 * in slices of the run, by the time that a request was due. A disturbance in the middle of a run is
 * then seen in its slices, beside the calm ones of the same run. All memory is taken before the
 * clock runs.
 */
import { build } from 'hdr-histogram-js'
import type { Histogram } from 'hdr-histogram-js'

/** Nanoseconds from 1 to 1,000 seconds, three significant digits. */
export const HISTOGRAM = {
  bitBucketSize: 32,
  lowestDiscernibleValue: 1,
  highestTrackableValue: 1_000_000_000_000,
  numberOfSignificantValueDigits: 3,
} as const

/** A piece of a run: requests that were due in it. */
export interface Slice {
  readonly response: Histogram
  readonly lag: Histogram
}

const NS_PER_MS = 1e6

export function newSlice(): Slice {
  return { response: build(HISTOGRAM), lag: build(HISTOGRAM) }
}

export class Recording {
  readonly whole: Slice = newSlice()
  readonly slices: readonly Slice[]
  readonly #beginAt: number
  readonly #sliceMs: number

  /** @param beginAt on performance.now()'s clock @param sliceMs undefined: one piece */
  constructor(beginAt: number, seconds: number, sliceMs: number | undefined) {
    this.#beginAt = beginAt
    this.#sliceMs = sliceMs ?? 0
    const count = sliceMs === undefined ? 0 : Math.ceil((seconds * 1000) / sliceMs)
    this.slices = Array.from({ length: count }, newSlice)
  }

  replied(dueAt: number, now: number): void {
    const ns = nanoseconds(now - dueAt)
    this.whole.response.recordValue(ns)
    if (this.#sliceMs !== 0) this.#sliceOf(dueAt)?.response.recordValue(ns)
  }

  /** The generator noticed that a request was due. */
  noticed(dueAt: number, now: number): void {
    const ns = nanoseconds(now - dueAt)
    this.whole.lag.recordValue(ns)
    if (this.#sliceMs !== 0) this.#sliceOf(dueAt)?.lag.recordValue(ns)
  }

  #sliceOf(dueAt: number): Slice | undefined {
    return this.slices[Math.floor((dueAt - this.#beginAt) / this.#sliceMs)]
  }
}

function nanoseconds(ms: number): number {
  return Math.max(1, Math.round(ms * NS_PER_MS))
}
