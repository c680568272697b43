/**
 * An engine and a namespace of it beside two Maps that do the same, for operations.model.test.ts:
 * what is expected of every key, and all that can be asked of one without changing it.
 */
import { expect } from 'vitest'
import { createEngine, type Engine, type Namespace } from '../../src/index.ts'

const START = 1_800_000_000_000
export const MOST_BYTES = 50_000
/** The longest key of a cache below 16 MiB. */
const LONGEST_KEY = 16_316
export const KEYS = [
  '',
  'k',
  'ü',
  ...[254, 255, 256, LONGEST_KEY].map((length) => 'k'.repeat(length)),
]

/** A value, short to print. */
export type Kind = readonly ['plain', unknown] | readonly ['text' | 'bytes', number]
export interface Expected {
  value: unknown
  expiry: number
  /** A new one with each value. */
  round: number
}

export function whole([kind, of]: Kind): unknown {
  if (kind === 'text') return 'v'.repeat(of as number)
  return kind === 'bytes' ? new Uint8Array(of as number).fill(7) : of
}

/** Counters are numbers or, above 2^53, bigints: compared as what they count. */
export function comparable(value: unknown): unknown {
  return typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)
    ? BigInt(value)
    : value
}

/** An engine and a namespace, and two Maps that do the same. */
export class Pair {
  readonly engine: Engine
  readonly caches: readonly (Engine | Namespace)[]
  readonly maps = [new Map<string, Expected>(), new Map<string, Expected>()]
  /** Versions that were seen, by key and round. */
  readonly #versions = [new Map<string, [number, number]>(), new Map<string, [number, number]>()]
  readonly #ttl: number
  rounds = 0
  ms = START

  constructor(ttl: number | undefined) {
    this.#ttl = ttl ?? Number.POSITIVE_INFINITY
    const now = () => this.ms
    const options = { name: 'operations', memory: '8mb', maxThreads: 2, seed: 3, now } as const
    const own = ttl === undefined ? {} : { ttl }
    this.engine = createEngine({ ...options, ...own, maxItemSize: MOST_BYTES })
    this.caches = [this.engine, this.engine.namespace('space')]
  }

  find(at: number, key: string): Expected | undefined {
    const found = this.maps[at]!.get(key)
    if (found === undefined || found.expiry > this.ms) return found
    this.maps[at]!.delete(key)
    return undefined
  }

  put(at: number, key: string, value: unknown, ttl: number | undefined): void {
    const expiry = this.ms + (ttl ?? this.#ttl)
    this.maps[at]!.set(key, { value, expiry, round: ++this.rounds })
  }

  touch(at: number, key: string, ttl: number | undefined): void {
    const found = this.find(at, key)
    if (found !== undefined) found.expiry = this.ms + (ttl ?? this.#ttl)
  }

  /** All that can be asked of a key without changing it. */
  look(at: number, key: string): number {
    const cache = this.caches[at]!
    const found = this.find(at, key)
    expect(cache.has(key)).toBe(found !== undefined)
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
    for (const [at, cache] of this.caches.entries()) {
      for (const key of KEYS) this.look(at, key)
      const live = KEYS.filter((key) => this.find(at, key) !== undefined)
      expect([...cache.entries()].map(([key]) => key).sort()).toEqual(live.sort())
      if (at === 1) expect(cache.size).toBe(live.length)
    }
    expect(this.engine.verify().problems).toEqual([])
  }
}
