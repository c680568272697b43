/** A thread, or a task of a pool, that attaches to an engine and says what it reads under `k`. */
import { once } from 'node:events'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import {
  type AttachOptions,
  attachEngine,
  type EngineHandle,
  HeddleError,
} from '../../src/index.ts'

export interface AttachOrders {
  readonly handle?: EngineHandle
  readonly name?: string
  /** Let a worker of this worker do it, so many levels down. */
  readonly depth: number
  readonly codec?: boolean
  /** Stay attached, and read again at the next message. */
  readonly stays?: boolean
}
export interface AttachAnswer {
  readonly value?: unknown
  readonly code?: string
  readonly message?: string
}

const CODEC: AttachOptions = {
  codec: {
    encode: (value) => JSON.stringify({ value }),
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()).value,
  },
}

async function answer(orders: AttachOrders): Promise<AttachAnswer> {
  if (orders.depth > 0) {
    const below = { ...orders, depth: orders.depth - 1 }
    const worker = new Worker(new URL(import.meta.url), { workerData: below })
    const [said] = (await once(worker, 'message')) as [AttachAnswer]
    await worker.terminate()
    return said
  }
  try {
    const engine = attachEngine(orders.handle ?? orders.name, orders.codec ? CODEC : {})
    const value = engine.get('k')
    if (orders.stays !== true) engine.close()
    else parentPort!.once('message', () => parentPort!.postMessage({ value: engine.get('k') }))
    return { value }
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error
    return { code: error.code, message: error.message }
  }
}

/** The task of a pool's thread. */
export default answer

const orders = workerData as (AttachOrders & { readonly waits?: boolean }) | undefined
if (orders?.waits === true) {
  const port = parentPort!
  port.postMessage('waiting')
  for (;;) {
    const [order] = (await once(port, 'message')) as [AttachOrders]
    port.postMessage(await answer(order))
    if (order.stays === true) break
  }
} else if (orders?.depth !== undefined) parentPort!.postMessage(await answer(orders))
