/**
 * The load generator seen from the main thread: N threads, each a piscina pool of one, since a
 * thread keeps its connections from task to task; and sessions, one for each server under load.
 * The threads serve all sessions, so that servers which are compared meet the same compiled code.
 *
 *   const pool = new LoadPool(threads)
 *   const session = await pool.open({ target, connections, mostDepth, keys, values })
 *   await session.preload()
 *   const findings = await session.run({ ... })
 *   await pool.close()
 */
import { Piscina } from 'piscina'
import type { ClientOrder } from './drive.ts'
import { addFindings } from './findings.ts'
import type { Findings, ThreadFindings } from './findings.ts'
import type { LoadOrder, LoadTask } from './thread.ts'

export type SessionOrder = ClientOrder
/** `rate` is that of all threads together. */
export type RunOrder = Omit<LoadOrder, 'startAt'>

export interface LoadSession {
  preload(): Promise<Findings>
  run(order: RunOrder): Promise<Findings>
  close(): Promise<void>
}

/** From the call of `run` to the first request. */
export const START_IN_MS = 30

type PerThread<T> = (threadIndex: number) => T

export class LoadPool {
  readonly threads: number
  #pools: Piscina<LoadTask, ThreadFindings | undefined>[]
  #clients = 0

  constructor(threads: number) {
    this.threads = threads
    this.#pools = Array.from({ length: threads }, () => startThread())
  }

  async open(order: SessionOrder): Promise<LoadSession> {
    const client = this.#clients++
    const { threads } = this
    const { keys } = order
    const place = (threadIndex: number) => ({ client, threadIndex, threads })
    const share = (threadIndex: number) =>
      Math.floor((order.connections + threads - 1 - threadIndex) / threads)
    await this.#ask((threadIndex) => ({
      ...{ ...place(threadIndex), kind: 'open' },
      order: { ...order, connections: share(threadIndex) },
    }))
    return {
      preload: async () => {
        const startAt = Date.now() + START_IN_MS
        const task = { kind: 'preload', keys, startAt } as const
        return addFindings(await this.#find((threadIndex) => ({ ...place(threadIndex), ...task })))
      },
      run: async (run) => {
        const rate = run.rate === undefined ? undefined : run.rate / threads
        const perThread = { ...run, rate, startAt: Date.now() + START_IN_MS }
        const task = { kind: 'run', keys, order: perThread } as const
        return addFindings(await this.#find((threadIndex) => ({ ...place(threadIndex), ...task })))
      },
      close: async () => {
        await this.#ask((threadIndex) => ({ ...place(threadIndex), kind: 'close' }))
      },
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy()))
  }

  async #find(taskOf: PerThread<LoadTask>): Promise<ThreadFindings[]> {
    const found = await this.#ask(taskOf)
    return found.filter((one) => one !== undefined)
  }

  /** Waits for all threads, also where one fails: none is left in the middle of a task. */
  async #ask(taskOf: PerThread<LoadTask>): Promise<(ThreadFindings | undefined)[]> {
    const tasks = this.#pools.map((pool, threadIndex) => pool.run(taskOf(threadIndex)))
    const settled = await Promise.allSettled(tasks)
    return settled.map((one) => {
      if (one.status === 'rejected') throw one.reason
      return one.value
    })
  }
}

function startThread(): Piscina<LoadTask, ThreadFindings | undefined> {
  return new Piscina<LoadTask, ThreadFindings | undefined>({
    filename: new URL('../../workers/load.ts', import.meta.url).href,
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    // A thread that sleeps in Atomics.wait between two tasks would not see its sockets close.
    atomics: 'disabled',
  })
}
