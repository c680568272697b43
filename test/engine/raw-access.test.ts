/** The engine in bytes, as protocols use it: reading in steps, CAS, marks, values of all sizes. */
import { describe, expect, test } from 'vitest'
import {
  ADD,
  type Change,
  DELETED,
  EXISTS,
  GONE,
  HIT,
  MARK_BITS,
  MARK_STALE,
  MATCH,
  MISSING,
  RawAccess,
  REPLACE,
  SET,
  STORED,
} from '../../src/engine/raw-access.ts'
import type { Engine } from '../../src/index.ts'
import { FakeClock, openEngine, secondRow } from './open-engine.ts'

const KEY = Buffer.from('..key..')

/** Sets the staged key; what the draft carries is given by name. */
function put(raw: RawAccess, value: Uint8Array, more: Partial<RawAccess['draft']> = {}): number {
  const empty = { expiry: 0, flags: 0, marks: 0, casHigh: 0, casLow: 0, codec: 0, from: 0 }
  Object.assign(raw.draft, empty, { bytes: value, length: value.length }, more)
  return raw.store(SET)
}

function open(engine: Engine): RawAccess {
  const raw = new RawAccess(engine)
  expect(raw.stage(KEY, 2, 5)).toBe(true)
  return raw
}

describe('reading in steps', () => {
  test('header first, then the value where the caller wants it', () => {
    for (const bytes of [0, 1, 100, 70_000, 300_000]) {
      const raw = open(openEngine({ memory: '8mb' }))
      const value = Buffer.alloc(bytes, 'abcdefg')
      expect(raw.open()).toBe(GONE)
      expect(put(raw, value, { flags: 0xfffffff0 | 0, expiry: 4e12 })).toBe(STORED)
      expect(raw.open()).toBe(HIT)
      expect(raw.reading).toMatchObject({ length: bytes, flags: -16, expiry: 4e12, codec: 0 })
      expect(raw.reading.version).toBe(raw.draft.version)
      const target = Buffer.alloc(bytes + 10, '.')
      raw.copy(target, 7)
      expect(raw.confirm()).toBe(true)
      expect(target.subarray(7, 7 + bytes).equals(value)).toBe(true)
      expect(target.toString('latin1', 7 + bytes)).toBe('...')
    }
  })

  test('any part of a value, in one chunk or in many', () => {
    for (const bytes of [0, 1, 100, 70_000, 300_000]) {
      const raw = open(openEngine({ memory: '8mb' }))
      const value = Buffer.from(Uint8Array.from({ length: bytes }, (_, n) => n * 7 + (n >>> 8)))
      expect(put(raw, value)).toBe(STORED)
      const ends = [0, 1, 3, 64, 65_535, 65_536, 131_072, 299_999].filter((end) => end < bytes)
      for (const from of [...ends, bytes]) {
        for (const to of [from, from + 1, from + 1000, bytes].filter((each) => each <= bytes)) {
          if (to < from) continue
          expect(raw.open()).toBe(HIT)
          const target = Buffer.alloc(to - from + 10, '.')
          raw.copyPart(target, 7, from, to)
          expect(raw.confirm()).toBe(true)
          expect(target.subarray(7, -3).equals(value.subarray(from, to))).toBe(true)
          expect(target.toString('latin1', 0, 7) + target.toString('latin1', to - from + 7)).toBe(
            '..........',
          )
        }
      }
    }
  })

  test('a part of an entry that is replaced meanwhile is not confirmed', () => {
    for (const bytes of [100, 300_000]) {
      const engine = openEngine({ memory: '8mb' })
      const raw = open(engine)
      put(raw, Buffer.alloc(bytes, 'before'))
      expect(raw.open()).toBe(HIT)
      const other = secondRow(engine)
      for (let n = 0; n < 20; n++) other.set('key', 'after'.repeat(bytes / 5 + n))
      other.close()
      raw.copyPart(Buffer.alloc(10), 0, bytes - 10, bytes)
      expect(raw.confirm()).toBe(false)
    }
  })

  test('an entry that is replaced between open and confirm is not confirmed', () => {
    const engine = openEngine()
    const raw = open(engine)
    put(raw, Buffer.from('before'))
    expect(raw.open()).toBe(HIT)
    const other = secondRow(engine)
    other.set('key', 'after')
    other.close()
    raw.copy(Buffer.alloc(100), 0)
    expect(raw.confirm()).toBe(false)
    expect(raw.open()).toBe(HIT)
    expect(raw.confirm()).toBe(true)
  })

  test('an entry past its time is gone, counted as a miss, and freed', () => {
    const clock = new FakeClock()
    const engine = openEngine({ now: clock.now })
    const raw = open(engine)
    put(raw, Buffer.from('x'), { expiry: clock.ms + 10 })
    clock.ms += 10
    expect(raw.open()).toBe(GONE)
    expect(engine.stats()).toMatchObject({ misses: 1, expirations: 1, entries: 0 })
  })
})

describe('CAS', () => {
  test('is the version, unless an explicit one was given', () => {
    const raw = open(openEngine())
    put(raw, Buffer.from('1'))
    const { version } = raw.draft
    const high = Math.floor(version / 2 ** 32)
    Object.assign(raw.draft, { wantedHigh: high, wantedLow: (version + 1) | 0 })
    expect(raw.store(MATCH)).toBe(EXISTS)
    Object.assign(raw.draft, { wantedHigh: high, wantedLow: version | 0 })
    expect(raw.store(MATCH)).toBe(STORED)
    expect(raw.store(MATCH)).toBe(EXISTS)

    put(raw, Buffer.from('2'), { casHigh: -1, casLow: 7 })
    expect(raw.open()).toBe(HIT)
    expect(raw.reading).toMatchObject({ casHigh: -1, casLow: 7 })
    expect(raw.reading.version).toBeGreaterThan(version)
    Object.assign(raw.draft, { wantedHigh: -1, wantedLow: 7, casHigh: 0, casLow: 0 })
    expect(raw.store(MATCH)).toBe(STORED)
    expect(raw.open()).toBe(HIT)
    expect(raw.reading).toMatchObject({ casHigh: 0, casLow: 0 })
  })

  test('add, replace, delete and delete with a CAS', () => {
    const raw = open(openEngine())
    put(raw, Buffer.from('1'), { casHigh: 0, casLow: 99 })
    expect(raw.store(ADD)).toBe(EXISTS)
    expect(raw.removeMatching(0, 98)).toBe(EXISTS)
    expect(raw.removeMatching(0, 99)).toBe(DELETED)
    expect(raw.removeMatching(0, 99)).toBe(MISSING)
    expect(raw.store(REPLACE)).toBe(MISSING)
    expect(raw.store(MATCH)).toBe(MISSING)
    expect(raw.store(ADD)).toBe(STORED)
    expect(raw.remove()).toBe(DELETED)
    expect(raw.remove()).toBe(MISSING)
  })
})

test('marks live with the entry; what the embedding program overwrites has none', () => {
  const engine = openEngine()
  const raw = open(engine)
  const marks = (77 << MARK_BITS) | MARK_STALE
  put(raw, Buffer.from('5'), { marks, flags: 3 })
  expect(engine.touch('key', 60_000)).toBe(true)
  expect(engine.increment('key')).toBe(6)
  expect(raw.stage(KEY, 2, 5)).toBe(true)
  expect(raw.open()).toBe(HIT)
  expect(raw.reading).toMatchObject({ marks, flags: 3 })
  engine.set('key', '7')
  raw.stage(KEY, 2, 5)
  expect(raw.open()).toBe(HIT)
  expect(raw.reading).toMatchObject({ marks: 0, flags: 0 })
})

test('a counter that a client of the protocol left padded with spaces is counted on', () => {
  const engine = openEngine()
  const raw = open(engine)
  put(raw, Buffer.from('99 '))
  expect(engine.increment('key')).toBe(100)
  put(raw, Buffer.from('  9'))
  expect(() => engine.increment('key')).toThrow(/number/)
})

describe('a change that deletes', () => {
  const deleting = (expected: string, meanwhile = () => {}): Change => ({
    keepsVersion: false,
    make(old) {
      meanwhile()
      return Buffer.from(old).equals(Buffer.from(expected)) ? DELETED : EXISTS
    },
  })

  test('deletes what it saw, counts it once, and leaves nothing behind', () => {
    const engine = openEngine()
    const raw = open(engine)
    put(raw, Buffer.alloc(300_000, 'x'))
    expect(raw.change(deleting('other'))).toBe(EXISTS)
    expect(engine.size).toBe(1)
    expect(raw.change(deleting('x'.repeat(300_000)))).toBe(DELETED)
    expect(raw.change(deleting(''))).toBe(MISSING)
    expect(engine.size).toBe(0)
    expect(engine.stats().deletes).toBe(1)
    expect(engine.verify().problems).toEqual([])
  })

  test('what was written meanwhile is looked at again, not deleted', () => {
    const engine = openEngine()
    const raw = open(engine)
    put(raw, Buffer.from('old'))
    const other = secondRow(engine)
    let seen = 0
    const outcome = raw.change(
      deleting('old', () => {
        if (seen++ === 0) other.set('key', 'new')
      }),
    )
    expect([outcome, seen, engine.get('key')]).toEqual([EXISTS, 2, 'new'])
  })
})

test('a change that throws has not happened, and the next call ends its operation', () => {
  const engine = openEngine()
  const raw = open(engine)
  put(raw, Buffer.from('old'))
  const failing: Change = {
    keepsVersion: false,
    make() {
      throw new RangeError('no memory')
    },
  }
  expect(() => raw.change(failing)).toThrow('no memory')
  expect(engine.get('other')).toBeUndefined()
  expect(engine.verify().problems).toEqual([])
  engine.set('key', 'new')
  expect(engine.get('key')).toBe('new')
})

test('an empty key is a key, in every namespace', () => {
  const engine = openEngine()
  const raw = new RawAccess(engine)
  engine.namespace('other').set('', 'elsewhere')
  expect(raw.stage(KEY, 2, 2)).toBe(true)
  expect(raw.open()).toBe(GONE)
  expect(put(raw, Buffer.from('here'))).toBe(STORED)
  expect(raw.open()).toBe(HIT)
  expect(Buffer.from(engine.get('') as Uint8Array).toString()).toBe('here')
  expect([...engine.keys()]).toEqual([''])
  expect(engine.verify().problems).toEqual([])
  expect(raw.remove()).toBe(DELETED)
  expect(engine.namespace('other').get('')).toBe('elsewhere')
})

test('one namespace is flushed by its number', () => {
  const engine = openEngine()
  const raw = new RawAccess(engine)
  engine.set('a', 1)
  expect(raw.hasSpaces()).toBe(false)
  engine.namespace('other').set('a', 2)
  expect(raw.hasSpaces()).toBe(true)
  expect(raw.flushSpace(1)).toBe(STORED)
  expect([engine.get('a'), engine.namespace('other').get('a')]).toEqual([1, undefined])
})
