/**
 * A thread that attaches to a board and then ends in the way it is told to, or lives on. Runs as a
 * Worker and as a task of a piscina pool.
 */
import { once } from 'node:events'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { attach, type Attachment, type Board } from './row-board.ts'

export interface Orders {
  readonly board: Board
  /** A word that counts on while this thread runs. */
  readonly beat: Int32Array
  /** Attach only when the message 'attach' comes. */
  readonly isLate?: boolean
}

export const WAYS_TO_DIE = [
  'process.exit',
  'process.exit in a busy exit handler',
  'uncaught error',
  'unhandled rejection',
  'end of the event loop',
  'out of memory',
] as const
export type Order =
  | (typeof WAYS_TO_DIE)[number]
  | 'attach'
  | 'loop'
  | 'leave'
  | 'free the row and exit'
  | 'again'
  | 'nest'
  | 'listen'

function beatUntil(beat: Int32Array, endMs: number): void {
  while (performance.now() < endMs) Atomics.add(beat, 0, 1)
}

async function obey(order: Order, orders: Orders, attachment: Attachment): Promise<void> {
  const { beat } = orders
  switch (order) {
    case 'process.exit':
      return process.exit(3)
    case 'process.exit in a busy exit handler':
      process.on('exit', () => beatUntil(beat, performance.now() + 60))
      return process.exit()
    case 'uncaught error':
      throw new Error('uncaught on purpose')
    case 'unhandled rejection':
      await Promise.reject(new Error('unhandled on purpose'))
      return
    case 'end of the event loop':
      parentPort?.unref()
      return
    case 'out of memory': {
      const kept: unknown[] = []
      for (;;) kept.push(new Array(1000).fill(kept.length))
    }
    case 'loop':
      return beatUntil(beat, Number.POSITIVE_INFINITY)
    case 'leave':
      attachment.detach()
      parentPort?.postMessage('left')
      return
    case 'free the row and exit':
      attachment.freeRow()
      return process.exit()
    case 'again':
      attachment.detach()
      parentPort?.postMessage(attach(orders.board).row)
      return
    case 'nest': {
      const child = new Worker(new URL('./watched-thread.ts', import.meta.url), { workerData })
      await once(child, 'message')
      parentPort?.postMessage(child.threadId)
      return
    }
    case 'listen':
      process.on('workerMessage', (message) => parentPort?.postMessage({ heard: String(message) }))
      parentPort?.postMessage('listening')
  }
}

async function work(orders: Orders): Promise<void> {
  const port = parentPort
  if (port === null) return
  if (orders.isLate === true) {
    port.postMessage('waiting')
    await once(port, 'message')
  }
  const attachment = attach(orders.board)
  port.on('message', (order: Order) => {
    void obey(order, orders, attachment)
  })
  port.postMessage('attached')
}

/** The task of a pool's thread: attach, and stay attached. */
export default function attachOnce(board: Board): number {
  return attach(board).row
}

const orders = workerData as Orders | undefined
if (orders?.board !== undefined) void work(orders)
