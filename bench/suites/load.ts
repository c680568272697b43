/**
 * Load suite: what does a request cost a server, and how long do its clients wait?
 *
 * heddle, memcached, Redis and the floor (a C program that answers and stores nothing) are child
 * processes under the same generator (src/load). Closed loop: rounds of all servers, one after
 * the other, so that a busy minute meets them all; processor time per operation is the server's
 * own, and ratios are taken within rounds. Open loop: rising rates, latency from the intended
 * time. Last, a million entries in each, and what they take. Every reply is checked byte by byte;
 * a wrong one ends the run.
 */
import { LoadPool } from '../../src/load/pool.ts'
import { sharedCoresNote } from '../../src/load/server-process.ts'
import { busyNote } from '../load/busy-note.ts'
import { OPEN_DEPTH, WARM_UP_SHARE, playScenes } from '../load/closed-loop.ts'
import type { Stage } from '../load/closed-loop.ts'
import { garbageReport } from '../load/garbage.ts'
import { loopDelayReport } from '../load/loop-delay.ts'
import { compareMemory } from '../load/memory.ts'
import { LOAD_SIZES, loadFormOf } from '../load/scenes.ts'
import type { LoadSizes } from '../load/scenes.ts'
import { latencyReport } from '../load/latency-report.ts'
import type { LatencySeries } from '../load/latency-report.ts'
import { memoryReport } from '../load/memory-report.ts'
import { rivalReport } from '../load/rival-report.ts'
import type { ReportPiece } from '../load/report-piece.ts'
import { openSubject, startServers } from '../load/subjects.ts'
import type { Measured, Servers, Subject } from '../load/subjects.ts'
import { throughputReport } from '../load/throughput-report.ts'
import type { SuiteResult } from '../measurement.ts'
import type { RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'

const THREADS = 1
const MEMORY_MB = 1024
const SMALL = { low: 32, high: 32 }

export async function runLoad(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const form = loadFormOf(options)
  const busy = busyNote(options)
  const sizes = LOAD_SIZES[form]
  const pool = new LoadPool(THREADS)
  const stage: Stage<LoadSizes> = { pool, sizes, options, progress }
  const pieces: ReportPiece[] = []
  let absent: readonly string[]
  let shared: string | undefined
  try {
    const servers = await startServers(sizes.servers, MEMORY_MB)
    absent = servers.absent
    shared = sharedCoresNote('127.0.0.1', servers.running[0]?.pid)
    try {
      const found = await playScenes(stage, servers)
      const beside = rivalReport(found, 'memcached -t 1', sizes, options, 'load')
      const { tables, ...closed } = throughputReport(found, sizes, options, 'load')
      const measurements = [...closed.measurements, ...beside.measurements]
      pieces.push({ ...closed, measurements, tables: [...tables, ...beside.tables] })
      pieces.push(latencyReport(await playRates(stage, servers), sizes, options))
    } finally {
      await servers.stop()
    }
    pieces.push(await garbageReport(sizes, options))
    progress.step('delay of the event loops', 0, 1)
    pieces.push(await loopDelayReport(pool, sizes, options))
    if (sizes.memoryEntries > 0) {
      const step = (name: string) => progress.step(`memory of ${name}`, 0, 1)
      pieces.push(memoryReport(await compareMemory(pool, sizes.memoryEntries, options.seed, step)))
    }
  } finally {
    await pool.close()
  }
  return {
    part: 'load',
    form,
    about: [
      `Form ${form}: ${sizes.connections} connections, ${THREADS} client thread, ` +
        `${sizes.keys} keys of 24 bytes; every reply is checked byte by byte.`,
      ...(shared === undefined ? [] : [`Of note: ${shared}.`]),
      ...busy,
      ...absent,
      ...pieces.flatMap((piece) => piece.about),
    ],
    measurements: pieces.flatMap((piece) => piece.measurements),
    tables: pieces.flatMap((piece) => piece.tables),
    charts: pieces.flatMap((piece) => piece.charts),
    distributions: pieces.flatMap((piece) => piece.distributions),
  }
}

async function playRates(stage: Stage<LoadSizes>, servers: Servers): Promise<LatencySeries[]> {
  const { pool, sizes, options, progress } = stage
  const { connections, keys } = sizes
  const subjects: Subject[] = []
  for (const server of servers.running) {
    if (!sizes.latencyServers.includes(server.name)) continue
    const order = { connections, keys, mostDepth: OPEN_DEPTH, values: SMALL }
    subjects.push(await openSubject(pool, server, order))
  }
  const play = (subject: Subject, rate: number, seconds: number): Promise<Measured> =>
    subject.run({
      ...{ mix: '90/10', choice: 'uniform', trace: undefined, seed: options.seed },
      ...{ depth: OPEN_DEPTH, seconds, rate, allowMisses: false },
    })
  const found = sizes.rates.flatMap((rate) =>
    subjects.map(({ name }): LatencySeries => ({ server: name, rate, rounds: [] })),
  )
  for (const subject of subjects) {
    await play(subject, sizes.rates[0] as number, sizes.latencySeconds * WARM_UP_SHARE)
  }
  for (let round = 0; round < sizes.latencyRounds; round++) {
    for (const series of found) {
      const { server, rate } = series
      progress.step(`${server} at ${rate}/s`, round, sizes.latencyRounds)
      const subject = subjects.find(({ name }) => name === server) as Subject
      series.rounds.push(await play(subject, rate, sizes.latencySeconds))
    }
  }
  for (const subject of subjects) await subject.close()
  return found
}
