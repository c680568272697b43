/**
 * One look at a running server: plain JSON, from which the metrics, the dashboard, `/stats` and the
 * tables in a terminal are made. Units are in the names; counts are since the start of what counts
 * them, and only grow.
 *
 * Reading pauses nobody: it sums rows that their threads go on writing, so two numbers may be some
 * operations apart. Its work is bounded: a look at each row of the engine, each page and each slot
 * for a connection, and the buckets of the commands that were ever called.
 */
import { type Engine, sessionOf } from '../engine/engine.ts'
import { classStats, memoryLimit } from '../engine/slab-admin.ts'
import { type EngineStats, readStats } from '../engine/statistics.ts'
import { BUCKETS, beginOf, quantileOf } from './buckets.ts'
import {
  type ObservationBoard,
  PROTOCOLS,
  type ProtocolName,
  type SeriesTotals,
} from './observation-board.ts'

export interface Snapshot {
  /** When it was taken, ms since the epoch. */
  readonly at: number
  readonly engine: EngineSnapshot
  readonly server: ServerSnapshot
  readonly process: ProcessSnapshot
  /** The thread that accepts first, then the workers. */
  readonly threads: readonly ThreadSnapshot[]
  /** Commands that were ever called, by protocol, in the order of its table. */
  readonly commands: readonly CommandSnapshot[]
  /** What arrived in one read and was answered together, for each protocol that was spoken. */
  readonly batches: readonly BatchSnapshot[]
}

/** What `engine.stats()` says, and more of its memory. */
export interface EngineSnapshot extends EngineStats {
  readonly name: string
  /** misses / (hits + misses), 0 before the first read. */
  readonly missRatio: number
  /** Bytes that may be used now: the budget, unless an operator took some away. */
  readonly limitBytes: number
  /** Size classes that have pages. */
  readonly sizeClasses: readonly SizeClassSnapshot[]
}

export interface SizeClassSnapshot {
  readonly chunkBytes: number
  readonly pages: number
  /** Bytes of those pages. */
  readonly bytes: number
  /** Chunks in use, those in a thread's magazine included, and their bytes. */
  readonly usedChunks: number
  readonly usedBytes: number
  /** Entries evicted from the class, modulo 2^32. */
  readonly evictions: number
}

/** What the server knows of its clients. */
export interface ServerSnapshot {
  readonly version: string
  readonly pid: number
  /** Ms since the epoch. */
  readonly startedAt: number
  readonly handOff: string
  readonly workers: number
  readonly isAccepting: boolean
  readonly connections: {
    /** Open now, by what is spoken on the socket that they came in by. */
    readonly open: Readonly<Partial<Record<ProtocolName, number>>>
    readonly most: number
    readonly accepted: number
    /** For want of room. */
    readonly rejected: number
    readonly kickedIdle: number
  }
  readonly receivedBytes: number
  readonly sentBytes: number
}

export interface ProcessSnapshot {
  readonly cpuUserSeconds: number
  readonly cpuSystemSeconds: number
  readonly residentBytes: number
  readonly uptimeSeconds: number
}

export interface ThreadSnapshot {
  /** `accept`, `worker 0`... */
  readonly name: string
  /** Since the thread began. A busy share between two snapshots is what busy grew by of both. */
  readonly busySeconds: number
  readonly idleSeconds: number
  /** Of the last second. */
  readonly busyShare: number
  /** How late the event loop was, in the last 15 to 30 seconds. */
  readonly eventLoopDelay: {
    readonly medianSeconds: number
    readonly p99Seconds: number
    readonly longestSeconds: number
  }
  readonly heapBytes: number
  /** One more each second; standing still, the thread does not reach its event loop. */
  readonly beats: number
}

export interface CommandSnapshot {
  readonly protocol: ProtocolName
  readonly command: string
  /** All calls. */
  readonly calls: number
  /** Of those that were timed, about one in 32: see command-clock.ts. */
  readonly latency: LatencySnapshot
}

export interface BatchSnapshot {
  readonly protocol: ProtocolName
  readonly count: number
  /** Of those that were timed, about one in 16. */
  readonly latency: LatencySnapshot
}

/** Quantiles are the middles of buckets an eighth wide: right within 6 %. */
export interface LatencySnapshot {
  readonly samples: number
  readonly sumSeconds: number
  readonly p50Seconds: number
  readonly p90Seconds: number
  readonly p99Seconds: number
  readonly p999Seconds: number
  readonly longestSeconds: number
  /** Samples at or below each of LATENCY_BOUNDS_SECONDS, then all. */
  readonly cumulative: readonly number[]
}

/** 1.024 µs and its doubles up to 1.07 s: bounds that the buckets have, too. */
export const LATENCY_BOUNDS_SECONDS: readonly number[] = Array.from(
  { length: 21 },
  (_, power) => (1024 * 2 ** power) / 1e9,
)

/** What a snapshot is made from. */
export interface Sources {
  readonly engine: Engine
  readonly board: ObservationBoard
  readonly server: () => ServerSnapshot
}

export function takeSnapshot({ engine, board, server }: Sources): Snapshot {
  const cpu = process.cpuUsage()
  return {
    at: Date.now(),
    engine: engineSnapshot(engine),
    server: server(),
    process: {
      cpuUserSeconds: cpu.user / 1e6,
      cpuSystemSeconds: cpu.system / 1e6,
      residentBytes: process.memoryUsage.rss(),
      uptimeSeconds: process.uptime(),
    },
    threads: Array.from({ length: board.rows }, (_, row) => threadSnapshot(board, row)),
    commands: commandSnapshots(board),
    batches: batchSnapshots(board),
  }
}

function engineSnapshot(engine: Engine): EngineSnapshot {
  const session = sessionOf(engine)
  session.check()
  const { view, facts } = session
  const { pageBytes } = view.plan
  const stats = readStats(session)
  const reads = stats.hits + stats.misses
  const sizeClasses = classStats(view).filter(({ pages }) => pages > 0)
  return {
    name: facts.name,
    ...stats,
    missRatio: reads === 0 ? 0 : stats.misses / reads,
    limitBytes: memoryLimit(view),
    sizeClasses: sizeClasses.map(({ chunkBytes, pages, carved, free, evicted }) => {
      const usedChunks = Math.max(0, carved - free)
      const bytes = pages * pageBytes
      const usedBytes = usedChunks * chunkBytes
      return { chunkBytes, pages, bytes, usedChunks, usedBytes, evictions: evicted }
    }),
  }
}

function threadSnapshot(board: ObservationBoard, row: number): ThreadSnapshot {
  const seconds = (fact: Parameters<typeof board.factOf>[1]): number =>
    board.factOf(row, fact) / 1000
  return {
    name: row === 0 ? 'accept' : `worker ${row - 1}`,
    busySeconds: seconds('busy'),
    idleSeconds: seconds('idle'),
    busyShare: board.factOf(row, 'busyShare'),
    eventLoopDelay: {
      medianSeconds: seconds('delayMedian'),
      p99Seconds: seconds('delayP99'),
      longestSeconds: seconds('delayLongest'),
    },
    heapBytes: board.factOf(row, 'heapBytes'),
    beats: board.factOf(row, 'beats'),
  }
}

const NAMES = Object.keys(PROTOCOLS) as ProtocolName[]

function commandSnapshots(board: ObservationBoard): CommandSnapshot[] {
  const found: CommandSnapshot[] = []
  for (const protocol of NAMES) {
    const { first, most } = PROTOCOLS[protocol]
    for (let series = first + 1; series < first + most; series++) {
      const totals = board.totals(series)
      if (totals === undefined) continue
      const { calls } = totals
      found.push({ protocol, command: board.nameOf(series), calls, latency: latencyOf(totals) })
    }
  }
  return found
}

function batchSnapshots(board: ObservationBoard): BatchSnapshot[] {
  const found: BatchSnapshot[] = []
  for (const protocol of NAMES) {
    const totals = board.totals(PROTOCOLS[protocol].first)
    if (totals === undefined) continue
    found.push({ protocol, count: totals.calls, latency: latencyOf(totals) })
  }
  return found
}

function latencyOf({ samples, nanoseconds, longestNs, buckets }: SeriesTotals): LatencySnapshot {
  // The middle of a bucket may lie above the longest of all.
  const quantile = (share: number): number => Math.min(quantileOf(buckets, share), longestNs) / 1e9
  return {
    samples,
    sumSeconds: nanoseconds / 1e9,
    p50Seconds: quantile(0.5),
    p90Seconds: quantile(0.9),
    p99Seconds: quantile(0.99),
    p999Seconds: quantile(0.999),
    longestSeconds: longestNs / 1e9,
    cumulative: cumulativeOf(buckets),
  }
}

function cumulativeOf(buckets: Float64Array): number[] {
  const cumulative: number[] = []
  let [bucket, sum] = [0, 0]
  for (const bound of LATENCY_BOUNDS_SECONDS) {
    const boundNs = Math.round(bound * 1e9)
    for (; bucket < BUCKETS && beginOf(bucket) < boundNs; bucket++) sum += buckets[bucket]!
    cumulative.push(sum)
  }
  for (; bucket < BUCKETS; bucket++) sum += buckets[bucket]!
  cumulative.push(sum)
  return cumulative
}
