/**
 * Every public call of an engine: what it answers for a key that is there, for one that is not, and
 * what it leaves behind. Refusals are in refusals.test.ts, times in expiry.test.ts, room in
 * capacity.test.ts.
 */
import { describe, expect, test } from 'vitest'
import { openEngine } from './open-engine.ts'

const VALUES: readonly unknown[] = [
  '',
  'text',
  'ein Tränchen, 涙, 🙂',
  '\ud800 alone',
  'x'.repeat(70_000),
  new Uint8Array(0),
  new Uint8Array([0, 255, 1]),
  0,
  -0,
  1.5,
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  2 ** 53,
  0n,
  -(2n ** 100n),
  true,
  false,
  null,
  [],
  { a: [1, { b: null }], c: 'd' },
]

describe('get and set', () => {
  test.each(VALUES.map((value) => [value]))('%s comes back as it went in', (value) => {
    const engine = openEngine()
    engine.set('key', value)
    expect(engine.get('key')).toStrictEqual(value)
    expect(engine.gets('key')?.value).toStrictEqual(value)
    expect(engine.getMany(['key', 'no'])).toStrictEqual([value, undefined])
    expect(engine.getOrSet('key', () => 'other')).toStrictEqual(value)
    expect(engine.getAndTouch('key', 1000)).toStrictEqual(value)
    expect([...engine.entries()]).toStrictEqual([['key', value]])
  })

  test('what comes back is a copy', () => {
    const engine = openEngine()
    const bytes = new Uint8Array([1, 2, 3])
    engine.set('bytes', bytes)
    bytes[0] = 9
    const copy = engine.get<Uint8Array>('bytes')!
    expect(copy).toEqual(new Uint8Array([1, 2, 3]))
    copy[0] = 8
    expect(engine.get('bytes')).toEqual(new Uint8Array([1, 2, 3]))
  })

  test('a key as text and as the same bytes is one key', () => {
    const engine = openEngine()
    engine.set('grün', 1)
    expect(engine.get(Buffer.from('grün'))).toBe(1)
    engine.set(new Uint8Array([0, 1, 2]), 2)
    expect(engine.get('\u0000\u0001\u0002')).toBe(2)
    expect(engine.size).toBe(2)
  })

  test('the codec v8 keeps what JSON does not', () => {
    const engine = openEngine({ codec: 'v8' })
    const value = new Map<unknown, unknown>([
      ['when', new Date(5)],
      ['set', new Set([1n])],
    ])
    engine.set('key', value)
    expect(engine.get('key')).toStrictEqual(value)
  })

  test('a codec of the user, in text or bytes', () => {
    for (const asText of [true, false]) {
      const engine = openEngine({
        codec: {
          encode: (value) =>
            asText ? JSON.stringify([value]) : Buffer.from(JSON.stringify([value])),
          decode: (bytes) => JSON.parse(Buffer.from(bytes).toString())[0],
        },
      })
      engine.set('key', { a: 'ü' })
      expect(engine.get('key')).toEqual({ a: 'ü' })
    }
  })
})

test('a miss is undefined, -1 or false, and is counted', () => {
  const engine = openEngine()
  expect(engine.get('no')).toBeUndefined()
  expect(engine.gets('no')).toBeUndefined()
  expect(engine.getBytes('no', new Uint8Array(4))).toBe(-1)
  expect(engine.has('no')).toBe(false)
  expect(engine.ttl('no')).toBeUndefined()
  expect(engine.delete('no')).toBe(false)
  expect(engine.touch('no', 5)).toBe(false)
  expect(engine.getAndTouch('no', 5)).toBeUndefined()
  expect(engine.replace('no', 1)).toBe(false)
  expect(engine.append('no', 'x')).toBe(false)
  expect(engine.prepend('no', 'x')).toBe(false)
  expect(engine.compareAndSet('no', 1, 1)).toBe('missing')
  expect(engine.decrement('no')).toBeUndefined()
  expect(engine.size).toBe(0)
  expect(engine.stats()).toMatchObject({ hits: 0, misses: 3, hitRatio: 0, sets: 0, entries: 0 })
})

test('getBytes copies the stored bytes and no more', () => {
  const engine = openEngine()
  const target = new Uint8Array(8).fill(7)
  engine.set('text', 'abc')
  expect(engine.getBytes('text', target)).toBe(3)
  expect([...target]).toEqual([97, 98, 99, 7, 7, 7, 7, 7])
  engine.set('empty', '')
  expect(engine.getBytes('empty', new Uint8Array(0))).toBe(0)
})

test('add stores once, replace only what is there', () => {
  const engine = openEngine()
  expect(engine.replace('key', 0)).toBe(false)
  expect(engine.add('key', 1)).toBe(true)
  expect(engine.add('key', 2)).toBe(false)
  expect(engine.get('key')).toBe(1)
  expect(engine.replace('key', 3)).toBe(true)
  expect(engine.get('key')).toBe(3)
})

test('versions rise with each value, across deletion; touch keeps them', () => {
  const engine = openEngine()
  let last = 0
  for (let n = 0; n < 5; n++) {
    engine.set('key', n)
    const { version } = engine.gets('key')!
    expect(version).toBeGreaterThan(last)
    last = version
    engine.touch('key', 10_000)
    expect(engine.gets('key')!.version).toBe(version)
    if (n % 2 === 0) engine.delete('key')
  }
})

test('compareAndSet stores over the version that was read and no other', () => {
  const engine = openEngine()
  engine.set('key', 'a')
  const { version } = engine.gets('key')!
  expect(engine.compareAndSet('key', 'b', version)).toBe('stored')
  expect(engine.compareAndSet('key', 'c', version)).toBe('exists')
  expect(engine.get('key')).toBe('b')
})

test('append and prepend keep the kind of the value', () => {
  const engine = openEngine()
  engine.set('text', 'b')
  expect(engine.append('text', 'ü') && engine.prepend('text', 'a')).toBe(true)
  expect(engine.get('text')).toBe('abü')
  engine.set('digits', '1')
  engine.append('digits', '2')
  expect(engine.increment('digits')).toBe(13)
  engine.set('bytes', new Uint8Array([2]))
  expect(engine.append('bytes', new Uint8Array([3])) && engine.prepend('bytes', '\u0001')).toBe(
    true,
  )
  expect(engine.get('bytes')).toEqual(new Uint8Array([1, 2, 3]))
})

test('counters count in unsigned 64 bits, wrap upwards and stop at 0', () => {
  const engine = openEngine()
  expect(engine.increment('n')).toBe(1)
  expect(engine.increment('n', { by: 41 })).toBe(42)
  expect(engine.get('n')).toBe(42)
  expect(engine.decrement('n', { by: 50 })).toBe(0)
  expect(engine.increment('big', { initial: 2n ** 64n - 1n })).toBe(2n ** 64n - 1n)
  expect(engine.increment('big', { by: 3n })).toBe(2)
  expect(engine.increment('safe', { initial: 2 ** 53 - 1 })).toBe(2 ** 53 - 1)
  expect(engine.increment('safe')).toBe(2n ** 53n)
  expect(engine.get('safe')).toBe(2n ** 53n)
  expect(engine.decrement('from', { initial: 5 })).toBe(5)
  expect(engine.increment('zero', { initial: 0 })).toBe(0)
  engine.set('text', '18446744073709551615')
  expect(engine.increment('text')).toBe(0)
  expect(engine.get('text')).toBe('0')
  engine.set('bytes', Buffer.from('7'))
  expect(engine.increment('bytes')).toBe(8)
  expect(engine.get('bytes')).toEqual(new Uint8Array([56]))
})

test('update makes a value of the old one, or leaves it alone', () => {
  const engine = openEngine()
  const push = (item: string) => engine.update<string[]>('list', (old = []) => [...old, item])
  push('a')
  expect(push('b')).toEqual(['a', 'b'])
  expect(engine.update('list', () => undefined)).toBeUndefined()
  expect(engine.get('list')).toEqual(['a', 'b'])
  expect(engine.update('absent', () => undefined)).toBeUndefined()
  expect(engine.has('absent')).toBe(false)
})

test('update runs its function again when another write came between', () => {
  const engine = openEngine()
  engine.set('n', 1)
  let runs = 0
  const result = engine.update<number>('n', (old) => {
    if (runs++ === 0) engine.set('n', 10)
    return old! + 1
  })
  expect([result, runs, engine.get('n')]).toEqual([11, 2, 11])
})

test('getOrSet makes the value on a miss, and not if that throws', () => {
  const engine = openEngine()
  expect(engine.getOrSet('key', () => 'made')).toBe('made')
  expect(engine.getOrSet('key', () => 'again')).toBe('made')
  const failing = () => {
    throw new RangeError('no')
  }
  expect(() => engine.getOrSet('other', failing)).toThrow(RangeError)
  expect(engine.has('other')).toBe(false)
})

test('setMany, getMany, keys, entries', () => {
  const engine = openEngine()
  const pairs = Array.from({ length: 500 }, (_, n) => [`key-${n}`, n] as const)
  engine.setMany(new Map(pairs))
  expect(engine.size).toBe(500)
  expect(engine.getMany(pairs.map(([key]) => key))).toEqual(pairs.map(([, value]) => value))
  expect([...engine.keys()].sort()).toEqual(pairs.map(([key]) => key).sort())
  expect(new Map(engine.entries())).toEqual(new Map(pairs))
})

test('iteration under writes meets each key that stays once, and ends', () => {
  const engine = openEngine()
  for (let n = 0; n < 2000; n++) engine.set(`stays-${n}`, n)
  const met = new Map<string, number>()
  let step = 0
  for (const key of engine.keys()) {
    met.set(key, (met.get(key) ?? 0) + 1)
    engine.set(`comes-${step++}`, step)
    engine.set(`stays-${step % 2000}`, 'changed'.repeat(step % 30))
    engine.delete(`comes-${step - 10}`)
  }
  for (let n = 0; n < 2000; n++) expect(met.get(`stays-${n}`)).toBe(1)
})

test('stats count what happened', () => {
  const engine = openEngine()
  engine.set('a', 'x'.repeat(10))
  engine.get('a')
  engine.get('b')
  engine.delete('a')
  engine.set('c', 1)
  engine.clear()
  const stats = engine.stats()
  expect(stats).toMatchObject({
    hits: 1,
    misses: 1,
    hitRatio: 0.5,
    sets: 2,
    deletes: 1,
    flushes: 1,
  })
  expect(stats).toMatchObject({ entries: 1, threads: 1, refused: { memory: 0, slots: 0 } })
  expect(stats.memory.budget).toBe(4 * 2 ** 20)
  expect(engine.size).toBe(0)
})
