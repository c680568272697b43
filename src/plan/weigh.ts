/** What the keys of a sample take of a cache of some size, and LRU's curve over those bytes. */
import { chunkBytesOf, classesFor } from './entry-cost.ts'
import type { HitCurve } from './hit-curve.ts'
import { lruCurve } from './lru-curve.ts'
import type { SampledUses } from './sample.ts'

export interface WeighOptions {
  /** Entries have a TTL. */
  readonly expires: boolean
  /** The value size of keys whose size nothing told, in bytes. */
  readonly otherwiseBytes: number
  /** Whether the first read of a key counts as a miss. */
  readonly countsFirst: boolean
}

/** The keys by the size classes of one page size. */
export interface Weighed {
  readonly curve: HitCurve
  readonly meanBytes: number
  /** How many size classes they are of. */
  readonly classes: number
}

/** By the memory of the cache, whose pages may be smaller than a large one's. */
export type Weigher = (memory: number) => Weighed

export function weigher(sample: SampledUses, options: WeighOptions): Weigher {
  const byPages = new Map<number, Weighed>()
  return (memory) => {
    const { widest } = classesFor(memory)
    const made = byPages.get(widest) ?? weigh(sample, memory, options)
    byPages.set(widest, made)
    return made
  }
}

function weigh(sample: SampledUses, memory: number, options: WeighOptions): Weighed {
  const classes = classesFor(memory)
  const { keyBytes, valueBytes } = sample
  const weights = new Float64Array(keyBytes.length)
  const used = new Set<number>()
  let sum = 0
  for (let key = 0; key < weights.length; key++) {
    const value = valueBytes[key]! < 0 ? options.otherwiseBytes : valueBytes[key]!
    const bytes = chunkBytesOf(classes, keyBytes[key]!, value, options.expires)
    weights[key] = bytes
    sum += bytes
    used.add(Math.min(bytes, classes.largest))
  }
  return {
    curve: lruCurve(sample, weights, options.countsFirst),
    meanBytes: sum / Math.max(1, weights.length),
    classes: Math.min(used.size, classes.bytes.length),
  }
}
