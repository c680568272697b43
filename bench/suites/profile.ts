/**
 * Profile suite: where does a request's time go? Each server is loaded at depth 1 and 16 while perf
 * looks at its process, and its samples are counted by category (profile/categories.ts); times the
 * processor time of a request in the same seconds that makes microseconds. Then V8's own profiler
 * looks at heddle's threads: less is seen by it, but it needs nothing of the system.
 */
import { LoadPool } from '../../src/load/pool.ts'
import { busyNote } from '../load/busy-note.ts'
import { takeCores } from '../load/cores.ts'
import type { Cores } from '../load/cores.ts'
import { startServer } from '../load/servers.ts'
import type { Placement, RunningServer, ServerName } from '../load/servers.ts'
import { openSubject } from '../load/subjects.ts'
import type { Subject } from '../load/subjects.ts'
import { cpuUs } from '../load/throughput-report.ts'
import { median } from '../measurement.ts'
import type { SuiteResult } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import { prepareNames, recordPerf, removeMap, whyNoPerf } from '../profile/perf.ts'
import { perfReport, v8Report } from '../profile/report.ts'
import type { PerfCell, V8Cell } from '../profile/report.ts'
import { prepareV8 } from '../profile/v8.ts'
import type { Progress } from '../progress.ts'

interface Sizes {
  readonly servers: readonly ServerName[]
  readonly v8Servers: readonly ServerName[]
  readonly depths: readonly number[]
  readonly keys: number
  readonly connections: number
  readonly warmUpSeconds: number
  readonly seconds: number
}
interface Stage {
  readonly sizes: Sizes
  readonly pool: LoadPool
  readonly cores: Cores
  readonly options: RunOptions
  readonly progress: Progress
  readonly absent: string[]
}

const HEDDLES: readonly ServerName[] = [
  ...(['heddle sockets 1', 'heddle frames 1', 'heddle RESP sockets 1'] as const),
]
const SERVERS: readonly ServerName[] = [...HEDDLES, 'memcached -t 1', 'redis', 'floor']
const COMMON = { keys: 100_000, connections: 50 }
const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: {
    ...{ servers: ['heddle sockets 1', 'memcached -t 1'], v8Servers: ['heddle sockets 1'] },
    ...{ depths: [16], keys: 500, connections: 4, warmUpSeconds: 0.1, seconds: 0.4 },
  },
  default: {
    ...{ servers: SERVERS, v8Servers: ['heddle sockets 1', 'heddle frames 1'], ...COMMON },
    ...{ depths: [1, 16], warmUpSeconds: 1, seconds: 2 },
  },
  full: {
    ...{ servers: SERVERS, v8Servers: HEDDLES, ...COMMON },
    ...{ depths: [1, 16, 64], warmUpSeconds: 2, seconds: 5 },
  },
}
const MEMORY_MB = 256
const PIECES = 4

export async function runProfile(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const sizes = SIZES[options.form]
  const busy = busyNote(options)
  const cores = takeCores()
  const pool = new LoadPool(1)
  const absent: string[] = []
  const stage: Stage = { sizes, pool, cores, options, progress, absent }
  try {
    const why = whyNoPerf()
    const perf = perfReport(why === undefined ? await playPerf(stage) : why, options)
    const v8 = v8Report(await playV8(stage), options)
    return {
      part: 'profile',
      about: [
        `${sizes.connections} connections, 90/10, uniform over ${sizes.keys} keys, values of 32 ` +
          `bytes; ${sizes.seconds} s of each server at each depth.`,
        ...[cores.note, ...busy, ...new Set(absent), ...perf.about, ...v8.about],
      ],
      measurements: [...perf.measurements, ...v8.measurements],
      tables: [...perf.tables, ...v8.tables],
      charts: perf.charts,
    }
  } finally {
    await pool.close()
    cores.release()
  }
}

async function playPerf(stage: Stage): Promise<PerfCell[]> {
  const { sizes } = stage
  const cells: PerfCell[] = []
  const { nodeFlags, remove } = prepareNames()
  try {
    for (const name of sizes.servers) {
      await withServer(stage, name, { nodeFlags }, async (server, subject) => {
        for (const depth of sizes.depths) {
          await warmUp(stage, subject, depth)
          const { counted, costs } = await playWhile(stage, subject, depth, server.pid)
          cells.push({ server: name, depth, cpuUs: median(costs), counted })
        }
      })
    }
  } finally {
    remove()
  }
  return cells
}

/** Until perf has looked for long enough: it takes a while to begin. */
async function playWhile(stage: Stage, subject: Subject, depth: number, pid: number) {
  const { seconds } = stage.sizes
  let isLooking = true
  const looking = recordPerf(pid, seconds).finally(() => {
    isLooking = false
  })
  const costs: number[] = []
  try {
    while (isLooking) costs.push(cpuUs(await play(stage, subject, depth, seconds / PIECES)))
  } catch (error) {
    await looking.catch(() => {})
    throw error
  }
  return { counted: await looking, costs }
}

async function playV8(stage: Stage): Promise<V8Cell[]> {
  const { sizes } = stage
  const cells: V8Cell[] = []
  for (const name of sizes.v8Servers) {
    const profiler = prepareV8()
    try {
      const { environment } = profiler
      await withServer(stage, name, { environment }, async (_, subject) => {
        for (const depth of sizes.depths) {
          await warmUp(stage, subject, depth)
          const micros = await profiler.during(() => play(stage, subject, depth, sizes.seconds))
          cells.push({ server: name, depth, micros })
        }
      })
    } finally {
      profiler.remove()
    }
  }
  return cells
}

async function withServer(
  stage: Stage,
  name: ServerName,
  how: Placement,
  use: (server: RunningServer, subject: Subject) => Promise<void>,
): Promise<void> {
  const { pool, sizes, cores, absent } = stage
  const server = await startServer(name, MEMORY_MB, { prefix: cores.prefix, ...how })
  if (typeof server === 'string') {
    absent.push(`${name}: not measured, ${server}.`)
    return
  }
  try {
    const { keys, connections, depths } = sizes
    const values = { low: 32, high: 32 }
    // 16 are under way while the keys are stored.
    const order = { connections, keys, mostDepth: Math.max(16, ...depths), values }
    const subject = await openSubject(pool, server, order)
    await use(server, subject)
    await subject.close()
  } finally {
    await server.stop()
    removeMap(server.pid)
  }
}

async function warmUp(stage: Stage, subject: Subject, depth: number): Promise<void> {
  stage.progress.step(`${subject.name} at depth ${depth}`, 0, 1)
  await play(stage, subject, depth, stage.sizes.warmUpSeconds)
}

function play({ options }: Stage, subject: Subject, depth: number, seconds: number) {
  return subject.run({
    ...{ mix: '90/10', choice: 'uniform', trace: undefined, seed: options.seed },
    ...{ depth, seconds, rate: undefined, allowMisses: false },
  })
}
