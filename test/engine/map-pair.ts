/**
 * An engine and a namespace of it beside two Maps that do the same, for operations.model.test.ts.
 * Where entries may be lost, an operation may also be answered as if its key were not there: then
 * it is not, and whatever is read of it later must have been written later.
 */
import { expect } from 'vitest'
import { createEngine, type Engine, type Namespace } from '../../src/index.ts'
import {
  bytesOf,
  comparable,
  MOST_BYTES,
  type Operation,
  type Outcome,
  perform,
  textOf,
  whole,
} from './operations.ts'

/** The longest key of a cache below 16 MiB. */
const LONGEST_KEY = 16_292
export const KEYS = ['', 'k', 'ü', ...[254, 255, 256, LONGEST_KEY].map((of) => 'k'.repeat(of))]
const START = 1_800_000_000_000

interface Expected {
  readonly value: unknown
  readonly expiry: number
  /** A new one with each value. */
  readonly round: number
}

/** What a Map of entries does; copied before each operation. */
class MapSpace {
  readonly entries = new Map<string, Expected>()
  readonly #ttl: number
  static rounds = 0

  constructor(ttl: number) {
    this.#ttl = ttl
  }

  copy(): MapSpace {
    const copy = new MapSpace(this.#ttl)
    for (const [key, entry] of this.entries) copy.entries.set(key, entry)
    return copy
  }

  find(key: string, ms: number): Expected | undefined {
    const found = this.entries.get(key)
    if (found === undefined || found.expiry > ms) return found
    this.entries.delete(key)
    return undefined
  }

  #put(key: string, value: unknown, ms: number, ttl: number | undefined): void {
    const expiry = ms + (ttl ?? this.#ttl)
    this.entries.set(key, { value, expiry, round: ++MapSpace.rounds })
  }

  apply(op: Exclude<Operation, { kind: 'advance' }>, ms: number): Outcome {
    const { key } = op
    const found = this.find(key, ms)
    const old = comparable(found?.value)
    const isThere = found !== undefined
    switch (op.kind) {
      case 'set':
      case 'setMany':
        this.#put(key, whole(op.value), ms, op.ttl)
        return {}
      case 'add':
      case 'replace':
        if (isThere === (op.kind === 'add')) return { result: false }
        this.#put(key, whole(op.value), ms, op.ttl)
        return { result: true }
      case 'getOrSet':
        if (!isThere) this.#put(key, whole(op.value), ms, op.ttl)
        return { result: isThere ? old : comparable(whole(op.value)) }
      case 'update': {
        const value = op.value && whole(op.value)
        if (value !== undefined) this.#put(key, value, ms, op.ttl)
        return { seen: old }
      }
      case 'compareAndSet':
        if (!isThere) return { result: 'missing' }
        if (op.isStale) return { result: 'exists' }
        this.#put(key, whole(op.value), ms, undefined)
        return { result: 'stored' }
      case 'touch':
      case 'getAndTouch':
        if (isThere) this.entries.set(key, { ...found, expiry: ms + (op.ttl ?? this.#ttl) })
        return { result: op.kind === 'touch' ? isThere : old }
      case 'get':
        return { result: old }
      case 'getBytes': {
        const bytes = bytesOf(found?.value)
        if (isThere && bytes === undefined) return { result: 'other' }
        return { result: bytes?.length ?? -1, seen: bytes && textOf(bytes) }
      }
      case 'delete':
        return { result: this.entries.delete(key) }
      default:
        return this.#count(op, ms, found)
    }
  }

  #count(op: Extract<Operation, { by: bigint }>, ms: number, found: Expected | undefined): Outcome {
    const { kind, key, by, initial } = op
    if (found === undefined) {
      const first = initial ?? (kind === 'increment' ? by : undefined)
      if (first !== undefined) this.#put(key, first, ms, undefined)
      return { result: first }
    }
    const text = String(found.value)
    const isPlain = ['string', 'number', 'bigint'].includes(typeof found.value)
    if (!isPlain || !/^\d{1,20}$/.test(text) || BigInt(text) >= 2n ** 64n) {
      return { code: 'HEDDLE_NOT_A_NUMBER' }
    }
    const before = BigInt(text)
    const up = BigInt.asUintN(64, before + by)
    const after = kind === 'increment' ? up : before > by ? before - by : 0n
    const value = typeof found.value === 'string' ? `${after}` : after
    this.entries.set(key, { ...found, value, round: ++MapSpace.rounds })
    return { result: after }
  }
}

export class Pair {
  readonly engine: Engine
  readonly #caches: readonly (Engine | Namespace)[]
  readonly #spaces: MapSpace[]
  /** By key: the round and the version that were seen last. */
  readonly #versions = [new Map<string, [number, number]>(), new Map<string, [number, number]>()]
  readonly #mayLose: boolean
  lost = 0
  ms = START

  /** @param near values that are kept near, 0: without */
  constructor(ttl: number | undefined, eviction: 'clock' | 'none', mayLose: boolean, near = 0) {
    this.#mayLose = mayLose
    const now = () => this.ms
    const memory = mayLose ? '2mb' : '8mb'
    const options = { name: 'operations', memory, maxThreads: 2, seed: 3, eviction, now } as const
    const own = ttl === undefined ? {} : { ttl }
    const kept = near === 0 ? {} : { near: { entries: near } }
    this.engine = createEngine({ ...options, ...own, ...kept, maxItemSize: MOST_BYTES })
    this.#caches = [this.engine, this.engine.namespace('space')]
    this.#spaces = this.#caches.map(() => new MapSpace(ttl ?? Number.POSITIVE_INFINITY))
  }

  step(op: Operation): void {
    if (op.kind === 'advance') {
      this.ms += op.ms
      return
    }
    const at = op.inSpace ? 1 : 0
    const version = this.#look(at, op.key)
    const [kept, lost] = [this.#spaces[at]!, this.#spaces[at]!.copy()]
    const outcome = perform(this.#caches[at]!, op, version)
    if (this.#mayLose && outcome.code === 'HEDDLE_FULL') {
      this.lost++
      return // nothing was changed
    }
    const expected = kept.apply(op, this.ms)
    if (this.#mayLose && !isEqual(outcome, expected)) {
      lost.entries.delete(op.key)
      expect(outcome).toEqual(lost.apply(op, this.ms))
      this.#spaces[at] = lost
      this.lost++
    } else expect(outcome).toEqual(expected)
  }

  /** All that can be asked of a key without changing it; its version. */
  #look(at: number, key: string): number {
    const cache = this.#caches[at]!
    const found = this.#spaces[at]!.find(key, this.ms)
    const isThere = cache.has(key)
    if (this.#mayLose && !isThere && found !== undefined) {
      this.#spaces[at]!.entries.delete(key)
      this.lost++
      return 1
    }
    expect(isThere).toBe(found !== undefined)
    expect(cache.ttl(key)).toBe(found === undefined ? undefined : found.expiry - this.ms)
    const read = cache.gets(key)
    expect(comparable(read?.value)).toEqual(comparable(found?.value))
    if (read === undefined || found === undefined) return 1
    const [round, version] = this.#versions[at]!.get(key) ?? [0, 0]
    if (round === found.round) expect(read.version).toBe(version)
    else expect(read.version).toBeGreaterThan(version)
    this.#versions[at]!.set(key, [found.round, read.version])
    return read.version
  }

  end(): void {
    for (const [at, cache] of this.#caches.entries()) {
      for (const key of KEYS) this.#look(at, key)
      const { entries } = this.#spaces[at]!
      const live = KEYS.filter((key) => entries.has(key)).sort()
      const met = [...cache.entries()].filter(([key]) => KEYS.includes(key))
      expect(met.map(([key]) => key).sort()).toEqual(live)
      expect(cache.getMany(KEYS).map(comparable)).toEqual(
        KEYS.map((key) => comparable(entries.get(key)?.value)),
      )
      expectSameBytes(cache)
      if (at === 1) expect(cache.size).toBe(live.length)
    }
    expect(this.engine.verify().problems).toEqual([])
  }
}

function isEqual(left: Outcome, right: Outcome): boolean {
  try {
    expect(left).toEqual(right)
    return true
  } catch {
    return false
  }
}

/** The bytes of all keys by one call are those by one call for each. */
function expectSameBytes(cache: Engine | Namespace): void {
  const lengths = new Int32Array(KEYS.length)
  const all = Buffer.alloc(2 ** 20)
  const bytes = cache.getManyBytes(KEYS, all, lengths)
  const one = Buffer.alloc(2 ** 20)
  let at = 0
  for (const [n, key] of KEYS.entries()) {
    expect(lengths[n]).toBe(cache.getBytes(key, one))
    const length = Math.max(0, lengths[n]!)
    expect(all.subarray(at, at + length).equals(one.subarray(0, length))).toBe(true)
    at += length
  }
  expect(at).toBe(bytes)
}
