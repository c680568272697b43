/**
 * Which rates a server is asked at: the highest that it sustains, and shares of that. A closed loop
 * says where to look; what counts is the open loop, which is what latency is measured with, so that
 * 95 % of the maximum is 95 % of what this generator and this server reach together.
 */
import type { Histogram } from 'hdr-histogram-js'
import type { Findings } from './findings.ts'

type Throughput = Pick<Findings, 'perSecond' | 'unsent'>
/** One load: at a rate, or as a closed loop. */
export type Play<Found extends Throughput = Findings> = (
  rate: number | undefined,
  seconds: number,
) => Promise<Found>

export interface Maximum {
  /** Replies per second of the closed loop. */
  readonly closed: number
  /** The highest rate of the open loop that was sustained; see doubtOf. */
  readonly sustained: number
  readonly tries: readonly { readonly rate: number; readonly isSustained: boolean }[]
}

/** Replies came within this share of the rate, and nothing was left unsent. */
const SUSTAINED = 0.97
const DOWN = 0.85
const UP = 1.15
const MOST_DOWN = 6
const MOST_UP = 3

export function isSustained(rate: number, { unsent, perSecond }: Throughput): boolean {
  return unsent === 0 && perSecond >= rate * SUSTAINED
}

/** @param isOver asked between loads: true ends the search with what was found */
export async function findMaximum(
  play: Play<Throughput>,
  seconds: number,
  isOver: () => boolean = () => false,
): Promise<Maximum> {
  const closed = (await play(undefined, seconds)).perSecond
  const tries: { rate: number; isSustained: boolean }[] = []
  let reached = 0
  const attempt = async (rate: number) => {
    const found = await play(rate, seconds)
    reached = found.perSecond
    tries.push({ rate, isSustained: isSustained(rate, found) })
    return tries.at(-1)!.isSustained
  }
  let rate = Math.max(1, Math.round(closed))
  let most = 0
  if (await attempt(rate)) {
    for (let n = 0; n < MOST_UP && !isOver(); n++) {
      const higher = Math.round(rate * UP)
      if (!(await attempt(higher))) break
      rate = higher
    }
    return { closed, sustained: rate, tries }
  }
  for (let n = 0; n < MOST_DOWN && !isOver(); n++) {
    most = Math.max(most, reached)
    rate = Math.max(1, Math.round(Math.min(rate * DOWN, reached)))
    if (await attempt(rate)) return { closed, sustained: rate, tries }
  }
  return { closed, sustained: Math.max(1, Math.round(most)), tries }
}

/** A sentence where no rate that was tried was sustained. */
export function doubtOf({ tries, closed, sustained }: Maximum): string | undefined {
  const last = tries.at(-1)
  if (last === undefined || tries.some((one) => one.isSustained)) return undefined
  const percent = Math.round((100 * last.rate) / closed)
  return (
    `No rate was sustained, not even ${last.rate}/s (${percent} % of the closed loop): the ` +
    'server or this machine is busy with other things. Taken for the maximum is the most that ' +
    `came back in one of these loads, ${sustained}/s.`
  )
}

/** NaN where the run had too few requests to say anything of this percentile. */
export function percentileNs(histogram: Histogram, percentile: number): number {
  if (histogram.totalCount * (1 - percentile / 100) < 1) return Number.NaN
  return histogram.getValueAtPercentile(percentile)
}
