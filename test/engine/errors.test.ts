/** Errors: every constructor carries its code, field, value and limit, and a message with them. */
import { describe as group, expect, test } from 'vitest'
import { count, describe, retainable } from '../../src/engine/describe.ts'
import * as errors from '../../src/engine/errors.ts'

const SAMPLES: Record<errors.ErrorCode, { error: errors.HeddleError; says: readonly string[] }> = {
  HEDDLE_BAD_OPTION: {
    error: errors.badOption('ttl', -5, 'it must be more than 0', 0),
    says: ['ttl', '-5', 'more than 0'],
  },
  HEDDLE_BAD_TYPE: {
    error: errors.badType('key', 7, 'a string or a Uint8Array'),
    says: ['key', '7', 'a string or a Uint8Array'],
  },
  HEDDLE_BAD_VALUE: { error: errors.badValue('by', -1n, 'it is below 0'), says: ['by', '-1n'] },
  HEDDLE_UNDECODABLE: { error: errors.undecodable('no JSON'), says: ['no JSON'] },
  HEDDLE_KEY_TOO_LONG: { error: errors.keyTooLong(70_000), says: ['70,000', '65,535'] },
  HEDDLE_VALUE_TOO_LARGE: { error: errors.valueTooLarge(2000, 1024), says: ['2,000', '1,024'] },
  HEDDLE_TARGET_TOO_SHORT: { error: errors.targetTooShort(10, 20), says: ['10', '20'] },
  HEDDLE_FULL: {
    error: errors.full('memory', 4096),
    says: ['memory', '4,096', 'nothing could be evicted'],
  },
  HEDDLE_CONTENDED: { error: errors.contended('set', 1000), says: ['set', '1,000'] },
  HEDDLE_CLOSED: { error: errors.closed('web'), says: ['"web"', 'attach'] },
  HEDDLE_TOO_MANY_THREADS: { error: errors.tooManyThreads(126), says: ['126', 'maxThreads'] },
  HEDDLE_TOO_MANY_NAMESPACES: {
    error: errors.tooManyNamespaces('users', 16),
    says: ['"users"', '16', 'maxNamespaces'],
  },
  HEDDLE_FOREIGN_LAYOUT: { error: errors.foreignLayout('no memory'), says: ['no memory'] },
  HEDDLE_NOT_FOUND: { error: errors.notFound('web'), says: ['"web"', 'server', 'handle'] },
  HEDDLE_NAME_TAKEN: { error: errors.nameTaken('web'), says: ['"web"'] },
  HEDDLE_NOT_A_NUMBER: { error: errors.notANumber('abc'), says: ['"abc"', '64-bit'] },
  HEDDLE_GATE_CLOSED: { error: errors.gateClosed('set'), says: ['set'] },
  HEDDLE_NO_MEMORY: {
    error: errors.noMemory(2 ** 30, new RangeError('x')),
    says: ['1,073,741,824'],
  },
  HEDDLE_NO_HOT_KEYS: { error: errors.noHotKeys('web'), says: ['"web"', 'hotKeys'] },
  HEDDLE_NO_FEED: { error: errors.noFeed('web'), says: ['"web"', 'feedBytes'] },
}

group('every code', () => {
  test('has an explanation and a sample here', () => {
    expect(Object.keys(SAMPLES).sort()).toEqual(Object.keys(errors.ERROR_CODES).sort())
    for (const sentence of Object.values(errors.ERROR_CODES))
      expect(sentence.length).toBeGreaterThan(9)
  })

  test.each(
    Object.entries(SAMPLES),
  )('%s says what, how much and how much is allowed', (code, sample) => {
    expect(sample.error).toBeInstanceOf(errors.HeddleError)
    expect(sample.error).toBeInstanceOf(Error)
    expect(sample.error.name).toBe('HeddleError')
    expect(sample.error.code).toBe(code)
    for (const part of sample.says) expect(sample.error.message).toContain(part)
  })
})

test('the fields can be read by programs', () => {
  const error = errors.valueTooLarge(2000, 1024)
  expect([error.field, error.value, error.limit]).toEqual(['value', 2000, 1024])
  expect(errors.noMemory(1, new RangeError('x')).cause).toBeInstanceOf(RangeError)
  expect('cause' in errors.closed('a')).toBe(false)
})

test('an error keeps neither long texts nor objects alive', () => {
  const error = errors.badType('key', 'x'.repeat(1e6), 'something else')
  expect(error.message.length).toBeLessThan(200)
  expect(String(error.value).length).toBeLessThanOrEqual(40)
  expect(errors.badType('key', { a: 1 }, 'a string').value).toBe('an object')
  expect(retainable(5n)).toBe(5n)
  expect(retainable(() => 1)).toBe('a function')
})

test('describe never runs code of the value and never throws', () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const trap = {
    get constructor(): never {
      throw new Error('ran')
    },
    toString(): never {
      throw new Error('ran')
    },
    get [Symbol.toStringTag](): never {
      throw new Error('ran')
    },
  }
  const cases: [unknown, string][] = [
    [trap, 'an object'],
    [proxy, 'a revoked proxy'],
    [undefined, 'undefined'],
    [null, 'null'],
    [-0, '-0'],
    [Number.NaN, 'NaN'],
    [10n ** 50n, 'a large bigint'],
    [Symbol('x'), 'a symbol'],
    [new Uint8Array(2000), 'a view of 2,000 bytes'],
    [[1, 2], 'an array of 2'],
    ['a\nb', '"a\\nb"'],
  ]
  for (const [value, text] of cases) expect(describe(value)).toBe(text)
  expect(describe('y'.repeat(5000))).toContain('(5,000 characters)')
  expect(count(65535)).toBe('65,535')
})
