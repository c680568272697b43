/**
 * The open loop's part of the report: percentiles of the response time, from the intended time,
 * of each server at each rate, as table, curves and `.hgrm` files. A rate that a server does not
 * sustain is said so.
 */
import { build } from 'hdr-histogram-js'
import type { Histogram } from 'hdr-histogram-js'
import { PERCENTILES, hgrmOf } from '../../src/load/findings.ts'
import { HISTOGRAM } from '../../src/load/recording.ts'
import { median, shown } from '../measurement.ts'
import type { CurveChart, Distribution, LineChart, Measurement, Table } from '../measurement.ts'
import type { RunOptions } from '../options.ts'
import { measurementOf, withSpread } from './report-piece.ts'
import type { ReportPiece } from './report-piece.ts'
import type { LoadSizes } from './scenes.ts'
import type { ServerName } from './servers.ts'
import type { Measured } from './subjects.ts'

export interface LatencySeries {
  readonly server: ServerName
  readonly rate: number
  readonly rounds: Measured[]
}

const CURVE = [50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99]
const OVER_RATE = [50, 99, 99.9] as const
const NS_PER_US = 1000
/** Replies that came within this share of the rate: sustained. */
const SUSTAINED = 0.95

export function latencyReport(
  found: readonly LatencySeries[],
  sizes: LoadSizes,
  options: RunOptions,
): ReportPiece {
  const merged = found.map((series) => ({ ...series, response: mergedResponse(series) }))
  return {
    about: [
      'Open loop, 90/10: request n is due at n/rate whatever the server does, and its latency ' +
        'counts from then. "lag" is how late the generator itself was (it polls and needs a ' +
        'core); latency at the size of the lag says little about the server.',
      'A row with "no" under sustained is a queue that grew all the time: its percentiles grow ' +
        'with the length of the run.',
    ],
    measurements: found.flatMap((series) => measurementsOf(series, sizes, options)),
    tables: [tableOf(found)],
    charts: [
      ...OVER_RATE.map((p) => overRate(found, p)),
      ...sizes.rates.map((rate) => curveAt(merged, rate)),
    ],
    distributions: merged.map(distributionOf),
  }
}

function mergedResponse(series: LatencySeries): Histogram {
  const response = build(HISTOGRAM)
  for (const round of series.rounds) response.add(round.findings.response)
  return response
}

function percentileUs(p: number) {
  return (one: Measured) => one.findings.response.getValueAtPercentile(p) / NS_PER_US
}

const QUANTILES: readonly (readonly [string, (one: Measured) => number])[] = [
  ...PERCENTILES.map((p) => [`p${p}`, percentileUs(p)] as const),
  ['max', (one) => one.findings.response.maxValue / NS_PER_US],
  ['lag p99', (one) => one.findings.lag.getValueAtPercentile(99) / NS_PER_US],
]

function measurementsOf(
  { server, rate, rounds }: LatencySeries,
  sizes: LoadSizes,
  options: RunOptions,
): Measurement[] {
  const parameters = {
    ...{ rate, mix: '90/10', choice: 'uniform', keys: sizes.keys },
    ...{ connections: sizes.connections, seconds: sizes.latencySeconds, seed: options.seed },
  }
  const one = (name: string, of: (round: Measured) => number, unit: string) =>
    measurementOf(server, `open ${name}`, rounds.map(of), unit, parameters)
  return [
    ...QUANTILES.map(([name, of]) => one(name, of, 'us')),
    one('throughput', (round) => round.findings.perSecond, 'ops/s'),
    one('CPU', (round) => round.userUs + round.systemUs, 'us/op'),
  ]
}

function isSustained({ rate, rounds }: LatencySeries): boolean {
  const lost = median(rounds.map((round) => round.findings.unsent))
  return lost === 0 && median(rounds.map((round) => round.findings.perSecond)) > rate * SUSTAINED
}

function tableOf(found: readonly LatencySeries[]): Table {
  return {
    title: 'Open loop: microseconds from the intended time, median of rounds (lowest-highest)',
    columns: ['server', 'rate/s', 'sustained', ...QUANTILES.map(([name]) => name), 'CPU us/op'],
    rows: found.map((series) => [
      series.server,
      shown(series.rate),
      isSustained(series) ? 'yes' : 'no',
      ...QUANTILES.map(([, of]) => withSpread(series.rounds.map(of))),
      withSpread(series.rounds.map((round) => round.userUs + round.systemUs)),
    ]),
  }
}

function overRate(found: readonly LatencySeries[], percentile: number): LineChart {
  const servers = [...new Set(found.map((one) => one.server))]
  return {
    ...{ kind: 'lines', title: `p${percentile} over the rate`, unit: 'us', across: 'requests/s' },
    series: servers.map((server) => ({
      label: server,
      points: found
        .filter((one) => one.server === server)
        .map((one) => [one.rate, median(one.rounds.map(percentileUs(percentile)))] as const),
    })),
  }
}

interface Merged extends LatencySeries {
  readonly response: Histogram
}

function curveAt(merged: readonly Merged[], rate: number): CurveChart {
  const series = merged
    .filter((one) => one.rate === rate)
    .map(({ server, response }) => ({
      label: server,
      points: CURVE.filter((p) => response.totalCount * (1 - p / 100) >= 1).map(
        (p) => [p, response.getValueAtPercentile(p) / NS_PER_US] as const,
      ),
    }))
  return { kind: 'curve', title: `Response time at ${shown(rate)}/s`, unit: 'us', series }
}

function distributionOf({ server, rate, response }: Merged): Distribution {
  const name = server.replace(/[^\w]+/g, '-')
  return { name: `${name}-${rate}`, text: hgrmOf(response) }
}
