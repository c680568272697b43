/**
 * What the measurements of the clients suite share: servers of each hand-off, subjects, rounds that
 * are interleaved, and how a series is reported.
 */
import type { LoadPool } from '../../src/load/pool.ts'
import { measurementOf, withSpread } from '../load/report-piece.ts'
import { openSubject } from '../load/subjects.ts'
import type { Measured, Subject } from '../load/subjects.ts'
import type { Measurement, Table } from '../measurement.ts'
import type { RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { startSecure } from './secure-server.ts'
import type { Certificate, HandOff, SecureServer } from './secure-server.ts'

export interface Sizes {
  readonly keys: number
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
  readonly handshakes: number
  readonly idle: number
  readonly idleTls: number
}

export const PART = 'clients'
export const HAND_OFFS: readonly HandOff[] = ['frames', 'sockets']
const MOST_DEPTH = 16
export const SCENES = [
  { label: 'depth 1, 32 bytes', depth: 1, bytes: 32 },
  { label: 'depth 16, 32 bytes', depth: 16, bytes: 32 },
  { label: 'depth 1, 16 KiB', depth: 1, bytes: 16_384 },
] as const
const NS_PER_US = 1000
export interface Series {
  readonly subject: string
  readonly scene: string
  readonly rounds: Measured[]
}

export interface Stage {
  readonly sizes: Sizes
  readonly pool: LoadPool
  readonly options: RunOptions
  readonly progress: Progress
  readonly certificate: Certificate
}

type Quantity = readonly [name: string, unit: string, of: (one: Measured) => number]
const QUANTITIES: readonly Quantity[] = [
  ['CPU', 'us/op', (one) => one.userUs + one.systemUs],
  ['throughput', 'ops/s', (one) => one.findings.perSecond],
  ['p50', 'us', (one) => one.findings.response.getValueAtPercentile(50) / NS_PER_US],
  ['p99', 'us', (one) => one.findings.response.getValueAtPercentile(99) / NS_PER_US],
]

export interface Piece {
  readonly about: readonly string[]
  readonly measurements: readonly Measurement[]
  readonly tables: readonly Table[]
}

/** Runs with a server of each hand-off, and ends them. */
export async function withServers<Found>(
  stage: Stage,
  handOffs: readonly HandOff[],
  run: (servers: readonly SecureServer[]) => Promise<Found>,
): Promise<Found> {
  const starting = handOffs.map((handOff) => startSecure(handOff, stage.certificate))
  const started = await Promise.allSettled(starting)
  const servers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  try {
    await Promise.all(starting)
    return await run(servers)
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

export function subjectOf(
  stage: Stage,
  server: SecureServer,
  name: string,
  isTls: boolean,
  bytes: number,
) {
  const target = isTls ? server.secure : server.plain
  return openSubject(
    stage.pool,
    { name, pid: server.pid, target },
    {
      ...{ connections: stage.sizes.connections, keys: stage.sizes.keys, mostDepth: MOST_DEPTH },
      values: { low: bytes, high: bytes },
    },
  )
}

export async function play(
  stage: Stage,
  subject: Subject<string>,
  depth: number,
): Promise<Measured> {
  return subject.run({
    ...{ mix: '90/10', choice: 'uniform', trace: undefined, seed: stage.options.seed },
    ...{ depth, seconds: stage.sizes.seconds, rate: undefined, allowMisses: false },
  })
}

/** Rounds of all subjects, interleaved; the first warms up and is not kept. */
export async function playRounds(
  stage: Stage,
  subjects: readonly Subject<string>[],
  scene: (typeof SCENES)[number],
): Promise<Series[]> {
  const series = subjects.map(
    ({ name }): Series => ({ subject: name, scene: scene.label, rounds: [] }),
  )
  for (let round = 0; round <= stage.sizes.rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      stage.progress.step(`${scene.label}: ${subject.name}`, round, stage.sizes.rounds)
      const one = await play(stage, subject, scene.depth)
      if (round > 0) series[index]!.rounds.push(one)
    }
  }
  return series
}

export function reported(
  stage: Stage,
  found: readonly Series[],
  title: string,
  what: string,
): Piece {
  const columns = ['server', 'scene', ...QUANTITIES.map(([name, unit]) => `${name}, ${unit}`)]
  const rows = found.map(({ subject, scene, rounds }) => [
    ...[subject, scene],
    ...QUANTITIES.map(([, , of]) => withSpread(rounds.map(of))),
  ])
  const measurements = found.flatMap(({ subject, scene, rounds }) =>
    QUANTITIES.map(([name, unit, of]) =>
      measurementOf(
        subject,
        `${what} ${name}`,
        rounds.map(of),
        unit,
        parametersOf(stage, scene),
        PART,
      ),
    ),
  )
  return { about: [], measurements, tables: [{ title, columns, rows }] }
}

export function parametersOf({ sizes, options }: Stage, scene: string) {
  const { rounds, seconds, connections, handshakes, idle, keys } = sizes
  return { scene, rounds, seconds, connections, handshakes, idle, keys, seed: options.seed }
}
