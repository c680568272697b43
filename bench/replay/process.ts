/**
 * A process that replays one trace into one variant and prints what it found as JSON: a process
 * of its own, so that its RSS is the cache's and nobody else's. It is started by the traces suite
 * with its order as argument.
 *
 * Order of events: the pool's threads load the trace and warm up; the process notes its RSS; only
 * then are the caches made, filled and replayed; every thread collects its garbage; RSS is noted
 * again.
 */
import { Piscina } from 'piscina'
import { createEngine } from '../../src/index.ts'
import { settledRss } from '../heap.ts'
import { readTrace } from '../../src/load/trace-reader.ts'
import type { ReplayFindings, ReplayOrder, Task, TaskFindings, ThreadSupply } from './protocol.ts'

const MEAN_ENTRY_BYTES = 4900

process.stdout.write(JSON.stringify(await replay(JSON.parse(process.argv[2] ?? '{}'))))

async function replay(order: ReplayOrder): Promise<ReplayFindings> {
  const { threads } = order
  const supply = supplyOf(order)
  const pool = new Piscina<Task, TaskFindings>({
    filename: new URL('./task.ts', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    workerData: supply,
  })
  const indices = Array.from({ length: threads }, (_, threadIndex) => threadIndex)
  const prepared = await Promise.all(indices.map(() => pool.run({ kind: 'prepare' })))
  const rssBefore = await settledRss()

  const isShared = order.variant === 'heddle, shared'
  const engine = isShared ? createReplayEngine(order.memory) : undefined
  const memory = isShared ? order.memory : Math.floor(order.memory / threads)
  const { variant, passes } = order
  const handle = engine?.handle
  const found = await Promise.all(
    indices.map((threadIndex) =>
      pool.run({ kind: 'replay', threadIndex, variant, memory, passes, handle }),
    ),
  )
  const rssGrowth = (await settledRss()) - rssBefore
  const entries = engine === undefined ? sum(found, (one) => one.entries) : engine.size
  await pool.destroy()
  engine?.close()
  const youngGrowth = sum(found, (one) => one.youngBytes) - sum(prepared, (one) => one.youngBytes)
  return { ...findingsOf(supply, found), rssGrowth, youngGrowth, entries }
}

function createReplayEngine(memory: number) {
  return createEngine({
    name: 'bench traces',
    memory,
    expectedEntries: Math.ceil(memory / MEAN_ENTRY_BYTES) * 2,
  })
}

function supplyOf(order: ReplayOrder): ThreadSupply {
  const trace = readTrace(order.file)
  const replayed = trace.requests.subarray(0, order.requests)
  const requests = new SharedArrayBuffer(replayed.byteLength)
  new Uint32Array(requests).set(replayed)
  const meeting = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  return { keys: trace.keys, requests, meeting, threads: order.threads }
}

function findingsOf(
  supply: ThreadSupply,
  found: readonly TaskFindings[],
): Omit<ReplayFindings, 'rssGrowth' | 'youngGrowth' | 'entries'> {
  const warmRequests = sum(found, (one) => one.warmRequests)
  return {
    requests: supply.requests.byteLength / Uint32Array.BYTES_PER_ELEMENT,
    coldHits: sum(found, (one) => one.coldHits),
    warmHits: sum(found, (one) => one.warmHits),
    warmRequests,
    perSecond: sum(found, (one) => (one.warmRequests / one.warmNs) * 1e9),
    refused: sum(found, (one) => one.refused),
    cpuNsPerRequest: sum(found, (one) => one.warmCpuNs) / warmRequests,
  }
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0)
}
