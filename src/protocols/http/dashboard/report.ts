/**
 * What an event of `/events` tells, made from the same snapshot as `/stats` and `/metrics`: counts
 * since the start, of which a page makes rates itself. The page needs no more than this of it.
 */
import { bigKeysOf, hotKeysOf } from '../../../engine/hot-keys/report.ts'
import { LATENCY_BOUNDS_SECONDS, type Snapshot } from '../../../observe/snapshot.ts'
import type { HttpWorker } from '../worker.ts'

/** Commands that an event tells of: those with the most calls. */
const MOST_COMMANDS = 40
/** Clients, slow commands, hot and large keys. */
const MOST_CLIENTS = 50
const MOST_SLOW = 20
const MOST_KEYS = 12

/** For every page: who may see it may see `/stats`. */
export function statsReport(snapshot: Snapshot): object {
  const { at, engine, server, process, threads, commands } = snapshot
  const { memory, name, hits, misses, entries, bytes, evictions, expirations, refused } = engine
  const busiest = [...commands].sort((a, b) => b.calls - a.calls).slice(0, MOST_COMMANDS)
  return {
    at,
    bounds: LATENCY_BOUNDS_SECONDS,
    server,
    residentBytes: process.residentBytes,
    cpuSeconds: process.cpuUserSeconds + process.cpuSystemSeconds,
    engine: {
      ...{ name, hits, misses, entries, bytes, evictions, expirations, refused },
      limitBytes: engine.limitBytes,
      usedBytes: memory.budget - memory.freePages * memory.pageBytes,
      sizeClasses: engine.sizeClasses,
    },
    threads: threads.map(({ name, busyShare, eventLoopDelay }) => {
      return { name, busyShare, delayP99Seconds: eventLoopDelay.p99Seconds }
    }),
    calls: commands.reduce((sum, { calls }) => sum + calls, 0),
    commands: busiest.map(({ protocol, command, calls, latency }) => {
      return { protocol, command, calls, cumulative: latency.cumulative }
    }),
  }
}

/** For administrators: it names keys and other clients. */
export function detailsReport({ raw, host }: HttpWorker): object {
  const hasHotKeys = raw.session.handle.hotKeys !== undefined
  return {
    hotKeys: hasHotKeys ? hotKeysOf(raw.session, MOST_KEYS) : null,
    bigKeys: hasHotKeys ? bigKeysOf(raw.session, MOST_KEYS) : null,
    slow: host.slowCommands(MOST_SLOW),
    clients: host.clients(MOST_CLIENTS),
  }
}
