/**
 * The options of `createEngine`: what they are, what is allowed, and what stands in for those left
 * out.
 *
 * Everything is checked before a byte is allocated, and every refusal names the option, what was
 * given and the limit. An unknown option is refused rather than ignored: a misspelt `maxEntires`
 * would otherwise be a cache without a bound.
 */
import { randomInt } from 'node:crypto'
import { totalmem } from 'node:os'
import { EVICTIONS, type EvictionName } from '../../native-layout/eviction-state.ts'
import type { Codec } from './codec.ts'
import { count } from './describe.ts'
import { badOption, badType } from './errors.ts'
import { type HotKeysOptions, resolveHotKeys } from './hot-keys/options.ts'
import type { HotKeysMemory } from './hot-keys/rows.ts'
import { type NearOptions, type ResolvedNear, resolveNear } from './near/near-options.ts'
import { oneOf, sizeWithin, whole } from './option-checks.ts'
import { closestOption } from './option-names.ts'
import { GIB, KIB, MIB, parseSize } from './sizes.ts'

/** The options of `createEngine`. All are optional. */
export interface EngineOptions {
  /**
   * The name by which `attachEngine(name)` finds the engine, 1 to 64 characters.
   * @defaultValue `'default'`
   */
  name?: string | undefined
  /**
   * The bound on all shared memory of the engine, table and bookkeeping included: bytes, or text
   * such as `'256mb'`. From 2 MiB to 64 GiB, and no more than the machine or container has.
   * @defaultValue an eighth of the machine's or container's memory, at most 256 MiB
   */
  memory?: number | string | undefined
  /** The most entries to keep, exact at rest. Without it, memory alone is the bound. */
  maxEntries?: number | undefined
  /** How many entries to expect: sizes the table. Derived from `memory` when left out. */
  expectedEntries?: number | undefined
  /**
   * The largest value, in bytes as stored: at most 128 MiB and at most half of `memory`.
   * @defaultValue 1 MiB
   */
  maxItemSize?: number | string | undefined
  /**
   * The most threads that may be attached at one time, 1 to 126.
   * @defaultValue 126
   */
  maxThreads?: number | undefined
  /**
   * The most namespaces, 0 to 1,024.
   * @defaultValue 16
   */
  maxNamespaces?: number | undefined
  /**
   * What gives way when room runs out: `'clock'` evicts entries that were not read lately (CLOCK,
   * an approximation of LRU); `'s3-fifo'`, `'sieve'` and `'lfu'` (TinyLFU) also hold back what was
   * asked for once only, at 6 to 12 bytes more for each entry; `'random'` any, `'fifo'` the oldest;
   * `'none'` evicts nothing, and a write that finds no room throws HEDDLE_FULL.
   * @defaultValue `'clock'`
   */
  eviction?: EvictionName | undefined
  /**
   * The time to live of entries written without one, in milliseconds; a call overrides it, with
   * `Infinity` for none. Without it they stay.
   */
  ttl?: number | undefined
  /**
   * How objects are stored: `'json'`, `'v8'` (keeps Map, Set, Date and cycles; slower), or a codec.
   * JSON drops in silence what it has no form for inside an object: a Map or Set becomes `{}`, a
   * typed array an object of its numbers, `undefined` goes, a Date becomes text. Use `'v8'` there.
   * Functions do not cross threads: each thread that attaches passes its own codec.
   * @defaultValue `'json'`
   */
  codec?: 'json' | 'v8' | Codec | undefined
  /**
   * Who frees expired entries: `'writes'` does a bounded part of it with each write, `'worker'`
   * starts a thread that does not keep the process alive.
   * @defaultValue `'writes'`
   */
  maintenance?: 'writes' | 'worker' | undefined
  /**
   * The clock: milliseconds since the epoch. Each thread that attaches passes its own.
   * @defaultValue `Date.now`
   */
  now?: (() => number) | undefined
  /**
   * Bytes for the mutation feed, part of `memory`; 0 turns it off, else 4 KiB or more.
   * @defaultValue 0
   */
  feedBytes?: number | string | undefined
  /**
   * Whether threads note which keys are used most and which values are largest, for `hotKeys()` and
   * `bigKeys()`: `true`, or how. Takes 21 KiB for each of `maxThreads`, beside `memory`.
   * @defaultValue `false`
   */
  hotKeys?: boolean | HotKeysOptions | undefined
  /** What this thread keeps decoded in its own heap, never stale. Left out: nothing. */
  near?: NearOptions | undefined
  /** The seed of the key hash, an unsigned 32-bit integer. Random when left out. */
  seed?: number | undefined
  /**
   * Bytes of one segment of shared memory, a power of two from 64 KiB to 1 GiB. For tests.
   * @defaultValue 1 GiB
   */
  segmentBytes?: number | undefined
}

/** Options after validation: units in the names, nothing left to default. */
export interface ResolvedOptions {
  readonly name: string
  readonly memoryBytes: number
  /** 0: memory alone is the bound. */
  readonly maxEntries: number
  /** 0: to be derived from memoryBytes. */
  readonly expectedEntries: number
  readonly maxItemBytes: number
  readonly maxThreads: number
  readonly maxNamespaces: number
  readonly eviction: EvictionName
  /** 0: entries without a TTL of their own do not expire. */
  readonly ttlMs: number
  readonly codec: 'json' | 'v8' | Codec
  readonly maintenance: 'writes' | 'worker'
  readonly now: () => number
  readonly feedBytes: number
  readonly hotKeys: Omit<HotKeysMemory, 'memory'> | undefined
  readonly near: ResolvedNear | undefined
  /** An unsigned 32-bit integer. */
  readonly seed: number
  readonly segmentBytes: number
}

export const MIN_MEMORY_BYTES: number = 2 * MIB
export const MAX_MEMORY_BYTES: number = 64 * GIB
export const MAX_ITEM_BYTES: number = 128 * MIB
export const MAX_THREADS = 126
export const MAX_NAMESPACES = 1024
export const MAX_NAME_CHARACTERS = 64
/** The longest TTL: with any present time it still sums to a safe integer. */
export const MAX_TTL_MS: number = 2 ** 52

const MAX_DEFAULT_MEMORY_BYTES = 256 * MIB
const DEFAULT_MEMORY_SHARE = 8
const MAX_COUNT = 2 ** 32
const MIN_FEED_BYTES = 4 * KIB
const MIN_SEGMENT_BYTES = 64 * KIB
const MAX_SEGMENT_BYTES = GIB

const OPTION_NAMES = (
  'name memory maxEntries expectedEntries maxItemSize maxThreads maxNamespaces eviction ttl ' +
  'codec maintenance now feedBytes hotKeys near seed segmentBytes'
).split(' ') as readonly (keyof EngineOptions)[]

type Unchecked = Readonly<Partial<Record<keyof EngineOptions, unknown>>>

/** What stands in for options left out; the rest depends on the machine or means "none". */
const DEFAULTS: Unchecked = {
  name: 'default',
  maxItemSize: MIB,
  maxThreads: MAX_THREADS,
  maxNamespaces: 16,
  eviction: 'clock',
  codec: 'json',
  maintenance: 'writes',
  now: Date.now,
  feedBytes: 0,
  hotKeys: false,
  segmentBytes: MAX_SEGMENT_BYTES,
}

/** What this process may use: the container's limit where there is one, else the machine's RAM. */
export function machineMemoryBytes(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}

/**
 * Checks every option and fills in those left out.
 *
 * @param options - what the caller of `createEngine` passed
 * @param machineBytes - the memory the process may use; given by tests
 * @throws HeddleError HEDDLE_BAD_OPTION, HEDDLE_BAD_TYPE
 */
export function resolveOptions(
  options: unknown,
  machineBytes: number = machineMemoryBytes(),
): ResolvedOptions {
  const given = { ...DEFAULTS, ...knownOptions(options) }
  const memoryBytes = resolveMemory(given.memory, machineBytes)
  return {
    name: resolveName(given.name),
    memoryBytes,
    maxEntries: given.maxEntries === undefined ? 0 : whole(given, 'maxEntries', 1, MAX_COUNT),
    expectedEntries:
      given.expectedEntries === undefined ? 0 : whole(given, 'expectedEntries', 1, MAX_COUNT),
    maxItemBytes: resolveMaxItem(given.maxItemSize, memoryBytes),
    maxThreads: whole(given, 'maxThreads', 1, MAX_THREADS),
    maxNamespaces: whole(given, 'maxNamespaces', 0, MAX_NAMESPACES),
    eviction: oneOf('eviction', given.eviction, EVICTIONS),
    ttlMs: resolveTtl('ttl', given.ttl),
    codec: resolveCodec(given.codec),
    maintenance: oneOf('maintenance', given.maintenance, ['writes', 'worker']),
    now: resolveNow(given.now),
    feedBytes: resolveFeed(given.feedBytes, memoryBytes),
    hotKeys: resolveHotKeys(given.hotKeys),
    near: resolveNear(given.near),
    seed: given.seed === undefined ? randomInt(2 ** 32) : whole(given, 'seed', 0, 2 ** 32 - 1),
    segmentBytes: resolveSegment(given),
  }
}

/**
 * A TTL in whole milliseconds, rounded up; 0 stands for none (left out, or Infinity).
 *
 * @throws HeddleError HEDDLE_BAD_OPTION, HEDDLE_BAD_TYPE
 */
export function resolveTtl(field: string, ttl: unknown): number {
  if (ttl === undefined || ttl === Number.POSITIVE_INFINITY) return 0
  if (typeof ttl !== 'number') throw badType(field, ttl, 'a number of milliseconds')
  if (ttl > 0 && ttl <= MAX_TTL_MS) return Math.ceil(ttl)
  const why = 'it must be milliseconds, more than 0 (leave it out for no expiry)'
  throw badOption(field, ttl, `${why}, and at most ${count(MAX_TTL_MS)}`, MAX_TTL_MS)
}

/** A codec by name, or an object with the two functions. */
export function resolveCodec(codec: unknown): 'json' | 'v8' | Codec {
  if (typeof codec === 'string') return oneOf<'json' | 'v8'>('codec', codec, ['json', 'v8'])
  const functions = codec as Partial<Codec> | null
  const isCodec =
    typeof functions === 'object' &&
    typeof functions?.encode === 'function' &&
    typeof functions.decode === 'function'
  if (isCodec) return functions as Codec
  throw badType('codec', codec, "'json', 'v8', or an object with functions encode and decode")
}

/** The options that are set; refuses what is no option. An undefined option counts as left out. */
function knownOptions(options: unknown): Unchecked {
  if (options === undefined) return {}
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw badType('options', options, 'an object')
  }
  const given: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (!(OPTION_NAMES as readonly string[]).includes(name)) {
      const known = `the options are ${OPTION_NAMES.join(', ')}`
      const closest = closestOption(name, OPTION_NAMES)
      const hint = closest === undefined ? known : `did you mean ${closest}?`
      throw badOption(name, value, `no such option; ${hint}`, closest ?? OPTION_NAMES.join(', '))
    }
    if (value !== undefined) given[name] = value
  }
  return given
}

function resolveMemory(memory: unknown, machineBytes: number): number {
  if (memory === undefined) {
    const share = Math.min(MAX_DEFAULT_MEMORY_BYTES, machineBytes / DEFAULT_MEMORY_SHARE)
    return Math.max(MIN_MEMORY_BYTES, Math.floor(share / MIB) * MIB)
  }
  const memoryBytes = sizeWithin('memory', memory, MIN_MEMORY_BYTES, MAX_MEMORY_BYTES)
  if (memoryBytes <= machineBytes) return memoryBytes
  const why = `this machine or container has ${count(machineBytes)} bytes in all`
  throw badOption('memory', memory, why, machineBytes)
}

function resolveMaxItem(maxItemSize: unknown, memoryBytes: number): number {
  const maxItemBytes = sizeWithin('maxItemSize', maxItemSize, 1, MAX_ITEM_BYTES)
  if (maxItemBytes <= memoryBytes / 2) return maxItemBytes
  const why = `it must be at most half of memory, which is ${count(memoryBytes)} bytes`
  throw badOption('maxItemSize', maxItemSize, why, Math.floor(memoryBytes / 2))
}

function resolveFeed(feedBytes: unknown, memoryBytes: number): number {
  const bytes = parseSize('feedBytes', feedBytes)
  if (bytes === 0) return 0
  const limit = Math.floor(memoryBytes / 2)
  if (bytes >= MIN_FEED_BYTES && bytes <= limit) return bytes
  const why = `it must be 0, or from ${count(MIN_FEED_BYTES)} bytes to half of memory`
  throw badOption('feedBytes', feedBytes, `${why} (${count(limit)})`, limit)
}

function resolveSegment(given: Unchecked): number {
  const segmentBytes = whole(given, 'segmentBytes', MIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES)
  if (Number.isInteger(Math.log2(segmentBytes))) return segmentBytes
  throw badOption('segmentBytes', segmentBytes, 'it must be a power of two', MAX_SEGMENT_BYTES)
}

function resolveName(name: unknown): string {
  if (typeof name !== 'string') throw badType('name', name, 'a string')
  if (name.length >= 1 && name.length <= MAX_NAME_CHARACTERS) return name
  const why = `it must have 1 to ${MAX_NAME_CHARACTERS} characters, not ${count(name.length)}`
  throw badOption('name', name, why, MAX_NAME_CHARACTERS)
}

/** A clock. */
export function resolveNow(now: unknown): () => number {
  if (typeof now === 'function') return now as () => number
  throw badType('now', now, 'a function that returns milliseconds since the epoch')
}
