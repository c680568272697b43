/**
 * The guard's embedded operations, as a process of its own for each tree and round: `node micro.ts
 * ROOT KEYS BATCH SAMPLES` imports the public API of the tree at ROOT, and prints nanoseconds of
 * processor time per operation as JSON: samples, each the median of batches of BATCH operations
 * among KEYS keys. Answers are checked while they are timed.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { createEngine as Create } from '../../src/index.ts'
import { median } from '../measurement.ts'
import { VALUE_BYTES, keyOf, randomIds, valueFor } from '../workload.ts'

const BATCHES = 7
const MANY = 100
const WARM_UP_BATCHES = 3
const SEED = 20_261_121
const PREFIX = 'user:'

const [root = '.', ...counts] = process.argv.slice(2)
const [keys = 0, batch = 0, samples = 1] = counts.map(Number)
const url = pathToFileURL(join(root, 'src/index.ts')).href
const { createEngine } = (await import(url)) as { createEngine: typeof Create }
const engine = createEngine({ name: 'guard', memory: '64mb' })
const values = Array.from({ length: keys }, (_, id) => valueFor(id, 0))
for (let id = 0; id < keys; id++) engine.set(keyOf(PREFIX, id), values[id]!)
const order = randomIds(SEED, 16 * batch, keys)
const target = Buffer.alloc(256)
let at = 0

/** The next id; keys are built anew for each call, as a program's are. */
function nextId(): number {
  if (++at === order.length) at = 0
  return order[at]!
}

function wrong(operation: string): never {
  throw new Error(`${operation} answered wrong`)
}

/** One operation each; `of` operations are in one call. */
const OPERATIONS: readonly { name: string; of?: number; run: () => void }[] = [
  {
    name: 'get',
    run() {
      const value = engine.get<string>(keyOf(PREFIX, nextId()))
      if (value?.length !== VALUE_BYTES) wrong('get')
    },
  },
  {
    name: 'getBytes',
    run() {
      if (engine.getBytes(keyOf(PREFIX, nextId()), target) < VALUE_BYTES) wrong('getBytes')
    },
  },
  {
    name: 'get, miss',
    run() {
      if (engine.get(keyOf('none:', nextId())) !== undefined) wrong('get of nothing')
    },
  },
  {
    name: 'overwrite',
    run() {
      const id = nextId()
      engine.set(keyOf(PREFIX, id), values[id]!)
    },
  },
  {
    name: 'getMany 100',
    of: MANY,
    run() {
      const many = Array.from({ length: MANY }, () => keyOf(PREFIX, nextId()))
      if (engine.getMany<string>(many).length !== MANY) wrong('getMany')
    },
  },
  {
    name: 'set and delete',
    run() {
      const key = keyOf('new:', nextId())
      engine.set(key, values[0]!)
      engine.delete(key)
    },
  },
]

function timeBatch(run: () => void, calls: number): number {
  const before = process.cpuUsage()
  for (let call = 0; call < calls; call++) run()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / calls
}

const found: Record<string, number[]> = {}
for (const { name, of = 1, run } of OPERATIONS) {
  const calls = Math.ceil(batch / of)
  for (let n = 0; n < WARM_UP_BATCHES; n++) timeBatch(run, calls)
  const sample = () => Array.from({ length: BATCHES }, () => timeBatch(run, calls))
  found[name] = Array.from({ length: samples }, () => median(sample()) / of)
}
engine.close()
process.stdout.write(JSON.stringify(found))
