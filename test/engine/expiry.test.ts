/**
 * Time: TTLs and flushes under a clock that the test moves, and namespaces, which flush and count
 * on their own.
 */
import { describe, expect, test } from 'vitest'
import { viewOf } from '../../src/engine/engine.ts'
import { maintainStep } from '../../src/engine/maintain.ts'
import { FakeClock, openEngine } from './open-engine.ts'

describe('TTL', () => {
  test('a value is there until its last millisecond and never after', () => {
    const clock = new FakeClock()
    const engine = openEngine({ now: clock.now })
    engine.set('key', 'value', 1000)
    expect(engine.ttl('key')).toBe(1000)
    clock.ms += 999
    expect([engine.get('key'), engine.ttl('key'), engine.has('key')]).toEqual(['value', 1, true])
    clock.ms += 1
    expect(engine.has('key')).toBe(false)
    expect(engine.ttl('key')).toBeUndefined()
    expect([...engine.keys()]).toEqual([])
    expect(engine.getBytes('key', new Uint8Array(9))).toBe(-1)
    expect(engine.get('key')).toBeUndefined()
    expect(engine.stats()).toMatchObject({ expirations: 1, entries: 0 })
  })

  test('the default, that of a call, and none', () => {
    const clock = new FakeClock()
    const engine = openEngine({ now: clock.now, ttl: 500 })
    engine.set('default', 1)
    engine.set('own', 1, { ttl: 2000 })
    engine.set('none', 1, Number.POSITIVE_INFINITY)
    engine.set('empty', 1, {})
    engine.set('part', 1, 0.25)
    expect(['default', 'own', 'none', 'empty', 'part'].map((key) => engine.ttl(key))).toEqual([
      500,
      2000,
      Number.POSITIVE_INFINITY,
      500,
      1,
    ])
    clock.ms += 1000
    expect(engine.getMany(['default', 'own', 'none', 'empty'])).toEqual([
      undefined,
      1,
      1,
      undefined,
    ])
    engine.set('own', 2)
    expect(engine.ttl('own')).toBe(500)
  })

  test.each([
    ['no default', undefined, Number.POSITIVE_INFINITY],
    ['a default', 500, 500],
  ])('what is written without a ttl has that of the engine: %s', (_, ttl, given) => {
    const clock = new FakeClock()
    const engine = openEngine({ now: clock.now, ttl })
    const anew: readonly (() => unknown)[] = [
      () => engine.set('key', '2'),
      () => engine.setMany([['key', '2']]),
      () => engine.replace('key', '2'),
      () => engine.update('key', () => '2'),
      () => engine.compareAndSet('key', '2', engine.gets('key')!.version),
      () => engine.touch('key'),
      () => engine.getAndTouch('key'),
    ]
    const kept: readonly (() => unknown)[] = [
      () => engine.append('key', '2'),
      () => engine.prepend('key', '2'),
      () => engine.increment('key'),
      () => engine.decrement('key'),
      () => engine.update('key', () => undefined),
      () => engine.getOrSet('key', () => '2'),
    ]
    const ttlAfter = (call: () => unknown, before: number) => {
      engine.set('key', '1', before)
      clock.ms += 10
      call()
      return engine.ttl('key')
    }
    expect(anew.map((call) => ttlAfter(call, 100))).toEqual(anew.map(() => given))
    expect(kept.map((call) => ttlAfter(call, 100))).toEqual(kept.map(() => 90))
    const endless = [
      () => engine.set('key', '2', Infinity),
      () => engine.touch('key', Infinity),
      () => engine.update('key', () => '2', { ttl: Infinity }),
    ]
    expect(endless.map((call) => ttlAfter(call, 100))).toEqual(endless.map(() => Infinity))
    engine.add('added', 1)
    engine.getOrSet('made', () => 1)
    engine.increment('counted')
    expect(['added', 'made', 'counted'].map((key) => engine.ttl(key))).toEqual([
      given,
      given,
      given,
    ])
  })

  test('touch changes the time and not the value; the rest keeps the time', () => {
    const clock = new FakeClock()
    const engine = openEngine({ now: clock.now })
    engine.set('key', '1', 100)
    engine.append('key', '2')
    engine.increment('key')
    expect([engine.get('key'), engine.ttl('key')]).toEqual(['13', 100])
    expect(engine.touch('key', 5000)).toBe(true)
    clock.ms += 4999
    expect(engine.getAndTouch('key', 50)).toBe('13')
    expect(engine.ttl('key')).toBe(50)
    expect(engine.touch('key')).toBe(true)
    expect(engine.ttl('key')).toBe(Number.POSITIVE_INFINITY)
  })

  test('what is over is absent for every call', () => {
    const clock = new FakeClock()
    const engine = openEngine({ now: clock.now })
    const over = (): void => {
      engine.set('key', '5', 10)
      clock.ms += 10
    }
    over()
    expect(engine.replace('key', 1)).toBe(false)
    over()
    expect(engine.append('key', 'x')).toBe(false)
    over()
    expect(engine.touch('key', 100)).toBe(false)
    over()
    expect(engine.delete('key')).toBe(false)
    over()
    expect(engine.decrement('key')).toBeUndefined()
    over()
    expect(engine.compareAndSet('key', 1, 1)).toBe('missing')
    over()
    expect(engine.gets('key')).toBeUndefined()
    over()
    expect(engine.update('key', (old) => old ?? 'fresh')).toBe('fresh')
    over()
    expect(engine.increment('key', { by: 2 })).toBe(2)
    over()
    expect(engine.add('key', 'added')).toBe(true)
    expect(engine.get('key')).toBe('added')
  })

  test('a counter with a ttl limits a rate', () => {
    const clock = new FakeClock()
    const engine = openEngine({ now: clock.now })
    const call = () => engine.increment('who', { ttl: 1000 })
    expect([call(), call(), call()]).toEqual([1, 2, 3])
    clock.ms += 999
    expect(call()).toBe(4)
    clock.ms += 1
    expect(call()).toBe(1)
  })

  test('maintenance frees what is over without being asked for it', () => {
    const clock = new FakeClock()
    const engine = openEngine({ now: clock.now })
    for (let n = 0; n < 1000; n++) engine.set(`short-${n}`, n, 1000)
    for (let n = 0; n < 1000; n++) engine.set(`long-${n}`, n, 1_000_000)
    clock.ms += 5000
    for (let n = 0; n < 300; n++) maintainStep(viewOf(engine))
    expect(engine.stats()).toMatchObject({ expirations: 1000, entries: 1000 })
    expect(engine.get('long-7')).toBe(7)
  })
})

describe('flush', () => {
  test('clear takes everything at once, and what comes after stays', () => {
    const engine = openEngine()
    for (let n = 0; n < 1000; n++) engine.set(`key-${n}`, n)
    engine.clear()
    expect(engine.size).toBe(0)
    expect(engine.get('key-5')).toBeUndefined()
    expect([...engine.keys()]).toEqual([])
    expect(engine.add('key-6', 'new')).toBe(true)
    expect(engine.replace('key-7', 'new')).toBe(false)
    expect(engine.append('key-8', 'new')).toBe(false)
    expect(engine.increment('key-9')).toBe(1)
    expect(engine.size).toBe(2)
    engine.flush()
    expect(engine.size).toBe(0)
    expect(engine.stats().flushes).toBe(2)
  })

  test('at a time, once; a later call replaces it, a time that is past is now', () => {
    const clock = new FakeClock()
    const engine = openEngine({ now: clock.now })
    const start = clock.ms
    engine.set('key', 1)
    engine.flush({ at: start + 10_000 })
    engine.flush({ at: start + 20_000 })
    clock.ms = start + 19_000
    expect(engine.get('key')).toBe(1)
    clock.ms = start + 20_000 + 16
    expect(engine.size).toBe(0)
    engine.set('key', 2)
    clock.ms += 100_000
    expect(engine.get('key')).toBe(2)
    engine.flush({ at: clock.ms - 1 })
    expect(engine.get('key')).toBeUndefined()
    engine.set('key', 3)
    engine.flush({ at: clock.ms + 1000 })
    engine.clear()
    engine.set('key', 4)
    clock.ms += 2000
    expect(engine.get('key')).toBe(4)
  })

  test.each([
    ['of the same size', 100],
    ['of other sizes', 170],
  ])('flushed entries make room for entries %s', (_, length) => {
    const engine = openEngine({ memory: '2mb', eviction: 'none', maxThreads: 4 })
    const fill = (bytes: number): number => {
      for (let stored = 0; ; stored++) {
        try {
          engine.set(`${stored + 10_000_000}`, 'x'.repeat(bytes))
        } catch {
          return stored * (bytes + 28)
        }
      }
    }
    const first = fill(100)
    engine.clear()
    expect(fill(length)).toBeGreaterThan(first * 0.9)
  })
})

describe('namespaces', () => {
  test('have keys, counts and clears of their own', () => {
    const engine = openEngine()
    const one = engine.namespace('one')
    const two = engine.namespace('two')
    engine.set('key', 'engine')
    one.set('key', 'one')
    two.set('key', 'two')
    two.set('other', 2)
    expect([engine, one, two].map((space) => space.get('key'))).toEqual(['engine', 'one', 'two'])
    expect([engine.size, one.size, two.size]).toEqual([4, 1, 2])
    expect([...two.keys()].sort()).toEqual(['key', 'other'])
    expect([...engine.keys()]).toEqual(['key'])
    one.clear()
    expect([engine.size, one.size, two.size]).toEqual([3, 0, 2])
    expect(one.get('key')).toBeUndefined()
    expect(engine.get('key')).toBe('engine')
    one.set('key', 'again')
    expect([one.get('key'), one.size]).toEqual(['again', 1])
    engine.clear()
    expect([engine.size, one.size, two.size]).toEqual([0, 0, 0])
    expect(two.add('key', 1)).toBe(true)
  })

  test('a cleared namespace makes room where nothing is evicted', () => {
    const engine = openEngine({ memory: '2mb', eviction: 'none', maxThreads: 4 })
    const space = engine.namespace('space')
    const fill = (into: typeof space): number => {
      for (let stored = 0; ; stored++) {
        try {
          into.set(`${stored + 10_000_000}`, 'x'.repeat(100))
        } catch {
          return stored
        }
      }
    }
    const first = fill(space)
    space.clear()
    expect(fill(engine)).toBeGreaterThan(first * 0.9)
    expect(engine.size).toBeGreaterThan(first * 0.9)
  })

  test('the same name is the same namespace', () => {
    const engine = openEngine()
    engine.namespace('name').set('key', 1)
    expect(engine.namespace('name').get('key')).toBe(1)
    expect(engine.namespace('Name').get('key')).toBeUndefined()
  })

  test('counters, versions and updates work in them', () => {
    const space = openEngine().namespace('space')
    expect(space.increment('n', { by: 5 })).toBe(5)
    expect(space.update<number>('n', (old) => old! + 1)).toBe(6)
    const { version } = space.gets('n')!
    expect(space.compareAndSet('n', 'long '.repeat(100), version)).toBe('stored')
    expect(space.append('n', 'end')).toBe(true)
    expect(space.delete('n')).toBe(true)
    expect(space.size).toBe(0)
  })
})
