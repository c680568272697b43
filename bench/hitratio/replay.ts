/**
 * Replays a trace into the engine, cache aside: a get, and on a miss a set. Each hit is checked.
 *
 *   by entries   `maxEntries` is the bound, memory to spare. Keys are numbers of one length and the
 *                value says which it is, so that all entries are of one size class, as in the
 *                textbook: each class has a hand of its own
 *   by bytes     `memory` is the bound; the keys are the trace's own, and values have the sizes of
 *                replay/value.ts
 */
import { createEngine } from '../../src/index.ts'
import type { Trace } from '../../src/load/trace-reader.ts'
import type { Engine } from '../subjects/shared.ts'
import type { Policy } from '../traces/simulators.ts'

const BUDGET_BYTES_PER_ENTRY = 512
const SMALLEST_BUDGET = 8 * 2 ** 20
const LARGEST_VALUE = 1 << 14
const MARK_BYTES = 4
const KEY_LENGTH = 8

export interface Hits {
  readonly hits: number
  /** Bytes of keys and values that were hits. */
  readonly hitBytes: number
}

export function replayByEntries(
  trace: Trace,
  sizes: Uint32Array,
  capacity: number,
  eviction: Policy,
  seed: number,
): Hits {
  const engine = createEngine({
    ...{ name: `hit ratio by entries, ${eviction}`, eviction, maxThreads: 2, seed },
    ...{ maxEntries: capacity, expectedEntries: capacity },
    memory: Math.max(SMALLEST_BUDGET, capacity * BUDGET_BYTES_PER_ENTRY),
  })
  const keys = trace.keys.map((_key, index) => String(index).padStart(KEY_LENGTH, '0'))
  const found = replay(engine, { ...trace, keys }, sizes, () => MARK_BYTES)
  if (found.entries > capacity) throw new Error(`${found.entries} entries of at most ${capacity}`)
  return found
}

export function replayByBytes(
  trace: Trace,
  sizes: Uint32Array,
  memory: number,
  eviction: Policy,
  seed: number,
): Hits {
  const meanBytes = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
  const engine = createEngine({
    ...{ name: `hit ratio by bytes, ${eviction}`, eviction, memory, maxThreads: 2, seed },
    expectedEntries: Math.ceil(memory / meanBytes),
  })
  return replay(engine, trace, sizes, (key) => {
    return (sizes[key] as number) - (trace.keys[key] as string).length
  })
}

/** @param sizes of key and value */
function replay(
  engine: Engine,
  trace: Trace,
  sizes: Uint32Array,
  valueBytesOf: (key: number) => number,
): Hits & { readonly entries: number } {
  const value = Buffer.alloc(LARGEST_VALUE, '.')
  const target = Buffer.alloc(LARGEST_VALUE)
  let hits = 0
  let hitBytes = 0
  try {
    for (const key of trace.requests) {
      const name = trace.keys[key] as string
      const valueBytes = valueBytesOf(key)
      const length = engine.getBytes(name, target)
      if (length < 0) {
        value.writeInt32LE(key)
        engine.set(name, value.subarray(0, valueBytes))
        continue
      }
      if (length !== valueBytes || target.readInt32LE() !== key) {
        throw new Error(
          `${trace.name}: ${name} holds ${length} bytes of key ${target.readInt32LE()}`,
        )
      }
      hits++
      hitBytes += sizes[key] as number
    }
    return { hits, hitBytes, entries: engine.size }
  } finally {
    engine.close()
  }
}
