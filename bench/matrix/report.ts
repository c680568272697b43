/**
 * The matrix as tables and charts: of each point and server throughput, processor time per
 * operation and latency, and the ratios to the family's rival within rounds; and the same of the
 * independent generators.
 */
import { median, shown, spreadOf } from '../measurement.ts'
import type { Bar, BarChart, Measurement, Table } from '../measurement.ts'
import type { RunOptions } from '../options.ts'
import { measurementOf, withSpread } from '../load/report-piece.ts'
import type { ReportPiece } from '../load/report-piece.ts'
import type { Measured } from '../load/subjects.ts'
import { cpuUs } from '../load/throughput-report.ts'
import { AXES, BASE } from './axes.ts'
import type { Axis, Point } from './axes.ts'
import type { PointSeries } from './stage.ts'
import type { ToolSeries } from './tools.ts'

const NS_PER_US = 1000
const MIB = 2 ** 20
type Quantity = readonly [name: string, unit: string, of: (one: Measured) => number]

const QUANTITIES: readonly Quantity[] = [
  ['throughput', 'ops/s', (one) => one.findings.perSecond],
  ['CPU', 'us/op', cpuUs],
  ['system', 'us/op', (one) => one.systemUs],
  ['p50', 'us', (one) => one.findings.response.getValueAtPercentile(50) / NS_PER_US],
  ['p99', 'us', (one) => one.findings.response.getValueAtPercentile(99) / NS_PER_US],
  ['hits', '%', (one) => (one.findings.hitRatio ?? 1) * 100],
  ['generator busy', '%', (one) => one.findings.busy * 100],
  ['RSS', 'MiB', (one) => one.rssBytes / MIB],
]

export function matrixReport(found: readonly PointSeries[], options: RunOptions): ReportPiece {
  const axes = AXES.filter((axis) => found.some(({ point }) => point.axis === axis))
  return {
    about: [
      `Base point: depth ${BASE.depth}, ${BASE.connections} connections, values of ` +
        `${BASE.valueBytes} bytes, ${BASE.mix}, ${BASE.choice}, ${shown(BASE.keys)} keys of 24 ` +
        "bytes, TCP, memcached's text protocol and RESP. One axis at a time leaves it.",
      'Closed loop, one generator thread; CPU is that of the whole server process per operation.',
    ],
    measurements: found.flatMap((series) => measurementsOf(series, found, options)),
    tables: [tableOf('Base point', found, 'base'), ...axes.map((axis) => axisTable(found, axis))],
    charts: axes.map((axis) => chartOf(found, axis)),
    distributions: [],
  }
}

function axisTable(found: readonly PointSeries[], axis: Axis): Table {
  return tableOf(`Axis ${axis}`, found, axis)
}

function tableOf(title: string, found: readonly PointSeries[], axis: Point['axis']): Table {
  const rows = found
    .filter(({ point }) => point.axis === axis)
    .map((series) => [
      series.point.label,
      labelOf(series),
      ...QUANTITIES.map(([, , of]) => withSpread(series.rounds.map(of))),
      withSpread(ratios(series, found)),
      withSpread(ratiosAboveFloor(series, found)),
    ])
  const quantities = QUANTITIES.map(([name, unit]) => `${name}, ${unit}`)
  const columns = ['point', 'server', ...quantities, 'CPU / rival', 'above the floor / rival']
  return { title: `${title}: median of rounds (lowest-highest)`, columns, rows }
}

/** `floor` stands in both families. */
function labelOf({ family, server }: PointSeries): string {
  return server === 'floor' ? `floor, ${family.name}` : server
}

function roundsOf(found: readonly PointSeries[], { point, family }: PointSeries, name: string) {
  return found.find(
    (one) => one.point === point && one.family.name === family.name && one.server === name,
  )?.rounds
}

/** CPU per operation over the rival's, round by round. */
function ratios(series: PointSeries, found: readonly PointSeries[]): number[] {
  const rival = roundsOf(found, series, series.family.rival)
  if (rival === undefined || series.server === series.family.rival) return []
  return series.rounds.map((one, n) => cpuUs(one) / cpuUs(rival[n]!))
}

/** The same of what lies above the floor; not a number where the rival costs no more than it. */
function ratiosAboveFloor(series: PointSeries, found: readonly PointSeries[]): number[] {
  const rival = roundsOf(found, series, series.family.rival)
  const floor = roundsOf(found, series, 'floor')
  const isOwn = series.server === series.family.rival || series.server === 'floor'
  if (rival === undefined || floor === undefined || isOwn) return []
  return series.rounds.map((one, n) => {
    const above = cpuUs(rival[n]!) - cpuUs(floor[n]!)
    return above > 0 ? (cpuUs(one) - cpuUs(floor[n]!)) / above : Number.NaN
  })
}

function measurementsOf(
  series: PointSeries,
  found: readonly PointSeries[],
  options: RunOptions,
): Measurement[] {
  const { point, family, rounds } = series
  const { axis, label, ...load } = point
  const parameters = { axis, point: label, family: family.name, ...load, seed: options.seed }
  const one = (name: string, values: readonly number[], unit: string) =>
    measurementOf(labelOf(series), `closed ${name}`, values, unit, parameters, 'matrix')
  const beside = ratios(series, found)
  const above = ratiosAboveFloor(series, found).filter(Number.isFinite)
  return [
    ...QUANTITIES.map(([name, unit, of]) => one(name, rounds.map(of), unit)),
    ...(beside.length === 0 ? [] : [one(`CPU beside ${family.rival}`, beside, 'times')]),
    ...(above.length === 0
      ? []
      : [one(`CPU above the floor beside ${family.rival}`, above, 'times')]),
  ]
}

function chartOf(found: readonly PointSeries[], axis: Axis): BarChart {
  const shownOnes = found.filter(({ point }) => point.axis === axis || point.axis === 'base')
  const points = [...new Set(shownOnes.map(({ point }) => point))]
  const groups = points.map((point) => ({
    label: point.label,
    bars: shownOnes
      .filter((series) => series.point === point)
      .map((series): Bar => {
        const values = series.rounds.map(cpuUs)
        return { label: labelOf(series), value: median(values), ...spreadOf(values) }
      }),
  }))
  return { kind: 'bars', title: `CPU per operation along the axis ${axis}`, unit: 'us', groups }
}

export function toolsReport(found: readonly ToolSeries[], options: RunOptions): ReportPiece {
  const rows = found.map(({ tool, depth, family, server, rounds }) => {
    const rival = found.find(
      (one) => one.tool === tool && one.depth === depth && one.server === family.rival,
    )?.rounds
    const isRival = rival === undefined || server === family.rival
    return [
      `${tool.name}, depth ${depth}`,
      server,
      withSpread(rounds.map((round) => round.perSecond)),
      withSpread(rounds.map((round) => round.cpuUs)),
      isRival ? '-' : withSpread(rounds.map((round, n) => round.cpuUs / rival[n]!.cpuUs)),
    ]
  })
  const columns = ['generator', 'server', 'throughput, ops/s', 'CPU, us/op', 'CPU / rival']
  const title = 'Independent generators: median of rounds (lowest-highest)'
  return {
    about: ['Of independent generators the operations are counted by the servers themselves.'],
    measurements: found.flatMap((series) => toolMeasurements(series, options)),
    tables: rows.length === 0 ? [] : [{ title, columns, rows }],
    charts: [],
    distributions: [],
  }
}

function toolMeasurements(series: ToolSeries, options: RunOptions): Measurement[] {
  const { tool, depth, family, server, rounds } = series
  const { connections, valueBytes, keys } = BASE
  const parameters = {
    ...{ axis: 'tools', point: `${tool.name}, depth ${depth}`, family: family.name, depth },
    ...{ connections, valueBytes, keys, seed: options.seed },
  }
  const one = (name: string, of: (round: ToolSeries['rounds'][number]) => number, unit: string) =>
    measurementOf(server, `${tool.name} ${name}`, rounds.map(of), unit, parameters, 'matrix')
  return [
    one('throughput', (round) => round.perSecond, 'ops/s'),
    one('CPU', (round) => round.cpuUs, 'us/op'),
  ]
}
