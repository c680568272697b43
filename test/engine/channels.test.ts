/** What a program hears by diagnostics_channel: evictions, deaths, misses of getOrSet. */
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test, vi } from 'vitest'
import type { EvictionsMessage } from '../../src/engine/channels.ts'
import type { Engine } from '../../src/index.ts'
import type { MortalOrders } from './mortal-thread.ts'
import { openEngine } from './open-engine.ts'

const enders: (() => void)[] = []
afterEach(() => {
  for (const end of enders.splice(0)) end()
})

function listen(name: string, heard: (message: unknown) => void): void {
  const listener = (message: unknown): void => heard(message)
  subscribe(name, listener)
  enders.push(() => unsubscribe(name, listener))
}

function fill(engine: Engine, entries: number): void {
  for (let i = 0; i < entries; i++) engine.set(`key:${i}`, 'v'.repeat(1000))
}

test('evictions: the messages add up to what the statistics say', async () => {
  const engine = openEngine()
  fill(engine, 5000) // before anybody listens
  const messages: EvictionsMessage[] = []
  listen('heddle:evictions', (message) => messages.push(message as EvictionsMessage))
  fill(engine, 64)
  const before = engine.stats().evictions.memory
  fill(engine, 64 * 50)
  await Promise.resolve()
  const told = messages.reduce((sum, { memory }) => sum + memory, 0)
  const evicted = engine.stats().evictions.memory - before
  expect(evicted).toBeGreaterThan(1000)
  expect(Math.abs(told - evicted)).toBeLessThanOrEqual(64) // up to the next look
  expect(new Set(messages.map(({ engine: name }) => name))).toEqual(new Set([engine.name]))
})

test('a subscriber may call the engine: the operation that told is over', async () => {
  const engine = openEngine()
  fill(engine, 5000)
  let calls = 0
  listen('heddle:evictions', () => {
    calls++
    engine.set(`log:${calls}`, calls)
  })
  for (let i = 0; i < 1000; i++) expect(engine.increment('counter')).toBe(i + 1)
  fill(engine, 500)
  await Promise.resolve()
  expect(calls).toBeGreaterThan(0)
  expect(engine.get(`log:${calls}`)).toBe(calls)
})

test('the death of a thread', async () => {
  const engine = openEngine()
  const deaths: unknown[] = []
  listen('heddle:death', (message) => deaths.push(message))
  const workerData: MortalOrders = { handle: engine.handle, end: 'stays' }
  const worker = new Worker(new URL('./mortal-thread.ts', import.meta.url), { workerData })
  const { threadId } = worker
  await once(worker, 'message')
  await worker.terminate()
  await vi.waitFor(() => expect(deaths).toHaveLength(1), { timeout: 30_000, interval: 10 })
  expect(deaths[0]).toEqual({ engine: engine.name, row: expect.any(Number), threadId })
})

test('misses of getOrSet are traced, hits are not, and errors pass through', () => {
  const engine = openEngine()
  const events: [string, unknown][] = []
  const note = (event: string) => (context: object) => void events.push([event, { ...context }])
  const subscribers = { start: note('start'), end: note('end'), error: note('error') }
  const traced = tracingChannel<unknown, object>('heddle:getOrSet')
  traced.subscribe(subscribers as never)
  enders.push(() => void traced.unsubscribe(subscribers as never))
  expect(engine.getOrSet('a', () => 1)).toBe(1)
  expect(engine.getOrSet('a', () => 2)).toBe(1)
  const context = { engine: engine.name, space: 0, key: 'a' }
  expect(events).toEqual([
    ['start', context],
    ['end', { ...context, result: 1 }],
  ])
  const failure = new Error('no database')
  const fails = (): never => {
    throw failure
  }
  expect(() => engine.getOrSet('b', fails)).toThrow(failure)
  expect(events.slice(2).map(([event]) => event)).toEqual(['start', 'error', 'end'])
  expect(engine.has('b')).toBe(false)
})
