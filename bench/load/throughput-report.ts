/**
 * The closed loop's part of the report: throughput and processor time per operation of each
 * server in each scene.
 */
import { median, spreadOf } from '../measurement.ts'
import type { Bar, BarChart, Measurement, Table } from '../measurement.ts'
import type { RunOptions } from '../options.ts'
import { measurementOf, withSpread } from './report-piece.ts'
import type { ReportPiece } from './report-piece.ts'
import { type ClosedSizes, keysFor, type Scene } from './scenes.ts'
import type { ServerName } from './servers.ts'
import type { Measured } from './subjects.ts'

export interface SceneSeries {
  readonly scene: Scene
  readonly server: ServerName
  readonly rounds: Measured[]
}

const FLOOR: ServerName = 'floor'
const NS_PER_US = 1000
const MIB = 2 ** 20

type Quantity = readonly [name: string, unit: string, of: (one: Measured) => number]

export const cpuUs = (one: Measured): number => one.userUs + one.systemUs
const QUANTITIES: readonly Quantity[] = [
  ['throughput', 'ops/s', (one) => one.findings.perSecond],
  ['CPU', 'us/op', cpuUs],
  ['user', 'us/op', (one) => one.userUs],
  ['system', 'us/op', (one) => one.systemUs],
  ['p50', 'us', (one) => one.findings.response.getValueAtPercentile(50) / NS_PER_US],
  ['p99', 'us', (one) => one.findings.response.getValueAtPercentile(99) / NS_PER_US],
  ['generator busy', '%', (one) => one.findings.busy * 100],
  ['generator CPU', 'us/op', (one) => one.generatorUs],
  ['RSS', 'MiB', (one) => one.rssBytes / MIB],
]
const CHARTED = ['throughput', 'CPU']

export function throughputReport(
  found: readonly SceneSeries[],
  sizes: ClosedSizes,
  options: RunOptions,
  suite: 'load' | 'redis',
): ReportPiece {
  return {
    about: [
      'Closed loop: each connection keeps its depth of requests under way. CPU is the ' +
        "server process's, all threads, user and system, per operation.",
      'Where "generator busy" nears 100 %, throughput is the generator\'s.',
      ...(found.some(({ server }) => server === FLOOR)
        ? ['The floor reads and answers the same protocol from one C thread and stores nothing.']
        : []),
    ],
    measurements: found.flatMap((series) => measurementsOf(series, sizes, options, suite)),
    tables: [tableOf(found)],
    charts: QUANTITIES.filter(([name]) => CHARTED.includes(name)).map((one) => chart(found, one)),
    distributions: [],
  }
}

function measurementsOf(
  { scene, server, rounds }: SceneSeries,
  sizes: ClosedSizes,
  options: RunOptions,
  suite: 'load' | 'redis',
): Measurement[] {
  const { label, depth, mix, choice, values } = scene
  const parameters = {
    ...{ scene: label, depth, mix, choice, valueLow: values.low, valueHigh: values.high },
    ...{ keys: keysFor(sizes, scene), connections: sizes.connections, seconds: sizes.seconds },
    seed: options.seed,
  }
  return QUANTITIES.map(([name, unit, of]) =>
    measurementOf(server, `closed ${name}`, rounds.map(of), unit, parameters, suite),
  )
}

function tableOf(found: readonly SceneSeries[]): Table {
  return {
    title: 'Closed loop: median of rounds (lowest-highest)',
    columns: ['server', 'scene', ...QUANTITIES.map(([name, unit]) => `${name}, ${unit}`)],
    rows: found.map(({ scene, server, rounds }) => [
      server,
      scene.label,
      ...QUANTITIES.map(([, , of]) => withSpread(rounds.map(of))),
    ]),
  }
}

export function throughputRatio(one: Measured, rival: Measured): number {
  return one.findings.perSecond / rival.findings.perSecond
}

export function roundsOf(
  found: readonly SceneSeries[],
  scene: Scene,
  server: ServerName,
): Measured[] | undefined {
  return found.find((one) => one.scene === scene && one.server === server)?.rounds
}

function chart(found: readonly SceneSeries[], [name, unit, of]: Quantity): BarChart {
  const scenes = [...new Set(found.map((one) => one.scene))]
  const barsOf = (scene: Scene): Bar[] =>
    found
      .filter((one) => one.scene === scene)
      .map(({ server, rounds }) => {
        const values = rounds.map(of)
        return { label: server, value: median(values), ...spreadOf(values) }
      })
  const groups = scenes.map((scene) => ({ label: scene.label, bars: barsOf(scene) }))
  return { kind: 'bars', title: `Closed loop: ${name}`, unit, groups }
}
