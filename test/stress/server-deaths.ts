/**
 * Connections pipeline random memcached commands over keys of their own while a worker of the
 * server is killed every second. Every reply must be to its own command, no acknowledged write may
 * be lost (nothing is evicted), and the integrity walker must account for every chunk at the end.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Engine } from '../../src/index.ts'
import type { OwnKeysResult } from './own-keys.ts'
import type { OwnKeysOrder } from './own-keys-thread.ts'

const WORKERS = 2
const KILL_EVERY_MS = 1000

export interface DeathsOptions {
  readonly seconds: number
  readonly connections: number
  readonly handOff: 'frames' | 'sockets'
  readonly killEveryMs?: number
  readonly seed?: number
  /** Address of the src/index.ts of the source to be tested: a broken twin's. */
  readonly entry?: string
}

/** What is tested, from wherever its source is. */
async function sourceAt(entry: string) {
  const [{ createEngine }, { resolveServeOptions }, { ServerThread }] = await Promise.all([
    import(entry) as Promise<typeof import('../../src/index.ts')>,
    import(new URL('./server/options.ts', entry).href) as Promise<
      typeof import('../../src/server/options.ts')
    >,
    import(new URL('./server/server-thread.ts', entry).href) as Promise<
      typeof import('../../src/server/server-thread.ts')
    >,
  ])
  return { createEngine, resolveServeOptions, ServerThread }
}
const OWN_ENTRY = new URL('../../src/index.ts', import.meta.url).href

export interface DeathsReport {
  readonly commands: number
  readonly kills: number
  /** Connections that were closed with commands unanswered. */
  readonly closed: number
  readonly serverErrors: number
  readonly evictions: number
  readonly recoveries: number
  readonly problems: readonly string[]
}

let runs = 0

/** Runs it in this process. */
export async function serverDeaths(options: DeathsOptions): Promise<DeathsReport> {
  const { seconds, connections, handOff, killEveryMs = KILL_EVERY_MS, seed = 1 } = options
  const source = await sourceAt(options.entry ?? OWN_ENTRY)
  const engine = source.createEngine({ name: `deaths ${handOff} ${++runs}`, memory: '256mb', seed })
  const resolved = source.resolveServeOptions({ memcachedPort: 0, workers: WORKERS, handOff })
  const server = new source.ServerThread({ engine: engine.handle, options: resolved })
  const { addresses } = await server.start()
  const port = Number(/\d+$/.exec(addresses[0]!)![0])
  const order: OwnKeysOrder = { port, connections, seconds, seed }
  const program = new URL('./own-keys-thread.ts', import.meta.url)
  const clients = new Worker(program, { workerData: order })
  let kills = 0
  const until = performance.now() + seconds * 1000
  const killer = setInterval(() => {
    const worker = server.workerAt(kills % WORKERS)
    if (worker === undefined || performance.now() > until) return
    kills++
    void worker.terminate()
  }, killEveryMs)
  const [results] = (await once(clients, 'message')) as [OwnKeysResult[]]
  clearInterval(killer)
  await server.close()
  const { evictions, recoveries } = engine.stats()
  const evicted = evictions.memory + evictions.slots + evictions.entries + evictions.pages
  const problems = results.flatMap((result) => result.problems)
  if (evicted > 0) problems.push(`${evicted} entries were evicted: nothing can be said of them`)
  problems.push(...(await settledProblems(engine)))
  engine.close()
  const sum = (pick: (result: OwnKeysResult) => number) =>
    results.reduce((total, result) => total + pick(result), 0)
  return {
    commands: sum((result) => result.commands),
    kills,
    closed: sum((result) => result.closed),
    serverErrors: sum((result) => result.serverErrors),
    evictions: evicted,
    recoveries,
    problems,
  }
}

/** What the walker finds once the last dead worker's row was recovered. */
async function settledProblems(engine: Engine): Promise<string[]> {
  let problems: readonly string[] = []
  for (let tries = 0; tries < 1000; tries++) {
    problems = engine.verify().problems
    if (problems.length === 0 && engine.stats().threads === 1) return []
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { threads } = engine.stats()
  return threads === 1 ? [...problems] : [...problems, `${threads} threads are attached still`]
}
