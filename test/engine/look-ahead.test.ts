/** Looking ahead: a key that is staged from there is the key that `RawAccess.stage` stages. */
import { describe, expect, test } from 'vitest'
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

test('a key of 64 bytes is left out; none and one need no touch', () => {
  const ahead = new LookAhead(new RawAccess(openEngine()))
  ahead.begin(0)
  ahead.touch()
  expect(ahead.add(viewOf(keyOf(LONGEST + 1)), 0, LONGEST + 1)).toBe(-1)
  expect(ahead.add(viewOf(keyOf(LONGEST)), 0, LONGEST)).toBe(0)
  ahead.touch()
  expect(ahead.sum).toBe(0)
})
