/**
 * Redis suite: what does a request of a Redis client cost heddle beside redis-server itself?
 *
 * Both are child processes under the same clients: the generator of src/load, which checks every
 * reply byte by byte, and redis-benchmark. Rounds of all servers, one after the other; processor
 * time per operation is that of the server's whole process, and ratios are taken within rounds.
 * Limits are part of the report: each row says whether it is met.
 */
import { availableParallelism } from 'node:os'
import { LoadPool } from '../../src/load/pool.ts'
import { sharedCoresNote } from '../../src/load/server-process.ts'
import { boundTables } from '../load/bound-report.ts'
import { playScenes } from '../load/closed-loop.ts'
import type { Stage } from '../load/closed-loop.ts'
import { playTool } from '../load/redis-benchmark.ts'
import { toolReport } from '../load/redis-report.ts'
import { rivalReport } from '../load/rival-report.ts'
import type { ReportPiece } from '../load/report-piece.ts'
import { REDIS_SIZES, loadFormOf } from '../load/scenes.ts'
import type { RedisSizes } from '../load/scenes.ts'
import { busyNote } from '../load/busy-note.ts'
import { isFloor } from '../load/servers.ts'
import { startServers } from '../load/subjects.ts'
import { throughputReport } from '../load/throughput-report.ts'
import type { SuiteResult } from '../measurement.ts'
import type { RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'

const THREADS = 1
const MEMORY_MB = 1024

export async function runRedis(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const form = loadFormOf(options)
  const busy = busyNote(options)
  const sizes = REDIS_SIZES[form]
  const pool = new LoadPool(THREADS)
  const stage: Stage<RedisSizes> = { pool, sizes, options, progress }
  const notes: string[] = []
  const pieces: ReportPiece[] = []
  try {
    const servers = await startServers(sizes.servers, MEMORY_MB, { floorProtocol: 'redis' })
    const shared = sharedCoresNote('127.0.0.1', servers.running[0]?.pid)
    notes.push(...(shared === undefined ? [] : [`Of note: ${shared}.`]), ...busy, ...servers.absent)
    try {
      const found = await playScenes(stage, servers)
      const beside = rivalReport(found, 'redis', sizes, options, 'redis')
      const { tables, ...closed } = throughputReport(found, sizes, options, 'redis')
      const measurements = [...closed.measurements, ...beside.measurements]
      const bounds = boundTables(found, availableParallelism())
      pieces.push({ ...closed, measurements, tables: [...tables, ...beside.tables, ...bounds] })
      if (sizes.toolRounds > 0) {
        // The floors answer the generator's keys alone.
        const rivals = servers.running.filter(({ name }) => !isFloor(name))
        const tool = await playTool(rivals, sizes, progress)
        pieces.push(toolReport(tool, sizes, options))
      }
    } finally {
      await servers.stop()
    }
  } finally {
    await pool.close()
  }
  return {
    part: 'redis',
    form,
    about: [
      `Form ${form}: ${sizes.connections} connections, ${THREADS} client thread, ` +
        `${sizes.keys} keys of 24 bytes, values of 32; every reply is checked byte by byte.`,
      ...notes,
      ...pieces.flatMap((piece) => piece.about),
    ],
    measurements: pieces.flatMap((piece) => piece.measurements),
    tables: pieces.flatMap((piece) => piece.tables),
    charts: pieces.flatMap((piece) => piece.charts),
    distributions: [],
  }
}
