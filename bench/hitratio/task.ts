/**
 * The pool's side of the hit ratio suite: one size of cache on one trace. The trace read last is
 * kept, since tasks come in the order of traces.
 */
import { readTrace } from '../../src/load/trace-reader.ts'
import type { Trace } from '../../src/load/trace-reader.ts'
import { StackDistances } from '../../src/plan/stack-distances.ts'
import { valueBytes } from '../replay/value.ts'
import { shortened } from '../traces/catalog.ts'
import { beladyHits } from '../traces/belady.ts'
import { byteBound } from '../traces/byte-bound.ts'
import { lruHits } from '../traces/policies.ts'
import { CHANCY, SIMULATORS } from '../traces/simulators.ts'
import type { CellFindings, PolicyFindings, Task } from './protocol.ts'
import { type Hits, replayByBytes, replayByEntries } from './replay.ts'

interface Sized {
  readonly of: string
  readonly trace: Trace
  /** Bytes of key and value. */
  readonly sizes: Uint32Array
}

const SMALLEST_MEMORY = 2 * 2 ** 20
let last: Sized | undefined

export default function run(task: Task): CellFindings {
  const { trace, sizes } = sized(task)
  const bytesAsked = trace.requests.reduce((sum, key) => sum + (sizes[key] as number), 0)
  const { requests, keys } = trace
  const common = { trace: trace.name, requests: requests.length, unique: keys.length, bytesAsked }
  const { bound, percent } = task
  const more = bound === 'entries' ? byEntries(task, trace, sizes) : byBytes(task, trace, sizes)
  return { ...common, bound, percent, ...more }
}

function sized({ file, mostRequests }: Task): Sized {
  const of = `${file} ${mostRequests}`
  if (last?.of === of) return last
  const trace = shortened(readTrace(file), mostRequests)
  last = { of, trace, sizes: Uint32Array.from(trace.keys, (key) => key.length + valueBytes(key)) }
  return last
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function meanOf(found: readonly Hits[]): Omit<PolicyFindings, 'policy' | 'simulated'> {
  const replays = found.map(({ hits }) => hits)
  return { hits: mean(replays), hitBytes: mean(found.map(({ hitBytes }) => hitBytes)), replays }
}

type Cell = Pick<CellFindings, 'capacity' | 'lru' | 'lruBytes' | 'best' | 'bestBytes' | 'policies'>

function byEntries(task: Task, trace: Trace, sizes: Uint32Array): Cell {
  const { requests, keys } = trace
  const capacity = Math.max(1, Math.round((keys.length * task.percent) / 100))
  const policies = task.policies.map((policy): PolicyFindings => {
    const seeds = CHANCY.includes(policy) ? task.seeds : task.seeds.slice(0, 1)
    const found = seeds.map((seed) => replayByEntries(trace, sizes, capacity, policy, seed))
    const simulated = seeds.map((seed) => SIMULATORS[policy](requests, keys.length, capacity, seed))
    return { policy, ...meanOf(found), simulated: mean(simulated) }
  })
  const lru = lruHits(requests, keys.length, capacity)
  const best = beladyHits(requests, keys.length, capacity)
  return { capacity, lru, lruBytes: 0, best, bestBytes: 0, policies }
}

function byBytes(task: Task, trace: Trace, sizes: Uint32Array): Cell {
  const { requests, keys } = trace
  const footprint = sizes.reduce((sum, size) => sum + size, 0)
  const capacity = Math.max(SMALLEST_MEMORY, Math.round((footprint * task.percent) / 100))
  const policies = task.policies.map((policy): PolicyFindings => {
    const found = [replayByBytes(trace, sizes, capacity, policy, task.seeds[0] as number)]
    return { policy, ...meanOf(found), simulated: undefined }
  })
  const distances = new StackDistances(keys.length)
  let lru = 0
  let lruBytes = 0
  for (const key of requests) {
    const size = sizes[key] as number
    if (distances.use(key, size) > capacity) continue
    lru++
    lruBytes += size
  }
  const bound = byteBound(requests, sizes, capacity)
  const asked = requests.reduce((sum, key) => sum + (sizes[key] as number), 0)
  const best = bound.hitRatio * requests.length
  return { capacity, lru, lruBytes, best, bestBytes: bound.byteHitRatio * asked, policies }
}
