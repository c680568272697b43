/**
 * A process that measures one policy at each level of load, a fresh engine each, and prints what it
 * found as JSON: a process of its own, so that only this policy's code is compiled into the paths.
 *
 * A level is a number of keys, as a share of how many this engine holds when it is full: below 100
 * % next to nothing is evicted, 200 and 1000 % are a working set of 2 and 10 times of memory.
 * Values are 64 to 1,023 bytes by the key. The load is 90/10 with Zipf's 0.99; a get that misses
 * is followed by a set, as in a program that has a cache. Throughput and CPU come from one pass,
 * latencies from another, in which each operation is timed.
 */
import { build } from 'hdr-histogram-js'
import { createEngine } from '../../src/index.ts'
import { isSet, planRequests, idOf } from '../../src/load/request-plan.ts'
import { hashOf } from '../../src/plan/sample.ts'
import { HISTOGRAM } from '../latency/protocol.ts'
import type { Engine } from '../subjects/shared.ts'
import { PERCENTILES } from './protocol.ts'
import type { EvictionOrder, LevelFindings } from './protocol.ts'

const [LEAST_VALUE, VALUE_SPAN] = [64, 960]
const MEAN_ENTRY_BYTES = 600
const KEYS: string[] = []
const SIZES: number[] = []
const VALUE = Buffer.alloc(LEAST_VALUE + VALUE_SPAN, '.')
const TARGET = Buffer.alloc(LEAST_VALUE + VALUE_SPAN)

process.stdout.write(JSON.stringify(measure(JSON.parse(process.argv[2] ?? '{}'))))

function measure(order: EvictionOrder): LevelFindings[] {
  const capacity = capacityOf(order)
  return order.levels.map((level) =>
    measureLevel(order, level, Math.ceil((capacity * level) / 100)),
  )
}

function open({ policy, memory }: EvictionOrder): Engine {
  const expectedEntries = Math.ceil(memory / MEAN_ENTRY_BYTES)
  return createEngine({ name: 'bench eviction', eviction: policy, memory, expectedEntries })
}

/** Entries that stay when many more came. */
function capacityOf(order: EvictionOrder): number {
  const engine = open(order)
  makeKeys(Math.ceil((order.memory / MEAN_ENTRY_BYTES) * 3))
  for (let id = 0; id < KEYS.length; id++) store(engine, id)
  const { size } = engine
  engine.close()
  return size
}

function makeKeys(count: number): void {
  for (let id = KEYS.length; id < count; id++) {
    const key = `item:${String(id).padStart(11, '0')}`
    KEYS.push(key)
    SIZES.push(LEAST_VALUE + (hashOf(key) % VALUE_SPAN))
  }
}

function store(engine: Engine, id: number): void {
  VALUE.writeInt32LE(id)
  engine.set(KEYS[id] as string, VALUE.subarray(0, SIZES[id]))
}

/** @returns -1 for a set, 0 for a miss, 1 for a hit */
function operate(engine: Engine, request: number): number {
  const id = idOf(request)
  if (isSet(request)) {
    store(engine, id)
    return -1
  }
  const length = engine.getBytes(KEYS[id] as string, TARGET)
  if (length < 0) {
    store(engine, id)
    return 0
  }
  if (length !== SIZES[id] || TARGET.readInt32LE() !== id) throw new Error(`${id}: another's value`)
  return 1
}

function measureLevel(order: EvictionOrder, level: number, keys: number): LevelFindings {
  makeKeys(keys)
  const engine = open(order)
  const plan = planRequests({ mix: '90/10', choice: 'zipf', keys, seed: order.seed })
  const { operations } = order
  for (let id = keys - 1; id >= 0; id--) store(engine, id)
  const before = level < 100 ? operations : order.warmUp
  for (let n = 0; n < before; n++) operate(engine, plan[n % plan.length] as number)
  const evicted = evictionsOf(engine)
  let hits = 0
  let gets = 0
  const cpu = process.threadCpuUsage()
  const begun = performance.now()
  for (let n = before; n < before + operations; n++) {
    const outcome = operate(engine, plan[n % plan.length] as number)
    if (outcome < 0) continue
    gets++
    hits += outcome
  }
  const ms = performance.now() - begun
  const { user, system } = process.threadCpuUsage(cpu)
  const evictions = evictionsOf(engine) - evicted
  const latency = latenciesOf(engine, plan, before + operations, operations)
  engine.close()
  return {
    ...{ level, keys, hitRatio: hits / gets, evictions, latency },
    perSecond: (operations / ms) * 1000,
    cpuNs: ((user + system) * 1000) / operations,
  }
}

function evictionsOf(engine: Engine): number {
  return Object.values(engine.stats().evictions).reduce((sum, count) => sum + count, 0)
}

function latenciesOf(
  engine: Engine,
  plan: Uint32Array,
  from: number,
  operations: number,
): Readonly<Record<string, number>> {
  const histogram = build(HISTOGRAM)
  let before = process.hrtime.bigint()
  for (let n = from; n < from + operations; n++) {
    operate(engine, plan[n % plan.length] as number)
    const after = process.hrtime.bigint()
    histogram.recordValue(Number(after - before))
    before = process.hrtime.bigint()
  }
  const at = PERCENTILES.map((percentile) => {
    return [`p${percentile}`, histogram.getValueAtPercentile(percentile)]
  })
  return { ...Object.fromEntries(at), max: histogram.maxValue }
}
