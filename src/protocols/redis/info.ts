/**
 * INFO: sections of `name:value` lines with Redis' names, as far as there is something to tell.
 * Counts of the engine (hits, evictions, memory) are those of all its doors.
 */
import { arch, platform, release, totalmem } from 'node:os'
import { sampleExpiries } from '../../engine/expiry-sample.ts'
import { readStats } from '../../engine/statistics.ts'
import { CALLS, COUNT, FAILED_CALLS, GAUGE, MICROSECONDS, REJECTED_CALLS } from './board.ts'
import type { RedisClient } from './client.ts'
import type { Command } from './command-table.ts'
import { DATABASES } from './databases.ts'
import { ERROR_CODES } from './errors.ts'
import { MAXMEMORY_POLICIES } from './maxmemory-policy.ts'
import { CHANNEL, PATTERN, SHARD } from './subscriptions.ts'
import { REDIS_VERSION } from './version.ts'

type Fields = Readonly<Record<string, string | number>>
type Section = (client: RedisClient, commands: readonly Command[]) => Fields

const SECTIONS: Readonly<Record<string, Section>> = {
  server,
  clients,
  memory,
  persistence: () => ({ loading: 0, async_loading: 0, rdb_bgsave_in_progress: 0, aof_enabled: 0 }),
  stats,
  replication: () => ({ role: 'master', connected_slaves: 0, master_repl_offset: 0 }),
  cpu,
  modules: () => ({}),
  commandstats,
  errorstats,
  cluster: () => ({ cluster_enabled: 0 }),
  keyspace,
}
/** Not among those that are told unasked. */
const ON_REQUEST: readonly string[] = ['commandstats']
const SECOND_MS = 1000
const DAY_SECONDS = 86_400

/** @param wanted names of sections in lower case; none: those that are told unasked */
export function infoText(
  client: RedisClient,
  wanted: readonly string[],
  commands: readonly Command[],
): string {
  const isAll = wanted.includes('all') || wanted.includes('everything')
  const isDefault = wanted.length === 0 || wanted.includes('default')
  const texts: string[] = []
  for (const [name, section] of Object.entries(SECTIONS)) {
    const isToldUnasked = isDefault && !ON_REQUEST.includes(name)
    if (!isAll && !isToldUnasked && !wanted.includes(name)) continue
    const lines = Object.entries(section(client, commands)).map((field) => `${field.join(':')}\r\n`)
    const title = name === 'cpu' ? 'CPU' : name[0]!.toUpperCase() + name.slice(1)
    texts.push(`# ${title}\r\n${lines.join('')}`)
  }
  return texts.join('\r\n')
}

function server({ host, now }: RedisClient): Fields {
  const seconds = Math.max(0, Math.floor((now - host.startedAt) / SECOND_MS))
  return {
    redis_version: REDIS_VERSION,
    heddle_version: host.version,
    redis_mode: 'standalone',
    os: `${platform()} ${release()} ${arch()}`,
    arch_bits: 64,
    process_id: host.pid,
    run_id: runId(host.pid, host.startedAt),
    tcp_port: host.settings.port,
    server_time_usec: Math.floor(now * 1000),
    uptime_in_seconds: seconds,
    uptime_in_days: Math.floor(seconds / DAY_SECONDS),
    io_threads_active: host.settings.workers > 1 ? 1 : 0,
  }
}

/** 40 hexadecimal digits that are another server's when it starts anew. */
function runId(pid: number, startedAt: number): string {
  return `${Math.floor(startedAt).toString(16)}${pid.toString(16)}`.padStart(40, '0')
}

function clients({ host }: RedisClient): Fields {
  return {
    connected_clients: host.totals().connected,
    cluster_connections: 0,
    maxclients: host.settings.maxConnections,
    blocked_clients: 0,
    tracking_clients: host.board.totalGauge(GAUGE.trackers),
  }
}

function memory({ raw }: RedisClient): Fields {
  const { memory: sizes, bytes } = readStats(raw.session)
  const used = sizes.budget - sizes.freePages * sizes.pageBytes
  const resident = process.memoryUsage.rss()
  return {
    used_memory: used,
    used_memory_human: human(used),
    used_memory_rss: resident,
    used_memory_rss_human: human(resident),
    used_memory_dataset: bytes,
    total_system_memory: totalmem(),
    total_system_memory_human: human(totalmem()),
    maxmemory: sizes.budget,
    maxmemory_human: human(sizes.budget),
    maxmemory_policy: MAXMEMORY_POLICIES[raw.session.facts.eviction],
    mem_fragmentation_ratio: (resident / Math.max(used, 1)).toFixed(2),
    mem_allocator: 'heddle',
  }
}

function stats({ host, raw, worker }: RedisClient): Fields {
  const engine = readStats(raw.session)
  const totals = host.totals()
  const { evictions } = engine
  return {
    total_connections_received: totals.connectionsReceived,
    total_commands_processed: host.board.total(COUNT.commands),
    total_net_input_bytes: totals.bytesRead,
    total_net_output_bytes: totals.bytesWritten,
    rejected_connections: totals.connectionsRejected,
    ...totals.limits,
    expired_keys: engine.expirations,
    evicted_keys: evictions.memory + evictions.slots + evictions.entries + evictions.pages,
    keyspace_hits: engine.hits,
    keyspace_misses: engine.misses,
    pubsub_channels: worker.subscriptions.names(CHANNEL).length,
    pubsub_patterns: worker.subscriptions.names(PATTERN).length,
    pubsubshard_channels: worker.subscriptions.names(SHARD).length,
    client_output_buffer_limit_disconnections: host.board.total(COUNT.cutListeners),
    worker_messages_dropped: host.board.total(COUNT.dropped),
    tracking_total_keys: host.board.totalGauge(GAUGE.trackedKeys),
    tracking_total_items: host.board.totalGauge(GAUGE.trackedItems),
    tracking_total_prefixes: host.board.totalGauge(GAUGE.trackedPrefixes),
    internal_errors: host.board.total(COUNT.internalErrors),
    total_error_replies: errorCounts(host.board).reduce((sum, [, count]) => sum + count, 0),
  }
}

/** How often an error of each code was replied. */
function errorCounts(board: RedisClient['host']['board']): [code: string, count: number][] {
  return ERROR_CODES.map((code, index) => [code, board.totalErrors(index)])
}

function errorstats({ host }: RedisClient): Fields {
  const counted = errorCounts(host.board).filter(([, count]) => count > 0)
  return Object.fromEntries(counted.map(([code, count]) => [`errorstat_${code}`, `count=${count}`]))
}

function cpu(): Fields {
  const { user, system } = process.cpuUsage()
  return { used_cpu_sys: seconds(system), used_cpu_user: seconds(user) }
}

function seconds(microseconds: number): string {
  return (microseconds / 1e6).toFixed(6)
}

/** Commands that are always fast are not timed: their microseconds are 0. */
function commandstats({ host }: RedisClient, commands: readonly Command[]): Fields {
  const fields: Record<string, string> = {}
  for (const { index, name } of commands) {
    const calls = host.board.totalOf(index, CALLS)
    const rejected = host.board.totalOf(index, REJECTED_CALLS)
    if (calls === 0 && rejected === 0) continue
    const took = host.board.totalOf(index, MICROSECONDS)
    fields[`cmdstat_${name}`] =
      `calls=${calls},usec=${took},usec_per_call=${(took / Math.max(calls, 1)).toFixed(2)},` +
      `rejected_calls=${rejected},failed_calls=${host.board.totalOf(index, FAILED_CALLS)}`
  }
  return fields
}

/** What expires is an estimate: the engine does not count it. */
function keyspace(client: RedisClient): Fields {
  const fields: Record<string, string> = {}
  const samples = sampleExpiries(client.raw.view)
  for (let index = 0; index < DATABASES; index++) {
    const space = client.spaceOf(index, true)
    const keys = space < 0 ? 0 : client.raw.entriesIn(space)
    if (keys === 0) continue
    const { entries, expiring, timed, leftMs } = samples[space]!
    const expires = Math.round((keys * expiring) / Math.max(entries, 1))
    const ttl = Math.round(leftMs / Math.max(timed, 1))
    fields[`db${index}`] = `keys=${keys},expires=${expires},avg_ttl=${ttl}`
  }
  return fields
}

const UNITS = ['B', 'K', 'M', 'G', 'T']

function human(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? `${bytes}B` : `${value.toFixed(2)}${UNITS[unit]}`
}
