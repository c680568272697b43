/** What `heddle latency-report` found: as lines of a table, as a page with drawings, as JSON. */
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import { shown } from '../charts/chart.ts'
import type { CurveChart, PanelChart, Table } from '../charts/chart.ts'
import { figure, htmlPage, htmlTable } from '../charts/page.ts'
import { escapeHtml } from '../charts/svg.ts'
import { nameOf } from './connection.ts'
import { PERCENTILES } from './findings.ts'
import type { Findings } from './findings.ts'
import type { LatencyOptions } from './latency-options.ts'
import { doubtOf, percentileNs } from './sweep.ts'
import type { Maximum } from './sweep.ts'

export interface RateFindings {
  readonly rate: number
  readonly findings: Findings
  readonly isSustained: boolean
}

export interface LatencyFindings {
  readonly options: LatencyOptions
  readonly startedAt: string
  /** What the reader should know of the machine. */
  readonly note: string | undefined
  /** Undefined where rates were given. */
  readonly maximum: Maximum | undefined
  readonly rates: readonly RateFindings[]
  /** It was interrupted. */
  readonly isCutShort: boolean
  /** Why no further rate was measured. */
  readonly failure: string | undefined
}

const DRAWN = [50, 99, 99.9, 99.99] as const
const CURVE = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999]
const NS_PER_US = 1000
const WIDTH = 9
/** The generator's own lateness is this share of a percentile: it says little of the server. */
const NOTABLE_LAG = 0.5

const COLUMNS = [
  ...['rate/s', 'replies/s', ...PERCENTILES.map((p) => `p${p}`), 'max'],
  ...['lag p50', 'lag p99', 'lag p99.9', 'errors', 'unsent', 'kept up'],
]

function cellsOf({ rate, findings, isSustained }: RateFindings): string[] {
  const { response, lag, perSecond, errors, unsent } = findings
  const us = (ns: number) => shown(ns / NS_PER_US)
  return [
    ...[shown(rate), shown(perSecond)],
    ...PERCENTILES.map((p) => us(percentileNs(response, p))),
    us(response.maxValue),
    ...[50, 99, 99.9].map((p) => us(percentileNs(lag, p))),
    ...[String(errors), String(unsent), isSustained ? 'yes' : 'no'],
  ]
}

function lineOf(cells: readonly string[]): string {
  return `${cells.map((cell) => cell.padStart(WIDTH)).join(' ')}\n`
}

export function headerLine(): string {
  const what = 'microseconds from when a request was due; lag: how late this generator itself was'
  return `${what}\n${lineOf(COLUMNS)}`
}

export function rateLine(one: RateFindings): string {
  return lineOf(cellsOf(one))
}

/** Sentences that a reader must not miss. */
export function remarksOn(found: LatencyFindings): string[] {
  const { rates, isCutShort, note, failure, maximum } = found
  const doubt = maximum && doubtOf(maximum)
  const remarks: string[] = note === undefined ? [] : [`${note}.`]
  if (doubt !== undefined) remarks.push(doubt)
  if (failure !== undefined) remarks.push(failure)
  if (isCutShort) remarks.push('The measurement was interrupted: the last rate is cut short.')
  for (const { rate, findings, isSustained } of rates) {
    const at = `${shown(rate)}/s`
    if (findings.errors > 0) {
      remarks.push(`${at}: FAILED, ${findings.errorText}; ${findings.samples.join('; ')}`)
    }
    if (!isSustained) {
      remarks.push(`${at}: not kept up with; percentiles grow with the length of the run.`)
    }
    const [lag, wait] = [findings.lag, findings.response].map((one) => percentileNs(one, 99))
    if (lag! > wait! * NOTABLE_LAG) {
      const times = `p99 ${shown(lag! / NS_PER_US)} of ${shown(wait! / NS_PER_US)} us`
      remarks.push(`${at}: the generator was late itself (${times}); the server is faster.`)
    }
  }
  return remarks
}

/** HTML, whole: no script, nothing from elsewhere. */
export function latencyPage(found: LatencyFindings): string {
  const { options, rates } = found
  const title = `Latency of ${nameOf(options.target)}`
  const remarks = remarksOn(found).map((remark) => `<li>${escapeHtml(remark)}</li>`)
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    htmlTable(factsOf(found)),
    remarks.length === 0 ? '' : `<ul>${remarks.join('')}</ul>`,
    figure(overRate(rates)),
    figure(distributions(rates)),
    htmlTable({
      title: 'Microseconds from when a request was due',
      ...{ columns: COLUMNS, rows: rates.map(cellsOf) },
    }),
    `<p>${escapeHtml(METHOD)}</p>`,
  ]
  return htmlPage(title, body.join('\n'))
}

const METHOD =
  'Open loop: request n is due at n/rate, whatever the server does, and its latency counts from ' +
  'then to its last byte, also while it waits for the server to take it: a stall is charged to ' +
  'all requests that it held up (no coordinated omission). "lag" is how late the generator ' +
  'noticed that a request was due; it polls and needs a core for each thread. A percentile that ' +
  'is left out would need more requests than there were. Every reply was checked, byte by byte.'

function factsOf({ options, startedAt, maximum }: LatencyFindings): Table {
  const { target, connections, depth, threads, mix, choice, keys, values, seconds } = options
  const sizes = values.low === values.high ? String(values.low) : `${values.low} to ${values.high}`
  const tls = target.tls === undefined ? '' : ', TLS'
  const search =
    maximum === undefined
      ? 'not looked for: the rates were given'
      : `${shown(maximum.sustained)}/s (closed loop: ${shown(maximum.closed)}/s)`
  return {
    title: 'What was asked',
    columns: ['what', 'value'],
    rows: [
      ['server', `${target.protocol} at ${nameOf(target)}${tls}`],
      ['begun', startedAt],
      ['highest rate sustained', search],
      ['connections', `${connections}, at most ${depth} requests under way on each`],
      ['client threads', String(threads)],
      ['requests', `${mix}, ${choice}; ${shown(keys)} keys, values of ${sizes} bytes`],
      ['seconds at each rate', String(seconds)],
    ],
  }
}

function overRate(rates: readonly RateFindings[]): PanelChart {
  const series = (label: string, value: (findings: Findings) => number) => ({
    label,
    points: rates
      .map(({ rate, findings }) => [rate, value(findings) / NS_PER_US] as const)
      .filter(([, us]) => Number.isFinite(us)),
  })
  return {
    ...{ kind: 'panels', title: 'Percentiles over the rate', unit: 'us', across: 'requests/s' },
    panels: DRAWN.map((p) => ({
      title: `p${p}`,
      series: [
        series('from when it was due', ({ response }) => percentileNs(response, p)),
        series('lag of the generator', ({ lag }) => percentileNs(lag, p)),
      ],
    })),
  }
}

function distributions(rates: readonly RateFindings[]): CurveChart {
  const series = rates.map(({ rate, findings }) => ({
    label: `${shown(rate)}/s`,
    points: CURVE.map((p) => [p, percentileNs(findings.response, p) / NS_PER_US] as const).filter(
      ([, us]) => Number.isFinite(us),
    ),
  }))
  return { kind: 'curve', title: 'Distribution at each rate', unit: 'us', series }
}

/** Latencies in nanoseconds; distributions in the compressed form of HdrHistogram, as base64. */
export function latencyJson(found: LatencyFindings): string {
  const { options, startedAt, maximum, rates, isCutShort } = found
  const { target, connections, depth, threads, mix, choice, keys, values, seconds, seed } = options
  const percentiles = (of: Findings['response']) =>
    Object.fromEntries(PERCENTILES.map((p) => [`p${p}`, orNull(percentileNs(of, p))]))
  const report = {
    ...{ server: nameOf(target), protocol: target.protocol, tls: target.tls !== undefined },
    ...{ startedAt, isCutShort, connections, depth, threads, mix, keyChoice: choice, keys, seed },
    ...{ valueSizes: [values.low, values.high], secondsAtEachRate: seconds },
    maximum: maximum && { sustained: maximum.sustained, closedLoop: Math.round(maximum.closed) },
    remarks: remarksOn(found),
    rates: rates.map(({ rate, isSustained, findings }) => {
      const { response, lag, operations, unsent, errors, perSecond, hitRatio } = findings
      return {
        ...{ rate, isSustained, operations, perSecond, unsent, errors, hitRatio },
        latencyNs: { ...percentiles(response), max: response.maxValue },
        generatorLagNs: { ...percentiles(lag), max: lag.maxValue },
        histogram: encodeIntoCompressedBase64(response),
      }
    }),
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
