/**
 * Curve suite: how does latency grow with the load?
 *
 * The highest rate that each subject sustains is looked for first, in the open loop that measures
 * it; then rounds of all subjects, interleaved, at shares of their own maximum. Latency counts from
 * when a request was due, so a stall is charged to all requests that it held up; how late the
 * generator itself was stands beside it. Servers are asked over sockets, embedded caches in the
 * thread that asks; `floor` and `embedded none` store nothing.
 */
import { LoadPool } from '../../src/load/pool.ts'
import { findMaximum } from '../../src/load/sweep.ts'
import { curveCharts, curveTable, distributionsOf } from '../curve/report.ts'
import { doubtsOf, maximaTable, measurementsOf } from '../curve/report.ts'
import type { Curve } from '../curve/report.ts'
import { openEmbedded, openServer } from '../curve/subjects.ts'
import type { CurveSubject } from '../curve/subjects.ts'
import { busyNote } from '../load/busy-note.ts'
import type { ServerName } from '../load/servers.ts'
import { takeCores } from '../load/cores.ts'
import { startServers } from '../load/subjects.ts'
import type { Servers } from '../load/subjects.ts'
import type { SuiteResult } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'

interface Sizes {
  readonly servers: readonly ServerName[]
  readonly keys: number
  readonly connections: number
  /** Shares of the own maximum. */
  readonly percent: readonly number[]
  readonly rounds: number
  /** Of a load; embedded caches answer in as many microseconds fewer. */
  readonly seconds: number
  readonly embeddedSeconds: number
  readonly searchSeconds: number
}

const SERVERS: readonly ServerName[] = [
  ...(['heddle sockets 1', 'heddle frames 1', 'memcached -t 1', 'redis', 'floor'] as const),
]
const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: {
    servers: ['heddle frames 1', 'memcached -t 1'],
    ...{ keys: 1_000, connections: 4, percent: [20, 80], rounds: 1 },
    ...{ seconds: 0.15, embeddedSeconds: 0.05, searchSeconds: 0.05 },
  },
  default: {
    servers: SERVERS,
    ...{ keys: 100_000, connections: 50, percent: [10, 25, 40, 55, 70, 85, 95], rounds: 2 },
    ...{ seconds: 0.5, embeddedSeconds: 0.2, searchSeconds: 0.3 },
  },
  full: {
    servers: SERVERS,
    ...{ keys: 100_000, connections: 50, rounds: 3 },
    percent: [10, 20, 30, 40, 50, 60, 70, 80, 90, 95],
    ...{ seconds: 3, embeddedSeconds: 1, searchSeconds: 1 },
  },
}
const MEMORY_MB = 256
const EMBEDDED = ['heddle', 'lru-cache', 'none'] as const

export async function runCurve(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const busy = busyNote(options)
  const sizes = SIZES[options.form]
  const { keys, connections, seconds, embeddedSeconds, rounds } = sizes
  const cores = takeCores()
  const pool = new LoadPool(1)
  const subjects: CurveSubject[] = []
  let servers: Servers | undefined
  let curves: Curve[]
  try {
    servers = await startServers(sizes.servers, MEMORY_MB, { prefix: cores.prefix })
    const order = { keys, connections, seed: options.seed }
    for (const server of servers.running) subjects.push(await openServer(pool, server, order))
    for (const name of EMBEDDED) subjects.push(await openEmbedded(name, order))
    curves = await playCurves(subjects, sizes, progress)
  } finally {
    await Promise.all(subjects.map((subject) => subject.close()))
    await servers?.stop()
    await pool.close()
    cores.release()
  }
  const parameters = { keys, connections, mix: '90/10', seed: options.seed, rounds }
  return {
    part: 'curve',
    about: [
      `Open loop, 90/10 of ${keys} keys with values of 32 bytes; servers over ${connections} ` +
        `connections, one client thread, ${seconds} s a load; embedded caches ` +
        `${embeddedSeconds} s. ${rounds} rounds, all subjects interleaved.`,
      'The maximum is the highest rate of the open loop of which 97 % came back and nothing was ' +
        'left unsent, from the closed loop (depth 16) downwards in steps of 15 %: it is that of ' +
        'server and generator together.',
      `${cores.note} Embedded caches run where the generator does.`,
      'Latency counts from when a request was due (no coordinated omission). "lag" is how late ' +
        'the generator noticed it; a percentile of its size says little of the server. ' +
        'Embedded caches are asked by their own thread: what is late there waited for the cache.',
      ...busy,
      ...servers.absent,
      ...doubtsOf(curves),
    ],
    measurements: curves.flatMap((curve) => {
      const of = curve.subject.isEmbedded ? embeddedSeconds : seconds
      return measurementsOf(curve, { ...parameters, seconds: of })
    }),
    tables: [maximaTable(curves), curveTable(curves)],
    charts: curveCharts(curves),
    distributions: curves.flatMap(distributionsOf),
  }
}

/** The gentle loads first; in each, all subjects one after the other. */
async function playCurves(
  subjects: readonly CurveSubject[],
  sizes: Sizes,
  progress: Progress,
): Promise<Curve[]> {
  const curves: Curve[] = []
  const secondsOf = (subject: CurveSubject) =>
    subject.isEmbedded ? sizes.embeddedSeconds : sizes.seconds
  for (const [index, subject] of subjects.entries()) {
    progress.step(`the highest rate of ${subject.name}`, index, subjects.length)
    await subject.play(undefined, sizes.searchSeconds) // compiled code is what it will be
    const play = subject.play.bind(subject)
    const maximum = await findMaximum(play, sizes.searchSeconds)
    const points = sizes.percent.map((percent) => {
      const rate = Math.max(1, Math.round((maximum.sustained * percent) / 100))
      return { percent, rate, rounds: [] }
    })
    curves.push({ subject, maximum, points })
  }
  for (let round = 0; round < sizes.rounds; round++) {
    for (const [index, percent] of sizes.percent.entries()) {
      for (const { subject, points } of curves) {
        progress.step(`${subject.name} at ${percent} %`, round, sizes.rounds)
        const point = points[index]!
        point.rounds.push(await subject.play(point.rate, secondsOf(subject)))
      }
    }
  }
  return curves
}
