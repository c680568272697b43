/**
 * The memory of an engine goes with the last thread that closes it: a hundred engines, one after
 * the other, all written full, take no more room than a few. Two threads that share one keep it
 * between them.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { createEngine, type EngineHandle } from '../../src/index.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const ENGINES = 100
const MIB = 2 ** 20

/** An engine of 8 MiB, all of it written. */
function fill(name: string): void {
  const engine = createEngine({ name, memory: 8 * MIB, maxThreads: 4 })
  const value = Buffer.alloc(2000, 1)
  for (let n = 0; n < 4000; n++) engine.set(`key-${n}`, value)
  engine.close()
}

test('a hundred engines take the room of a few', async () => {
  for (let n = 0; n < 3; n++) fill('warm')
  collect()
  const before = process.memoryUsage.rss()
  let highest = 0
  for (let n = 0; n < ENGINES; n++) {
    fill('one')
    if (n % 5 !== 0) continue
    await new Promise((resolve) => setTimeout(resolve, 5))
    collect()
    highest = Math.max(highest, process.memoryUsage.rss())
  }
  expect((highest - before) / MIB).toBeLessThan(150)
})

test('an engine lives until its last thread has closed it', async () => {
  const entry = new URL('../../src/index.ts', import.meta.url).href
  const program = `
    import { parentPort, workerData } from 'node:worker_threads'
    const { attachEngine } = await import(workerData.entry)
    const engine = attachEngine(workerData.handle)
    parentPort.on('message', () => {
      parentPort.postMessage(engine.get('key'))
      engine.close()
      parentPort.close()
    })
    parentPort.postMessage('attached')
  `
  const engine = createEngine({ name: 'shared', memory: 2 * MIB })
  engine.set('key', 'value')
  const data: { entry: string; handle: EngineHandle } = { entry, handle: engine.handle }
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
  const worker = new Worker(url, { workerData: data })
  // Heard from the beginning: the last message may come with the end, in one turn.
  const ended = new Promise((done) => worker.once('exit', done))
  const message = (): Promise<unknown> => new Promise((done) => worker.once('message', done))
  expect(await message()).toBe('attached')
  expect(engine.stats().threads).toBe(2)
  engine.close()
  worker.postMessage('read')
  expect(await message()).toBe('value')
  await ended
})
