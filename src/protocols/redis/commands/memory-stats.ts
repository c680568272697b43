/**
 * MEMORY STATS: the engine's memory under the names of Redis, as far as they mean something here.
 * What there is from the start is all but the pages: the table, which all databases have together,
 * and the bookkeeping. A peak is not remembered.
 */
import { readStats } from '../../../engine/statistics.ts'
import type { RedisClient } from '../client.ts'
import { DATABASES } from '../databases.ts'

/** A number is an integer, text a double. */
type Field = readonly [name: string, value: number | string]

export function memoryStats(client: RedisClient): void {
  const { raw, reply } = client
  const { memory, bytes, entries } = readStats(raw.session)
  const used = memory.budget - memory.freePages * memory.pageBytes
  const resident = process.memoryUsage.rss()
  const nothing = (name: string): Field => [name, 0]
  const databases = Array.from({ length: DATABASES }, (_, index) => index).filter((index) => {
    const space = client.spaceOf(index, true)
    return space >= 0 && raw.entriesIn(space) > 0
  })
  const before: Field[] = [
    ['total.allocated', used],
    ['startup.allocated', memory.budget - memory.pages * memory.pageBytes],
    ...['replication.backlog', 'clients.slaves', 'clients.normal'].map(nothing),
    ...['cluster.links', 'aof.buffer', 'lua.caches', 'functions.caches'].map(nothing),
  ]
  const after: Field[] = [
    ['overhead.total', Math.max(used - bytes, 0)],
    ['keys.count', entries],
    ['keys.bytes-per-key', entries === 0 ? 0 : Math.floor(used / entries)],
    ['dataset.bytes', bytes],
    ['dataset.percentage', String((100 * bytes) / Math.max(used, 1))],
    ['allocator.allocated', used],
    ['allocator.active', used],
    ['allocator.resident', memory.budget],
    ['fragmentation', String(resident / Math.max(used, 1))],
    ['fragmentation.bytes', resident - used],
  ]
  reply.map(before.length + databases.length + after.length)
  for (const field of before) tell(client, field)
  for (const index of databases) {
    reply.bulkText(`db.${index}`)
    reply.map(2)
    tell(client, ['overhead.hashtable.main', memory.table])
    tell(client, ['overhead.hashtable.expires', 0])
  }
  for (const field of after) tell(client, field)
}

function tell({ reply }: RedisClient, [name, value]: Field): void {
  reply.bulkText(name)
  if (typeof value === 'number') reply.integer(value)
  else reply.double(value)
}
