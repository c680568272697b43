/**
 * Transactions of one thread: what they change and what they refuse, what they leave in the memory,
 * and what the feed tells of them. What other threads see in between is for the explorer.
 */
import { afterEach, expect, test } from 'vitest'
import { createEngine, type Engine, type EngineOptions } from '../../src/index.ts'
import { TAG_ASCII } from '../../src/engine/codec.ts'
import {
  CONFLICT,
  DELETE_KEY,
  Draft,
  FULL,
  KEEP,
  PUT_FRESH,
  RawAccess,
  type Seen,
  STORED,
  type Want,
} from '../../src/engine/raw-access.ts'
import { sessionOf } from '../../src/engine/engine.ts'
import { checkIntegrity } from '../../src/memory/check-integrity.ts'
import { total } from '../../src/memory/row.ts'

const engines: Engine[] = []
afterEach(() => {
  for (const engine of engines.splice(0)) {
    expect(checkIntegrity(sessionOf(engine).view).problems).toEqual([])
    engine.close()
  }
})

function open(options: EngineOptions = {}): { engine: Engine; raw: RawAccess } {
  const engine = createEngine({ memory: '8mb', ...options })
  engines.push(engine)
  return { engine, raw: new RawAccess(engine) }
}

const encoder = new TextEncoder()

function see(raw: RawAccess, key: string): Seen {
  const bytes = encoder.encode(key)
  raw.stage(bytes, 0, bytes.length)
  return raw.see()!
}

function want(key: string, kind: Want['kind'], value = '', more: Partial<Want> = {}): Want {
  const draft = new Draft()
  draft.bytes = encoder.encode(value)
  draft.length = draft.bytes.length
  draft.codec = TAG_ASCII
  return {
    key: encoder.encode(key),
    space: 0,
    seen: undefined,
    isWatched: false,
    kind,
    draft,
    ...more,
  }
}

test('several keys are written, deleted and kept', () => {
  const { engine, raw } = open()
  engine.set('a', 'old')
  engine.set('b', 'old')
  engine.set('c', 'kept')
  const before = engine.gets('c')!.version
  const wants = [
    want('a', PUT_FRESH, 'new'),
    want('new', PUT_FRESH, 'value'),
    want('b', DELETE_KEY, '', { seen: see(raw, 'b') }),
    want('c', KEEP, '', { seen: see(raw, 'c') }),
    want('none', KEEP, '', { seen: see(raw, 'none') }),
  ]
  expect(raw.transact(wants)).toBe(STORED)
  expect(['a', 'b', 'c', 'new', 'none'].map((key) => engine.get(key))).toEqual([
    'new',
    undefined,
    'kept',
    'value',
    undefined,
  ])
  expect(engine.gets('c')!.version).toBe(before)
  expect(engine.size).toBe(3)
  expect([...engine.keys()].sort()).toEqual(['a', 'c', 'new'])
})

test('nothing happens when one key is not as it was seen', () => {
  const { engine, raw } = open()
  engine.set('a', '1')
  engine.set('b', '1')
  const seen = see(raw, 'b')
  const absent = see(raw, 'absent')
  const all = (): Want[] => [want('new', PUT_FRESH, 'x'), want('a', PUT_FRESH, 'x')]
  const outcomes: number[] = []
  const attempt = (last: Want): void => {
    outcomes.push(raw.transact([...all(), last]))
    outcomes.push(raw.transact([last, ...all()]))
  }
  engine.set('b', '2')
  attempt(want('b', DELETE_KEY, '', { seen }))
  engine.delete('b')
  attempt(want('b', KEEP, '', { seen }))
  engine.set('absent', 'no more')
  attempt(want('absent', PUT_FRESH, 'x', { seen: absent }))
  expect(new Set(outcomes)).toEqual(new Set([CONFLICT]))
  expect([engine.get('new'), engine.get('a'), engine.get('absent')]).toEqual([
    undefined,
    '1',
    'no more',
  ])
  expect(engine.size).toBe(2)
})

test('another time to live is another state', () => {
  const { engine, raw } = open()
  engine.set('a', '1')
  const seen = see(raw, 'a')
  engine.touch('a', 10_000)
  expect(raw.transact([want('a', PUT_FRESH, '2', { seen })])).toBe(CONFLICT)
  expect(engine.get('a')).toBe('1')
})

test('an absent key that came and went was touched', () => {
  const { engine, raw } = open()
  const watched = { seen: see(raw, 'a'), isWatched: true }
  expect(raw.transact([want('a', KEEP, '', watched), want('b', PUT_FRESH, '1')])).toBe(STORED)
  const again = { seen: see(raw, 'a'), isWatched: true }
  engine.set('a', 'x')
  engine.delete('a')
  expect(raw.transact([want('a', KEEP, '', again), want('b', PUT_FRESH, '2')])).toBe(CONFLICT)
  const unwatched = { seen: see(raw, 'a'), isWatched: false }
  expect(raw.transact([want('a', KEEP, '', unwatched), want('b', PUT_FRESH, '2')])).toBe(STORED)
  expect(engine.get('b')).toBe('2')
})

test("its own creations are no others' when it is begun again", () => {
  const { engine, raw } = open()
  engine.set('b', '1')
  const stale = see(raw, 'b')
  engine.set('b', '2')
  const seen = see(raw, 'a')
  const wants = [
    want('a', PUT_FRESH, 'x', { seen, isWatched: true }),
    want('b', PUT_FRESH, 'x', { seen: stale }),
  ]
  for (let n = 0; n < 3; n++) expect(raw.transact(wants)).toBe(CONFLICT)
  const wanted = [wants[0]!, want('b', PUT_FRESH, '3', { seen: see(raw, 'b') })]
  expect(raw.transact(wanted)).toBe(STORED)
  expect(engine.get('a')).toBe('x')
})

test('times to live, namespaces, long values and long keys go along', () => {
  const { engine, raw } = open()
  const space = engine.namespace('n')
  space.set('a', 'there')
  const number = raw.spaceOf('n')
  const long = 'v'.repeat(300_000)
  const key = 'k'.repeat(5000)
  const expiring = want('a', PUT_FRESH, 'soon', { space: number })
  expiring.draft!.expiry = raw.now() + 60_000
  expect(raw.transact([want(key, PUT_FRESH, long), expiring])).toBe(STORED)
  expect(engine.get(key)).toBe(long)
  expect(space.get('a')).toBe('soon')
  expect(space.ttl('a')).toBeGreaterThan(50_000)
  expect(engine.get('a')).toBeUndefined()
  const { seen } = { seen: see(raw, key) }
  expect(raw.transact([want(key, KEEP, '', { seen }), want('b', PUT_FRESH, long)])).toBe(STORED)
  expect([engine.get(key), engine.get('b')]).toEqual([long, long])
})

test('what finds no room changes nothing', () => {
  const { engine, raw } = open({ memory: '4mb', eviction: 'none' })
  engine.set('a', '1')
  const long = 'v'.repeat(900_000)
  const wants = ['b', 'c', 'd', 'e', 'f'].map((key) => want(key, PUT_FRESH, long))
  expect(raw.transact([want('a', PUT_FRESH, '2'), ...wants])).toBe(FULL)
  expect([...engine.keys()]).toEqual(['a'])
  expect(engine.get('a')).toBe('1')
  expect(raw.transact([want('a', PUT_FRESH, '2'), wants[0]!])).toBe(STORED)
  expect(engine.get('a')).toBe('2')
})

test('with a bound on entries, and memory that evicts', () => {
  const { engine, raw } = open({ memory: '2mb', maxEntries: 50 })
  for (let n = 0; n < 2000; n++) {
    const outcome = raw.transact([
      want(`a${n}`, PUT_FRESH, 'x'.repeat(n)),
      want(`b${n}`, PUT_FRESH, 'x'.repeat(n)),
    ])
    expect(outcome).toBe(STORED)
  }
  expect(engine.stats().entries).toBeLessThanOrEqual(50)
})

test('a bound on entries that are not evicted is kept, and what adds none goes on', () => {
  const { engine, raw } = open({ eviction: 'none', maxEntries: 10 })
  for (let n = 0; n < 9; n++) engine.set(`k${n}`, 'x')
  const two = [want('a', PUT_FRESH, 'x'), want('b', PUT_FRESH, 'x')]
  expect(raw.transact(two)).toBe(FULL)
  expect(engine.size).toBe(9)
  expect(raw.transact(two.slice(1))).toBe(STORED)
  const gone = want('b', DELETE_KEY, '', { seen: see(raw, 'b') })
  const none = want('none', KEEP, '', { seen: see(raw, 'none') })
  const renamed = [want('a', PUT_FRESH, 'x'), gone, none, want('k1', PUT_FRESH, 'y')]
  expect(raw.transact(renamed)).toBe(STORED)
  expect([engine.size, engine.get('a'), engine.get('b')]).toEqual([10, 'x', undefined])
  engine.touch('k0', 1)
  for (const until = Date.now() + 5; Date.now() < until; );
  expect(raw.transact([want('c', PUT_FRESH, 'x'), none])).toBe(STORED)
  expect(engine.size).toBe(10)
})

test('the feed tells what happened, once it has happened', () => {
  const { engine, raw } = open({ feedBytes: '256kb' })
  engine.set('a', 'old')
  engine.set('gone', 'old')
  using feed = engine.mutations()
  const seen = see(raw, 'gone')
  const stale = { ...seen, version: seen.version + 1 }
  const gone = (as: Seen): Want => want('gone', DELETE_KEY, '', { seen: as })
  const writes = (): Want[] => [want('a', PUT_FRESH, '1'), want('new', PUT_FRESH, '1')]
  expect(raw.transact([...writes(), gone(stale)])).toBe(CONFLICT)
  expect(feed.poll()).toEqual([])
  expect(raw.transact([...writes(), gone(seen)])).toBe(STORED)
  const told = feed.poll().map(({ kind, key, version }) => {
    return [kind, key, version === (engine.gets(key)?.version ?? version)]
  })
  expect(told.sort()).toEqual([
    ['DEL', 'gone', true],
    ['PUT', 'a', true],
    ['PUT', 'new', true],
  ])
})

test('transactions are counted, and what they leave is used again', () => {
  const { engine, raw } = open()
  const { view } = sessionOf(engine)
  for (let n = 0; n < 500; n++) {
    raw.transact([want('a', PUT_FRESH, String(n)), want(`b${n % 3}`, PUT_FRESH, String(n))])
  }
  const stale = see(raw, 'a')
  engine.set('a', 'x')
  for (let n = 0; n < 500; n++)
    raw.transact([want('c', PUT_FRESH, 'x'), want('a', KEEP, '', { seen: stale })])
  expect(total(view, 'transactions')).toBe(500)
  expect(total(view, 'transactionsAborted')).toBe(500)
  expect(engine.size).toBe(4)
  expect(engine.stats().bytes).toBeLessThan(1000)
})
