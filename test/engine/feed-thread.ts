/** A thread that writes to few keys in every way, or reads the mutation feed, until it is ended. */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { attachEngine, type EngineHandle } from '../../src/index.ts'

export interface FeedOrders {
  readonly handle: EngineHandle
  readonly keys: number
  readonly valueBytes: number
  /** Of a third of the writes, ms; 0 none. */
  readonly ttl: number
  readonly seed: number
  readonly forever: boolean
  /** Counts how often the reader has read all there was. */
  readonly drains?: Int32Array
  /** Become the reader of the feed and write nothing; then close the engine, or die. */
  readonly reads?: 'closes' | 'dies'
}

/** On a machine that is too busy for more, too. */
const LEAST_WRITES = 2000

const orders = workerData as FeedOrders
const port = parentPort!
const engine = attachEngine(orders.handle)
let state = (orders.seed + 1) * 7919
const random = (below: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
  return (state >>> 8) % below
}

function write(): void {
  const key = `key ${random(orders.keys)}`
  const options = orders.ttl > 0 ? { ttl: orders.ttl } : {}
  switch (random(6)) {
    case 0:
      engine.delete(key)
      return
    case 1:
      if (engine.add(key, 5, options)) engine.increment(key)
      return
    case 2:
      if (typeof engine.get(key) !== 'string') engine.set(key, 'text', options)
      return
    case 3:
      engine.replace(key, random(100), options)
      return
    default:
      engine.set(key, 'v'.repeat(random(orders.valueBytes)), options)
  }
}

const reader = orders.reads === undefined ? undefined : engine.mutations()
port.postMessage('attached')
await once(port, 'message')
if (reader !== undefined) {
  if (orders.reads === 'dies') process.exit(1)
} else if (orders.forever) {
  for (;;) write()
} else {
  const { drains } = orders
  const until = Date.now() + 1200
  for (let n = 0; n < 12_000 && (n < LEAST_WRITES || Date.now() < until); n++) {
    write()
    if (n % 200 !== 199) continue
    // Nothing overflows while each waits for the reader now and then.
    const before = drains?.[0]
    do await new Promise((resolve) => setTimeout(resolve, 2))
    while (drains !== undefined && Atomics.load(drains, 0) === before)
  }
}
engine.close()
