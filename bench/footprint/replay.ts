/**
 * One replay of a trace through one server, from cold, and by how much the server's RSS grew.
 *
 * Before the first reading the server is warmed up by requests that leave nothing behind: gets of
 * absent keys and sets of one key. So what its process needs for code, buffers and heap is there,
 * and what grows afterwards is the cache.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { residentBytesOf } from '../../src/load/server-process.ts'
import type { Trace } from '../../src/load/trace-reader.ts'
import { startServer } from '../load/servers.ts'
import type { ServerName } from '../load/servers.ts'
import { CacheClient } from './cache-client.ts'

/** Which server, how it is set up with a setting for its memory. */
export interface Subject {
  readonly name: string
  readonly server: ServerName
  /** Arguments for its memory in bytes, after all others. */
  readonly args: (memory: number) => readonly string[]
}

export interface Replayed {
  readonly hits: number
  readonly hitBytes: number
  /** Bytes. */
  readonly rssGrowth: number
  readonly rssBefore: number
}

/** Keys that are asked for at once. */
const BATCH = 32
const WARM_UP_BATCHES = 600
const WARM_KEY = 'warm-up'
const WARM_BYTES = 4_000
const SETTLE_MS = 400
/** Overridden by the arguments of the subject. */
const ANY_MB = 64

/** @returns what was found, or why the server cannot be started */
export async function replayThrough(
  subject: Subject,
  memory: number,
  trace: Trace,
  sizes: Uint32Array,
): Promise<Replayed | string> {
  const server = await startServer(subject.server, ANY_MB, { more: subject.args(memory) })
  if (typeof server === 'string') return server
  try {
    const client = await CacheClient.open(server.target)
    await warmUp(client)
    await sleep(SETTLE_MS)
    const rssBefore = residentBytesOf(server.pid) ?? 0
    const found = await replay(client, trace, sizes)
    await sleep(SETTLE_MS)
    const rssGrowth = (residentBytesOf(server.pid) ?? 0) - rssBefore
    client.close()
    return { ...found, rssGrowth, rssBefore }
  } finally {
    await server.stop()
  }
}

async function warmUp(client: CacheClient): Promise<void> {
  const absent = Array.from({ length: BATCH }, (_, n) => `absent-${n}`)
  const nothing = absent.map(() => 0)
  for (let n = 0; n < WARM_UP_BATCHES; n++) {
    client.cork()
    for (let times = 0; times < BATCH / 2; times++) client.set(WARM_KEY, WARM_BYTES)
    client.uncork()
    await client.get(absent, nothing)
  }
}

async function replay(
  client: CacheClient,
  { keys, requests }: Trace,
  sizes: Uint32Array,
): Promise<{ hits: number; hitBytes: number }> {
  let hits = 0
  let hitBytes = 0
  let at = 0
  while (at < requests.length) {
    const batch: number[] = []
    // A key that comes again ends the batch, so that it may be a hit.
    while (at < requests.length && batch.length < BATCH) {
      const key = requests[at] as number
      if (batch.includes(key)) break
      batch.push(key)
      at++
    }
    const names = batch.map((key) => keys[key] as string)
    const bytes = batch.map((key) => (sizes[key] as number) - (keys[key] as string).length)
    const found = await client.get(names, bytes)
    client.cork()
    for (const [n, isHit] of found.entries()) {
      if (!isHit) client.set(names[n] as string, bytes[n] as number)
      else {
        hits++
        hitBytes += sizes[batch[n] as number] as number
      }
    }
    client.uncork()
  }
  return { hits, hitBytes }
}
