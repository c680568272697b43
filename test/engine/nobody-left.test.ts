/**
 * All threads of an engine die together, and every row is theirs: whoever attaches next takes one
 * of the rows over, finishes what it held, and recovers the others.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { viewOf } from '../../src/engine/engine.ts'
import { attachEngine, createEngine, type Engine } from '../../src/index.ts'
import { declareDead, lessees } from '../../src/memory/lease.ts'
import { enter } from '../../src/memory/row.ts'
import { openEngine, secondRow } from './open-engine.ts'

const PROGRAM = new URL('./mortal-thread.ts', import.meta.url)

/** Marks the row of a session as that of a dead thread. */
function die(engine: Engine): void {
  const view = viewOf(engine)
  const { threadId } = lessees(view).find(({ row }) => row === view.row)!
  declareDead(view, view.row, threadId)
}

test('the row of a dead thread is taken over where there is no other', () => {
  const first = openEngine({ maxThreads: 2 })
  const second = secondRow(first)
  second.set('key', 'value')
  enter(viewOf(second)) // In the midst of an operation.
  die(first)
  die(second)
  const third = secondRow(first)
  expect(third.get('key')).toBe('value')
  expect(third.verify().problems).toEqual([])
  expect(third.stats().threads).toBe(1)
  expect(() => secondRow(first)).not.toThrow()
  expect(() => secondRow(first)).toThrow('attached')
})

describe.runIf(process.platform === 'linux')('threads that are terminated', () => {
  test('all at once, while nobody else is attached', async () => {
    const engine = createEngine({ name: 'nobody left', memory: '4mb', maxThreads: 2 })
    const { handle } = engine
    const start = async (end: string): Promise<Worker> => {
      const worker = new Worker(PROGRAM, { workerData: { handle, end } })
      expect(await once(worker, 'message')).toEqual(['attached'])
      return worker
    }
    const first = await start('writes')
    engine.close()
    const second = await start('writes')
    for (const worker of [first, second]) worker.postMessage('go')
    await new Promise((resolve) => setTimeout(resolve, 100))
    await Promise.all([first.terminate(), second.terminate()])
    const again = attachEngine(handle)
    expect(again.stats().threads).toBe(1)
    expect(again.verify().problems).toEqual([])
    again.set('key', 'value')
    expect(again.get('key')).toBe('value')
    again.close()
  })
})
