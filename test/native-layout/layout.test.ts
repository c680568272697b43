/**
 * What the layout promises: fields tile, packed words come apart as they were put together, plans
 * of any size stay within their budget, handles fit their word, and size classes waste little.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  codecOf,
  EXPIRY,
  isComplete,
  offsetOf,
  OPTIONAL,
  packKeyAndVersion,
  packValueAndPresence,
  presenceOf,
  refillStep,
  chunkVersion,
  shortKeyLength,
  shortValueLength,
  typeOf,
  versionHighOf,
  WORDS_BEFORE_KEY,
} from '../../native-layout/entry-header.ts'
import {
  MAX_CLASSES,
  MAX_PAGE_BYTES,
  MAX_THREADS,
  MIN_CHUNK_BYTES,
  MIN_PAGE_BYTES,
} from '../../native-layout/limits.ts'
import {
  packPageState,
  packStack,
  pageClassOf,
  pageGenerationOf,
  pageStateOf,
  stackCount,
  stackTop,
} from '../../native-layout/page.ts'
import { EVICTIONS } from '../../native-layout/eviction-state.ts'
import { makePlan, PlanError, type PlanRequest } from '../../native-layout/region-map.ts'
import { classFor, sizeClasses } from '../../native-layout/size-classes.ts'
import * as slot from '../../native-layout/table-slot.ts'
import { kindOf, packRowState, sequenceOf } from '../../native-layout/thread-row.ts'
import { GIB, KIB, MIB, tile } from '../../native-layout/units.ts'

test('fields tile, and a wrong layout does not start', () => {
  expect(
    tile(
      [
        ['A', 1],
        ['B', 2],
        ['C', 1],
      ],
      4,
    ),
  ).toEqual({ A: 0, B: 1, C: 3, WORDS: 4 })
  expect(() => tile([['A', 1]], 2)).toThrow('fields take 1 words of 2')
  expect(() =>
    tile([
      ['A', 1],
      ['A', 1],
    ]),
  ).toThrow('laid out twice')
  expect(() => tile([['A', 0]])).toThrow('0 words wide')
})

test('optional words lie one behind the other for every presence mask', () => {
  for (let mask = 0; mask < WORDS_BEFORE_KEY.length; mask++) {
    let at = 4
    OPTIONAL.forEach(([, words], bit) => {
      if ((mask & (1 << bit)) === 0) return
      expect(offsetOf(1 << bit, mask)).toBe(at)
      at += words
    })
    expect(WORDS_BEFORE_KEY[mask]).toBe(at)
  }
  expect(offsetOf(EXPIRY, EXPIRY) % 2).toBe(0)
})

describe('packed words', () => {
  const bits = (n: number) => fc.integer({ min: 0, max: 2 ** n - 1 })

  test('slot words', () => {
    const versionBits = fc.integer({ min: 0, max: 15 })
    fc.assert(
      fc.property(versionBits, bits(31), bits(7), bits(20), (width, payload, row, filling) => {
        const handle = payload >>> width
        const version = payload & ((1 << width) - 1)
        const live = slot.packLive(handle, version, width)
        expect(slot.handleOf(live, width)).toBe(handle)
        expect(slot.versionOf(live, width)).toBe(version)
        const reserved = slot.packReserved(row, filling)
        expect([slot.reserverOf(reserved), slot.fillingOf(reserved)]).toEqual([row, filling])
        const empty = slot.packEmpty(filling)
        expect(slot.fillingOf(empty)).toBe(filling)
        const kinds = [slot.isLive, slot.isReserved, slot.isEmpty]
        expect(kinds.map((is) => is(live))).toEqual([true, false, false])
        expect(kinds.map((is) => is(reserved))).toEqual([false, true, false])
        expect(kinds.map((is) => is(empty))).toEqual([false, false, true])
      }),
    )
  })

  test('home words', () => {
    const row = fc.integer({ min: 0, max: MAX_THREADS - 1 })
    fc.assert(
      fc.property(fc.integer(), row, bits(2), (home, announcer, depth) => {
        const announced = slot.announce(home, announcer, depth)
        expect(slot.announcerOf(announced)).toBe(announcer + 1)
        expect(slot.depthOf(announced)).toBe(Math.max(depth, slot.depthOf(home)))
        const cleared = slot.clearAnnouncement(announced)
        expect(slot.announcerOf(cleared)).toBe(0)
        expect(((cleared >>> 9) - (home >>> 9)) & 0x7fffff).toBe(1)
      }),
    )
  })

  test('tags, headers, pages, stacks, row states', () => {
    fc.assert(
      fc.property(bits(12), bits(16), bits(20), bits(3), (twelve, sixteen, twenty, three) => {
        const tag = slot.packTag(twelve, twenty)
        expect([slot.tagOf(tag), slot.fillingOf(tag)]).toEqual([twelve, twenty])
        const key = packKeyAndVersion(twelve & 255, three, sixteen)
        expect([shortKeyLength(key), typeOf(key), versionHighOf(key)]).toEqual([
          twelve & 255,
          three,
          sixteen,
        ])
        const value = packValueAndPresence(sixteen, three, twelve)
        expect([shortValueLength(value), codecOf(value), presenceOf(value)]).toEqual([
          sixteen,
          three,
          twelve,
        ])
        const state = packPageState(twenty, twelve & 255, three & 3)
        expect([pageGenerationOf(state), pageClassOf(state), pageStateOf(state)]).toEqual([
          twenty,
          twelve & 255,
          three & 3,
        ])
        const stack = packStack(sixteen, twelve)
        expect([stackCount(stack), stackTop(stack)]).toEqual([sixteen, twelve])
        const row = packRowState(twenty, three)
        expect([sequenceOf(row), kindOf(row)]).toEqual([twenty, three])
      }),
    )
  })

  test('a refill is the next half-filled incarnation of the same version', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 28), fc.integer({ min: 0, max: 15 }), (half, width) => {
        const complete = half * 2
        const again = complete + refillStep(width)
        expect(isComplete(again)).toBe(false)
        expect(chunkVersion(again, width)).toBe(chunkVersion(complete, width))
        expect(again).toBeGreaterThan(complete)
      }),
    )
  })
})

describe('plans', () => {
  const usual: PlanRequest = {
    memoryBytes: 2 * MIB,
    maxThreads: 126,
    maxNamespaces: 16,
    expectedEntries: 0,
    feedBytes: 0,
    segmentBytes: GIB,
    eviction: 'clock',
  }

  /** What every thread relies on. */
  function hold(request: PlanRequest): void {
    const plan = makePlan(request)
    const sum = plan.segments.reduce((bytes, segment) => bytes + segment, 0)
    expect(sum).toBeLessThanOrEqual(request.memoryBytes)
    const [control, ...others] = plan.segments
    expect(control! % 8).toBe(0)
    expect(Math.max(...others)).toBeLessThanOrEqual(request.segmentBytes)
    for (const bytes of others.slice(0, plan.tableSegments - 1)) {
      expect(bytes).toBe(request.segmentBytes)
    }
    const table = others.slice(0, plan.tableSegments).reduce((bytes, part) => bytes + part, 0)
    expect(table).toBe(plan.buckets * slot.BUCKET_BYTES)
    const beside = plan.evictionState.words * 4
    const last = others.slice(others.length - plan.evictionSegments)
    expect(last.reduce((bytes, part) => bytes + part, 0)).toBe(beside)
    expect(sum - control! - table - beside).toBe(plan.pages * plan.pageBytes)
    expect(plan.pageBytes).toBeGreaterThanOrEqual(MIN_PAGE_BYTES)
    expect(plan.pageBytes).toBeLessThanOrEqual(MAX_PAGE_BYTES)
    const lastHandle = (plan.pages + 1) * 2 ** plan.ordinalBits - 1
    expect(lastHandle).toBeLessThan(2 ** (31 - plan.versionBits))
    expect(plan.pageBytes / MIN_CHUNK_BYTES).toBeLessThanOrEqual(2 ** plan.ordinalBits)
    for (const at of [plan.pagesAt, plan.rowsAt, plan.ringsAt]) expect(at % 16).toBe(0)
  }

  test.each([2, 3, 4, 7, 16, 64, 100, 256, 1000, 1024, 4096, 16_384, 65_536])('%i MiB', (mib) => {
    hold({ ...usual, memoryBytes: mib * MIB })
    hold({ ...usual, memoryBytes: mib * MIB, maxThreads: 1, maxNamespaces: 0 })
    hold({ ...usual, memoryBytes: mib * MIB, expectedEntries: mib * 2000 })
    if (mib < 4096) hold({ ...usual, memoryBytes: mib * MIB, segmentBytes: 64 * KIB })
  })

  test('any combination stays within its budget, or is refused as one that leaves no room', () => {
    const request = fc.record({
      memoryBytes: fc.oneof(
        fc.integer({ min: 2 * MIB, max: 64 * MIB }),
        fc.integer({ min: 2, max: 65_536 }).map((mib) => mib * MIB),
      ),
      maxThreads: fc.integer({ min: 1, max: 126 }),
      maxNamespaces: fc.integer({ min: 0, max: 1024 }),
      expectedEntries: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 32 })),
      feedBytes: fc.oneof(fc.constant(0), fc.integer({ min: 4096, max: 1 * MIB })),
      segmentBytes: fc.constantFrom(MIB, 64 * MIB, GIB),
      eviction: fc.constantFrom(...EVICTIONS),
    })
    let planned = 0
    fc.assert(
      fc.property(request, (one) => {
        try {
          hold(one)
          planned++
        } catch (error) {
          if (!(error instanceof PlanError)) throw error
        }
      }),
      { numRuns: 150 },
    )
    expect(planned).toBeGreaterThan(30)
  })
})

describe('size classes', () => {
  test.each([16, 32, 64, 128, 256, 512, 1024])('of pages of %i KiB', (kib) => {
    const pageBytes = kib * KIB
    const classes = sizeClasses(pageBytes)
    const { bytes, largest, widest } = classes
    expect(bytes.length).toBeLessThanOrEqual(MAX_CLASSES)
    expect([bytes[0], largest, widest]).toEqual([MIN_CHUNK_BYTES, pageBytes / 8, pageBytes])
    for (const [index, size] of bytes.entries()) {
      expect(size % 8).toBe(0)
      expect(classFor(classes, size)).toBe(index)
      expect(classFor(classes, size - 7)).toBe(index)
      if (size > largest || size === MIN_CHUNK_BYTES) continue
      const before = bytes[index - 1]!
      expect(size).toBeLessThanOrEqual(Math.max(before + 8, (before + 8) * 1.125))
      expect(Math.floor(pageBytes / size) * size).toBeGreaterThan(pageBytes * 0.98)
    }
  })

  test('lose little: entries of 40 to 4,096 bytes fill 95 % of their chunks', () => {
    const classes = sizeClasses(512 * KIB)
    let entries = 0
    let chunks = 0
    for (let bytes = 40; bytes <= 4096; bytes++) {
      entries += bytes
      chunks += classes.bytes[classFor(classes, bytes)]!
    }
    expect(entries / chunks).toBeGreaterThan(0.95)
  })
})
