/**
 * Each server beside its rival in each scene, round by round: processor time per operation, what
 * of it lies above the floor, throughput; each with its limit and the verdict.
 */
import { median, shown } from '../measurement.ts'
import type { Measurement, Table } from '../measurement.ts'
import type { RunOptions } from '../options.ts'
import { cpuLimit, type Rival, throughputLimit, verdictOn } from './limits.ts'
import { measurementOf, withSpread } from './report-piece.ts'
import { type ClosedSizes, keysFor, type Scene } from './scenes.ts'
import type { ServerName } from './servers.ts'
import type { Measured } from './subjects.ts'
import { cpuUs, roundsOf, type SceneSeries, throughputRatio } from './throughput-report.ts'

const FLOOR: ServerName = 'floor'

interface Beside {
  readonly scene: Scene
  readonly server: ServerName
  readonly cpu: readonly number[]
  readonly ofFloor: readonly number[]
  readonly above: readonly number[]
  readonly throughput: readonly number[]
}

export interface RivalReport {
  readonly tables: readonly Table[]
  readonly measurements: readonly Measurement[]
}

/** Nothing without the rival. */
export function rivalReport(
  found: readonly SceneSeries[],
  rival: Rival,
  sizes: ClosedSizes,
  options: RunOptions,
  suite: 'load' | 'redis',
): RivalReport {
  const all = found.flatMap((series) => besideOf(found, series, rival))
  if (all.length === 0) return { tables: [], measurements: [] }
  const name = rival === 'redis' ? 'redis' : 'memcached'
  return {
    tables: [tableOf(all, rival)],
    measurements: all.flatMap((one) => {
      const { scene, server } = one
      const limit = cpuLimit(rival, scene) ?? 0
      const common = {
        ...{ load: scene.label, depth: scene.depth, keys: keysFor(sizes, scene) },
        ...{ connections: sizes.connections, seed: options.seed },
      }
      const cpu = `closed CPU beside ${name}`
      const throughput = `closed throughput beside ${name}`
      const least = throughputLimit(server, scene) ?? 0
      return [
        measurementOf(server, cpu, one.cpu, 'times', { ...common, limit }, suite),
        measurementOf(
          ...([server, throughput, one.throughput, 'times'] as const),
          ...([{ ...common, limit: least }, suite] as const),
        ),
      ]
    }),
  }
}

function besideOf(found: readonly SceneSeries[], series: SceneSeries, rival: Rival): Beside[] {
  const { scene, server, rounds } = series
  const other = roundsOf(found, scene, rival)
  if (other === undefined || server === rival) return []
  const floor = server === FLOOR ? undefined : roundsOf(found, scene, FLOOR)
  return [
    {
      ...{ scene, server },
      cpu: rounds.map((one, n) => cpuUs(one) / cpuUs(other[n]!)),
      ofFloor: floor?.map((one, n) => cpuUs(one) / cpuUs(other[n]!)) ?? [],
      above: floor === undefined ? [] : rounds.map((one, n) => aboveFloor(one, other[n], floor[n])),
      throughput: rounds.map((one, n) => throughputRatio(one, other[n]!)),
    },
  ]
}

/** Not a number where the rival costs no more than the floor. */
function aboveFloor(one: Measured, rival: Measured | undefined, floor: Measured | undefined) {
  const above = cpuUs(rival!) - cpuUs(floor!)
  return above > 0 ? (cpuUs(one) - cpuUs(floor!)) / above : Number.NaN
}

function tableOf(all: readonly Beside[], rival: Rival): Table {
  return {
    title: `Ratios to ${rival} within rounds: median (lowest-highest)`,
    columns: [
      ...['server', 'scene', 'CPU', 'limit', 'verdict', 'CPU above the floor'],
      ...['throughput', 'limit', 'verdict'],
    ],
    rows: all.map(({ scene, server, cpu, ofFloor, above, throughput }) => {
      const isSubject = server.startsWith('heddle')
      const limit = isSubject ? cpuLimit(rival, scene) : undefined
      const least = rival === 'redis' ? throughputLimit(server, scene) : undefined
      return [
        ...[server, scene.label, withSpread(cpu), limit === undefined ? '-' : shown(limit)],
        ...[verdictOn(limit, cpu, ofFloor, above), withSpread(above), withSpread(throughput)],
        least === undefined ? '-' : shown(least),
        least === undefined ? '-' : median(throughput) >= least ? 'met' : 'not met',
      ]
    }),
  }
}
