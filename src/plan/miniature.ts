/**
 * What the policy of the engine gains over LRU, by miniature simulation (C. Waldspurger et al.,
 * "Cache modeling and optimization using miniature simulations", USENIX ATC '17): a sample that has
 * a share of the keys is replayed through a cache that is smaller by the same share. The simulator
 * is the engine itself, so that whatever policy it has is what is measured. Taken is the difference
 * to LRU on the same sample, in which errors of the sampling cancel out.
 *
 *   a share of the keys   bounded by `maxEntries`: a small memory would have fewer pages for each
 *                         size class than the cache that is planned
 *   all keys              the cache itself, with its memory and values of their own sizes: each
 *                         size class has an order of its own there
 */
import { createEngine, type Engine } from '../engine/engine.ts'
import { HeddleError } from '../engine/errors.ts'
import { EVICTIONS, type EvictionName } from '../../native-layout/eviction-state.ts'
import { memoryFor, roomOf, SERVER, TABLE_BYTES } from './entry-cost.ts'
import type { HitCurve } from './hit-curve.ts'
import { lruCurve } from './lru-curve.ts'
import type { SampledUses } from './sample.ts'
import type { Weigher } from './weigh.ts'

export type Policy = Exclude<EvictionName, 'none'>
/** Those that a plan can be made for. */
export const PLANNED_POLICIES: readonly Policy[] = EVICTIONS.filter((name) => name !== 'none')

/** What the policy gains in a cache with room for so many entries, -1 to 1 of all reads. */
export interface Gain {
  readonly entries: number
  readonly gain: number
}

/** Of all keys: there the policy is compared with LRU, and between where LRU's curve is steep. */
const SHARES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1]
const MOST_PLACES = 14
/** Between places that LRU's hit ratio differs less at, or that lie closer, there is none. */
const STEEP = 0.05
const CLOSEST = 1.2

const BUDGET_BYTES_PER_ENTRY = 256
const SMALLEST_BUDGET = 4 * 2 ** 20
/** A smaller miniature says nothing of a large cache. */
const LEAST_ENTRIES = 50
/** Of all keys, to be replayed by bytes. */
const MOST_MEMORY = 2 ** 30
const KEY_LENGTH = 8
const MARK_BYTES = 4

/** By entries. @returns upwards; the last is a cache that holds all */
export function gainsByEntries(sample: SampledUses, policy: Policy): readonly Gain[] {
  return gainsAt(sample, (small, lru, reads) => {
    const engine = createEngine({
      ...{ name: 'heddle plan', eviction: policy, maxThreads: 1, maxNamespaces: 0 },
      ...{ maxEntries: small, expectedEntries: small },
      memory: Math.max(SMALLEST_BUDGET, small * BUDGET_BYTES_PER_ENTRY),
    })
    const hits = hitsOf(engine, sample, keysOf(sample, KEY_LENGTH), () => MARK_BYTES)
    return { entries: small / sample.rate, gain: hits / reads - lru.at(small) }
  })
}

/**
 * By bytes if the sample has all keys, else by entries.
 * @param weighed with first reads counted
 */
export function gainsOverLru(
  sample: SampledUses,
  policy: Policy,
  weighed: Weigher,
  otherwiseBytes: number,
): { readonly gains: readonly Gain[]; readonly isReplayed: boolean } {
  const all = memoryOf(sample, policy, weighed, sample.keyBytes.length)
  if (sample.rate < 1 || all > MOST_MEMORY) {
    return { gains: gainsByEntries(sample, policy), isReplayed: false }
  }
  const keys = keysOf(sample)
  const valueBytesOf = (key: number) => {
    const told = sample.valueBytes[key] as number
    return told < 0 ? otherwiseBytes : told
  }
  const gains = gainsAt(sample, (wanted, _lru, reads) => {
    const memory = memoryOf(sample, policy, weighed, wanted)
    const { curve, meanBytes, classes } = weighed(memory)
    const expectedEntries = Math.ceil(memory / (meanBytes + TABLE_BYTES))
    const room = roomOf(memory, expectedEntries, classes, policy)
    const { maxThreads, maxNamespaces } = SERVER
    const engine = createEngine({
      ...{ name: 'heddle plan', eviction: policy, maxThreads, maxNamespaces, memory },
      expectedEntries,
    })
    const hits = hitsOf(engine, sample, keys, valueBytesOf)
    return { entries: room / meanBytes, gain: hits / reads - curve.at(room) }
  })
  return { gains, isReplayed: true }
}

function memoryOf(sample: SampledUses, policy: Policy, weighed: Weigher, entries: number): number {
  const { meanBytes, classes } = weighed(MOST_MEMORY)
  const guess = memoryFor(meanBytes * entries, entries, classes, policy)
  const exact = weighed(guess)
  return memoryFor(exact.meanBytes * entries, entries, exact.classes, policy)
}

/** @param replay what is gained with so many of the sample's keys */
function gainsAt(
  sample: SampledUses,
  replay: (entries: number, lru: HitCurve, reads: number) => Gain,
): readonly Gain[] {
  const keys = sample.keyBytes.length
  const found: Gain[] = []
  const reads = sample.uses.reduce((sum, use) => sum + (use < 0 ? 0 : 1), 0)
  const lru = lruCurve({ ...sample, rate: 1, reads })
  const places = placesOf(lru, keys).map((place) => Math.max(LEAST_ENTRIES, Math.round(place)))
  for (const place of reads === 0 ? [] : new Set(places)) {
    if (place >= keys) break
    const one = replay(place, lru, reads)
    if (one.entries > (found.at(-1)?.entries ?? 0)) found.push(one)
  }
  return [...found.filter(({ entries }) => entries < keys / sample.rate), nothingAt(sample)]
}

function nothingAt({ keyBytes, rate }: SampledUses): Gain {
  return { entries: Math.max(1, keyBytes.length / rate), gain: 0 }
}

/** Entries of the miniatures, upwards. */
function placesOf(lru: HitCurve, keys: number): number[] {
  const places = SHARES.map((share) => Math.max(1, share * keys))
  while (places.length < MOST_PLACES) {
    const rises = places.map((high, n) => {
      const low = places[n - 1] ?? high
      return high / low < CLOSEST ? 0 : lru.at(high) - lru.at(low)
    })
    const steepest = Math.max(...rises)
    if (steepest < STEEP) break
    const at = rises.indexOf(steepest)
    places.splice(at, 0, Math.sqrt(places[at - 1]! * places[at]!))
  }
  return places
}

/** Names of the sample's keys, as long as they are, or all of one length. */
function keysOf({ keyBytes }: SampledUses, length?: number): readonly string[] {
  return Array.from(keyBytes, (bytes, key) => String(key).padStart(length ?? bytes, '0'))
}

/** Replays the sample, cache aside, and closes the engine. */
function hitsOf(
  engine: Engine,
  { uses }: SampledUses,
  keys: readonly string[],
  valueBytesOf: (key: number) => number,
): number {
  const largest = keys.reduce((most, _, key) => Math.max(most, valueBytesOf(key)), 0)
  const value = Buffer.alloc(largest)
  const target = Buffer.alloc(largest)
  let hits = 0
  try {
    for (const use of uses) {
      const number = use < 0 ? ~use : use
      const key = keys[number] as string
      if (use >= 0 && engine.getBytes(key, target) >= 0) hits++
      else keep(engine, key, value.subarray(0, valueBytesOf(number)))
    }
  } finally {
    engine.close()
  }
  return hits
}

/** What is too large for this cache stays out. */
function keep(engine: Engine, key: string, value: Buffer): void {
  try {
    engine.set(key, value)
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error
  }
}
