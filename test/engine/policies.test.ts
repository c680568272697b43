/**
 * The eviction policies: each hits as often as the exact simulation of its algorithm, a value that
 * was just set can be read, and whatever a policy has lost of its notes, no entry stays for ever.
 */
import { describe, expect, test } from 'vitest'
import { STATE } from '../../native-layout/eviction-state.ts'
import { CARRIED_TRACE } from '../../bench/traces/catalog.ts'
import { SIMULATORS } from '../../bench/traces/simulators.ts'
import { EVICTIONS, type EvictionName } from '../../src/engine/eviction/names.ts'
import type { Engine, EngineOptions } from '../../src/index.ts'
import { readTrace } from '../../src/load/trace-reader.ts'
import { isNewcomer } from '../../src/engine/eviction/newcomers.ts'
import { locateSlot, Located, LINKED } from '../../src/memory/locate.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { openEngine } from './open-engine.ts'

const EVICTING = EVICTIONS.filter((name) => name !== 'none')
const WITH_NEWCOMERS = ['s3-fifo', 'sieve', 'lfu'] as const

function keyOf(index: number): string {
  return String(index).padStart(8, '0')
}

/** Percent of the requests that hit. */
function replay(requests: Uint32Array, options: EngineOptions, padding = 0): number {
  const engine = openEngine({ memory: '8mb', ...options })
  let hits = 0
  for (const index of requests) {
    const key = keyOf(index)
    if (engine.get(key) !== undefined) hits++
    else engine.set(key, padding === 0 ? key : key.padEnd(padding))
  }
  return (100 * hits) / requests.length
}

describe('as often as the exact simulation', () => {
  const trace = readTrace(CARRIED_TRACE)
  const requests = trace.requests.subarray(0, 50_000)
  const universe = trace.keys.length
  const capacity = Math.round(universe / 10)
  // The victim of `random` depends on the seed, the sketch of `lfu` forgets a little.
  const points: Record<string, number> = { clock: 0.05, sieve: 0.01, fifo: 0.01 }

  test.each(EVICTING)('%s', (eviction) => {
    const exact = SIMULATORS[eviction](requests, universe, capacity)
    const expected = (100 * exact) / requests.length
    const bound = { maxEntries: capacity, expectedEntries: capacity }
    const found = replay(requests, { eviction, ...bound })
    expect(Math.abs(found - expected)).toBeLessThan(points[eviction] ?? 0.5)
  })
})

/** Hot keys, each asked for often, and a stream of others that come once. */
function hotAndOnce(hot: number, rounds: number): Uint32Array {
  const requests: number[] = []
  for (let n = 0, next = hot; n < rounds; n++) {
    requests.push((n * 7919) % hot, (n * 104_729) % hot, next++)
  }
  return Uint32Array.from(requests)
}

describe('when memory is the bound', () => {
  test.each(['s3-fifo', 'lfu'] as const)('%s keeps the hot among many that come once', (name) => {
    const requests = hotAndOnce(4000, 20_000)
    const options = { memory: '2mb', maxThreads: 2 }
    const found = replay(requests, { ...options, eviction: name }, 150)
    const byFifo = replay(requests, { ...options, eviction: 'fifo' }, 150)
    expect(found).toBeGreaterThan(byFifo + 4)
  })

  test.each(EVICTING)('%s makes room in several size classes at once', (eviction) => {
    const engine = openEngine({ memory: '2mb', eviction, maxThreads: 2 })
    let unread = 0
    for (let n = 0; n < 8000; n++) {
      const key = keyOf(n % 5000)
      const value = key.repeat(50 + (n % 80))
      if (n % 3 > 0) engine.get(key)
      engine.set(key, value)
      if (engine.get(key) !== value) unread++
    }
    expect(unread).toBe(0)
    expect(engine.stats().evictions.memory).toBeGreaterThan(1000)
  })
})

describe('nothing is out of reach', () => {
  const found = new Located()

  /** Slots of entries, and how many of those wait among the newcomers. */
  function census(engine: Engine): { entries: number; waiting: number } {
    const view = viewOf(engine)
    let entries = 0
    let waiting = 0
    for (let bucket = 0; bucket < view.buckets; bucket++) {
      for (let way = 0; way < 15; way++) {
        const slot = (bucket << 4) | way
        if (locateSlot(view, slot, found) !== LINKED) continue
        entries++
        if (isNewcomer(view, slot)) waiting++
      }
    }
    return { entries, waiting }
  }

  function fill(engine: Engine, from: number, to: number): void {
    for (let n = from; n < to; n++) engine.set(keyOf(n), 'x')
  }
  const KEPT = 2000

  test.each(WITH_NEWCOMERS)('%s: of the entries whose records are lost', (eviction) => {
    const bound = { maxEntries: KEPT, expectedEntries: KEPT }
    const engine = openEngine({ eviction, ...bound })
    const view = viewOf(engine)
    fill(engine, 0, KEPT)
    expect(census(engine).waiting).toBeGreaterThan(0)
    const { ringAt, ringBits, ringWords, rings } = view.plan.evictionState
    for (let ring = 0; ring < rings; ring++) {
      const from = ringAt + ring * ringWords
      view.aside[0]!.fill(0, from, from + 2 ** ringBits)
    }
    expect(census(engine).waiting).toBeGreaterThan(0)
    const lost = new Set(engine.keys())
    // New entries that are worth keeping push out all others.
    for (let n = KEPT; n < 8 * KEPT; n++) {
      engine.set(keyOf(n), 'x')
      for (let uses = 0; uses < 3; uses++) engine.get(keyOf(n))
    }
    expect([...engine.keys()].filter((key) => lost.has(key)).length).toBeLessThan(KEPT / 50)
    expect(census(engine).entries).toBeLessThanOrEqual(KEPT)
  })

  test.each(WITH_NEWCOMERS)('%s: of places that no entry came to', (eviction) => {
    const engine = openEngine({ eviction, maxEntries: 500 })
    const words = viewOf(engine).aside[0]!
    let unread = 0
    for (let n = 0; n < 5000; n++) {
      // A thread that died before it had written its record.
      if (n % 10 === 0) words[STATE.HEAD] = (words[STATE.HEAD]! + 1) | 0
      engine.set(keyOf(n), 'x')
      if (engine.get(keyOf(n)) !== 'x') unread++
    }
    expect(unread).toBe(0)
    expect(engine.size).toBe(500)
  })

  test.each(WITH_NEWCOMERS)('%s: when the counts of the ring come round', (eviction) => {
    const engine = openEngine({ eviction, maxEntries: 500 })
    const words = viewOf(engine).aside[0]!
    words[STATE.HEAD] = words[STATE.TAIL] = words[STATE.GHOSTS] = -300
    words[STATE.HEAD_2] = words[STATE.TAIL_2] = -300
    fill(engine, 0, 5000)
    expect(engine.size).toBe(500)
  })
})

test('a policy that keeps nothing beside the table is given nothing', () => {
  const words = (eviction: EvictionName): number =>
    viewOf(openEngine({ eviction })).plan.evictionState.words
  const given = EVICTIONS.filter((name) => words(name) > 64)
  expect(given).toEqual(['s3-fifo', 'sieve', 'lfu'])
  expect(words('clock')).toBe(0)
})
