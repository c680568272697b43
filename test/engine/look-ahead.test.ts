/** Looking ahead: a key that is staged from there is the key that `RawAccess.stage` stages. */
import { describe, expect, test } from 'vitest'
import { COUNTER } from '../../native-layout/thread-row.ts'
import { LookAhead, MOST_AHEAD } from '../../src/engine/look-ahead.ts'
import { GONE, HIT, RawAccess, SET, STORED } from '../../src/engine/raw-access.ts'
import type { Engine, EngineOptions } from '../../src/index.ts'
import { openEngine } from './open-engine.ts'

const LONGEST = 63
/** More than 2^20 buckets: tag and bucket come from two digests. */
const WIDE: EngineOptions = { memory: '256mb', expectedEntries: 13_000_000 }

function keyOf(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (i * 37 + length * 11 + 128) & 0xff))
}

/** What a look-up reads of the staged key. */
function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

function staged({ view }: RawAccess) {
  const { key } = view
  const words = [...key.words.subarray(0, key.wordCount)]
  const second = view.wideTable ? key.secondDigest() : 0
  return { words, length: key.length, digest: key.digest, space: key.space, second }
}

function store(raw: RawAccess, key: Uint8Array, value: string, space: number): void {
  expect(raw.stage(key, 0, key.length, space)).toBe(true)
  const bytes = Buffer.from(value)
  const draft = { bytes, from: 0, length: bytes.length, codec: 0, flags: 0, expiry: 0, marks: 0 }
  Object.assign(raw.draft, draft)
  expect(raw.store(SET)).toBe(STORED)
}

function lengthsFrom(first: number): number[] {
  return Array.from({ length: MOST_AHEAD }, (_, i) => Math.min(first + i, LONGEST))
}

describe.each<[string, EngineOptions]>([
  ['one digest', {}],
  ['two digests', WIDE],
])('%s', (_, options) => {
  test('keys of all lengths, in two namespaces', () => {
    const engine: Engine = openEngine(options)
    const raw = new RawAccess(engine)
    expect(raw.view.wideTable).toBe(options === WIDE)
    const ahead = new LookAhead(raw)
    for (const space of [0, raw.spaceOf('other')]) {
      for (const first of [0, MOST_AHEAD]) {
        const keys = lengthsFrom(first).map(keyOf)
        const around = keys.map((key) => Buffer.concat([Buffer.from('..'), key, Buffer.from('..')]))
        ahead.begin(space)
        for (const [i, bytes] of around.entries()) {
          expect(ahead.add(viewOf(bytes), 2, bytes.length - 2)).toBe(i)
        }
        ahead.touch()
        // In another order, with other keys staged in between.
        for (let i = keys.length - 1; i >= 0; i--) {
          const key = keys[i]!
          raw.stage(keyOf(LONGEST), 0, LONGEST)
          expect(raw.stage(key, 0, key.length, space)).toBe(true)
          const wanted = staged(raw)
          raw.stage(keyOf(LONGEST), 0, LONGEST)
          expect(ahead.stage(i)).toBe(true)
          expect(staged(raw)).toEqual(wanted)
        }
      }
    }
  })
})

test('what was touched may change before its turn', () => {
  const raw = new RawAccess(openEngine())
  const ahead = new LookAhead(raw)
  const [stays, goes, comes] = ['stays', 'goes', 'comes'].map((name) => Buffer.from(name))
  store(raw, stays!, '1', 0)
  store(raw, goes!, '2', 0)
  ahead.begin(0)
  const [first, second, third] = [stays!, goes!, comes!].map((key) =>
    ahead.add(viewOf(key), 0, key.length),
  )
  ahead.touch()
  raw.stage(goes!, 0, goes!.length)
  raw.remove()
  store(raw, comes!, '3', 0)
  expect(ahead.stage(first!) && raw.open()).toBe(HIT)
  expect(ahead.stage(second!) && raw.open()).toBe(GONE)
  expect(ahead.stage(third!) && raw.open()).toBe(HIT)
  expect(raw.confirm()).toBe(true)
})

/** What the reader says of the keys, in their order: a value, or undefined for "read as ever". */
function readAhead(raw: RawAccess, names: readonly string[], between = () => {}) {
  const ahead = new LookAhead(raw)
  ahead.begin(0)
  const keys = names.map((name) => Buffer.from(name))
  for (const key of keys) ahead.add(viewOf(key), 0, key.length)
  ahead.touch()
  between()
  return keys.map((_, index) => {
    const { reader } = ahead
    if (!reader.open(index)) return undefined
    const target = Buffer.alloc(reader.length + 4)
    const { length, flags } = reader
    reader.copy(target, 0, viewOf(target))
    return reader.confirm() ? `${flags} ${target.toString('latin1', 0, length)}` : undefined
  })
}

describe('reading from where an entry was seen', () => {
  const clock = { now: 1_000_000 }
  function filled(options: EngineOptions = {}) {
    const raw = new RawAccess(openEngine({ now: () => clock.now, ...options }))
    for (const [name, value] of [
      ['a', '1'],
      ['b', 'v'.repeat(127)],
      ['c', 'v'.repeat(700)],
    ]) {
      store(raw, Buffer.from(name!), value!, 0)
    }
    return raw
  }
  function storeMore(raw: RawAccess, name: string, more: Partial<typeof raw.draft>) {
    const key = Buffer.from(name)
    raw.stage(key, 0, key.length)
    const plain = {
      bytes: key,
      from: 0,
      length: key.length,
      codec: 0,
      flags: 0,
      expiry: 0,
      marks: 0,
    }
    Object.assign(raw.draft, plain, more)
    expect(raw.store(SET)).toBe(STORED)
    Object.assign(raw.draft, { casHigh: 0, casLow: 0 })
  }

  test('values, counted as hits; what is absent is not counted here', () => {
    const raw = filled()
    const before = raw.session.view.controlDoubles[raw.view.countersAt + COUNTER.hits]!
    const [b, c] = [`0 ${'v'.repeat(127)}`, `0 ${'v'.repeat(700)}`]
    expect(readAhead(raw, ['a', 'b', 'c', 'none', 'a'])).toEqual(['0 1', b, c, undefined, '0 1'])
    expect(raw.session.view.controlDoubles[raw.view.countersAt + COUNTER.hits]).toBe(before + 4)
    expect(readAhead(raw, ['a'])).toEqual([undefined])
  })

  test('flags, marks and a time to live are plain, a CAS of its own is not', () => {
    const raw = filled()
    storeMore(raw, 'f', { flags: 77, marks: 8, expiry: clock.now + 10 })
    storeMore(raw, 'own', { casHigh: 1, casLow: 2 })
    expect(readAhead(raw, ['f', 'own', 'a'])).toEqual(['77 f', undefined, '0 1'])
    clock.now += 10
    expect(readAhead(raw, ['f', 'own', 'a'])).toEqual([undefined, undefined, '0 1'])
  })

  test('what was deleted, overwritten or flushed since it was seen', () => {
    const raw = filled()
    const change = () => {
      raw.stage(Buffer.from('b'), 0, 1)
      raw.remove()
      store(raw, Buffer.from('a'), 'fresh', 0)
    }
    expect(readAhead(raw, ['a', 'b'], change)).toEqual(['0 fresh', undefined])
    expect(readAhead(raw, ['a', 'c'], () => raw.flush())).toEqual([undefined, undefined])
    store(raw, Buffer.from('a'), 'after', 0)
    expect(readAhead(raw, ['a', 'c'])).toEqual(['0 after', undefined])
    raw.flush(clock.now + 1000)
    clock.now += 5000
    expect(readAhead(raw, ['a', 'c'])).toEqual([undefined, undefined])
  })

  test('a use that is to be noted is left to who stages the key', () => {
    const raw = filled({ hotKeys: true })
    const names = Array.from({ length: MOST_AHEAD }, () => 'a')
    const found = Array.from({ length: 64 }, () => readAhead(raw, names)).flat()
    expect(new Set(found)).toEqual(new Set(['0 1', undefined]))
  })
})

test('a key of 64 bytes is left out; none and one need no touch', () => {
  const ahead = new LookAhead(new RawAccess(openEngine()))
  ahead.begin(0)
  ahead.touch()
  expect(ahead.add(viewOf(keyOf(LONGEST + 1)), 0, LONGEST + 1)).toBe(-1)
  expect(ahead.add(viewOf(keyOf(LONGEST)), 0, LONGEST)).toBe(0)
  ahead.touch()
  expect(ahead.sum).toBe(0)
})

test('values longer than a page of the system, beside short ones and none', () => {
  const raw = new RawAccess(openEngine({ memory: '16mb' }))
  const ahead = new LookAhead(raw)
  const lengths = [20, 5000, 70_000, 0, 300_000, 4096]
  const keys = lengths.map((length) => Buffer.from(`key of ${length}`))
  const texts = lengths.map((length) => String(length).padEnd(length, 'abc'))
  for (const [i, key] of keys.entries()) if (lengths[i] !== 0) store(raw, key, texts[i]!, 0)
  for (const turn of [keys, keys.toReversed()]) {
    ahead.begin(0)
    for (const key of turn) ahead.add(viewOf(key), 0, key.length)
    ahead.touch()
    for (const [i, key] of turn.entries()) {
      expect(ahead.stage(i)).toBe(true)
      const text = texts[keys.indexOf(key)]!
      expect(raw.open()).toBe(text === '0' ? GONE : HIT)
      if (text === '0') continue
      const copy = Buffer.alloc(raw.reading.length)
      raw.copy(copy, 0)
      expect(raw.confirm()).toBe(true)
      expect(copy.toString()).toBe(text)
    }
  }
})
