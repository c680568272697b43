/**
 * Threads that end without a word: each death is noticed, and what the thread held is recovered,
 * while nobody calls the engine; afterwards nothing is lost or owned twice.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { afterEach, expect, test, vi } from 'vitest'
import { createEngine, type Engine } from '../../src/index.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { lessees } from '../../src/memory/lease.ts'
import type { MortalOrders } from './mortal-thread.ts'

const NOTICE = { timeout: 30_000, interval: 10 }
const PROGRAM = new URL('./mortal-thread.ts', import.meta.url)

const workers: Worker[] = []
const engines: Engine[] = []
let names = 0

afterEach(async () => {
  for (const engine of engines.splice(0)) engine.close()
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
})

function create(options: { maxThreads?: number } = {}): Engine {
  names++
  const engine = createEngine({ name: `death ${names}`, memory: '4mb', ...options })
  engines.push(engine)
  return engine
}

async function start(orders: MortalOrders): Promise<{ worker: Worker; answer: unknown }> {
  const worker = new Worker(PROGRAM, { workerData: orders })
  worker.on('error', () => {})
  workers.push(worker)
  const [answer] = (await once(worker, 'message')) as [unknown]
  return { worker, answer }
}

/** Looks at the rows without calling the engine, so that nothing but the watch can notice. */
function attached(engine: Engine): number {
  return lessees(viewOf(engine)).length
}

async function expectRecovered(engine: Engine, deaths: number): Promise<void> {
  await vi.waitUntil(() => attached(engine) === 1, NOTICE)
  const { threads, recoveries } = engine.stats()
  expect({ threads, recoveries }).toEqual({ threads: 1, recoveries: deaths })
  expect(engine.verify().problems).toEqual([])
  engine.set('after', 'works')
  expect(engine.get('after')).toBe('works')
}

test.each(['exits', 'throws'] as const)('a worker that %s', async (end) => {
  const engine = create()
  const { worker, answer } = await start({ handle: engine.handle, end })
  expect(answer).toBe('attached')
  expect(attached(engine)).toBe(2)
  worker.postMessage('end')
  await expectRecovered(engine, 1)
})

test('a worker whose event loop ends', async () => {
  const engine = create()
  const { worker } = await start({ handle: engine.handle, end: 'returns' })
  worker.postMessage('end')
  await expectRecovered(engine, 1)
})

test('workers that are terminated, one of them between two operations', async () => {
  const engine = create()
  const { worker } = await start({ handle: engine.handle, end: 'stays' })
  await worker.terminate()
  await expectRecovered(engine, 1)
})

test('workers that are terminated in the midst of writing', async () => {
  const engine = create()
  const threads = await Promise.all(
    [1, 2, 3].map(() => start({ handle: engine.handle, end: 'writes' })),
  )
  for (const { worker } of threads) worker.postMessage('write')
  await vi.waitUntil(() => engine.stats().sets > 2000, NOTICE)
  await Promise.all(threads.map(({ worker }) => worker.terminate()))
  await expectRecovered(engine, 3)
})

test('a worker that was created before the engine and attached by its handle', async () => {
  const { worker, answer } = await start({ end: 'stays' })
  expect(answer).toBe('waiting')
  const engine = create()
  worker.postMessage(engine.handle)
  expect((await once(worker, 'message'))[0]).toBe('attached')
  expect(attached(engine)).toBe(2)
  await worker.terminate()
  await expectRecovered(engine, 1)
})

test('a worker that found the engine by its name', async () => {
  const engine = create()
  const { worker, answer } = await start({ name: engine.name, end: 'exits' })
  expect(answer).toBe('attached')
  worker.postMessage('end')
  await expectRecovered(engine, 1)
})

test('a piscina pool that is destroyed', async () => {
  const engine = create()
  const options = { filename: PROGRAM.href, minThreads: 3, maxThreads: 3 }
  const pool = new Piscina({ ...options, concurrentTasksPerWorker: 1 })
  await Promise.all(Array.from({ length: 12 }, () => pool.run(engine.handle)))
  const deaths = attached(engine) - 1
  expect(deaths).toBeGreaterThan(0)
  await pool.destroy()
  await expectRecovered(engine, deaths)
})

test('a thread that closes the engine is no death', async () => {
  const engine = create()
  const { worker } = await start({ handle: engine.handle, end: 'closes' })
  worker.postMessage('end')
  await expectRecovered(engine, 0)
})

test('one thread more than maxThreads is refused, and admitted when another has died', async () => {
  const engine = create({ maxThreads: 2 })
  const first = await start({ handle: engine.handle, end: 'stays' })
  expect(first.answer).toBe('attached')
  const second = await start({ handle: engine.handle, end: 'stays' })
  expect(second.answer).toBe('HEDDLE_TOO_MANY_THREADS')
  await first.worker.terminate()
  await vi.waitUntil(() => attached(engine) === 1, NOTICE)
  const third = await start({ handle: engine.handle, end: 'exits' })
  expect(third.answer).toBe('attached')
  third.worker.postMessage('end')
  await expectRecovered(engine, 2)
})
