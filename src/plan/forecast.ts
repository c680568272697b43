/**
 * From a sample of uses to the hit ratio of a heddle of any size: the LRU curve over the bytes that
 * entries really take of its memory, and what its policy gains over LRU.
 */
import { memoryFor, roomOf, TABLE_BYTES } from './entry-cost.ts'
import { type Gain, gainsByEntries, gainsOverLru, type Policy } from './miniature.ts'
import type { SampledUses } from './sample.ts'
import { samplingError } from './sampling-error.ts'
import { weigher, type WeighOptions } from './weigh.ts'

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
  /** The standard error, 0 to 1, that comes of the size of the sample. */
  standardErrorAt(memory: number): number
  /** Keys that stand for all of them; Infinity where none has to. */
  readonly sampledKeys: number
  /** The policy was replayed with all keys, by bytes. */
  readonly isReplayed: boolean
  /** Hit ratios, 0 to 1, of policies that a loop would set apart, the planned one first. */
  policiesAt(memory: number): readonly number[]
}

export interface ForecastOptions extends WeighOptions {
  readonly policy: Policy
}

/** It has no order that a loop could defeat: where it hits more often than LRU, there is a loop. */
const CONTRAST: Policy = 'random'

export function forecastOf(sample: SampledUses, options: ForecastOptions): Forecast {
  const { policy, otherwiseBytes } = options
  const keys = Math.max(1, Math.round(sample.keyBytes.length / sample.rate))
  const weighed = weigher(sample, options)
  const withFirst = options.countsFirst
    ? weighed
    : weigher(sample, { ...options, countsFirst: true })
  const { gains, isReplayed } = gainsOverLru(sample, policy, withFirst, otherwiseBytes)
  const room = (memory: number) => {
    const { meanBytes, classes } = weighed(memory)
    const entries = Math.min(keys, memory / (meanBytes + TABLE_BYTES))
    return roomOf(memory, entries, classes, policy)
  }
  const roomForAt = (memory: number) => room(memory) / weighed(memory).meanBytes
  const entriesAt = (memory: number) => Math.min(keys, roomForAt(memory))
  const first = weighed(2 ** 30)
  const estimate = memoryFor(first.meanBytes * keys, keys, first.classes, policy)
  const last = weighed(estimate)
  const ratioAt = (memory: number, ofPolicy: readonly Gain[]) => {
    const { curve } = weighed(memory)
    const ratio = curve.at(room(memory)) + between(ofPolicy, entriesAt(memory))
    return Math.min(curve.most, Math.max(0, ratio))
  }
  let contrast: readonly Gain[] | undefined
  let errorOf: ((entries: number) => number) | undefined
  return {
    keys,
    memoryForAll: memoryFor(last.meanBytes * keys, keys, last.classes, policy),
    most: first.curve.most,
    isReplayed,
    sampledKeys: sample.rate < 1 ? sample.keyBytes.length : Number.POSITIVE_INFINITY,
    entriesAt,
    hitRatioAt: (memory) => ratioAt(memory, gains),
    standardErrorAt: (memory) => {
      errorOf ??= samplingError(sample)
      return errorOf(roomForAt(memory))
    },
    policiesAt: (memory) => {
      contrast ??= gainsByEntries(sample, CONTRAST)
      const lru = ratioAt(memory, NOTHING)
      return [ratioAt(memory, gains), lru, Math.max(lru, ratioAt(memory, contrast))]
    },
  }
}
/** Of LRU itself. */
const NOTHING: readonly Gain[] = [{ entries: 1, gain: 0 }]

/** On a straight line over the logarithm; beyond the ends the gain there. */
function between(gains: readonly Gain[], entries: number): number {
  const next = gains.findIndex((one) => one.entries >= entries)
  if (next < 0) return gains.at(-1)!.gain
  const [before, after] = [gains[Math.max(0, next - 1)]!, gains[next]!]
  if (next === 0) return after.gain
  const [low, high] = [Math.log(before.entries), Math.log(after.entries)]
  const share = (Math.log(entries) - low) / (high - low)
  return before.gain + share * (after.gain - before.gain)
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
