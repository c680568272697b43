/**
 * The pool's side of a replay: thread t of N takes the requests t, t + N, t + 2N, ... of the
 * trace, as if a load balancer dealt them out. A request is a get, and after a miss a set of the
 * value. The threads meet before each pass, so each pass is measured with all of them at work.
 *
 * `prepare` runs first on every thread: it computes the sizes of values and replays the head of
 * the trace into throw-away caches, so that compiled code and heap are there before the process
 * notes its memory.
 */
import { LRUCache } from 'lru-cache'
import { workerData } from 'piscina'
import { HeddleError, attachEngine } from '../../src/index.ts'
import { collectGarbage, growYoungGeneration, youngBytes } from '../heap.ts'
import type { Engine } from '../subjects/shared.ts'
import type { Task, TaskFindings, ThreadSupply } from './protocol.ts'
import { buildValue, checkValue, valueBytes } from './value.ts'

interface Cache {
  get(key: string): string | undefined
  /** False when the cache refused for want of room. */
  set(key: string, value: string): boolean
  entries(): number
  close(): void
}

const WARM_UP_REQUESTS = 20_000
const WARM_UP_BYTES = 4 * 2 ** 20
const MEETING_TIMEOUT_MS = 120_000
const COUNTS = { coldHits: 0, warmHits: 0, warmRequests: 0, entries: 0, refused: 0 }
const NOTHING = { ...COUNTS, warmNs: 0, warmCpuNs: 0 }

const supply = workerData as ThreadSupply
const requests = new Uint32Array(supply.requests)
const meeting = new Int32Array(supply.meeting)
const sizes = new Uint16Array(supply.keys.length)
let kept: Cache | undefined
let refused = 0

export default function run(task: Task): TaskFindings {
  if (task.kind === 'prepare') {
    prepare()
    return { ...NOTHING, youngBytes: youngBytes() }
  }
  kept = task.variant === 'heddle, shared' ? openHeddle(task.handle) : openLru(task.memory)
  meet()
  const coldHits = pass(kept, task.threadIndex, requests.length)
  let warmHits = 0
  let warmNs = 0
  let warmCpuNs = 0
  for (let n = 1; n < task.passes; n++) {
    meet()
    const cpuAtStart = cpuNs()
    const start = performance.now()
    warmHits += pass(kept, task.threadIndex, requests.length)
    warmNs += (performance.now() - start) * 1e6
    warmCpuNs += cpuNs() - cpuAtStart
  }
  const perPass = Math.ceil((requests.length - task.threadIndex) / supply.threads)
  const warmRequests = perPass * (task.passes - 1)
  meet()
  collectGarbage()
  const entries = kept.entries()
  return {
    ...{ coldHits, warmHits, warmRequests, warmNs, warmCpuNs, entries, refused },
    youngBytes: youngBytes(),
  }
}

function prepare(): void {
  for (const [index, key] of supply.keys.entries()) sizes[index] = valueBytes(key)
  const throwAway = openLru(WARM_UP_BYTES)
  pass(throwAway, 0, Math.min(requests.length, WARM_UP_REQUESTS))
  throwAway.close()
  growYoungGeneration()
  collectGarbage()
  meet()
}

/** Waits for the other threads; tasks that wait here are on different threads of the pool. */
function meet(): void {
  const arrived = Atomics.add(meeting, 0, 1) + 1
  const goal = Math.ceil(arrived / supply.threads) * supply.threads
  Atomics.notify(meeting, 0)
  for (let seen = Atomics.load(meeting, 0); seen < goal; seen = Atomics.load(meeting, 0)) {
    if (Atomics.wait(meeting, 0, seen, MEETING_TIMEOUT_MS) === 'timed-out') {
      throw new Error('the other threads of the replay never came')
    }
  }
}

function pass(cache: Cache, from: number, to: number): number {
  const { keys, threads } = supply
  let hits = 0
  for (let i = from; i < to; i += threads) {
    const index = requests[i] as number
    const key = keys[index] as string
    const value = cache.get(key)
    if (value === undefined) {
      if (!cache.set(key, buildValue(key, sizes[index] as number))) refused++
    } else {
      checkValue(value, key, sizes[index] as number)
      hits++
    }
  }
  return hits
}

function cpuNs(): number {
  const usage = process.threadCpuUsage()
  return (usage.user + usage.system) * 1000
}

function openHeddle(handle: unknown): Cache {
  const engine = attachEngine(handle as Engine['handle'])
  return {
    get: (key) => engine.get<string>(key),
    set(key, value) {
      try {
        engine.set(key, value)
        return true
      } catch (error) {
        if (error instanceof HeddleError && error.code === 'HEDDLE_FULL') return false
        throw error
      }
    },
    entries: () => engine.size,
    close: () => engine.close(),
  }
}

/**
 * What a user would count: the characters of key and value. What lru-cache needs beside them is
 * not in it.
 */
function openLru(maxSize: number): Cache {
  const cache = new LRUCache<string, string>({
    maxSize,
    sizeCalculation: (value, key) => value.length + key.length,
  })
  return {
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value) === cache,
    entries: () => cache.size,
    close: () => cache.clear(),
  }
}
