/**
 * The thread watch against real threads in every form of death, with kernel ids and without them,
 * and against threads that are busy, leave, or belong to somebody else, which are no deaths.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { postMessageToThread, Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { attach, type Attachment, type Board, createBoard } from './row-board.ts'
import { deathsSeen, rowOfThread, threadsOf } from './row-board.ts'
import { type Order, type Orders, WAYS_TO_DIE } from './watched-thread.ts'

/** Long enough for a loaded machine; the usual delay is a few milliseconds. */
const NOTICE = { timeout: 30_000, interval: 5 }
/** A false alarm would come within this time. */
const QUIET_MS = 1500
const PROGRAM = new URL('./watched-thread.ts', import.meta.url)

const workers: Worker[] = []
const attachments: Attachment[] = []

afterEach(async () => {
  for (const attachment of attachments.splice(0)) attachment.detach()
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
})

interface Thread {
  readonly worker: Worker
  readonly row: number
  readonly beat: Int32Array
}

async function start(board: Board, isLate = false): Promise<Thread> {
  const beat = new Int32Array(new SharedArrayBuffer(4))
  const orders: Orders = { board, beat, isLate }
  const limits = { maxOldGenerationSizeMb: 16 }
  const worker = new Worker(PROGRAM, { workerData: orders, resourceLimits: limits })
  worker.on('error', () => {})
  workers.push(worker)
  await once(worker, 'message')
  return { worker, beat, row: rowOfThread(board, worker.threadId) }
}

async function tell(thread: Thread, order: Order): Promise<unknown> {
  const answer = once(thread.worker, 'message')
  thread.worker.postMessage(order)
  return (await answer)[0]
}

function attachHere(board: Board, onDeath?: (row: number) => void): Attachment {
  const attachment = attach(board, onDeath)
  attachments.push(attachment)
  return attachment
}

function expectNoDeaths(board: Board): void {
  for (const seer of threadsOf(board)) {
    for (const other of threadsOf(board)) expect(deathsSeen(board, seer.row, other.row)).toBe(0)
  }
}

describe.each([
  ['with kernel ids', true],
  ['without kernel ids', false],
])('%s', (_, hasKernelIds) => {
  test.each([
    ...WAYS_TO_DIE,
    'terminate',
    'terminate in a loop',
  ] as const)('%s: seen once by all, after the last step of the dead', async (way) => {
    const board = createBoard(hasKernelIds)
    let beatAtDeath = -1
    const here = attachHere(board, () => {
      beatAtDeath = Atomics.load(doomed.beat, 0)
    })
    const survivor = await start(board)
    const doomed = await start(board)
    await sleep(30)
    expectNoDeaths(board)
    if (way === 'terminate in a loop') {
      doomed.worker.postMessage('loop')
      await vi.waitUntil(() => Atomics.load(doomed.beat, 0) > 0, NOTICE)
    }
    if (way.startsWith('terminate')) void doomed.worker.terminate()
    else doomed.worker.postMessage(way)
    await vi.waitUntil(() => deathsSeen(board, here.row, doomed.row) > 0, NOTICE)
    await vi.waitUntil(() => deathsSeen(board, survivor.row, doomed.row) > 0, NOTICE)
    await sleep(50)
    expect(Atomics.load(doomed.beat, 0)).toBe(beatAtDeath)
    expect(deathsSeen(board, here.row, doomed.row)).toBe(1)
    expect(deathsSeen(board, survivor.row, doomed.row)).toBe(1)
    expect(deathsSeen(board, here.row, survivor.row)).toBe(0)
  })

  test('a piscina pool that is destroyed', async () => {
    const board = createBoard(hasKernelIds)
    const pool = new Piscina({ filename: PROGRAM.href, minThreads: 4, maxThreads: 4 })
    const runs = Array.from({ length: 4 }, () => pool.run(board))
    await Promise.all(runs)
    const here = attachHere(board)
    const rows = threadsOf(board).map((thread) => thread.row)
    const pooled = rows.filter((row) => row !== here.row)
    expect(pooled.length).toBeGreaterThan(0)
    await sleep(100)
    expectNoDeaths(board)
    await pool.destroy()
    const seen = (): number => pooled.filter((row) => deathsSeen(board, here.row, row) === 1).length
    await vi.waitUntil(() => seen() === pooled.length, NOTICE)
  })

  test('a worker that was created before the first thread attached', async () => {
    const board = createBoard(hasKernelIds)
    const { worker } = await start(board, true)
    const here = attachHere(board)
    const attached = once(worker, 'message')
    worker.postMessage('attach')
    await attached
    const row = rowOfThread(board, worker.threadId)
    await vi.waitUntil(() => here.watch.linkedRows().includes(row), NOTICE)
    void worker.terminate()
    await vi.waitUntil(() => deathsSeen(board, here.row, row) === 1, NOTICE)
  })

  test('all threads but one at once, none its child, all seen soon', async () => {
    const board = createBoard(hasKernelIds)
    const threads: Thread[] = []
    while (threads.length < 11) threads.push(await start(board))
    const [survivor] = threads.splice(3, 1)
    await Promise.all(threads.map((thread) => thread.worker.terminate()))
    const seen = () => threads.filter(({ row }) => deathsSeen(board, survivor.row, row) === 1)
    // Without kernel ids one after the other would take 25 s.
    await vi.waitUntil(() => seen().length === threads.length, { timeout: 20_000, interval: 5 })
  })

  test('one after the other, the oldest first', async () => {
    const board = createBoard(hasKernelIds)
    const threads = [await start(board), await start(board), await start(board), await start(board)]
    const last = threads[3]
    for (const { worker, row } of threads.slice(0, 3)) {
      void worker.terminate()
      await vi.waitUntil(() => deathsSeen(board, last.row, row) === 1, NOTICE)
    }
  })

  test('a thread whose parent is terminated, and the parent', async () => {
    const board = createBoard(hasKernelIds)
    const here = attachHere(board)
    const parent = await start(board)
    const childRow = rowOfThread(board, (await tell(parent, 'nest')) as number)
    expect(childRow).toBeGreaterThan(parent.row)
    void parent.worker.terminate()
    await vi.waitUntil(() => deathsSeen(board, here.row, childRow) === 1, NOTICE)
    await vi.waitUntil(() => deathsSeen(board, here.row, parent.row) === 1, NOTICE)
  })

  test('a thread that dies before its first link is made', async () => {
    const board = createBoard(hasKernelIds)
    const here = attachHere(board)
    const { worker } = await start(board, true)
    worker.postMessage('attach')
    worker.postMessage('process.exit')
    await once(worker, 'exit')
    const row = rowOfThread(board, worker.threadId)
    const [dead] = threadsOf(board).filter((thread) => thread.row !== here.row)
    expect(row).toBe(-1) // a worker that has ended has no id any more
    await vi.waitUntil(() => deathsSeen(board, here.row, dead.row) === 1, NOTICE)
  })

  test('leaving is no death, and the watch goes on', async () => {
    const board = createBoard(hasKernelIds)
    const first = await start(board)
    const leaver = await start(board)
    const survivor = await start(board)
    const doomed = await start(board)
    const rows = [first.row, leaver.row]
    expect(await tell(first, 'leave')).toBe('left')
    expect(await tell(leaver, 'leave')).toBe('left')
    await Promise.all([first.worker.terminate(), leaver.worker.terminate()])
    await sleep(QUIET_MS)
    for (const row of rows) expect(deathsSeen(board, survivor.row, row)).toBe(0)
    void doomed.worker.terminate()
    await vi.waitUntil(() => deathsSeen(board, survivor.row, doomed.row) === 1, NOTICE)
  })

  test('a thread that dies after its row was freed leaves nothing to be recovered', async () => {
    const board = createBoard(hasKernelIds)
    const here = attachHere(board)
    const thread = await start(board)
    await vi.waitUntil(() => here.watch.linkedRows().includes(thread.row), NOTICE)
    thread.worker.postMessage('free the row and exit')
    await once(thread.worker, 'exit')
    await sleep(100)
    expect(deathsSeen(board, here.row, thread.row)).toBe(0)
  })

  test('a thread that leaves and comes back to its row at once has not died', async () => {
    const board = createBoard(hasKernelIds)
    const here = attachHere(board)
    const restless = await start(board)
    await start(board)
    await vi.waitUntil(() => here.watch.linkedRows().includes(restless.row), NOTICE)
    expect(await tell(restless, 'again')).toBe(restless.row)
    await sleep(QUIET_MS)
    expectNoDeaths(board)
    void restless.worker.terminate()
    await vi.waitUntil(() => deathsSeen(board, here.row, restless.row) === 1, NOTICE)
  })

  test('a busy thread is no dead one, not for a thread that comes later either', async () => {
    const board = createBoard(hasKernelIds)
    const busy = await start(board)
    busy.worker.postMessage('loop')
    await vi.waitUntil(() => Atomics.load(busy.beat, 0) > 0, NOTICE)
    const here = attachHere(board)
    await start(board)
    await sleep(QUIET_MS)
    expectNoDeaths(board)
    void busy.worker.terminate()
    await vi.waitUntil(() => deathsSeen(board, here.row, busy.row) === 1, NOTICE)
  })
})

describe('the listeners of the user', () => {
  test('see their own messages and not those of the watch', async () => {
    const board = createBoard(true)
    const heard: unknown[] = []
    const hear = (message: unknown): unknown => heard.push(message)
    process.on('workerMessage', hear)
    try {
      const thread = await start(board)
      expect(await tell(thread, 'listen')).toBe('listening')
      const here = attachHere(board)
      const later = await start(board)
      for (const { row } of [thread, later]) {
        await vi.waitUntil(() => here.watch.linkedRows().includes(row), NOTICE)
      }
      const answer = once(thread.worker, 'message')
      await postMessageToThread(thread.worker.threadId, 'for the user')
      expect(await answer).toEqual([{ heard: 'for the user' }])
      expect(heard).toEqual([])
    } finally {
      process.off('workerMessage', hear)
    }
  })

  test('are missed by senders where there are none', async () => {
    const thread = await start(createBoard(true))
    await expect(postMessageToThread(thread.worker.threadId, 'lost')).rejects.toThrow()
  })

  test('may all be removed: the watch listens again', async () => {
    const board = createBoard(false)
    const here = attachHere(board)
    process.removeAllListeners('workerMessage')
    expect(process.listenerCount('workerMessage')).toBe(0)
    const thread = await start(board)
    await vi.waitUntil(() => here.watch.linkedRows().includes(thread.row), NOTICE)
    await vi.waitUntil(() => process.listenerCount('workerMessage') === 1, NOTICE)
    expectNoDeaths(board)
  })
})

test('no event loop is kept alive', () => {
  const board = new URL('./row-board.ts', import.meta.url).href
  const script = `
    import { Worker } from 'node:worker_threads'
    import { attach, createBoard } from '${board}'
    const board = createBoard(true)
    attach(board)
    const beat = new Int32Array(new SharedArrayBuffer(4))
    const options = { workerData: { board, beat }, execArgv: [] }
    const worker = new Worker(new URL('${PROGRAM.href}'), options)
    worker.once('message', () => {
      worker.unref()
      process.on('exit', () => process.stdout.write('ended'))
    })`
  const args = ['--input-type=module', '-e', script]
  expect(execFileSync(process.execPath, args, { timeout: 20_000 }).toString()).toBe('ended')
})
