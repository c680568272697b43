/**
 * Disturbed suite: what do clients notice while something else happens to the server?
 *
 * Each server is loaded at a share of the highest rate that it sustains; in the middle of a run it
 * is disturbed: scraped, flushed, made to evict, to move pages, to expire a million entries at
 * once, to lose its worker, to collect its process' garbage. Stated are the percentiles of what was
 * due in that window, beside those of a calm window of the same run, and how late the generator
 * itself was in both. A disturbance that cannot be shown to have happened ends the run.
 */
import { LoadPool } from '../../src/load/pool.ts'
import type { LoadSession } from '../../src/load/pool.ts'
import { sharedCoresNote } from '../../src/load/server-process.ts'
import { findMaximum } from '../../src/load/sweep.ts'
import { DISTURBANCES } from '../disturbed/disturbances.ts'
import type { DisturbanceSizes } from '../disturbed/disturbances.ts'
import { playDisturbed } from '../disturbed/play.ts'
import { disturbedBars, disturbedTables, measurementsOf, timelines } from '../disturbed/report.ts'
import type { Series } from '../disturbed/report.ts'
import { startStand } from '../disturbed/stand.ts'
import type { Stand, StandName } from '../disturbed/stand.ts'
import { busyNote } from '../load/busy-note.ts'
import { OPEN_DEPTH } from '../load/closed-loop.ts'
import { refuseErrors } from '../load/subjects.ts'
import type { SuiteResult } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'

interface Sizes extends DisturbanceSizes {
  readonly servers: readonly StandName[]
  readonly keys: number
  readonly connections: number
  readonly percent: number
  readonly calmSeconds: number
  readonly searchSeconds: number
  readonly rounds: number
}

const SERVERS: readonly StandName[] = [
  ...(['heddle sockets 1', 'heddle frames 1', 'heddle frames 1, acceptor apart'] as const),
  ...(['memcached -t 1', 'redis'] as const),
]
const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: {
    servers: ['heddle frames 1'],
    ...{ keys: 500, connections: 4, percent: 20, calmSeconds: 0.3, searchSeconds: 0.05 },
    ...{ rounds: 1, waveEntries: 2_000, stormPerSecond: 5_000, pageMoves: 6 },
    ...{ heapObjects: 200_000, scrapes: 1, memoryMb: 64 },
  },
  default: {
    servers: SERVERS,
    ...{ keys: 100_000, connections: 50, percent: 40, calmSeconds: 0.6, searchSeconds: 0.3 },
    ...{ rounds: 1, waveEntries: 1_000_000, stormPerSecond: 10_000, pageMoves: 20 },
    ...{ heapObjects: 3_000_000, scrapes: 2, memoryMb: 192 },
  },
  full: {
    servers: SERVERS,
    ...{ keys: 100_000, connections: 50, percent: 40, calmSeconds: 2, searchSeconds: 1 },
    ...{ rounds: 3, waveEntries: 1_000_000, stormPerSecond: 20_000, pageMoves: 60 },
    ...{ heapObjects: 10_000_000, scrapes: 10, memoryMb: 256 },
  },
}
const SMALL = { low: 32, high: 32 }

interface Stage {
  readonly pool: LoadPool
  readonly sizes: Sizes
  readonly options: RunOptions
  readonly progress: Progress
}

export async function runDisturbed(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const busy = busyNote(options)
  const sizes = SIZES[options.form]
  const { keys, connections, percent, calmSeconds, rounds } = sizes
  const stage: Stage = { pool: new LoadPool(1), sizes, options, progress }
  const found = new Map<string, Series>()
  const absent: string[] = []
  let shared: string | undefined
  try {
    for (let round = 0; round < rounds; round++) {
      for (const name of sizes.servers) {
        const stand = await startStand(name, sizes.memoryMb)
        if (typeof stand === 'string') {
          if (round === 0) absent.push(`${name}: not measured, ${stand}.`)
          continue
        }
        shared = sharedCoresNote('127.0.0.1', stand.pid)
        try {
          await disturb(stage, stand, found)
        } finally {
          await stand.stop()
        }
      }
    }
  } finally {
    await stage.pool.close()
  }
  const series = sorted([...found.values()])
  const parameters = { keys, connections, mix: '90/10', seed: options.seed, rounds, percent }
  return {
    part: 'disturbed',
    about: [
      `Open loop, 90/10 of ${keys} keys with values of 32 bytes over ${connections} connections, ` +
        `at ${percent} % of the highest rate that each server sustains; latency from when a ` +
        'request was due.',
      `"calm / during": what was due in the ${calmSeconds} s before the disturbance (but the ` +
        'first 100 ms), and from 50 ms before it to 200 ms after its end, in the same run. ' +
        '"nothing" is the same without a disturbance. A calm request that still waited in a ' +
        'queue when the disturbance began carries that wait.',
      '"lag" is how late the generator itself was in the same windows: what a disturbance takes ' +
        'of a core that server and generator share is in it, too.',
      'heddle runs in a process that embeds it, with one worker; in "acceptor apart" the ' +
        'acceptor has a thread of its own. "lost" are requests whose connection was closed ' +
        'before the reply.',
      ...(shared === undefined ? [] : [`Of note: ${shared}.`]),
      ...busy,
      ...absent,
    ],
    measurements: series.flatMap((one) => measurementsOf(one, { ...parameters, calmSeconds })),
    tables: disturbedTables(series),
    charts: [disturbedBars(series), timelines(series)],
  }
}

/** All of its disturbances, one after the other. */
async function disturb(stage: Stage, stand: Stand, found: Map<string, Series>): Promise<void> {
  const { pool, sizes, options, progress } = stage
  const { connections, keys, searchSeconds, percent, calmSeconds } = sizes
  const { name, target } = stand
  const session = await pool.open({
    target,
    connections,
    keys,
    mostDepth: OPEN_DEPTH,
    values: SMALL,
  })
  const preload = async () => refuseErrors(name, 'preload', await session.preload())
  await preload()
  const rate = await rateFor(session, percent, searchSeconds, options)
  const fitting = DISTURBANCES.filter(({ isFor }) => isFor(stand))
  for (const [index, { prepare }] of fitting.entries()) {
    const disturbance = await prepare(stand, sizes)
    const what = disturbance.name
    progress.step(`${name}: ${what}`, index, fitting.length)
    await preload()
    const one = await playDisturbed(session, name, disturbance, { rate, calmSeconds, options })
    const key = `${name} ${what}`
    const series = found.get(key) ?? { subject: name, what, rate, rounds: [] }
    series.rounds.push(one)
    found.set(key, series)
  }
  await session.close()
}

async function rateFor(
  session: LoadSession,
  percent: number,
  seconds: number,
  { seed }: RunOptions,
): Promise<number> {
  const order = { mix: '90/10', choice: 'uniform', trace: undefined, seed } as const
  const play = (rate: number | undefined, wanted: number) => {
    const depth = rate === undefined ? 16 : OPEN_DEPTH
    return session.run({ ...order, depth, seconds: wanted, rate, allowMisses: false })
  }
  await play(undefined, seconds) // compiled code takes a while to be what it will be
  const { sustained } = await findMaximum(play, seconds)
  return Math.max(1, Math.round((sustained * percent) / 100))
}

/** By disturbance, in their order, each with its servers. */
function sorted(series: readonly Series[]): Series[] {
  const order = [...new Set(series.map(({ what }) => what))]
  return [...series].sort((a, b) => order.indexOf(a.what) - order.indexOf(b.what))
}
