/**
 * The maintenance thread: frees expired entries and drains pages in bounded steps, so that writers
 * need not. It ends when it is the only thread left in the engine.
 */
import { workerData } from 'node:worker_threads'
import { attachEngine, maintain } from '../src/engine/maintenance-thread.ts'

const STEP_MS = 20
const STEPS_PER_TURN = 16

const engine = attachEngine(workerData)
const timer = setInterval(() => {
  if (maintain(engine, STEPS_PER_TURN)) return
  clearInterval(timer)
  engine.close()
}, STEP_MS)
