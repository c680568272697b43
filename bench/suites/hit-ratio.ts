/**
 * Hit ratio suite (`npm run hit-ratio`): how good is the choice of what to keep?
 *
 * The engine itself, one thread of it, replays each trace (a get, and on a miss a set) with each of
 * its policies. Once bounded by `maxEntries` at a share of the trace's unique keys, memory to
 * spare: beside it stand the policy's exact simulation, which it approximates, exact LRU, which
 * people know, and Belady's optimum. And once bounded by `memory` at a share of the bytes of all
 * keys and values, the engine's own overhead included: beside it LRU over bytes without any
 * overhead, and a bound of what is possible. A pool of threads works through the cells.
 */
import { Piscina } from 'piscina'
import { measurementsOf } from '../hitratio/measurements.ts'
import type { CellFindings, Task } from '../hitratio/protocol.ts'
import { bytesTable, chartsOf, entriesTable, targetsTable } from '../hitratio/report.ts'
import type { SuiteResult } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { traceFiles } from '../traces/catalog.ts'
import { CHANCY, POLICIES } from '../traces/simulators.ts'

interface Sizes {
  readonly mostRequests: number
  /** Of the unique keys. */
  readonly entryPercents: readonly number[]
  /** Of the bytes of all keys and values. */
  readonly bytePercents: readonly number[]
  /** Replays of a policy in which chance has a part, each with a hash seed of its own. */
  readonly seeds: number
}

const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: { mostRequests: 10_000, entryPercents: [1, 10], bytePercents: [20], seeds: 2 },
  default: { mostRequests: 500_000, entryPercents: [0.1, 1, 10], bytePercents: [10], seeds: 3 },
  full: {
    mostRequests: Number.POSITIVE_INFINITY,
    entryPercents: [0.1, 0.3, 1, 3, 10, 30],
    bytePercents: [1, 3, 10, 30],
    seeds: 5,
  },
}

export async function runHitRatio(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const sizes = SIZES[options.form]
  const files = traceFiles(options, options.form === 'full' || options.chosen)
  const seeds = Array.from({ length: sizes.seeds }, (_, index) => options.seed + index)
  const tasks = files.flatMap((file) => tasksOf(file, sizes, seeds))
  const pool = new Piscina<Task, CellFindings>({
    filename: new URL('../hitratio/task.ts', import.meta.url).href,
    minThreads: options.threads,
    maxThreads: options.threads,
    concurrentTasksPerWorker: 1,
  })
  let done = 0
  const cells = await Promise.all(
    tasks.map(async (task) => {
      const cell = await pool.run(task)
      progress.step(`${cell.trace} at ${task.percent} % of ${task.bound}`, ++done, tasks.length)
      return cell
    }),
  )
  await pool.destroy()
  return {
    part: 'hitratio',
    about: aboutOf(sizes),
    measurements: cells.flatMap(measurementsOf),
    tables: [targetsTable(cells), entriesTable(cells), bytesTable(cells)],
    charts: chartsOf(cells),
  }
}

function tasksOf(file: string, sizes: Sizes, seeds: readonly number[]): Task[] {
  const { mostRequests, entryPercents, bytePercents } = sizes
  const common = { file, mostRequests, policies: POLICIES, seeds }
  return [
    ...entryPercents.map((percent): Task => ({ ...common, bound: 'entries', percent })),
    ...bytePercents.map((percent): Task => ({ ...common, bound: 'bytes', percent })),
  ]
}

function aboutOf({ mostRequests, seeds }: Sizes): string[] {
  const length = Number.isFinite(mostRequests)
    ? `the first ${mostRequests.toLocaleString('en-US')} requests of each trace`
    : 'all requests of each trace'
  return [
    `The engine itself replays ${length}: one thread, cold start, a get, after a miss a set.`,
    'By entries: maxEntries at a share of the unique keys; keys are their numbers, all of one ' +
      'length, since each size class has a hand of its own. LRU, the simulation of each ' +
      "policy and Belady's optimum (which may decline to keep an entry) are exact. In brackets: " +
      'the engine minus the simulation, in points.',
    `What depends on chance (${CHANCY.join(', ')}: ghosts, sketch, victims) is the mean of ` +
      `${seeds} replays with other hash seeds, beside as many of the simulation if it draws, ` +
      'too; after the slash how far the replays lie apart, in points.',
    'By bytes: memory at a share of the bytes of all keys and values (bench/replay/value.ts, ' +
      '4.7 KiB on average), at least 2 MiB. The engine pays its table and headers from it, LRU ' +
      'beside it pays nothing; the bound is PFOO-L. Hit ratio / byte hit ratio.',
  ]
}
