/**
 * stats, with memcached's names: exporters and tools read them. What has no meaning here is left
 * out, or 0 where tools expect a line; the README of this folder lists both.
 */
import { readStats } from '../../engine/statistics.ts'
import { classStats, memoryLimit } from '../../engine/slab-admin.ts'
import type { ClientSession, Continuation } from './client-session.ts'
import { COUNT, COUNTER_NAMES, SETTING } from './counters.ts'
import type { ConnectionFacts } from './host.ts'
import { bigKeyStats, hotKeyStats } from './key-stats.ts'
import { line } from './line.ts'
import { tellDetail } from './prefixes.ts'
import { versionOf } from './version.ts'

export type StatLine = readonly [name: string, value: string | number]

/** Where statistics go, in the form of the protocol that was asked. */
export interface StatSink {
  put(session: ClientSession, name: string, value: string | number): void
  end(session: ClientSession): void
}

const TEXT_SINK: StatSink = {
  put: (session, name, value) => session.say(`STAT ${name} ${value}\r\n`),
  end: (session) => session.say('END\r\n'),
}

export function executeStats(session: ClientSession): void {
  const topic = line.count === 1 ? '' : line.text(1)
  if (tellStats(session, topic, TEXT_SINK)) return
  if (topic === 'detail') {
    const answer = line.count > 2 ? tellDetail(session, line.text(2)) : undefined
    session.say(answer ?? 'CLIENT_ERROR usage: stats detail on|off|dump\r\n')
  } else if (topic === 'reset') {
    session.facts.board.reset()
    session.say('RESET\r\n')
  } else if (topic === 'cachedump') {
    session.say('CLIENT_ERROR there is no cachedump: use lru_crawler metadump\r\n')
  } else session.say('ERROR\r\n')
}

/** Tells the statistics of a topic, '' being the general ones; false when there is none such. */
export function tellStats(session: ClientSession, topic: string, sink: StatSink): boolean {
  if (topic === 'conns') {
    session.more = new ConnectionList(session.facts.connections(), sink)
    return true
  }
  const lines = linesOf(session, topic)
  if (lines === undefined) return false
  for (const [name, value] of lines) sink.put(session, name, value)
  sink.end(session)
  return true
}

function linesOf(session: ClientSession, topic: string): readonly StatLine[] | undefined {
  if (topic === '') return generalStats(session)
  if (topic === 'items') return itemStats(session)
  if (topic === 'slabs') return slabStats(session)
  if (topic === 'hotkeys') return hotKeyStats(session)
  if (topic === 'bigkeys') return bigKeyStats(session)
  if (topic === 'sizes') return [['sizes_status', 'disabled']]
  return topic === 'settings' ? settingStats(session) : undefined
}

/** Seconds and microseconds of processor time. */
function cpuTime(micros: number): string {
  return `${Math.floor(micros / 1e6)}.${String(Math.floor(micros % 1e6)).padStart(6, '0')}`
}

function generalStats(session: ClientSession): StatLine[] {
  const { facts, raw } = session
  const { board, settings } = facts
  const engine = readStats(raw.session)
  const cpu = process.cpuUsage()
  const seconds = Math.floor(session.now / 1000)
  const connections = facts.connectionCount()
  const { evictions } = engine
  const evicted = evictions.memory + evictions.slots + evictions.entries + evictions.pages
  const tableBits = Math.ceil(Math.log2(engine.slots))
  const isCrawling = board.setting(SETTING.crawling) > 0 ? 1 : 0
  const counters = COUNTER_NAMES.map((name): StatLine => [name, board.total(COUNT[name])])
  return [
    ['pid', facts.pid],
    ['uptime', Math.max(0, Math.floor((session.now - facts.startedAt) / 1000))],
    ['time', seconds],
    ['version', versionOf(facts.version)],
    ['pointer_size', 64],
    ['rusage_user', cpuTime(cpu.user)],
    ['rusage_system', cpuTime(cpu.system)],
    ['max_connections', settings.maxConnections],
    ['curr_connections', connections],
    ['connection_structures', connections],
    ...counters,
    ['get_expired', 0],
    ['get_flushed', 0],
    ['limit_maxbytes', memoryLimit(raw.view)],
    ['accepting_conns', facts.isAccepting() ? 1 : 0],
    ['time_in_listen_disabled_us', 0],
    ['threads', settings.workers],
    ['hash_power_level', tableBits],
    ['hash_bytes', engine.memory.table],
    ['hash_is_expanding', 0],
    ['slab_reassign_rescues', engine.entriesMoved],
    ['slab_reassign_running', 0],
    ['slab_global_page_pool', engine.memory.freePages],
    ['lru_crawler_running', isCrawling],
    ['lru_maintainer_juggles', 0],
    ['malloc_fails', engine.refused.memory],
    ['log_worker_dropped', 0],
    ['log_worker_written', board.total(COUNT.log_watcher_sent)],
    ['bytes', engine.bytes],
    ['curr_items', engine.entries],
    ['expired_unfetched', 0],
    ['evicted_unfetched', 0],
    ['evicted_active', 0],
    ['evictions', evicted],
    ['reclaimed', engine.expirations + engine.flushedEntries],
    ['lrutail_reflocked', 0],
    ['moves_to_cold', 0],
    ['moves_to_warm', 0],
    ['moves_within_lru', 0],
    ['direct_reclaims', evictions.memory],
  ]
}

function settingStats(session: ClientSession): StatLine[] {
  const { facts, raw } = session
  const { board, settings } = facts
  const engine = raw.session.facts
  const { bytes } = raw.view.classes
  const onOff = (isOn: boolean): string => (isOn ? 'yes' : 'no')
  return [
    ['maxbytes', memoryLimit(raw.view)],
    ['maxconns', settings.maxConnections],
    ['tcpport', settings.tcpPort],
    ['udpport', 0],
    ['inter', settings.host],
    ['verbosity', facts.verbosity],
    ['evictions', engine.eviction === 'none' ? 'off' : 'on'],
    ['eviction_policy', engine.eviction],
    ['domain_socket', settings.unixSocket ?? 'NULL'],
    ['shutdown_command', onOff(settings.isShutdownEnabled)],
    ['chunk_size', bytes[0] ?? 0],
    ['num_threads', settings.workers],
    ['stat_key_prefix', ':'],
    ['detail_enabled', onOff(board.setting(SETTING.detail) === 1)],
    ['cas_enabled', 'yes'],
    ['binding_protocol', 'auto-negotiate'],
    ['auth_enabled_sasl', onOff(settings.hasUsers)],
    ['auth_enabled_ascii', onOff(settings.hasUsers)],
    ['item_size_max', engine.maxItemBytes],
    ['slab_reassign', 'yes'],
    ['slab_automove', board.setting(SETTING.automove)],
    ['slab_chunk_max', bytes[bytes.length - 1] ?? 0],
    ['lru_crawler', onOff(board.setting(SETTING.crawler) === 1)],
    ['lru_crawler_sleep', board.setting(SETTING.crawlerSleep)],
    ['lru_crawler_tocrawl', board.setting(SETTING.crawlerLimit)],
    ['flush_enabled', onOff(settings.isFlushEnabled)],
    ['dump_enabled', 'yes'],
    ['lru_maintainer_thread', 'no'],
    ['lru_segmented', 'no'],
    ['idle_timeout', settings.idleTimeout],
    ['track_sizes', 'no'],
    ['ssl_enabled', onOff(settings.hasTls)],
    ...Object.entries(settings.others),
  ]
}

function slabStats(session: ClientSession): StatLine[] {
  const lines: StatLine[] = []
  let used = 0
  for (const [index, of] of classStats(session.raw.view).entries()) {
    if (of.pages === 0) continue
    used++
    const chunks = of.pages * of.chunksPerPage
    const name = `${index + 1}:`
    lines.push(
      [`${name}chunk_size`, of.chunkBytes],
      [`${name}chunks_per_page`, of.chunksPerPage],
      [`${name}total_pages`, of.pages],
      [`${name}total_chunks`, chunks],
      [`${name}used_chunks`, of.carved - of.free],
      [`${name}free_chunks`, chunks - of.carved + of.free],
      [`${name}free_chunks_end`, chunks - of.carved],
    )
  }
  const { plan } = session.raw.view
  const pages = classStats(session.raw.view).reduce((sum, of) => sum + of.pages, 0)
  lines.push(['active_slabs', used], ['total_malloced', pages * plan.pageBytes])
  return lines
}

/** Entries per class: chunks in use, of which a value may have several; see README.md. */
function itemStats(session: ClientSession): StatLine[] {
  const lines: StatLine[] = []
  for (const [index, of] of classStats(session.raw.view).entries()) {
    const number = of.carved - of.free
    if (of.pages === 0 || number === 0) continue
    const name = `items:${index + 1}:`
    lines.push(
      [`${name}number`, number],
      [`${name}age`, 0],
      [`${name}mem_requested`, number * of.chunkBytes],
      [`${name}evicted`, of.evicted],
      [`${name}evicted_nonzero`, 0],
      [`${name}evicted_time`, 0],
      [`${name}outofmemory`, 0],
      [`${name}tailrepairs`, 0],
    )
  }
  return lines
}

/** stats conns: as many lines as there are connections. */
class ConnectionList implements Continuation {
  readonly #connections: readonly ConnectionFacts[]
  readonly #sink: StatSink
  #at = 0

  constructor(connections: readonly ConnectionFacts[], sink: StatSink) {
    this.#connections = connections
    this.#sink = sink
  }

  step(session: ClientSession): boolean {
    const sink = this.#sink
    for (; this.#at < this.#connections.length; this.#at++) {
      if (session.out.isFull) return false
      const { id, address, listenAddress, state, secondsSinceCommand } =
        this.#connections[this.#at]!
      sink.put(session, `${id}:addr`, address)
      if (listenAddress !== undefined) sink.put(session, `${id}:listen_addr`, listenAddress)
      sink.put(session, `${id}:state`, state)
      if (secondsSinceCommand !== undefined) {
        sink.put(session, `${id}:secs_since_last_cmd`, Math.floor(secondsSinceCommand))
      }
    }
    sink.end(session)
    return true
  }
}
