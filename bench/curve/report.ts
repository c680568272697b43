/** The curve as tables, one picture of four panels, and a distribution for each point. */
import { build } from 'hdr-histogram-js'
import type { Histogram } from 'hdr-histogram-js'
import { HISTOGRAM } from '../../src/load/recording.ts'
import { hgrmOf } from '../../src/load/findings.ts'
import { doubtOf, isSustained, percentileNs } from '../../src/load/sweep.ts'
import type { Maximum } from '../../src/load/sweep.ts'
import { fnv1a, hex, median, shown, spreadOf } from '../measurement.ts'
import type { Distribution, Measurement, PanelChart, Parameters, Table } from '../measurement.ts'
import type { Part } from '../options.ts'
import type { CurveSubject, Played } from './subjects.ts'

/** A subject at a share of its own highest rate. */
export interface Point {
  readonly percent: number
  readonly rate: number
  readonly rounds: Played[]
}

export interface Curve {
  readonly subject: CurveSubject
  readonly maximum: Maximum
  readonly points: readonly Point[]
}

const PART: Part = 'curve'
const NS_PER_US = 1000
const DRAWN = [50, 99, 99.9, 99.99] as const

type Which = 'response' | 'lag'

export function merged({ rounds }: Point, which: Which): Histogram {
  const all = build(HISTOGRAM)
  for (const round of rounds) all.add(round[which])
  return all
}

/** Of all rounds in one, and the lowest and highest round. */
interface Quantile {
  readonly us: number
  readonly ofRounds: readonly number[]
}

function quantile(point: Point, which: Which, percentile: number): Quantile {
  const of = (histogram: Histogram) =>
    percentile === 100 ? histogram.maxValue : percentileNs(histogram, percentile)
  return {
    us: of(merged(point, which)) / NS_PER_US,
    ofRounds: point.rounds.map((round) => of(round[which]) / NS_PER_US).filter(Number.isFinite),
  }
}

function cell({ us, ofRounds }: Quantile): string {
  if (!Number.isFinite(us)) return '-'
  if (ofRounds.length < 2) return shown(us)
  const { low, high } = spreadOf(ofRounds)
  return `${shown(us)} (${shown(low)}-${shown(high)})`
}

const QUANTILES = [
  ...[...DRAWN, 100].map((p) => [p === 100 ? 'max' : `p${p}`, 'response', p] as const),
  ...[99, 99.9].map((p) => [`lag p${p}`, 'lag', p] as const),
]

/** A point was kept up with when most of its rounds were. */
function keptUp({ rate, rounds }: Point): boolean {
  return rounds.filter((round) => isSustained(rate, round)).length * 2 > rounds.length
}

export function measurementsOf(curve: Curve, parameters: Parameters): Measurement[] {
  const { subject, maximum, points } = curve
  const line = (operation: string, value: number, unit: string, all: Parameters) => ({
    ...{ suite: PART, subject: subject.name, operation, threads: 1, value, unit, parameters: all },
    checksum: hex(fnv1a(JSON.stringify(all))),
  })
  const found: Measurement[] = [
    line('closed loop', maximum.closed, 'ops/s', parameters),
    line('highest rate sustained', maximum.sustained, 'ops/s', parameters),
  ]
  for (const point of points) {
    const { percent, rate, rounds } = point
    const all = { ...parameters, percent, rate, isSustained: keptUp(point) }
    for (const [name, which, p] of QUANTILES) {
      const { us, ofRounds } = quantile(point, which, p)
      if (merged(point, which).totalCount === 0 || !Number.isFinite(us)) continue
      found.push({
        ...line(name, us, 'us', all),
        ...(ofRounds.length === 0 ? {} : { spread: spreadOf(ofRounds) }),
      })
    }
    const cpu = median(rounds.map((round) => round.cpuUs))
    if (Number.isFinite(cpu)) found.push(line('CPU', cpu, 'us/op', all))
  }
  return found
}

export function maximaTable(curves: readonly Curve[]): Table {
  return {
    title: 'The highest rate that each sustains',
    columns: ['subject', 'closed loop, ops/s', 'sustained, ops/s', 'open loop tried at (no: -)'],
    rows: curves.map(({ subject, maximum }) => [
      ...[subject.name, shown(maximum.closed), shown(maximum.sustained)],
      maximum.tries
        .map(({ rate, isSustained: yes }) => `${yes ? '' : '-'}${shown(rate)}`)
        .join(' '),
    ]),
  }
}

export function doubtsOf(curves: readonly Curve[]): string[] {
  return curves.flatMap(({ subject, maximum }) => {
    const doubt = doubtOf(maximum)
    return doubt === undefined ? [] : [`${subject.name}: ${doubt}`]
  })
}

export function curveTable(curves: readonly Curve[]): Table {
  return {
    title:
      'Microseconds from when a request was due, by share of the own maximum: all rounds in one ' +
      '(lowest-highest round)',
    columns: [
      ...['subject', '% of max', 'rate/s', 'kept up', ...QUANTILES.map(([name]) => name)],
      'CPU us/op',
    ],
    rows: curves.flatMap(({ subject, points }) =>
      points.map((point) => [
        ...[subject.name, String(point.percent), shown(point.rate), keptUp(point) ? 'yes' : 'no'],
        ...QUANTILES.map(([, which, p]) =>
          which === 'lag' && subject.isEmbedded ? '-' : cell(quantile(point, which, p)),
        ),
        shown(median(point.rounds.map((round) => round.cpuUs))),
      ]),
    ),
  }
}

export function curveCharts(curves: readonly Curve[]): PanelChart[] {
  const chart = (title: string, which: Which, of: readonly Curve[]): PanelChart => ({
    ...{ kind: 'panels', title, unit: 'us', across: 'requests/s of all connections' },
    panels: DRAWN.map((p) => ({
      title: `p${p}`,
      series: of.map(({ subject, points }) => ({
        label: subject.name,
        points: points
          .map((point) => [point.rate, quantile(point, which, p).us] as const)
          .filter(([, us]) => Number.isFinite(us)),
      })),
    })),
  })
  const servers = curves.filter(({ subject }) => !subject.isEmbedded)
  return [
    chart('Latency over the rate, to 95 % of the own maximum', 'response', curves),
    chart('How late the generator itself was, at the same rates', 'lag', servers),
  ]
}

export function distributionsOf({ subject, points }: Curve): Distribution[] {
  const name = subject.name.replace(/[^\w]+/g, '-')
  return points.map((point) => ({
    name: `${name}-${point.percent}-percent`,
    text: hgrmOf(merged(point, 'response')),
  }))
}
