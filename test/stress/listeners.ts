/**
 * A server under clients that listen: caches of their own kept right by CLIENT TRACKING, and
 * subscribers; while its workers, and the thread that reads the feed, are killed if that is wanted.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ListenersOrder } from './listeners-thread.ts'
import type { NearCachesResult } from './near-caches.ts'
import type { SubscribersResult } from './subscribers.ts'

const WORKERS = 3
/** With so little room for it the feed loses records. */
const FEED_BYTES = 512 * 1024
const SCARCE_FEED_BYTES = 16 * 1024

export interface ListenersOptions {
  readonly seconds: number
  readonly handOff: 'frames' | 'sockets'
  readonly seed?: number
  /** What is killed, in turn. */
  readonly kills?: readonly ('worker' | 'reader')[]
  readonly killEveryMs?: number
  readonly hasScarceFeed?: boolean
  readonly caches?: number
  readonly subscribers?: number
  readonly messageBytes?: number
  readonly hasSlow?: boolean
  /** Address of the src/index.ts of the source to be tested: a broken twin's. */
  readonly entry?: string
}

export interface ListenersReport {
  readonly caches: NearCachesResult | undefined
  readonly subscribers: SubscribersResult | undefined
  readonly kills: number
  readonly problems: readonly string[]
}

const OWN_ENTRY = new URL('../../src/index.ts', import.meta.url).href
let runs = 0

async function sourceAt(entry: string) {
  const at = (path: string): string => new URL(path, entry).href
  const [{ createEngine }, { resolveServeOptions }, { ServerThread }] = await Promise.all([
    import(entry) as Promise<typeof import('../../src/index.ts')>,
    import(at('./server/options.ts')) as Promise<typeof import('../../src/server/options.ts')>,
    import(at('./server/server-thread.ts')) as Promise<
      typeof import('../../src/server/server-thread.ts')
    >,
  ])
  return { createEngine, resolveServeOptions, ServerThread }
}

export async function runListeners(options: ListenersOptions): Promise<ListenersReport> {
  const { seconds, handOff, seed = 1, kills = [], killEveryMs = 700, entry = OWN_ENTRY } = options
  const source = await sourceAt(entry)
  const engine = source.createEngine({
    name: `listeners ${handOff} ${++runs}`,
    memory: '32mb',
    maxThreads: 16,
    feedBytes: options.hasScarceFeed === true ? SCARCE_FEED_BYTES : FEED_BYTES,
    seed,
  })
  const serveOptions = { redisPort: 0, memcachedPort: 0, workers: WORKERS, handOff }
  const resolved = source.resolveServeOptions(serveOptions)
  const server = new source.ServerThread({ engine: engine.handle, options: resolved })
  const { addresses, redisAddresses } = await server.start()
  const port = portOf(redisAddresses)
  const killed = new Int32Array(new SharedArrayBuffer(4))
  const order: ListenersOrder = {
    entry,
    engine: engine.handle,
    caches:
      options.caches === undefined
        ? undefined
        : {
            ...{ port, memcachedPort: portOf(addresses), seconds, seed, clients: options.caches },
            kills: kills.length > 0 ? killed : undefined,
          },
    subscribers:
      options.subscribers === undefined
        ? undefined
        : {
            ...{ port, seconds, publishers: 3, subscribers: options.subscribers },
            ...{ bytes: options.messageBytes ?? 20, hasSlow: options.hasSlow === true },
          },
  }
  const clients = new Worker(new URL('./listeners-thread.ts', import.meta.url), {
    workerData: order,
  })
  const killer = setInterval(() => {
    const victim = kills[killed[0]! % kills.length]
    // Who was killed while it starts, again and again, would never serve.
    const isWhole = [...Array(WORKERS).keys()].every((index) => server.isServing(index))
    if (victim === undefined || !isWhole || server.changes?.isReading !== true) return
    const thread =
      victim === 'worker' ? server.workerAt(killed[0]! % WORKERS) : server.changes.thread
    if (thread === undefined) return
    Atomics.add(killed, 0, 1)
    void thread.terminate()
  }, killEveryMs)
  const [[caches, subscribers]] = (await once(clients, 'message')) as [
    [NearCachesResult | undefined, SubscribersResult | undefined],
  ]
  clearInterval(killer)
  await server.close()
  engine.close()
  const problems = [...(caches?.problems ?? []), ...(subscribers?.problems ?? [])]
  return { caches, subscribers, kills: killed[0]!, problems }
}

function portOf(addresses: readonly string[]): number {
  return Number(/\d+$/.exec(addresses[0]!)![0])
}
