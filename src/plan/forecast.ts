/**
 * From a sample of uses to the hit ratio of a heddle of any size: the LRU curve over the bytes that
 * entries really take of its memory, and what its policy gains over LRU.
 */
import { classesFor, chunkBytesOf, memoryFor, roomOf, TABLE_BYTES } from './entry-cost.ts'
import type { HitCurve } from './hit-curve.ts'
import { lruCurve } from './lru-curve.ts'
import { gainsOverLru, type Policy } from './miniature.ts'
import type { SampledUses } from './sample.ts'

/** A hit ratio for each size of memory, whatever it was made from. */
export interface Forecast {
  /** Of all keys that there are, as far as they were seen. */
  readonly keys: number
  /** Memory that holds all of them. */
  readonly memoryForAll: number
  /** The hit ratio, 0 to 1, of a cache without bound. */
  readonly most: number
  /** The hit ratio, 0 to 1, of a cache of so much memory, in bytes. */
  hitRatioAt(memory: number): number
  /** How many entries it holds then. */
  entriesAt(memory: number): number
}

export interface ForecastOptions {
  readonly policy: Policy
  /** Entries have a TTL. */
  readonly expires: boolean
  /** The value size of keys whose size nothing told, in bytes. */
  readonly otherwiseBytes: number
  /** Whether the first read of a key counts as a miss. */
  readonly countsFirst: boolean
}

/** At these shares of all keys the policy is compared with LRU; between them it is interpolated. */
const SHARES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1]

/** The entries of a sample, by the classes of one page size. */
interface Weighed {
  readonly curve: HitCurve
  readonly meanBytes: number
  readonly classes: number
}

export function forecastOf(sample: SampledUses, options: ForecastOptions): Forecast {
  const keys = Math.max(1, Math.round(sample.keyBytes.length / sample.rate))
  const capacities = SHARES.map((share) => share * keys)
  const gains = gainsOverLru(sample, options.policy, capacities)
  const byPages = new Map<number, Weighed>()
  const weighed = (memory: number): Weighed => {
    const classes = classesFor(memory)
    const known = byPages.get(classes.widest)
    if (known !== undefined) return known
    const made = weigh(sample, memory, options)
    byPages.set(classes.widest, made)
    return made
  }
  const room = (memory: number) => {
    const { meanBytes, classes } = weighed(memory)
    return roomOf(
      memory,
      Math.min(keys, memory / (meanBytes + TABLE_BYTES)),
      classes,
      options.policy,
    )
  }
  const entriesAt = (memory: number) => Math.min(keys, room(memory) / weighed(memory).meanBytes)
  const first = weighed(2 ** 30)
  const estimate = memoryFor(first.meanBytes * keys, keys, first.classes, options.policy)
  const last = weighed(estimate)
  return {
    keys,
    memoryForAll: memoryFor(last.meanBytes * keys, keys, last.classes, options.policy),
    most: first.curve.most,
    entriesAt,
    hitRatioAt: (memory) => {
      const { curve } = weighed(memory)
      const gain = between(capacities, gains, entriesAt(memory))
      return Math.min(curve.most, Math.max(0, curve.at(room(memory)) + gain))
    },
  }
}

function weigh(sample: SampledUses, memory: number, options: ForecastOptions): Weighed {
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

/** On a straight line over the logarithm; beyond the ends the value there. */
function between(places: readonly number[], values: readonly number[], place: number): number {
  const next = places.findIndex((one) => one >= place)
  if (next === 0) return values[0]!
  if (next < 0) return values.at(-1)!
  const [low, high] = [Math.log(places[next - 1]!), Math.log(places[next]!)]
  const share = (Math.log(place) - low) / (high - low)
  return values[next - 1]! + share * (values[next]! - values[next - 1]!)
}

/**
 * The least memory, in whole MiB, for a hit ratio; undefined: no memory is enough.
 * @param wanted 0 to 1
 */
export function memoryForRatio(forecast: Forecast, wanted: number): number | undefined {
  if (forecast.hitRatioAt(forecast.memoryForAll) < wanted) return undefined
  let low = 2
  let high = Math.ceil(forecast.memoryForAll / 2 ** 20)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (forecast.hitRatioAt(middle * 2 ** 20) >= wanted) high = middle
    else low = middle + 1
  }
  return low * 2 ** 20
}
