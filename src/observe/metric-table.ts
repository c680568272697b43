/**
 * The metrics of `/metrics`: name, help, type, and where the values lie in a snapshot. Names follow
 * Prometheus' conventions: a unit at the end, `_total` for what only grows, ratios from 0 to 1.
 */
import type { LatencySnapshot, Snapshot } from './snapshot.ts'

type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number | LatencySnapshot
}

export interface MetricRow {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: (snapshot: Snapshot) => readonly Sample[]
}

/** A metric without labels. */
function one(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  value: (snapshot: Snapshot) => number,
): MetricRow {
  const samples = (snapshot: Snapshot): Sample[] => [{ labels: {}, value: value(snapshot) }]
  return { name: `heddle_${name}`, help, type, samples }
}

/** A metric with one sample for each part of the snapshot. */
function each<Part>(
  type: MetricRow['type'],
  name: string,
  help: string,
  parts: (snapshot: Snapshot) => readonly Part[],
  sample: (part: Part) => Sample,
): MetricRow {
  return { name: `heddle_${name}`, help, type, samples: (all) => parts(all).map(sample) }
}

type Named = readonly [label: string, value: number]
/** A metric with one label, from an object of numbers. */
function by(
  type: 'counter' | 'gauge',
  name: string,
  label: string,
  help: string,
  values: (snapshot: Snapshot) => Readonly<Record<string, number>>,
): MetricRow {
  const parts = (snapshot: Snapshot): Named[] => Object.entries(values(snapshot))
  return each(type, name, help, parts, ([of, value]) => ({ labels: { [label]: of }, value }))
}

const ENGINE: readonly MetricRow[] = [
  one('counter', 'hits_total', 'Reads that found their key.', ({ engine }) => engine.hits),
  one('counter', 'misses_total', 'Reads that did not.', ({ engine }) => engine.misses),
  one('gauge', 'hit_ratio', 'Hits of all reads since the start.', ({ engine }) => engine.hitRatio),
  one('gauge', 'miss_ratio', 'Misses of all reads.', ({ engine }) => engine.missRatio),
  one('counter', 'sets_total', 'Whole values stored.', ({ engine }) => engine.sets),
  one('counter', 'deletes_total', 'Living entries removed.', ({ engine }) => engine.deletes),
  by(
    ...(['counter', 'evictions_total', 'reason'] as const),
    'Entries unlinked before their time: for memory, a slot of the table, maxEntries, a page move.',
    ({ engine }) => engine.evictions,
  ),
  one('counter', 'expired_total', 'Entries freed after their time.', (all) => {
    return all.engine.expirations
  }),
  one('counter', 'flushed_entries_total', 'Entries freed after a flush.', (all) => {
    return all.engine.flushedEntries
  }),
  one('counter', 'flushes_total', 'Flushes.', ({ engine }) => engine.flushes),
  one('gauge', 'entries', 'Linked entries, those over included.', ({ engine }) => engine.entries),
  one('gauge', 'entries_bytes', 'Their headers, keys and values.', ({ engine }) => engine.bytes),
  one('gauge', 'memory_budget_bytes', 'All shared memory of the engine.', (all) => {
    return all.engine.memory.budget
  }),
  one('gauge', 'memory_limit_bytes', 'What of it may be used now.', (all) => all.engine.limitBytes),
  one('gauge', 'table_bytes', 'Bytes of the table.', ({ engine }) => engine.memory.table),
  one('gauge', 'table_slots', 'Slots of the table.', ({ engine }) => engine.slots),
  one('gauge', 'pages', 'Pages of the memory.', ({ engine }) => engine.memory.pages),
  one('gauge', 'free_pages', 'Pages of no size class.', ({ engine }) => engine.memory.freePages),
  one('counter', 'cas_retries_total', 'Lost races for a slot.', ({ engine }) => engine.casRetries),
  one('counter', 'contended_total', 'Operations that gave up.', ({ engine }) => engine.contended),
  one('counter', 'helps_total', 'Creations of others finished.', ({ engine }) => engine.helps),
  by('counter', 'refused_total', 'reason', 'Writes without room, eviction none.', (all) => {
    return all.engine.refused
  }),
  one('counter', 'pages_moved_total', 'Pages that changed their class.', (all) => {
    return all.engine.pagesMoved
  }),
  one('counter', 'entries_moved_total', 'Entries copied for that.', (all) => {
    return all.engine.entriesMoved
  }),
  one('gauge', 'threads', 'Threads attached to the engine.', ({ engine }) => engine.threads),
  one('counter', 'recoveries_total', 'Dead threads whose work was finished or undone.', (all) => {
    return all.engine.recoveries
  }),
]

const classLabels = (chunkBytes: number): Labels => ({ chunk_bytes: String(chunkBytes) })
const CLASSES: readonly MetricRow[] = (
  [
    ['gauge', 'class_bytes', 'Bytes of the pages of a size class.', 'bytes'],
    ['gauge', 'class_used_bytes', 'Bytes of its chunks in use.', 'usedBytes'],
    ['gauge', 'class_used_chunks', 'Chunks in use.', 'usedChunks'],
    ['counter', 'class_evictions_total', 'Entries evicted from the class.', 'evictions'],
  ] as const
).map(([type, name, help, field]) =>
  each(
    ...([type, name, help] as const),
    ({ engine }) => engine.sizeClasses,
    (of) => ({ labels: classLabels(of.chunkBytes), value: of[field] }),
  ),
)

const SERVER: readonly MetricRow[] = [
  each(
    ...(['gauge', 'build_info', 'Version of heddle, and of Node.'] as const),
    ({ server }) => [server],
    ({ version }) => ({ labels: { version, node: process.version }, value: 1 }),
  ),
  one('gauge', 'start_time_seconds', 'When the server started, since the epoch.', (all) => {
    return all.server.startedAt / 1000
  }),
  by(
    'gauge',
    'connections',
    'protocol',
    'Open connections, by the socket they came in by.',
    (all) => {
      return all.server.connections.open
    },
  ),
  one('gauge', 'connections_limit', 'The most there may be.', (all) => all.server.connections.most),
  one('counter', 'accepted_connections_total', 'Connections taken.', (all) => {
    return all.server.connections.accepted
  }),
  one('counter', 'rejected_connections_total', 'Connections refused for want of room.', (all) => {
    return all.server.connections.rejected
  }),
  one('counter', 'idle_kicks_total', 'Connections closed for being idle.', (all) => {
    return all.server.connections.kickedIdle
  }),
  one('counter', 'received_bytes_total', 'Read from clients.', (all) => all.server.receivedBytes),
  one('counter', 'sent_bytes_total', 'Written to clients.', (all) => all.server.sentBytes),
  one('counter', 'cpu_user_seconds_total', 'Of the process.', (all) => all.process.cpuUserSeconds),
  one('counter', 'cpu_system_seconds_total', 'Of the process.', (all) => {
    return all.process.cpuSystemSeconds
  }),
  one('gauge', 'resident_memory_bytes', 'Of the process.', (all) => all.process.residentBytes),
]

const THREADS: readonly MetricRow[] = (
  [
    ['counter', 'thread_busy_seconds_total', 'Time not spent waiting.', (of) => of.busySeconds],
    ['counter', 'thread_idle_seconds_total', 'Time spent waiting.', (of) => of.idleSeconds],
    ['gauge', 'thread_busy_ratio', 'Busy part of the last second.', (of) => of.busyShare],
    ['gauge', 'thread_heap_bytes', 'Used by JavaScript.', (of) => of.heapBytes],
    ['counter', 'thread_beats_total', 'One each second while it is well.', (of) => of.beats],
    [
      ...(['gauge', 'event_loop_delay_p50_seconds', 'Median of the last 15 to 30 s.'] as const),
      ({ eventLoopDelay }) => eventLoopDelay.medianSeconds,
    ],
    [
      ...(['gauge', 'event_loop_delay_p99_seconds', 'Percentile 99 of that time.'] as const),
      ({ eventLoopDelay }) => eventLoopDelay.p99Seconds,
    ],
    [
      ...(['gauge', 'event_loop_delay_longest_seconds', 'Longest of that time.'] as const),
      ({ eventLoopDelay }) => eventLoopDelay.longestSeconds,
    ],
  ] as readonly (readonly [
    'counter' | 'gauge',
    string,
    string,
    (of: Snapshot['threads'][number]) => number,
  ])[]
).map(([type, name, help, value]) =>
  each(
    ...([type, name, help] as const),
    ({ threads }) => threads,
    (of) => ({ labels: { thread: of.name }, value: value(of) }),
  ),
)

const COMMANDS: readonly MetricRow[] = [
  each(
    ...(['counter', 'commands_total', 'Commands executed.'] as const),
    ({ commands }) => commands,
    ({ protocol, command, calls }) => ({ labels: { protocol, command }, value: calls }),
  ),
  each(
    'histogram',
    'command_duration_seconds',
    'Request found to reply in the buffer, of about one command in 32.',
    ({ commands }) => commands,
    ({ protocol, command, latency }) => ({ labels: { protocol, command }, value: latency }),
  ),
  each(
    ...(['counter', 'batches_total', 'Reads from a client that were executed.'] as const),
    ({ batches }) => batches,
    ({ protocol, count }) => ({ labels: { protocol }, value: count }),
  ),
  each(
    'histogram',
    'batch_duration_seconds',
    'From what was read to all of its replies written, of about one batch in 16.',
    ({ batches }) => batches,
    ({ protocol, latency }) => ({ labels: { protocol }, value: latency }),
  ),
]

export const METRICS: readonly MetricRow[] = [
  ...ENGINE,
  ...CLASSES,
  ...SERVER,
  ...THREADS,
  ...COMMANDS,
]
