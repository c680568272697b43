/**
 * What a run of the load found: counts of replies by outcome, the response times, and what the
 * generator says about itself. The findings of several threads add up to one.
 */
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import type { Histogram } from 'hdr-histogram-js'
import { HIT, MISS, OUTCOMES, OUTCOME_NAMES, REFUSED, UNEXPECTED_MISS } from './wire-protocol.ts'

/** Nanoseconds from 1 to 1,000 seconds, three significant digits. */
export const HISTOGRAM = {
  bitBucketSize: 32,
  lowestDiscernibleValue: 1,
  highestTrackableValue: 1_000_000_000_000,
  numberOfSignificantValueDigits: 3,
} as const

/** Findings as they travel between threads: histograms compressed. */
export interface ThreadFindings {
  readonly counts: readonly number[]
  readonly response: string
  readonly lag: string
  readonly seconds: number
  readonly unsent: number
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
  readonly operations: number
  /** Open loop: requests that were due and found no room until after the end. */
  readonly unsent: number
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

export function packHistogram(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram)
}

export function addFindings(threads: readonly ThreadFindings[]): Findings {
  const response = build(HISTOGRAM)
  const lag = build(HISTOGRAM)
  const counts = new Array<number>(OUTCOMES).fill(0)
  let perSecond = 0
  for (const one of threads) {
    response.add(decodeFromCompressedBase64(one.response))
    lag.add(decodeFromCompressedBase64(one.lag))
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
    operations: counts.reduce((sum, count) => sum + count, 0),
    unsent: threads.reduce((sum, one) => sum + one.unsent, 0),
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
