/**
 * What a run of the load found: counts of replies by outcome, the response times, and what the
 * generator says about itself. The findings of several threads add up to one.
 */
import { decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import type { Histogram } from 'hdr-histogram-js'
import { newSlice } from './recording.ts'
import type { Slice } from './recording.ts'
import { HIT, MISS, OUTCOMES, OUTCOME_NAMES, REFUSED, UNEXPECTED_MISS } from './wire-protocol.ts'

/** Compressed, as base64. */
interface PackedSlice {
  readonly response: string
  readonly lag: string
}

/** Findings as they travel between threads: histograms compressed. */
export interface ThreadFindings {
  readonly counts: readonly number[]
  readonly whole: PackedSlice
  readonly slices: readonly PackedSlice[]
  readonly seconds: number
  readonly unsent: number
  readonly lost: number
  readonly busy: number
  readonly samples: readonly string[]
}

export interface Findings {
  /** Replies by outcome, in the order of OUTCOME_NAMES. */
  readonly counts: readonly number[]
  /** Nanoseconds from the intended time of a request to its reply. */
  readonly response: Histogram
  /** Open loop: nanoseconds by which the generator itself was late. */
  readonly lag: Histogram
  /** Pieces of the run, by when requests were due, where they were asked for. */
  readonly slices: readonly Slice[]
  readonly operations: number
  /** Open loop: requests that were due and found no room until after the end. */
  readonly unsent: number
  /** Requests whose connection was closed before their reply. */
  readonly lost: number
  readonly seconds: number
  readonly perSecond: number
  /** Highest share of its time in which a thread of the generator was at work. */
  readonly busy: number
  /** Hits per get, undefined without gets. */
  readonly hitRatio: number | undefined
  /** Replies that are wrong or refused; a run with any has failed. */
  readonly errors: number
  /** `12 wrong values, 1 error replies`, empty without errors. */
  readonly errorText: string
  readonly samples: readonly string[]
}

export const PERCENTILES = [50, 90, 99, 99.9, 99.99] as const

export function packSlice({ response, lag }: Slice): PackedSlice {
  return {
    response: encodeIntoCompressedBase64(response),
    lag: encodeIntoCompressedBase64(lag),
  }
}

/** The same slice of several threads, or several slices of a run, as one. */
export function mergeSlices(slices: readonly Slice[]): Slice {
  const merged = newSlice()
  for (const { response, lag } of slices) {
    merged.response.add(response)
    merged.lag.add(lag)
  }
  return merged
}

function unpackSlice({ response, lag }: PackedSlice): Slice {
  return { response: decodeFromCompressedBase64(response), lag: decodeFromCompressedBase64(lag) }
}

export function addFindings(threads: readonly ThreadFindings[]): Findings {
  const { response, lag } = mergeSlices(threads.map((one) => unpackSlice(one.whole)))
  const slices = (threads[0]?.slices ?? []).map((_, index) =>
    mergeSlices(threads.map((one) => unpackSlice(one.slices[index]!))),
  )
  const counts = new Array<number>(OUTCOMES).fill(0)
  let perSecond = 0
  for (const one of threads) {
    let operations = 0
    one.counts.forEach((count, outcome) => {
      counts[outcome] += count
      operations += count
    })
    if (one.seconds > 0) perSecond += operations / one.seconds
  }
  const gets = counts[HIT] + counts[MISS] + counts[UNEXPECTED_MISS]
  const errors = counts.slice(REFUSED).reduce((sum, count) => sum + count, 0)
  return {
    counts,
    response,
    lag,
    slices,
    operations: counts.reduce((sum, count) => sum + count, 0),
    unsent: threads.reduce((sum, one) => sum + one.unsent, 0),
    lost: threads.reduce((sum, one) => sum + one.lost, 0),
    seconds: Math.max(...threads.map((one) => one.seconds)),
    perSecond,
    busy: Math.max(...threads.map((one) => one.busy)),
    hitRatio: gets === 0 ? undefined : counts[HIT] / gets,
    errors,
    errorText: errorTextOf(counts),
    samples: threads.flatMap((one) => one.samples),
  }
}

function errorTextOf(counts: readonly number[]): string {
  return OUTCOME_NAMES.map((name, outcome) => ({ name, outcome, count: counts[outcome] }))
    .filter(({ outcome, count }) => outcome >= REFUSED && count > 0)
    .map(({ name, count }) => `${count} ${name}`)
    .join(', ')
}

/** The percentile distribution in the text form that HdrHistogram's plotters read, microseconds. */
export function hgrmOf(histogram: Histogram): string {
  return histogram.outputPercentileDistribution(5, 1000)
}
