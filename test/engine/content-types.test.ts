/**
 * Content types and store times: kept with the entry, readable by every thread, gone with the next
 * value that says nothing of them; and a registry that is full, or was left half written.
 */
import { expect, test } from 'vitest'
import { CONTENT_TYPE, CONTENT_TYPES, TYPES_AT } from '../../native-layout/control-block.ts'
import { TouchChange } from '../../src/engine/changes.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { contentTypeName, contentTypeNumber } from '../../src/engine/content-types.ts'
import { HIT, RawAccess, SET, STORED } from '../../src/engine/raw-access.ts'
import type { Engine } from '../../src/index.ts'
import { FakeClock, openEngine, secondRow } from './open-engine.ts'

const KEY = Buffer.from('key')

function put(raw: RawAccess, value: string, content = 0, storedAt = 0): void {
  const empty = { expiry: 0, flags: 0, marks: 0, casHigh: 0, casLow: 0, codec: 0, from: 0 }
  const bytes = Buffer.from(value)
  Object.assign(raw.draft, empty, { bytes, length: bytes.length })
  if (content !== 0) Object.assign(raw.draft, { content, storedAt })
  raw.stage(KEY, 0, KEY.length)
  expect(raw.store(SET)).toBe(STORED)
}

/** What an entry says: content type and store time. */
function seen(raw: RawAccess): [string | undefined, number] {
  raw.stage(KEY, 0, KEY.length)
  expect(raw.open()).toBe(HIT)
  expect(raw.confirm()).toBe(true)
  return [raw.contentTypeName(raw.reading.content), raw.reading.storedAt]
}

test('other threads read what one registered, and the usual ones take no row', () => {
  const engine = openEngine()
  const raw = new RawAccess(engine)
  const other = secondRow(engine)
  const peer = new RawAccess(other)
  put(raw, 'x', raw.contentTypeNumber('application/vnd.heddle+json'), 1_800_000_000_123)
  expect(seen(peer)).toEqual(['application/vnd.heddle+json', 1_800_000_000_123])
  expect(raw.contentTypeCount()).toBe(1)
  const number = raw.contentTypeNumber('application/vnd.heddle+json')
  expect(peer.contentTypeNumber('application/vnd.heddle+json')).toBe(number)
  put(raw, 'x', raw.contentTypeNumber('image/png'), 1)
  expect(seen(peer)).toEqual(['image/png', 1])
  expect(raw.contentTypeCount()).toBe(1)
  other.close()
})

test('a value that says nothing of them has neither, whoever stored the one before', () => {
  const engine = openEngine()
  const raw = new RawAccess(engine)
  put(raw, 'x', raw.contentTypeNumber('image/png'), 5)
  put(raw, 'y')
  expect(seen(raw)).toEqual([undefined, 0])
  put(raw, 'x', raw.contentTypeNumber('image/png'), 5)
  engine.set('key', 'z')
  expect(seen(raw)).toEqual([undefined, 0])
})

test('what is changed in place keeps its type; its time is that of the change, no touch', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  const raw = new RawAccess(engine)
  put(raw, '1', raw.contentTypeNumber('text/csv'), clock.ms)
  const storedAt = clock.ms
  clock.ms += 1000
  raw.stage(KEY, 0, KEY.length)
  expect(raw.change(new TouchChange(clock.ms + 60_000))).toBe(STORED)
  expect(seen(raw)).toEqual(['text/csv', storedAt])
  engine.append('key', ';2')
  expect(seen(raw)).toEqual(['text/csv', clock.ms])
  // The draft that was used for it brings nothing into the next value.
  put(raw, 'new')
  expect(seen(raw)).toEqual([undefined, 0])
})

test('an entry with both survives the move of its page and a long value', () => {
  const raw = new RawAccess(openEngine({ memory: '16mb', maxItemSize: '4mb' }))
  put(raw, 'x'.repeat(3_000_000), raw.contentTypeNumber('text/csv'), 7)
  expect(seen(raw)).toEqual(['text/csv', 7])
})

test('when the registry is full, and for what it cannot hold, it is octet-stream', () => {
  const raw = new RawAccess(openEngine())
  const numbers = new Set<number>()
  for (let n = 0; n < CONTENT_TYPES; n++) numbers.add(raw.contentTypeNumber(`x/type-${n}`))
  expect(numbers.size).toBe(CONTENT_TYPES)
  expect(raw.contentTypeCount()).toBe(CONTENT_TYPES)
  const octets = raw.contentTypeNumber('application/octet-stream')
  expect(raw.contentTypeNumber('x/one-too-many')).toBe(octets)
  expect(raw.contentTypeNumber(`x/${'y'.repeat(111)}`)).toBe(octets)
  expect(raw.contentTypeNumber('x/\u00fc')).toBe(octets)
  expect(raw.contentTypeName(raw.contentTypeNumber('x/type-63'))).toBe('x/type-63')
  expect(raw.contentTypeName(250)).toBe(undefined)
  expect(raw.contentTypeName(100_000)).toBe(undefined)
})

/** The words of the row of a number. */
function rowOf(engine: Engine, number: number): { control: Int32Array; at: number } {
  const { control } = viewOf(engine)
  return { control, at: TYPES_AT + (number - 256) * CONTENT_TYPE.WORDS }
}

test('a row whose writer died with half of the text is completed by the next who wants it', () => {
  const engine = openEngine()
  const raw = new RawAccess(engine)
  const number = raw.contentTypeNumber('x/half-written')
  const { control, at } = rowOf(engine, number)
  control.fill(0, at + CONTENT_TYPE.TEXT + 1, at + CONTENT_TYPE.WORDS)
  control[at + CONTENT_TYPE.LENGTH] = 0
  expect(contentTypeName(raw.view, number)).toBe(undefined)
  expect(contentTypeNumber(raw.view, 'x/half-written')).toBe(number)
  expect(contentTypeName(raw.view, number)).toBe('x/half-written')
})
