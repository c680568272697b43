/** Starts the maintenance thread that `maintenance: 'worker'` asks for. */
import { Worker } from 'node:worker_threads'
import type { EngineHandle } from './session.ts'

/**
 * The thread ends by itself when nobody else is attached, and does not keep the process alive. It
 * takes no flags of the process (some would end it), and its end is a warning, nothing worse.
 */
export function startMaintainer(handle: EngineHandle): void {
  const worker = new Worker(new URL('../../workers/maintain.ts', import.meta.url), {
    workerData: handle,
    stdin: false,
    execArgv: [],
  })
  worker.on('error', (error: unknown) => {
    process.emitWarning(
      `The maintenance thread of '${handle.facts.name}' ended: ${String(error)}`,
      {
        code: 'HEDDLE_MAINTENANCE',
        type: 'HeddleWarning',
      },
    )
  })
  worker.unref()
}
