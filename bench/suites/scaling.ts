/**
 * Scaling suite: how much more do more threads do?
 *
 * One, two, four, eight threads on one engine, as far as there are cores (and once twice as many),
 * and servers with one and with two workers. Beyond the cores of this machine the Universal
 * Scalability Law is fitted to what was measured, and stated as a model with what it leaves open.
 */
import { availableParallelism } from 'node:os'
import { LoadPool } from '../../src/load/pool.ts'
import { busyNote } from '../load/busy-note.ts'
import type { SuiteResult } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { playThreads } from '../scaling/embedded.ts'
import type { ThreadsCell } from '../scaling/embedded.ts'
import { goalTable, growthOfThreads, growthOfWorkers, measurementsOf } from '../scaling/report.ts'
import { modelChart, modelTable, throughputTable, workersTable } from '../scaling/report.ts'
import { playWorkers } from '../scaling/workers.ts'

interface Sizes {
  /** Many keys, and so few that threads meet on them all the time. */
  readonly keys: readonly number[]
  readonly rounds: number
  readonly ms: number
  readonly serverRounds: number
  readonly serverSeconds: number
  readonly serverKeys: number
  readonly connections: number
}

const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: {
    ...{ keys: [2_000], rounds: 3, ms: 5, serverRounds: 1, serverSeconds: 0.1 },
    ...{ serverKeys: 500, connections: 4 },
  },
  default: {
    ...{ keys: [100_000, 16], rounds: 11, ms: 30, serverRounds: 5, serverSeconds: 0.5 },
    ...{ serverKeys: 100_000, connections: 50 },
  },
  full: {
    ...{ keys: [100_000, 4_000_000, 16], rounds: 41, ms: 60, serverRounds: 9, serverSeconds: 2 },
    ...{ serverKeys: 100_000, connections: 50 },
  },
}
const MOST_THREADS = 8

export async function runScaling(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const busy = busyNote(options)
  const sizes = SIZES[options.form]
  const cores = availableParallelism()
  const counts = threadCounts(cores, options.form !== 'smoke')
  const { rounds, ms, serverRounds, serverSeconds, serverKeys, connections } = sizes
  const cells: ThreadsCell[] = []
  for (const keys of sizes.keys) {
    const step = (round: number) => progress.step(`threads on ${keys} keys`, round, rounds)
    const order = { keys, threads: counts, rounds, ms, seed: options.seed }
    cells.push(...(await playThreads(order, step)))
  }
  const pool = new LoadPool(1)
  const order = { connections, keys: serverKeys, rounds: serverRounds, seconds: serverSeconds }
  const workers = await playWorkers(pool, { ...order, seed: options.seed }, (round) =>
    progress.step('workers of a server', round, serverRounds),
  ).finally(() => pool.close())
  const growth = [...growthOfThreads(cells, cores), ...growthOfWorkers(workers)]
  const modelled = growth.filter(({ byCpu }) => byCpu.length > 0)
  const parameters = { cores, rounds, ms, seed: options.seed }
  return {
    part: 'scaling',
    about: [
      `Threads: 32-byte values, keys built anew, ${rounds} interleaved rounds of ${ms} ms; ` +
        '"x one thread" is the median of the ratios within rounds. lru-cache is one cache per ' +
        'thread: what the machine gives threads that share nothing.',
      '"By processor time" is what the growth would be if each thread had a core to itself. ' +
        'Threads beyond the cores take turns; they are not part of the fit.',
      'Model: C(N) = N / (1 + sigma (N - 1) + kappa N (N - 1)). ' +
        (cores > 2
          ? 'Fitted by least squares.'
          : 'Two threads give sigma + 2 kappa alone, so sigma and kappa are ranges, from all of ' +
            'the one to all of the other, and forecasts reach from the slower quarter of the ' +
            'rounds with all kappa to the faster quarter with all sigma.'),
      'Servers: the client takes part of the cores, so their growth by the clock is bounded by it.',
      ...busy,
    ],
    measurements: measurementsOf(cells, workers, modelled, parameters),
    tables: [
      ...[goalTable(growth), throughputTable(cells, cores), workersTable(workers)],
      ...(modelled.length === 0 ? [] : [modelTable(modelled)]),
    ],
    charts: cores > 1 ? [modelChart(modelled)] : [],
  }
}

/** 1, 2, 4, 8 as far as there are cores, and the next of them. */
function threadCounts(cores: number, withMore: boolean): number[] {
  const counts = [1, 2, 4, MOST_THREADS].filter((count) => count <= cores)
  const next = counts.at(-1)! * 2
  return withMore && next <= MOST_THREADS ? [...counts, next] : counts
}
