/**
 * How threads find an engine: by its name in what a worker inherits, by its handle everywhere else;
 * and what they are told when they cannot.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { describe, expect, test } from 'vitest'
import {
  type AttachOptions,
  attachEngine,
  createEngine,
  type Engine,
  type ErrorCode,
} from '../../src/index.ts'
import type { AttachAnswer, AttachOrders } from './attach-thread.ts'
import { openEngine, refusalOf } from './open-engine.ts'

const PROGRAM = new URL('./attach-thread.ts', import.meta.url)

async function ask(orders: AttachOrders): Promise<AttachAnswer> {
  const worker = new Worker(PROGRAM, { workerData: orders })
  const [answer] = (await once(worker, 'message')) as [AttachAnswer]
  await worker.terminate()
  return answer
}

async function alone(engine: Engine): Promise<void> {
  await expect.poll(() => engine.stats().threads).toBe(1)
}

test.each([0, 1, 2])('by its name, %d workers further down', async (depth) => {
  const engine = openEngine()
  engine.set('k', 'shared')
  expect(await ask({ name: engine.name, depth })).toEqual({ value: 'shared' })
  await alone(engine)
})

test('without a name it is the engine named default', async () => {
  const engine = openEngine({ name: 'default' })
  engine.set('k', 'shared')
  expect(await ask({ depth: 1 })).toEqual({ value: 'shared' })
  expect(attachEngine().get('k')).toBe('shared')
  attachEngine().close()
  engine.close()
  expect(engine.get('k')).toBe('shared') // Two of three users are gone.
  await alone(engine)
})

test('several engines, each by its name', async () => {
  const [first, second] = [openEngine(), openEngine()]
  first.set('k', 1)
  second.set('k', 2)
  expect(await ask({ name: first.name, depth: 0 })).toEqual({ value: 1 })
  expect(await ask({ name: second.name, depth: 0 })).toEqual({ value: 2 })
  await alone(first)
  await alone(second)
})

test('in a piscina pool', async () => {
  const engine = openEngine()
  engine.set('k', 'shared')
  const pool = new Piscina({ filename: PROGRAM.href, minThreads: 2, maxThreads: 2 })
  const runs = Array.from({ length: 6 }, () => pool.run({ name: engine.name, depth: 0 }))
  for (const answer of await Promise.all(runs)) expect(answer).toEqual({ value: 'shared' })
  await pool.destroy()
  await alone(engine)
})

test('a worker that was there before finds no name, and attaches by the handle', async () => {
  const worker = new Worker(PROGRAM, { workerData: { waits: true } })
  await once(worker, 'message')
  const engine = openEngine()
  engine.set('k', 'shared')
  worker.postMessage({ name: engine.name, depth: 0 })
  const [refused] = (await once(worker, 'message')) as [AttachAnswer]
  expect(refused.code).toBe('HEDDLE_NOT_FOUND')
  expect(refused.message).toMatch(/another process.*server/)
  worker.postMessage({ handle: engine.handle, depth: 0 })
  expect((await once(worker, 'message'))[0]).toEqual({ value: 'shared' })
  await worker.terminate()
  await alone(engine)
})

test('a name is taken as long as its engine is open', () => {
  const engine = openEngine()
  const { name } = engine
  expect(refusalOf(() => createEngine({ name, memory: '4mb' }))).toMatchObject({
    code: 'HEDDLE_NAME_TAKEN',
    value: name,
  })
  engine.set('k', 1)
  const again = attachEngine(name)
  expect(again.get('k')).toBe(1)
  again.close()
  expect(refusalOf(() => attachEngine('nobody')).code).toBe('HEDDLE_NOT_FOUND')
})

test('a foreign layout is refused', () => {
  const { handle } = openEngine()
  const foreign = [
    { ...handle, layout: 99 },
    { ...handle, segments: [new SharedArrayBuffer(4096)] },
    { ...handle, segments: [] },
  ]
  for (const one of foreign) {
    const refusal = refusalOf(() => attachEngine(one as never))
    expect(refusal.code).toBe('HEDDLE_FOREIGN_LAYOUT')
    expect(refusal.message).toMatch(/layout version \d, this copy|no shared memory|the magic/)
  }
})

test('what is neither a handle nor a name is refused by its type', () => {
  const engine = openEngine()
  const { kind, layout, plan, segments } = engine.handle
  const memory = { kind, layout, plan, segments }
  for (const one of [engine, {}, 5, null, [], { ...engine.handle, kind: 'other' }, memory]) {
    expect(refusalOf(() => attachEngine(one as never))).toMatchObject({
      code: 'HEDDLE_BAD_TYPE',
      field: 'engine',
      message: expect.stringMatching(/^engine must be engine\.handle, or an engine's name, not /),
    })
  }
})

test('close detaches the calling thread alone', async () => {
  const engine = createEngine({ name: 'left', memory: '4mb' })
  engine.set('k', 'shared')
  const worker = new Worker(PROGRAM, { workerData: { waits: true } })
  await once(worker, 'message')
  worker.postMessage({ handle: engine.handle, depth: 0, stays: true })
  await once(worker, 'message')
  const { handle, name } = engine
  engine.close()
  engine.close()
  expect(refusalOf(() => attachEngine(name)).code).toBe('HEDDLE_NOT_FOUND')
  worker.postMessage('again')
  expect((await once(worker, 'message'))[0]).toEqual({ value: 'shared' })
  const back = attachEngine(handle)
  expect(back.get('k')).toBe('shared')
  await worker.terminate()
  await alone(back)
  expect(back.verify().problems).toEqual([])
  back.close()
})

const CALLS: readonly (readonly [string, (engine: Engine) => unknown])[] = [
  ['get', (engine) => engine.get('k')],
  ['getMany', (engine) => engine.getMany(['k'])],
  ['getBytes', (engine) => engine.getBytes('k', new Uint8Array(8))],
  ['gets', (engine) => engine.gets('k')],
  ['has', (engine) => engine.has('k')],
  ['ttl', (engine) => engine.ttl('k')],
  ['set', (engine) => engine.set('k', 1)],
  ['setMany', (engine) => engine.setMany([['k', 1]])],
  ['add', (engine) => engine.add('k', 1)],
  ['replace', (engine) => engine.replace('k', 1)],
  ['append', (engine) => engine.append('k', 'x')],
  ['compareAndSet', (engine) => engine.compareAndSet('k', 1, 1)],
  ['delete', (engine) => engine.delete('k')],
  ['touch', (engine) => engine.touch('k', 1)],
  ['getAndTouch', (engine) => engine.getAndTouch('k', 1)],
  ['increment', (engine) => engine.increment('k')],
  ['decrement', (engine) => engine.decrement('k')],
  ['update', (engine) => engine.update('k', () => 1)],
  ['getOrSet', (engine) => engine.getOrSet('k', () => 1)],
  ['keys', (engine) => [...engine.keys()]],
  ['entries', (engine) => [...engine.entries()]],
  ['clear', (engine) => engine.clear()],
  ['flush', (engine) => engine.flush()],
  ['size', (engine) => engine.size],
  ['namespace', (engine) => engine.namespace('x')],
  ['stats', (engine) => engine.stats()],
  ['verify', (engine) => engine.verify()],
  ['mutations', (engine) => engine.mutations()],
]

test.each(CALLS)('%s after close is refused', (_, call) => {
  const engine = createEngine({ name: 'closed', memory: '2mb' })
  engine.close()
  expect(refusalOf(() => call(engine)).code).toBe('HEDDLE_CLOSED')
})

test('an engine with a codec of its own wants it from everybody who attaches', async () => {
  const codec = {
    encode: (value: unknown) => JSON.stringify({ value }),
    decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()).value,
  }
  const engine = openEngine({ codec })
  engine.set('k', [1, 2])
  expect(refusalOf(() => attachEngine(engine.handle))).toMatchObject({
    code: 'HEDDLE_BAD_OPTION',
    field: 'codec',
  })
  const refused = await ask({ name: engine.name, depth: 0 })
  expect(refused.code).toBe('HEDDLE_BAD_OPTION')
  expect(await ask({ name: engine.name, depth: 0, codec: true })).toEqual({ value: [1, 2] })
  await alone(engine)
})

describe('options of attachEngine', () => {
  const codec = { encode: () => 'x', decode: () => 'y' }

  test('are checked also where the thread is attached already', () => {
    const engine = openEngine()
    const attach = (options: unknown) => () => attachEngine(engine.handle, options as never)
    const wrong: [options: unknown, code: ErrorCode, field: string][] = [
      [{ codec: {} }, 'HEDDLE_BAD_TYPE', 'codec'],
      [{ codec: 'v9' }, 'HEDDLE_BAD_OPTION', 'codec'],
      [{ now: 5 }, 'HEDDLE_BAD_TYPE', 'now'],
      [{ name: 'x' }, 'HEDDLE_BAD_OPTION', 'name'],
    ]
    for (const [options, code, field] of wrong) {
      expect(refusalOf(attach(options))).toMatchObject({ code, field })
    }
    const same = attachEngine(engine.handle, { codec: 'json', now: Date.now })
    same.close()
    expect(engine.stats().threads).toBe(1)
  })

  test('a codec that is not the engine’s is refused, in this thread and in a new one', () => {
    for (const own of ['json', 'v8', codec] as const) {
      const { handle } = openEngine({ codec: own })
      const facts = { ...handle.facts, id: `${handle.facts.id} elsewhere` }
      const others = (['json', 'v8', undefined] as const).filter((other) => {
        return other !== own && (other !== undefined || own === codec)
      })
      for (const other of others) {
        for (const one of [handle, { ...handle, facts }]) {
          const refusal = refusalOf(() => attachEngine(one, { codec: other }))
          expect(refusal).toMatchObject({ code: 'HEDDLE_BAD_OPTION', field: 'codec' })
          expect(refusal.message).toContain('the engine was created with')
        }
      }
    }
  })

  test('another codec or clock than this thread has attached with is refused', () => {
    const engine = openEngine({ codec })
    const again = (options: AttachOptions) => () => attachEngine(engine.handle, options)
    for (const [field, options] of [
      ['codec', { codec: { ...codec } }],
      ['now', { codec, now: () => 5 }],
    ] as const) {
      expect(refusalOf(again(options))).toMatchObject({
        code: 'HEDDLE_BAD_OPTION',
        field,
        message: expect.stringContaining('this thread is attached already'),
      })
    }
    again({ codec, now: Date.now })().close()
  })
})
