/** The options of single calls: misspelt names and wrong shapes are refused, nothing is changed. */
import { expect, test } from 'vitest'
import { attachEngine, type Engine, type ErrorCode } from '../../src/index.ts'
import { openEngine, refusalOf } from './open-engine.ts'

const any = (value: unknown) => value as never

const CASES: readonly [
  what: string,
  call: (engine: Engine) => unknown,
  code: ErrorCode,
  field: string,
][] = [
  ['a misspelt ttl', (e) => e.set('key', 2, any({ tll: 5 })), 'HEDDLE_BAD_OPTION', 'tll'],
  ['null for options', (e) => e.set('key', 2, any(null)), 'HEDDLE_BAD_TYPE', 'options'],
  ['an array for options', (e) => e.add('new', 2, any([5])), 'HEDDLE_BAD_TYPE', 'options'],
  ['a number for increment', (e) => e.increment('key', any(5)), 'HEDDLE_BAD_TYPE', 'options'],
  ['null for decrement', (e) => e.decrement('key', any(null)), 'HEDDLE_BAD_TYPE', 'options'],
  ['a misspelt by', (e) => e.increment('key', any({ bye: 5 })), 'HEDDLE_BAD_OPTION', 'bye'],
  ['a number for flush', (e) => e.flush(any(5)), 'HEDDLE_BAD_TYPE', 'options'],
  ['a misspelt at', (e) => e.flush(any({ att: 5 })), 'HEDDLE_BAD_OPTION', 'att'],
  ['no function for update', (e) => e.update('key', any(5)), 'HEDDLE_BAD_TYPE', 'fn'],
  ['no function for getOrSet', (e) => e.getOrSet('key', any(5)), 'HEDDLE_BAD_TYPE', 'fn'],
  ['no array for getMany', (e) => e.getMany(any('key')), 'HEDDLE_BAD_TYPE', 'keys'],
  ['an object for setMany', (e) => e.setMany(any({ key: 2 })), 'HEDDLE_BAD_TYPE', 'entries'],
  ['text for setMany', (e) => e.setMany(any('ab')), 'HEDDLE_BAD_TYPE', 'entries'],
  ['nothing for setMany', (e) => e.setMany(any(undefined)), 'HEDDLE_BAD_TYPE', 'entries'],
  ['a number for an entry', (e) => e.setMany(any([5])), 'HEDDLE_BAD_TYPE', 'entries[0]'],
  ['text for an entry', (e) => e.setMany(any(['ab'])), 'HEDDLE_BAD_TYPE', 'entries[0]'],
  ['a key alone', (e) => e.setMany(any([['ab']])), 'HEDDLE_BAD_TYPE', 'entries[0]'],
  ['three for an entry', (e) => e.setMany(any([['ab', 1, 5]])), 'HEDDLE_BAD_TYPE', 'entries[0]'],
  [
    'an unknown option of attach',
    (e) => attachEngine(e.name, any({ ttl: 1 })),
    'HEDDLE_BAD_OPTION',
    'ttl',
  ],
]

test.each(CASES)('%s', (_, call, code, field) => {
  const engine = openEngine()
  engine.set('key', 1)
  expect(refusalOf(() => call(engine))).toMatchObject({ code, field })
  expect([engine.get('key'), engine.size, engine.stats().sets]).toEqual([1, 1, 1])
})

test('options that are right, in both forms', () => {
  const engine = openEngine({ now: () => 1_800_000_000_000 })
  engine.set('a', 1, 500)
  engine.set('b', 1, { ttl: 500 })
  engine.set('c', 1, {})
  engine.increment('d', { by: 2, initial: 5, ttl: 500 })
  expect(['a', 'b', 'c', 'd'].map((key) => engine.ttl(key))).toEqual([500, 500, Infinity, 500])
  expect(engine.get('d')).toBe(5)
})

test('setMany takes any iterable, and keeps what it stored before an error', () => {
  const engine = openEngine()
  engine.setMany(new Map([['a', 1]]))
  engine.setMany(new Map([['b', 2]]).entries())
  expect(refusalOf(() => engine.setMany([['c', 3], any('de'), ['f', 4]]))).toMatchObject({
    code: 'HEDDLE_BAD_TYPE',
    field: 'entries[1]',
    value: 'de',
  })
  expect(engine.getMany(['a', 'b', 'c', 'd', 'f'])).toEqual([1, 2, 3, undefined, undefined])
})
