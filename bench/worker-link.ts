/**
 * A worker thread seen from the main thread: one request at a time, one reply to each, and an
 * error in the worker rejects the request that it was working on.
 */
import { Worker } from 'node:worker_threads'
import type { WorkerOptions } from 'node:worker_threads'

export interface WorkerLink<Command, Reply> {
  ask(command: Command): Promise<Reply>
  /** Resolves with the first message, which the worker sends when it is ready. */
  readonly ready: Promise<Reply>
  end(): Promise<void>
}

export function linkWorker<Command, Reply>(
  file: URL,
  options: WorkerOptions,
): WorkerLink<Command, Reply> {
  const worker = new Worker(file, options)
  let settle: { resolve: (reply: Reply) => void; reject: (error: unknown) => void } | undefined
  let failure: unknown

  function fail(error: unknown): void {
    failure = error
    settle?.reject(error)
    settle = undefined
  }
  worker.on('message', (reply: Reply) => {
    settle?.resolve(reply)
    settle = undefined
  })
  worker.on('error', fail)
  worker.on('exit', (code) => fail(new Error(`a benchmark thread exited with code ${code}`)))

  function next(): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (failure === undefined) settle = { resolve, reject }
      else reject(failure)
    })
  }
  return {
    ready: next(),
    ask(command) {
      const reply = next()
      worker.postMessage(command)
      return reply
    },
    async end() {
      await worker.terminate()
    },
  }
}
