/** Kernel ids: a thread lives under its own start time only, and until it has ended. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, test, vi } from 'vitest'
import { ownThreadIdentity, threadAlive } from '../../src/engine/thread-identity.ts'
import { createBoard, threadsOf } from './row-board.ts'

describe.runIf(process.platform === 'linux')('on Linux', () => {
  test('this thread lives, under its start time only', () => {
    const { tid, startTime } = ownThreadIdentity()
    expect(tid).toBeGreaterThan(0)
    expect(threadAlive(tid, startTime)).toBe(true)
    expect(threadAlive(tid, startTime + 1)).toBe(false)
    expect(threadAlive(2 ** 22 + 1, startTime)).toBe(false)
  })

  test('a worker lives until it is terminated', async () => {
    const board = createBoard(true)
    const beat = new Int32Array(new SharedArrayBuffer(4))
    const program = new URL('./watched-thread.ts', import.meta.url)
    const worker = new Worker(program, { workerData: { board, beat } })
    await once(worker, 'message')
    const [{ tid = 0, startTime = 0 }] = threadsOf(board)
    expect(tid).not.toBe(ownThreadIdentity().tid)
    expect(threadAlive(tid, startTime)).toBe(true)
    await worker.terminate()
    await vi.waitUntil(() => !threadAlive(tid, startTime), { timeout: 30_000, interval: 2 })
  })
})

test('an unknown kernel id counts as alive', () => {
  expect(threadAlive(0, 0)).toBe(true)
})
