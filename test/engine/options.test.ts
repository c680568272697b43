/** Options: defaults, limits, and a refusal by name for everything that makes no sense. */
import { totalmem } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { HeddleError } from '../../src/engine/errors.ts'
import { machineMemoryBytes, resolveOptions, resolveTtl } from '../../src/engine/options.ts'
import { GIB, KIB, MIB } from '../../src/engine/sizes.ts'

const MACHINE = 16 * GIB

function refusalOf(options: unknown, machineBytes: number = MACHINE): HeddleError {
  try {
    resolveOptions(options, machineBytes)
  } catch (error) {
    return error as HeddleError
  }
  throw new Error(`accepted ${JSON.stringify(options)}`)
}

describe('defaults', () => {
  test('are these, and an undefined option counts as left out', () => {
    const { seed, ...rest } = resolveOptions({ memory: undefined, ttl: undefined }, MACHINE)
    expect(rest).toEqual({
      name: 'default',
      memoryBytes: 256 * MIB,
      maxEntries: 0,
      expectedEntries: 0,
      maxItemBytes: MIB,
      maxThreads: 126,
      maxNamespaces: 16,
      eviction: 'clock',
      ttlMs: 0,
      codec: 'json',
      maintenance: 'writes',
      now: Date.now,
      feedBytes: 0,
      segmentBytes: GIB,
    })
    expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true)
    expect(resolveOptions(undefined, MACHINE).memoryBytes).toBe(256 * MIB)
  })

  test('seeds differ from engine to engine', () => {
    const seeds = new Set(Array.from({ length: 8 }, () => resolveOptions({}, MACHINE).seed))
    expect(seeds.size).toBeGreaterThan(1)
  })

  test.each([
    [64 * GIB, 256 * MIB],
    [2 * GIB, 256 * MIB],
    [GIB, 128 * MIB],
    [100 * MIB, 12 * MIB],
    [8 * MIB, 2 * MIB],
  ])('a machine of %d bytes gets %d by default', (machineBytes, memoryBytes) => {
    expect(resolveOptions({}, machineBytes).memoryBytes).toBe(memoryBytes)
  })

  test('the machine is the container where there is one', () => {
    const machineBytes = machineMemoryBytes()
    expect(machineBytes).toBeGreaterThan(0)
    expect(machineBytes).toBeLessThanOrEqual(totalmem())
  })
})

test('everything that is given comes back resolved', () => {
  const codec = { encode: () => '', decode: () => 1 }
  const now = () => 5
  const given = {
    name: 'web',
    memory: '64mb',
    maxEntries: 1000,
    expectedEntries: 2000,
    maxItemSize: '2mb',
    maxThreads: 4,
    maxNamespaces: 0,
    eviction: 'none',
    ttl: 1500.2,
    codec,
    maintenance: 'worker',
    now,
    feedBytes: '1mb',
    seed: 0,
    segmentBytes: 64 * KIB,
  }
  expect(resolveOptions(given, MACHINE)).toEqual({
    name: 'web',
    memoryBytes: 64 * MIB,
    maxEntries: 1000,
    expectedEntries: 2000,
    maxItemBytes: 2 * MIB,
    maxThreads: 4,
    maxNamespaces: 0,
    eviction: 'none',
    ttlMs: 1501,
    codec,
    maintenance: 'worker',
    now,
    feedBytes: MIB,
    seed: 0,
    segmentBytes: 64 * KIB,
  })
})

describe('limits', () => {
  test.each<[Record<string, unknown>, string, number | string | undefined]>([
    [{ memory: '2047kb' }, 'memory', 2 * MIB],
    [{ memory: 64 * GIB + 1 }, 'memory', 64 * GIB],
    [{ memory: '17gb' }, 'memory', MACHINE],
    [{ memory: '1 tb' }, 'memory', undefined],
    [{ maxItemSize: 0 }, 'maxItemSize', 1],
    [{ memory: '1gb', maxItemSize: '129mb' }, 'maxItemSize', 128 * MIB],
    [{ memory: '4mb', maxItemSize: 2 * MIB + 1 }, 'maxItemSize', 2 * MIB],
    [{ maxEntries: 0 }, 'maxEntries', 1],
    [{ maxEntries: 1.5 }, 'maxEntries', 2 ** 32],
    [{ expectedEntries: -1 }, 'expectedEntries', 1],
    [{ maxThreads: 0 }, 'maxThreads', 1],
    [{ maxThreads: 127 }, 'maxThreads', 126],
    [{ maxNamespaces: -1 }, 'maxNamespaces', 0],
    [{ maxNamespaces: 1025 }, 'maxNamespaces', 1024],
    [
      { eviction: 'lru' },
      'eviction',
      "'clock' or 's3-fifo' or 'sieve' or 'lfu' or 'random' or 'fifo' or 'none'",
    ],
    [{ maintenance: 'thread' }, 'maintenance', "'writes' or 'worker'"],
    [{ codec: 'msgpack' }, 'codec', "'json' or 'v8'"],
    [{ ttl: 0 }, 'ttl', 2 ** 52],
    [{ ttl: -1 }, 'ttl', 2 ** 52],
    [{ ttl: Number.NaN }, 'ttl', 2 ** 52],
    [{ ttl: 2 ** 53 }, 'ttl', 2 ** 52],
    [{ feedBytes: 4095 }, 'feedBytes', 128 * MIB],
    [{ feedBytes: 128 * MIB + 1 }, 'feedBytes', 128 * MIB],
    [{ seed: -1 }, 'seed', 0],
    [{ seed: 2 ** 32 }, 'seed', 2 ** 32 - 1],
    [{ segmentBytes: 32 * KIB }, 'segmentBytes', 64 * KIB],
    [{ segmentBytes: 2 * GIB }, 'segmentBytes', GIB],
    [{ segmentBytes: 65_537 }, 'segmentBytes', GIB],
    [{ name: '' }, 'name', 64],
    [{ name: 'x'.repeat(65) }, 'name', 64],
  ])('%j is refused', (options, field, limit) => {
    const error = refusalOf(options)
    expect(error).toMatchObject({ code: 'HEDDLE_BAD_OPTION', field })
    expect(error.limit).toBe(limit)
    expect(error.message).toContain(field)
  })

  test('the limits themselves are accepted', () => {
    const least = { memory: '2mb', maxItemSize: '1mb', maxThreads: 1, segmentBytes: 64 * KIB }
    expect(resolveOptions(least, MACHINE).memoryBytes).toBe(2 * MIB)
    const most = { memory: '64gb', maxItemSize: '128mb', maxNamespaces: 1024, name: 'x'.repeat(64) }
    expect(resolveOptions(most, 64 * GIB).maxItemBytes).toBe(128 * MIB)
  })
})

describe('types', () => {
  test.each<[Record<string, unknown>, string]>([
    [{ name: 5 }, 'name'],
    [{ name: null }, 'name'],
    [{ memory: null }, 'memory'],
    [{ memory: true }, 'memory'],
    [{ maxEntries: '5' }, 'maxEntries'],
    [{ maxThreads: null }, 'maxThreads'],
    [{ eviction: null }, 'eviction'],
    [{ ttl: '5s' }, 'ttl'],
    [{ ttl: null }, 'ttl'],
    [{ codec: null }, 'codec'],
    [{ codec: {} }, 'codec'],
    [{ codec: { encode() {} } }, 'codec'],
    [{ codec: { encode() {}, decode: 5 } }, 'codec'],
    [{ now: 5 }, 'now'],
    [{ seed: 5n }, 'seed'],
  ])('%o is refused', (options, field) => {
    expect(refusalOf(options)).toMatchObject({ code: 'HEDDLE_BAD_TYPE', field })
  })

  test.each([[null], [5], ['256mb'], [[]], [() => 1]])('options may not be %o', (options) => {
    expect(refusalOf(options)).toMatchObject({ code: 'HEDDLE_BAD_TYPE', field: 'options' })
  })
})

describe('unknown options', () => {
  test.each([
    ['maxEntires', 'maxEntries'],
    ['max_entries', 'maxEntries'],
    ['MEMORY', 'memory'],
    ['evicton', 'eviction'],
    ['maxItemsize', 'maxItemSize'],
    ['max', 'maxEntries'],
    ['maxSize', 'memory'],
    ['maxAge', 'ttl'],
    ['serializer', 'codec'],
    ['tll', 'ttl'],
  ])('%s: did you mean %s?', (name, meant) => {
    const error = refusalOf({ [name]: 1 })
    expect(error).toMatchObject({ code: 'HEDDLE_BAD_OPTION', field: name, limit: meant })
    expect(error.message).toContain(`did you mean ${meant}?`)
  })

  test.each(['xyzzy', 'constructor', '__proto__x', 'q'.repeat(5000)])('no wild guess', (name) => {
    const error = refusalOf({ [name]: 1 })
    expect(error.code).toBe('HEDDLE_BAD_OPTION')
    expect(error.message).not.toContain('did you mean')
    expect(error.message).toContain('maxEntries')
  })
})

test('a TTL is whole milliseconds, rounded up, and Infinity is none', () => {
  expect(resolveTtl('ttl', 0.001)).toBe(1)
  expect(resolveTtl('ttl', 1000)).toBe(1000)
  expect(resolveTtl('ttl', Number.POSITIVE_INFINITY)).toBe(0)
  expect(resolveTtl('ttl', undefined)).toBe(0)
  expect(() => resolveTtl('options.ttl', -1)).toThrow(/options\.ttl is -1/)
})
