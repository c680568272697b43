/**
 * What `heddle top` and `heddle inspect` know of a running server at one moment, whichever door it
 * came by. The HTTP port tells all of it (`/stats`); memcached's `stats` and Redis' `INFO` what
 * those protocols have words for, and what they do not tell is undefined, never 0.
 *
 * Counts only grow, from the start of the server (or of what counts them) on.
 */
import type { LatencySnapshot, Snapshot } from '../../observe/snapshot.ts'

export interface Picture {
  /** Ms since the epoch, by the clock of this process. */
  readonly at: number
  readonly server: {
    readonly version: string
    readonly pid: number | undefined
    readonly uptimeSeconds: number
    readonly workers: number | undefined
    readonly handOff: string | undefined
    readonly residentBytes: number | undefined
    readonly cpuSeconds: number | undefined
  }
  readonly connections: {
    readonly open: number
    readonly byProtocol: Readonly<Record<string, number>>
    readonly most: number
    readonly accepted: number
    readonly rejected: number
  }
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly cache: {
    readonly hits: number
    readonly misses: number
    readonly entries: number
    /** Of the entries themselves. */
    readonly entryBytes: number
    /** Of pages that are in use; undefined where the door does not tell. */
    readonly usedBytes: number | undefined
    readonly budgetBytes: number
    readonly evictions: number
    readonly evictionsBy: Readonly<Record<string, number>>
    readonly expirations: number | undefined
    readonly refused: number | undefined
  }
  readonly classes: readonly SizeClass[]
  readonly threads: readonly ThreadPicture[]
  readonly commands: readonly CommandPicture[]
}

export interface SizeClass {
  readonly chunkBytes: number
  readonly pages: number
  readonly bytes: number
  readonly usedBytes: number
  readonly evictions: number
}

export interface ThreadPicture {
  readonly name: string
  readonly busySeconds: number
  readonly idleSeconds: number
  readonly delayP99Seconds: number
}

export interface CommandPicture {
  readonly protocol: string
  readonly command: string
  readonly calls: number
  readonly latency: LatencySnapshot | undefined
}

/** From `/stats` of the HTTP port. */
export function pictureOfSnapshot(snapshot: Snapshot, at: number): Picture {
  const { engine, server, process, threads } = snapshot
  const { memory, evictions } = engine
  const { open, most, accepted, rejected } = server.connections
  return {
    at,
    server: {
      version: server.version,
      pid: server.pid,
      uptimeSeconds: (snapshot.at - server.startedAt) / 1000,
      workers: server.workers,
      handOff: server.handOff,
      residentBytes: process.residentBytes,
      cpuSeconds: process.cpuUserSeconds + process.cpuSystemSeconds,
    },
    connections: { open: sum(Object.values(open)), byProtocol: open, most, accepted, rejected },
    receivedBytes: server.receivedBytes,
    sentBytes: server.sentBytes,
    cache: {
      hits: engine.hits,
      misses: engine.misses,
      entries: engine.entries,
      entryBytes: engine.bytes,
      usedBytes: memory.budget - memory.freePages * memory.pageBytes,
      budgetBytes: engine.limitBytes,
      evictions: sum(Object.values(evictions)),
      evictionsBy: { ...evictions },
      expirations: engine.expirations,
      refused: sum(Object.values(engine.refused)),
    },
    classes: engine.sizeClasses,
    threads: threads.map(({ name, busySeconds, idleSeconds, eventLoopDelay }) => {
      return { name, busySeconds, idleSeconds, delayP99Seconds: eventLoopDelay.p99Seconds }
    }),
    commands: snapshot.commands,
  }
}

/** memcached's counters that are commands, and what this table calls them. */
const MEMCACHED_COMMANDS: Readonly<Record<string, readonly string[]>> = {
  get: ['cmd_get'],
  set: ['cmd_set'],
  delete: ['delete_hits', 'delete_misses'],
  incr: ['incr_hits', 'incr_misses'],
  decr: ['decr_hits', 'decr_misses'],
  touch: ['cmd_touch'],
  flush_all: ['cmd_flush'],
}

/** From `stats` and `stats slabs` of memcached's port, by name. */
export function pictureOfStats(
  stats: ReadonlyMap<string, string>,
  slabs: ReadonlyMap<string, string>,
  at: number,
): Picture {
  const number = (name: string) => Number(stats.get(name) ?? 0)
  const budgetBytes = number('limit_maxbytes')
  const classes = classesOf(slabs)
  const commands = Object.entries(MEMCACHED_COMMANDS).map(([command, counters]) => {
    const calls = sum(counters.map(number))
    return { protocol: 'memcached', command, calls, latency: undefined }
  })
  const table = number('hash_bytes')
  return {
    at,
    server: {
      version: stats.get('version') ?? 'unknown',
      pid: number('pid'),
      uptimeSeconds: number('uptime'),
      workers: number('threads'),
      handOff: undefined,
      residentBytes: undefined,
      cpuSeconds: number('rusage_user') + number('rusage_system'),
    },
    connections: {
      open: number('curr_connections'),
      byProtocol: {},
      most: number('max_connections'),
      accepted: number('total_connections'),
      rejected: number('rejected_connections'),
    },
    receivedBytes: number('bytes_read'),
    sentBytes: number('bytes_written'),
    cache: {
      hits: number('get_hits'),
      misses: number('get_misses'),
      entries: number('curr_items'),
      entryBytes: number('bytes'),
      usedBytes: table + sum(classes.map(({ bytes }) => bytes)),
      budgetBytes,
      evictions: number('evictions'),
      evictionsBy: {},
      expirations: number('reclaimed'),
      refused: number('store_no_memory'),
    },
    classes,
    threads: [],
    commands: commands.filter(({ calls }) => calls > 0),
  }
}

function classesOf(slabs: ReadonlyMap<string, string>): SizeClass[] {
  const classes: SizeClass[] = []
  for (const [name, text] of slabs) {
    const [, id] = /^(\d+):chunk_size$/.exec(name) ?? []
    if (id === undefined) continue
    const chunkBytes = Number(text)
    const number = (field: string) => Number(slabs.get(`${id}:${field}`) ?? 0)
    const bytes = number('total_chunks') * chunkBytes
    const usedBytes = number('used_chunks') * chunkBytes
    const evictions = number('evicted')
    classes.push({ chunkBytes, pages: number('total_pages'), bytes, usedBytes, evictions })
  }
  return classes
}

/** From `INFO all` of a Redis port, by name. */
export function pictureOfInfo(info: ReadonlyMap<string, string>, at: number): Picture {
  const number = (name: string) => Number(info.get(name) ?? 0)
  const keys = /^keys=(\d+)/.exec(info.get('db0') ?? '')?.[1] ?? '0'
  const commands = [...info].flatMap(([name, text]) => {
    const [, command] = /^cmdstat_(.+)$/.exec(name) ?? []
    const calls = Number(/calls=(\d+)/.exec(text)?.[1] ?? 0)
    return command === undefined ? [] : [{ protocol: 'redis', command, calls, latency: undefined }]
  })
  const heddle = info.get('heddle_version')
  return {
    at,
    server: {
      version: heddle ?? `Redis ${info.get('redis_version') ?? 'unknown'}`,
      pid: number('process_id'),
      uptimeSeconds: number('uptime_in_seconds'),
      workers: undefined,
      handOff: undefined,
      residentBytes: number('used_memory_rss'),
      cpuSeconds: number('used_cpu_sys') + number('used_cpu_user'),
    },
    connections: {
      open: number('connected_clients'),
      byProtocol: {},
      most: number('maxclients'),
      accepted: number('total_connections_received'),
      rejected: number('rejected_connections'),
    },
    receivedBytes: number('total_net_input_bytes'),
    sentBytes: number('total_net_output_bytes'),
    cache: {
      hits: number('keyspace_hits'),
      misses: number('keyspace_misses'),
      entries: Number(keys),
      entryBytes: number('used_memory_dataset'),
      usedBytes: number('used_memory'),
      budgetBytes: number('maxmemory'),
      evictions: number('evicted_keys'),
      evictionsBy: {},
      expirations: number('expired_keys'),
      refused: undefined,
    },
    classes: [],
    threads: [],
    commands,
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
