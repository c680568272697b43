/**
 * Near caches: what is kept and handed out again, what ends it, what a hit counts as. That no other
 * thread's change is missed in any interleaving is the explorer's part (near.ts of its programs).
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { sessionOf, viewOf } from '../../src/engine/engine.ts'
import { movePage } from '../../src/engine/slab-admin.ts'
import { attachEngine, type Engine, type EngineOptions } from '../../src/index.ts'
import { heat } from '../../src/memory/clock-bits.ts'
import { find } from '../../src/memory/table.ts'
import { FakeClock, openEngine, refusalOf, secondRow } from './open-engine.ts'

function openNear(options: EngineOptions = {}): Engine {
  return openEngine({ near: { entries: 100 }, ...options })
}

/** Whether a second read gave the very object of the first. */
function isKept(engine: Pick<Engine, 'get'>, key: string): boolean {
  const first = engine.get(key)
  return engine.get(key) === first
}

describe('what is kept', () => {
  test('objects, once decoded, frozen all through', () => {
    const engine = openNear()
    engine.set('user', { name: 'Ada', tags: ['a', { b: null }] })
    const user = engine.get<{ name: string; tags: [string, object] }>('user')!
    expect(user).toEqual({ name: 'Ada', tags: ['a', { b: null }] })
    expect(engine.get('user')).toBe(user)
    expect(engine.getMany(['user', 'none', 'user'])).toEqual([user, undefined, user])
    expect([user, user.tags, user.tags[1]].every(Object.isFrozen)).toBe(true)
    expect(() => Object.assign(user, { name: 'Eve' })).toThrow(TypeError)
  })

  test('what cannot be changed, as it is', () => {
    const engine = openNear()
    const values = ['text', 'grün', '', 7, -0, 1.5, 2n ** 70n, true, false, null]
    for (const [at, value] of values.entries()) {
      engine.set(`k${at}`, value)
      for (let n = 0; n < 3; n++) expect(engine.get(`k${at}`)).toBe(value)
    }
    expect(sessionOf(engine).near!.records).toHaveLength(values.length)
  })

  test('not bytes, and nothing of a codec of the user', () => {
    const codec = {
      encode: (value: unknown) => JSON.stringify(value),
      decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()),
    }
    const engine = openNear({ codec })
    engine.set('bytes', new Uint8Array([1, 2]))
    engine.set('own', { a: 1 })
    engine.set('text', 'kept')
    for (const key of ['bytes', 'own']) {
      expect(isKept(engine, key)).toBe(false)
      expect(Object.isFrozen(engine.get(key))).toBe(false)
    }
    expect(isKept(engine, 'text')).toBe(true)
    expect(sessionOf(engine).near!.records).toHaveLength(1)
  })

  test('a codec that reads while it decodes does not have its value kept for another key', () => {
    let engine: Engine
    const decode = () => {
      engine.get('text')
      return 'decoded'
    }
    engine = openNear({ codec: { encode: () => 'x', decode } })
    engine.set('text', 'plain')
    engine.set('own', { a: 1 })
    for (let n = 0; n < 3; n++) {
      expect(engine.get('own')).toBe('decoded')
      expect(engine.get('text')).toBe('plain')
    }
  })

  test("of codec 'v8' what can be frozen, cycles too; the rest comes as a copy", () => {
    const engine = openNear({ codec: 'v8' })
    const round: Record<string, unknown> = { a: [1] }
    round['self'] = round
    engine.set('round', round)
    engine.set('map', { inner: new Map([[1, { a: 1 }]]), plain: {} })
    const kept = engine.get<{ a: number[]; self: unknown }>('round')!
    expect(kept.self).toBe(kept)
    expect(Object.isFrozen(kept.a)).toBe(true)
    expect(isKept(engine, 'round')).toBe(true)
    expect(isKept(engine, 'map')).toBe(false)
    const copy = engine.get<{ plain: object }>('map')!
    expect(Object.isFrozen(copy) || Object.isFrozen(copy.plain)).toBe(false)
  })

  test('an object of any depth', () => {
    const engine = openNear({ near: { entries: 4, maxItemSize: '1mb' } })
    const depth = 1000
    engine.set('deep', JSON.parse('['.repeat(depth) + ']'.repeat(depth)))
    expect(isKept(engine, 'deep')).toBe(true)
  })

  test('nothing larger than maxItemSize, and no more than entries', () => {
    const engine = openNear({ near: { entries: 10, maxItemSize: 100 } })
    engine.set('large', { text: 'x'.repeat(100) })
    engine.set('small', { text: 'x' })
    expect([isKept(engine, 'large'), isKept(engine, 'small')]).toEqual([false, true])
    for (let n = 0; n < 1000; n++) engine.set(`k${n}`, `v${n}`)
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < 1000; n++) expect(engine.get(`k${n}`)).toBe(`v${n}`)
    }
    const near = sessionOf(engine).near!
    expect(near.records).toHaveLength(10)
    expect(near.of(0).records.size).toBe(10)
  })

  test('hot keys stay while others are walked over', () => {
    const engine = openNear({ near: { entries: 20 } })
    for (let n = 0; n < 500; n++) engine.set(`k${n}`, { n })
    const hot = Array.from({ length: 10 }, (_, n) => engine.get(`k${n}`))
    for (let n = 10; n < 500; n++) {
      engine.get(`k${n}`)
      for (let at = 0; at < 10; at++) expect(engine.get(`k${at}`)).toBe(hot[at])
    }
  })

  test('nothing by default; what changes a value gets a copy', () => {
    const plain = openEngine()
    plain.set('k', { n: 1 })
    expect(isKept(plain, 'k')).toBe(false)
    const engine = openNear()
    engine.set('k', { n: 1 })
    engine.get('k')
    expect(engine.gets<{ n: number }>('k')!.value).not.toBe(engine.get('k'))
    engine.update<{ n: number }>('k', (old) => {
      old!.n++
      return old
    })
    expect(engine.get('k')).toEqual({ n: 2 })
    for (const [, value] of engine.entries()) expect(Object.isFrozen(value)).toBe(false)
  })
})

describe('what ends it', () => {
  const clock = new FakeClock()
  const changes: Record<string, (own: Engine, other: Engine) => unknown> = {
    set: (_, other) => other.set('k', 'new'),
    'an equal set': (_, other) => other.set('k', 'old'),
    'its own set': (own) => own.set('k', 'new'),
    delete: (_, other) => other.delete('k'),
    'delete and add': (_, other) => other.delete('k') && other.add('k', 'new'),
    append: (_, other) => other.append('k', '!'),
    compareAndSet: (_, other) => other.compareAndSet('k', 'new', other.gets('k')!.version),
    touch: (_, other) => {
      other.touch('k', 5)
      clock.ms += 5
    },
    'its time': () => (clock.ms += 1000),
    clear: (_, other) => other.clear(),
    'clear and set': (_, other) => {
      other.clear()
      other.set('k', 'new')
    },
    'a flush that is due': (_, other) => {
      other.flush({ at: clock.ms + 20 })
      clock.ms += 40
    },
    'another namespace': (_, other) => other.namespace('n').clear(),
    'a page move': (_, other) => movePage(viewOf(other), 0, 5),
  }
  for (const [name, change] of Object.entries(changes)) {
    test(`${name}: the next read says what any thread says`, () => {
      const own = openNear({ now: clock.now, ttl: 1000 })
      const other = secondRow(own)
      for (const keys of [own, own.namespace('n')]) {
        keys.set('k', 'old')
        expect([keys.get('k'), keys.get('k')]).toEqual(['old', 'old'])
      }
      change(own, other)
      for (let n = 0; n < 3; n++) {
        expect(own.get('k')).toBe(other.get('k'))
        expect(own.namespace('n').get('k')).toBe(other.namespace('n').get('k'))
      }
      other.close()
    })
  }

  test('a flush that is pending and not due does not', () => {
    const own = openNear({ now: clock.now })
    own.set('k', { a: 1 })
    own.flush({ at: clock.ms + 60_000 })
    expect(isKept(own, 'k')).toBe(true)
    clock.ms += 61_000
    expect(own.get('k')).toBeUndefined()
  })

  test('eviction', () => {
    const own = openNear({ memory: '2mb', near: { entries: 10_000 } })
    for (let n = 0; n < 10_000; n++) {
      own.set(`k${n}`, 'x'.repeat(500))
      own.get(`k${n}`)
    }
    const there = new Set(own.keys())
    expect(there.size).toBeLessThan(9000)
    for (let n = 0; n < 10_000; n++) {
      expect(own.get(`k${n}`) !== undefined).toBe(there.has(`k${n}`))
    }
  })

  test('the end of the engine', () => {
    const own = openEngine({ near: { entries: 5 } })
    own.set('k', 'v')
    own.get('k')
    const again = attachEngine(own.handle)
    again.close()
    expect(own.get('k')).toBe('v')
    const elsewhere = secondRow(own)
    const alone = attachEngine(
      { ...own.handle, facts: { ...own.handle.facts, id: 'near, alone' } },
      { near: { entries: 5 } },
    )
    alone.get('k')
    alone.close()
    expect(refusalOf(() => alone.get('k')).code).toBe('HEDDLE_CLOSED')
    elsewhere.close()
  })
})

test('a hit counts, marks the entry as used, and is noted among the hot keys', () => {
  const engine = openNear({ hotKeys: { sample: 1 } })
  engine.set('k', 'v')
  const before = engine.stats().hits
  for (let n = 0; n < 10; n++) engine.get('k')
  expect(engine.stats().hits - before).toBe(10)
  const view = viewOf(engine)
  view.key.loadString('k', 0)
  find(view)
  expect(heat(view.tableBytes[view.slotSegment]!, view.slotAt)).toBe(3)
  expect(engine.hotKeys(1)[0]!.key.toString()).toBe('k')
  const sampled = openNear({ hotKeys: { sample: 50 } })
  sampled.set('k', 'v')
  for (let n = 0; n < 5000; n++) sampled.get('k')
  const { uses } = sampled.hotKeys(1)[0]!
  expect(uses).toBeGreaterThan(3000)
  expect(uses).toBeLessThan(7000)
})

test('a loop that does nothing but read sees what another thread writes', async () => {
  const engine = openNear()
  engine.set('stop', 'no')
  const worker = new Worker(new URL('./near-thread.ts', import.meta.url), {
    workerData: engine.handle,
  })
  await once(worker, 'message')
  worker.postMessage('go')
  const end = performance.now() + 20_000
  let reads = 0
  while (engine.get('stop') === 'no') {
    if (++reads % 1_000_000 === 0 && performance.now() > end) break
  }
  expect(engine.get('stop')).toBe('yes')
  await once(worker, 'exit')
})

describe('options', () => {
  const refused: readonly (readonly [unknown, string, string])[] = [
    [5, 'HEDDLE_BAD_TYPE', 'near'],
    [null, 'HEDDLE_BAD_TYPE', 'near'],
    [{}, 'HEDDLE_BAD_TYPE', 'near.entries'],
    [{ entries: 0 }, 'HEDDLE_BAD_OPTION', 'near.entries'],
    [{ entries: 2 ** 22 + 1 }, 'HEDDLE_BAD_OPTION', 'near.entries'],
    [{ entries: 1.5 }, 'HEDDLE_BAD_OPTION', 'near.entries'],
    [{ entries: 5, maxItemSize: 0 }, 'HEDDLE_BAD_OPTION', 'near.maxItemSize'],
    [{ entries: 5, maxItemSize: '1gb' }, 'HEDDLE_BAD_OPTION', 'near.maxItemSize'],
    [{ entires: 5 }, 'HEDDLE_BAD_OPTION', 'entires'],
  ]
  test.each(refused)('%j is refused', (near, code, field) => {
    const refusal = refusalOf(() => openEngine({ near } as never))
    expect(refusal).toMatchObject({ code, field })
    const engine = openEngine()
    expect(refusalOf(() => attachEngine(engine.handle, { near } as never)).code).toBe(code)
  })

  test('each thread chooses for itself, once', () => {
    const engine = openNear()
    expect(refusalOf(() => attachEngine(engine.handle, { near: { entries: 7 } }))).toMatchObject({
      code: 'HEDDLE_BAD_OPTION',
      field: 'near',
    })
    attachEngine(engine.handle, { near: { entries: 100 } }).close()
    const shares = attachEngine(engine.handle)
    engine.set('k', { a: 1 })
    expect(shares.get('k')).toBe(engine.get('k'))
    shares.close()
    const plain = openEngine()
    expect(refusalOf(() => attachEngine(plain.handle, { near: { entries: 7 } })).field).toBe('near')
  })
})
