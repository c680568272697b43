/**
 * What redis-benchmark measured: processor time and throughput, and the ratios to Redis within
 * rounds, each beside its limit with the verdict.
 */
import { shown } from '../measurement.ts'
import type { Measurement, Table } from '../measurement.ts'
import type { RunOptions } from '../options.ts'
import { cpuLimitAt, verdictOn } from './limits.ts'
import type { ToolSeries } from './redis-benchmark.ts'
import { measurementOf, withSpread } from './report-piece.ts'
import type { ReportPiece } from './report-piece.ts'
import type { RedisSizes } from './scenes.ts'
import type { ServerName } from './servers.ts'

const RIVAL = 'redis' satisfies ServerName

interface Compared {
  readonly server: ServerName
  readonly what: string
  readonly depth: number
  readonly cpu: readonly number[]
  readonly throughput: readonly number[]
}

export function toolReport(
  found: readonly ToolSeries[] | string,
  sizes: RedisSizes,
  options: RunOptions,
): ReportPiece {
  if (typeof found === 'string') return { ...pieceOf(found), tables: [] }
  const compared = found.flatMap(({ server, test, depth, rounds }): Compared[] => {
    const rival = found.find((it) => it.server === RIVAL && it.test === test && it.depth === depth)
    if (rival === undefined || server === RIVAL) return []
    const cpu = rounds.map((one, n) => one.cpuUs / rival.rounds[n]!.cpuUs)
    const throughput = rounds.map((one, n) => one.perSecond / rival.rounds[n]!.perSecond)
    return [{ server, what: `${test} depth ${depth}`, depth, cpu, throughput }]
  })
  const about =
    'redis-benchmark is a client that is no part of heddle: SET and GET of random keys among ' +
    `${sizes.keys}, values of 32 bytes; so many requests a round: ` +
    `${Object.entries(sizes.toolRequests)
      .map(([depth, requests]) => `${requests} at depth ${depth}`)
      .join(', ')}.`
  const title = 'redis-benchmark, ratios to redis within rounds: median (lowest-highest)'
  const piece = pieceOf(about, ratioTable(title, compared), [
    ...found.flatMap((series) => toolMeasurements(series, sizes, options)),
    ...ratiosOf(compared, sizes, options),
  ])
  return { ...piece, tables: [toolTable(found), ...piece.tables] }
}

function pieceOf(
  about: string,
  table?: Table,
  measurements: readonly Measurement[] = [],
): ReportPiece {
  const tables = table === undefined || table.rows.length === 0 ? [] : [table]
  return { about: [about], measurements, tables, charts: [], distributions: [] }
}

function ratioTable(title: string, compared: readonly Compared[]): Table {
  return {
    title,
    columns: ['server', 'load', 'CPU', 'limit', 'verdict', 'throughput'],
    rows: compared.map(({ server, what, depth, cpu, throughput }) => {
      const limit = cpuLimitAt(RIVAL, depth)
      const verdict = verdictOn(limit, cpu)
      const shownLimit = limit === undefined ? '-' : shown(limit)
      return [server, what, withSpread(cpu), shownLimit, verdict, withSpread(throughput)]
    }),
  }
}

function ratiosOf(
  compared: readonly Compared[],
  sizes: RedisSizes,
  options: RunOptions,
): Measurement[] {
  return compared.map(({ server, what, depth, cpu }) =>
    measurementOf(
      ...([server, 'redis-benchmark CPU beside redis', cpu, 'times'] as const),
      { load: what, depth, limit: cpuLimitAt(RIVAL, depth) ?? 0, ...common(sizes, options) },
      'redis',
    ),
  )
}

function toolMeasurements(series: ToolSeries, sizes: RedisSizes, options: RunOptions) {
  const { server, test, depth, rounds } = series
  const requests = sizes.toolRequests[depth] as number
  const parameters = { test, depth, requests, ...common(sizes, options) }
  const one = (name: string, values: number[], unit: string) =>
    measurementOf(server, `redis-benchmark ${name}`, values, unit, parameters, 'redis')
  return [
    one(
      'throughput',
      rounds.map(({ perSecond }) => perSecond),
      'ops/s',
    ),
    one(
      'CPU',
      rounds.map((round) => round.cpuUs),
      'us/op',
    ),
  ]
}

function common(sizes: RedisSizes, options: RunOptions) {
  return { keys: sizes.keys, connections: sizes.connections, seed: options.seed }
}

function toolTable(found: readonly ToolSeries[]): Table {
  return {
    title: 'redis-benchmark: median of rounds (lowest-highest)',
    columns: ['server', 'load', 'throughput, ops/s', 'CPU, us/op'],
    rows: found.map(({ server, test, depth, rounds }) => [
      server,
      `${test} depth ${depth}`,
      withSpread(rounds.map(({ perSecond }) => perSecond)),
      withSpread(rounds.map((round) => round.cpuUs)),
    ]),
  }
}
