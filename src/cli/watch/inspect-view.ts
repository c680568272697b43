/** What `heddle inspect` prints: everything that a server tells at one moment, by sections. */
import type { LatencySnapshot } from '../../observe/snapshot.ts'
import type { Picture } from './picture.ts'
import type { Table } from './tables.ts'
import { amount, bytes, columnsOf, cut, duration, micros, percent } from './text.ts'

export function inspectLines(
  picture: Picture,
  more: readonly Table[],
  door: string,
  width: number,
): string[] {
  const sections = [
    section('Server', 2, serverRows(picture, door)),
    section('Cache', 2, cacheRows(picture)),
    section('Size classes', 0, classRows(picture)),
    section('Threads', 1, threadRows(picture)),
    section('Commands since the start', 2, commandRows(picture)),
    ...more.map(({ title, columns, rows }) => section(title, columns.length, [columns, ...rows])),
  ]
  return sections.flatMap(({ title, left, rows }, index) => {
    if (rows.length < 2) return []
    return [
      ...(index === 0 ? [] : ['']),
      cut(title.toUpperCase(), width),
      ...columnsOf(rows, left, width),
    ]
  })
}

function section(title: string, left: number, rows: readonly (readonly string[])[]) {
  return { title, left, rows }
}

type Rows = readonly (readonly string[])[]

function known(pairs: readonly (readonly [string, string | undefined])[]): Rows {
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
}

function serverRows({ server, connections, ...traffic }: Picture, door: string): Rows {
  const { version, pid, uptimeSeconds, workers, handOff, residentBytes, cpuSeconds } = server
  const { open, byProtocol, most, accepted, rejected } = connections
  const protocols = Object.entries(byProtocol).map(([name, count]): [string, string] => {
    return [`clients of ${name}`, amount(count)]
  })
  return known([
    ['door', door],
    ['version', version],
    ['pid', pid?.toString()],
    ['up', duration(uptimeSeconds)],
    ['workers', workers?.toString()],
    ['hand-off', handOff],
    ['RSS', residentBytes === undefined ? undefined : bytes(residentBytes)],
    ['CPU', cpuSeconds === undefined ? undefined : `${cpuSeconds.toFixed(1)} s`],
    ['clients', `${amount(open)} of ${amount(most)}`],
    ...protocols,
    ['accepted', amount(accepted)],
    ['refused', amount(rejected)],
    ['received', bytes(traffic.receivedBytes)],
    ['sent', bytes(traffic.sentBytes)],
  ])
}

function cacheRows({ cache }: Picture): Rows {
  const reads = cache.hits + cache.misses
  const by = Object.entries(cache.evictionsBy).map(([why, count]): [string, string] => {
    return [`evicted for ${why}`, amount(count)]
  })
  return known([
    ['budget', bytes(cache.budgetBytes)],
    ['in use', cache.usedBytes === undefined ? undefined : bytes(cache.usedBytes)],
    ['entries', amount(cache.entries)],
    ['their bytes', bytes(cache.entryBytes)],
    ['hits', amount(cache.hits)],
    ['misses', amount(cache.misses)],
    ['hit ratio', percent(reads === 0 ? undefined : cache.hits / reads)],
    ['evicted', amount(cache.evictions)],
    ...by,
    ['expired', cache.expirations === undefined ? undefined : amount(cache.expirations)],
    ['no room', cache.refused === undefined ? undefined : amount(cache.refused)],
  ])
}

function classRows({ classes }: Picture): Rows {
  const rows = classes.map(({ chunkBytes, pages, usedBytes, evictions, ...each }) => {
    const filled = percent(each.bytes === 0 ? 0 : usedBytes / each.bytes)
    return [`${amount(chunkBytes)} B`, amount(pages), bytes(each.bytes), filled, amount(evictions)]
  })
  return [['chunks', 'pages', 'bytes', 'in use', 'evicted'], ...rows]
}

function threadRows({ threads }: Picture): Rows {
  const rows = threads.map(({ name, busySeconds, idleSeconds, delayP99Seconds }) => {
    const share = busySeconds / Math.max(1e-9, busySeconds + idleSeconds)
    return [name, `${busySeconds.toFixed(1)} s`, percent(share), micros(delayP99Seconds)]
  })
  return [['thread', 'busy', 'share', 'delay p99 µs'], ...rows]
}

/** None of a few calls may have been timed. */
function hasSamples(latency: LatencySnapshot | undefined): latency is LatencySnapshot {
  return latency !== undefined && latency.samples > 0
}

function commandRows({ commands }: Picture): Rows {
  const sorted = [...commands].sort((a, b) => b.calls - a.calls)
  const rows = sorted.map(({ protocol, command, calls, latency }) => {
    const { p50Seconds, p90Seconds, p99Seconds, p999Seconds, longestSeconds } = hasSamples(latency)
      ? latency
      : {}
    const times = [p50Seconds, p90Seconds, p99Seconds, p999Seconds, longestSeconds].map(micros)
    return [protocol, command, amount(calls), ...times]
  })
  return [['protocol', 'command', 'calls', 'p50 µs', 'p90', 'p99', 'p99.9', 'longest'], ...rows]
}
