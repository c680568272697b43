/** Calm and disturbed windows side by side, with what proves the disturbance. */
import type { Histogram } from 'hdr-histogram-js'
import { mergeSlices } from '../../src/load/findings.ts'
import type { Slice } from '../../src/load/recording.ts'
import { percentileNs } from '../../src/load/sweep.ts'
import { fnv1a, hex, median, shown } from '../measurement.ts'
import type { BarChart, Measurement, PanelChart, Parameters, Table } from '../measurement.ts'
import type { Part } from '../options.ts'
import { SLICE_MS } from './play.ts'
import type { Disturbed } from './play.ts'

/** One disturbance of one server, in all rounds. */
export interface Series {
  readonly subject: string
  readonly what: string
  readonly rate: number
  readonly rounds: Disturbed[]
}

const PART: Part = 'disturbed'
const NS_PER_US = 1000
const PERCENTILES = [50, 99, 99.9, 100] as const
/** With fewer requests the longest one stands for it. */
const LEAST_FOR_P99 = 100
const WINDOWS = ['calm', 'during'] as const

function us(histogram: Histogram, percentile: number): number {
  const ns = percentile === 100 ? histogram.maxValue : percentileNs(histogram, percentile)
  return ns / NS_PER_US
}

function nameOf(percentile: number): string {
  return percentile === 100 ? 'max' : `p${percentile}`
}

function windowOf({ rounds }: Series, window: (typeof WINDOWS)[number]): Slice {
  return mergeSlices(rounds.map((round) => round[window]))
}

export function measurementsOf(series: Series, parameters: Parameters): Measurement[] {
  const { subject, what, rate, rounds } = series
  const all = { ...parameters, what, rate }
  const checksum = hex(fnv1a(JSON.stringify(all)))
  const line = (operation: string, value: number, unit: string): Measurement => ({
    ...{ suite: PART, subject, operation, threads: 1, value, unit, parameters: all, checksum },
  })
  const found = WINDOWS.flatMap((window) => {
    const { response, lag } = windowOf(series, window)
    return [
      ...PERCENTILES.map((p) => line(`${window} ${nameOf(p)}`, us(response, p), 'us')),
      line(`${window} lag p99`, us(lag, 99), 'us'),
      line(`${window} lag max`, us(lag, 100), 'us'),
    ].filter(({ value }) => Number.isFinite(value))
  })
  found.push(line('lasted', median(rounds.map(({ ms }) => ms)), 'ms'))
  found.push(line('lost', median(rounds.map(({ lost }) => lost)), 'requests'))
  return found
}

export function disturbedTables(all: readonly Series[]): Table[] {
  return [...Map.groupBy(all, ({ what }) => what)].map(([what, members]) => ({
    title: `During ${what}: microseconds, calm window / its window of the same run`,
    columns: [
      ...['server', 'rate/s', ...PERCENTILES.map(nameOf), 'lag p99', 'lag max', 'ms', 'lost'],
      'it happened',
    ],
    rows: members.map((series) => {
      const calm = windowOf(series, 'calm')
      const during = windowOf(series, 'during')
      const pair = (of: (slice: Slice) => number) => `${shown(of(calm))} / ${shown(of(during))}`
      return [
        ...[series.subject, shown(series.rate)],
        ...PERCENTILES.map((p) => pair(({ response }) => us(response, p))),
        ...[99, 100].map((p) => pair(({ lag }) => us(lag, p))),
        shown(median(series.rounds.map(({ ms }) => ms))),
        String(median(series.rounds.map(({ lost }) => lost))),
        series.rounds.at(-1)!.proof,
      ]
    }),
  }))
}

/** The thin line goes from the calm window's figure to that of the disturbance. */
export function disturbedBars(all: readonly Series[]): BarChart {
  const groups = [...Map.groupBy(all, ({ what }) => what)].map(([label, members]) => ({
    label,
    bars: members.map((series) => {
      const drawn = (window: (typeof WINDOWS)[number]) => {
        const { response } = windowOf(series, window)
        return us(response, response.totalCount < LEAST_FOR_P99 ? 100 : 99)
      }
      const calm = drawn('calm')
      const value = drawn('during')
      return { label: series.subject, value, low: Math.min(calm, value), high: value }
    }),
  }))
  const title = 'p99 during a disturbance; the line begins at the calm window of the same run'
  return { kind: 'bars', title, unit: 'us', groups }
}

/** p99 of each slice of the last round, panel by panel. */
export function timelines(all: readonly Series[]): PanelChart {
  return {
    ...{ kind: 'panels', title: `p99 of every ${SLICE_MS} ms of the run`, unit: 'us' },
    ...{ across: 'ms from the beginning of the run', isTime: true },
    panels: [...Map.groupBy(all, ({ what }) => what)].map(([title, members]) => ({
      title,
      series: members.map(({ subject, rounds }) => ({
        label: subject,
        points: rounds
          .at(-1)!
          .timeline.map((value, slice) => [(slice + 1) * SLICE_MS, value] as const)
          .filter(([, value]) => value > 0),
      })),
    })),
  }
}
