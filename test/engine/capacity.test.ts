/**
 * Room: keys and values of all lengths and at every border of a size class, values in several
 * chunks, small segments, the bound on entries, eviction, and a memory that may evict nothing.
 */
import { describe, expect, test } from 'vitest'
import { viewOf } from '../../src/engine/engine.ts'
import type { Engine } from '../../src/index.ts'
import { openEngine, refusalOf } from './open-engine.ts'

/** Bytes that tell their place, so that a value in wrong order is noticed. */
function bytesOf(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0, x = seed + 1; at < length; at++) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    bytes[at] = x >>> 24
  }
  return bytes
}

/** Sets, reads in both ways, and overwrites by something shorter and back. */
function roundTrip(engine: Engine, key: string | Uint8Array, length: number): void {
  const value = bytesOf(length, length)
  engine.set(key, value)
  expect(Buffer.compare(engine.get<Uint8Array>(key)!, value)).toBe(0)
  const target = new Uint8Array(length + 1)
  expect(engine.getBytes(key, target)).toBe(length)
  expect(Buffer.compare(target.subarray(0, length), value)).toBe(0)
}

describe('lengths', () => {
  test('keys from 0 to 65,535 bytes', () => {
    const engine = openEngine({ memory: '64mb' })
    const lengths = [0, 1, 2, 3, 4, 5, 19, 20, 21, 254, 255, 256, 257, 4095, 32_768, 65_534, 65_535]
    for (const length of lengths) {
      engine.set('k'.repeat(length), length)
      engine.set(bytesOf(length, 1), 'x'.repeat(length))
    }
    for (const length of lengths) {
      const ofText = length === 0 ? '' : length
      expect(engine.get('k'.repeat(length))).toBe(ofText)
      expect(engine.get(bytesOf(length, 1))).toBe('x'.repeat(length))
    }
    expect(engine.size).toBe(2 * lengths.length - 1)
    expect([...engine.keys()].filter((key) => /^k*$/.test(key))).toHaveLength(lengths.length)
    expect(refusalOf(() => engine.set('k'.repeat(65_536), 1)).code).toBe('HEDDLE_KEY_TOO_LONG')
  })

  test('the longest key with all that an entry can carry beside it', () => {
    const engine = openEngine({ memory: '4mb', feedBytes: 4096 })
    const space = engine.namespace('space')
    engine.clear()
    const key = 'k'.repeat(16_292)
    for (const length of [0, 1, 100_000, 5]) {
      const value = bytesOf(length, 3)
      space.set(key, value, 100_000)
      expect(Buffer.compare(space.get<Uint8Array>(key)!, value)).toBe(0)
    }
    expect(space.append(key, bytesOf(100_000, 4))).toBe(true)
    expect(space.get<Uint8Array>(key)).toHaveLength(100_005)
    expect(refusalOf(() => space.set(`${key}k`, 1)).code).toBe('HEDDLE_KEY_TOO_LONG')
  })

  test('values at every border of a size class', () => {
    const engine = openEngine()
    const { classes } = viewOf(engine)
    for (const bytes of classes.bytes) {
      for (let length = Math.max(0, bytes - 24); length <= bytes + 8; length++) {
        roundTrip(engine, 'key', length)
      }
    }
    expect(engine.size).toBe(1)
  })

  test('values in several chunks', () => {
    const engine = openEngine({ memory: '32mb', maxItemSize: '4mb' })
    const { largest } = viewOf(engine).classes
    const lengths = [65_534, 65_535, 65_536, 1_000_000, 4 * 2 ** 20]
    for (const parts of [1, 2, 3]) {
      for (let off = -40; off <= 8; off++) lengths.push(parts * (largest - 16) + off)
    }
    for (const length of lengths) roundTrip(engine, `key-${length % 3}`, length)
    engine.set('text', 'ü'.repeat(500_000))
    expect(engine.append('text', '!')).toBe(true)
    expect(engine.get('text')).toBe(`${'ü'.repeat(500_000)}!`)
    engine.set('object', { list: Array.from({ length: 20_000 }, (_, n) => n) })
    expect(engine.get<{ list: number[] }>('object')!.list[19_999]).toBe(19_999)
    expect(engine.delete('text') && engine.delete('object')).toBe(true)
  })

  test('segments of 64 KiB: entries, pages and candidates meet their borders', () => {
    const engine = openEngine({ memory: '8mb', segmentBytes: 64 * 1024, maxThreads: 8 })
    expect(engine.handle.segments.length).toBeGreaterThan(100)
    for (let n = 0; n < 20_000; n++) engine.set(`key-${n}`, `value-${n}`)
    let wrong = 0
    for (let n = 0; n < 20_000; n++) if (engine.get(`key-${n}`) !== `value-${n}`) wrong++
    expect(wrong).toBe(0)
    roundTrip(engine, 'large', 1_000_000)
    expect(engine.stats().evictions).toEqual({ memory: 0, slots: 0, entries: 0, pages: 0 })
  })
})

describe("eviction 'clock'", () => {
  test('the budget holds, and what is read stays', () => {
    const engine = openEngine({ memory: '2mb', maxThreads: 4 })
    for (let n = 0; n < 50_000; n++) {
      engine.set(`key-${n}`, 'x'.repeat(100))
      engine.get('key-7')
      if (n % 1000 === 0) engine.get(`key-${n - 500}`)
    }
    expect(engine.get('key-7')).toBe('x'.repeat(100))
    expect(engine.get('key-49999')).toBe('x'.repeat(100))
    const stats = engine.stats()
    expect(stats.evictions.memory).toBeGreaterThan(20_000)
    expect(stats.bytes).toBeLessThan(2 * 2 ** 20)
    expect(engine.size).toBe(stats.entries)
    expect(50_000 - stats.entries).toBe(
      Object.values(stats.evictions).reduce((sum, reason) => sum + reason, 0),
    )
  })

  test('maxEntries is exact at rest', () => {
    const engine = openEngine({ maxEntries: 100 })
    for (let n = 0; n < 1000; n++) {
      engine.set(`key-${n}`, n)
      expect(engine.size).toBe(Math.min(n + 1, 100))
    }
    engine.set('key-999', 'over')
    expect(engine.size).toBe(100)
    expect(engine.stats().evictions).toMatchObject({ entries: 900, memory: 0, slots: 0 })
  })

  test('other sizes get the memory of the old ones', () => {
    const fill = (engine: Engine): number => {
      let there = 0
      for (let n = 0; n < 10_000; n++) engine.set(`large-${n}`, 'y'.repeat(3000))
      for (let n = 0; n < 10_000; n++) if (engine.has(`large-${n}`)) there++
      return there
    }
    const options = { memory: '4mb', maxThreads: 4, expectedEntries: 40_000 }
    const used = openEngine(options)
    for (let n = 0; n < 35_000; n++) used.set(`small-${n}`, 'x'.repeat(60))
    expect(fill(used)).toBeGreaterThan(fill(openEngine(options)) * 0.8)
    expect(used.stats().pagesMoved).toBeGreaterThan(100)
    roundTrip(used, 'very large', 1_000_000)
  })
})

describe("eviction 'none'", () => {
  test('refuses when memory is used, changes nothing, takes writes after a delete', () => {
    const engine = openEngine({ memory: '2mb', maxThreads: 4, eviction: 'none' })
    let stored = 0
    const error = refusalOf(() => {
      for (; ; stored++) engine.set(`key-${stored}`, `${stored}`.padEnd(100))
    })
    expect(error).toMatchObject({ code: 'HEDDLE_FULL', limit: 2 * 2 ** 20 })
    expect(engine.size).toBe(stored)
    expect(engine.get(`key-${stored}`)).toBeUndefined()
    let wrong = 0
    for (let n = 0; n < stored; n++) if (engine.get(`key-${n}`) !== `${n}`.padEnd(100)) wrong++
    expect(wrong).toBe(0)
    expect(refusalOf(() => engine.set('key-0', 'z'.repeat(100_000))).code).toBe('HEDDLE_FULL')
    expect(refusalOf(() => engine.add('other', 'z'.repeat(100))).code).toBe('HEDDLE_FULL')
    expect(refusalOf(() => engine.append('key-1', 'z'.repeat(100_000))).code).toBe('HEDDLE_FULL')
    expect(engine.get('key-0')).toBe('0'.padEnd(100))
    expect(engine.get('key-1')).toBe('1'.padEnd(100))
    const { bytes, refused, evictions } = engine.stats()
    expect(refused).toEqual({ memory: 4, slots: 0 })
    expect(evictions).toEqual({ memory: 0, slots: 0, entries: 0, pages: 0 })
    const { plan } = engine.handle
    expect(bytes / (plan.pages * plan.pageBytes)).toBeGreaterThan(0.85)
    engine.delete('key-5')
    engine.set('key-x', 'z'.repeat(90))
    expect(engine.get('key-x')).toBe('z'.repeat(90))
  })

  test('maxEntries refuses, and overwriting goes on', () => {
    const engine = openEngine({ eviction: 'none', maxEntries: 10 })
    for (let n = 0; n < 10; n++) engine.set(`key-${n}`, n)
    expect(refusalOf(() => engine.set('key-10', 10)).code).toBe('HEDDLE_FULL')
    engine.set('key-3', 'over')
    expect(engine.get('key-3')).toBe('over')
    expect(engine.size).toBe(10)
    engine.delete('key-4')
    expect(engine.add('key-10', 10)).toBe(true)
  })
})
