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
import { availableParallelism, loadavg } from 'node:os'
import { LoadPool } from '../../src/load/pool.ts'
import { sharedCoresNote } from '../../src/load/server-process.ts'
import { readTrace } from '../../src/load/trace-reader.ts'
import { compareMemory } from '../load/memory.ts'
import { LOAD_SIZES, isLarge, loadFormOf } from '../load/scenes.ts'
import type { LoadSizes, Scene } from '../load/scenes.ts'
import { latencyReport } from '../load/latency-report.ts'
import type { LatencySeries } from '../load/latency-report.ts'
import { memoryReport } from '../load/memory-report.ts'
import type { ReportPiece } from '../load/report-piece.ts'
import { openSubject, startServers } from '../load/subjects.ts'
import type { Measured, Servers, Subject } from '../load/subjects.ts'
import { throughputReport } from '../load/throughput-report.ts'
import type { SceneSeries } from '../load/throughput-report.ts'
import type { SuiteResult } from '../measurement.ts'
import type { RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { CARRIED_TRACE } from '../traces/catalog.ts'

const THREADS = 1
const BUSY_LOAD = 0.7
const MEMORY_MB = 1024
/** Of a round: compiled code takes a while to be what it will be. */
const WARM_UP_SHARE = 1
/** An open loop may have this many requests under way on a connection. */
const OPEN_DEPTH = 64
const SMALL = { low: 32, high: 32 }

interface Stage {
  readonly pool: LoadPool
  readonly sizes: LoadSizes
  readonly options: RunOptions
  readonly progress: Progress
}

export async function runLoad(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const form = loadFormOf(options)
  const busy = busyNote(options)
  const sizes = LOAD_SIZES[form]
  const pool = new LoadPool(THREADS)
  const stage: Stage = { pool, sizes, options, progress }
  const pieces: ReportPiece[] = []
  let absent: readonly string[]
  let shared: string | undefined
  try {
    const servers = await startServers(sizes.servers, MEMORY_MB)
    absent = servers.absent
    shared = sharedCoresNote('127.0.0.1', servers.running[0]?.pid)
    try {
      pieces.push(throughputReport(await playScenes(stage, servers), sizes, options))
      pieces.push(latencyReport(await playRates(stage, servers), sizes, options))
    } finally {
      await servers.stop()
    }
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

/** Other programs at work; in a whole run the load average is that of the parts before. */
export function busyNote(options: RunOptions): string[] {
  const load = loadavg()[0] as number
  if (!options.chosen || load < BUSY_LOAD) return []
  const words = `load average ${load.toFixed(1)} on ${availableParallelism()} cores`
  return [`The machine was not idle when this began (${words}): latency is also that of others.`]
}

/** Scenes with the same values share their keys, which are stored once. */
async function playScenes(stage: Stage, servers: Servers): Promise<SceneSeries[]> {
  const { scenes } = stage.sizes
  const valuesOf = (scene: Scene) => `${scene.values.low}-${scene.values.high}`
  const found: SceneSeries[] = []
  for (const group of new Set(scenes.map(valuesOf))) {
    const members = scenes.filter((scene) => valuesOf(scene) === group)
    found.push(...(await playGroup(stage, servers, members)))
  }
  return found
}

async function playGroup(
  stage: Stage,
  servers: Servers,
  scenes: readonly Scene[],
): Promise<SceneSeries[]> {
  const { pool, sizes, progress } = stage
  const first = scenes[0] as Scene
  const subjects: Subject[] = []
  for (const server of servers.running) {
    if (server.name === 'floor' && isLarge(first)) continue
    progress.step(`${server.name} stores ${sizes.keys} keys`, 0, sizes.rounds)
    subjects.push(await openSubject(pool, server, orderOf(sizes, first)))
  }
  const found = scenes.flatMap((scene) =>
    subjects.map(({ name }): SceneSeries => ({ scene, server: name, rounds: [] })),
  )
  for (let round = 0; round <= sizes.rounds; round++) {
    for (const scene of scenes) {
      for (const subject of subjects) {
        progress.step(`${scene.label}: ${subject.name}`, round, sizes.rounds)
        const one = await playScene(stage, subject, scene, round === 0)
        const series = found.find((it) => it.scene === scene && it.server === subject.name)
        if (round > 0) series?.rounds.push(one)
      }
    }
  }
  for (const subject of subjects) await subject.close()
  return found
}

function orderOf(sizes: LoadSizes, scene: Scene) {
  const { connections, keys } = sizes
  return { connections, keys, mostDepth: OPEN_DEPTH, values: scene.values }
}

/** Round 0 warms up and is not kept. */
function playScene(stage: Stage, subject: Subject, scene: Scene, isWarmUp: boolean) {
  const { sizes, options } = stage
  const { mix, choice, depth } = scene
  const trace = choice === 'trace' ? sharedTrace() : undefined
  return subject.run({
    ...{ mix, choice, depth, trace, seed: options.seed },
    seconds: isWarmUp ? sizes.seconds * WARM_UP_SHARE : sizes.seconds,
    ...{ rate: undefined, allowMisses: false },
  })
}

/** The carried trace's requests as ids; it has fewer keys than are stored. */
function sharedTrace(): SharedArrayBuffer {
  const { requests } = readTrace(CARRIED_TRACE)
  const shared = new SharedArrayBuffer(requests.byteLength)
  new Uint32Array(shared).set(requests)
  return shared
}

async function playRates(stage: Stage, servers: Servers): Promise<LatencySeries[]> {
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
