/** Starts the maintenance thread that `maintenance: 'worker'` asks for. */
import { Worker } from 'node:worker_threads'
import type { EngineHandle } from './session.ts'

/** The thread ends by itself when nobody else is attached, and does not keep the process alive. */
export function startMaintainer(handle: EngineHandle): void {
  const worker = new Worker(new URL('../../workers/maintain.ts', import.meta.url), {
    workerData: handle,
    stdin: false,
  })
  worker.unref()
}
