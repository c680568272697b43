/**
 * A thread that attaches to an engine, works on it, and ends in the way it is told to. Runs as a
 * Worker and as a task of a piscina pool.
 */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { attachEngine, type Engine, type EngineHandle, HeddleError } from '../../src/index.ts'

export interface MortalOrders {
  /** The engine to join; left out: the handle comes in the first message. */
  readonly handle?: EngineHandle
  /** Join what the environment data name. */
  readonly name?: string
  /** How it ends; `stays` waits to be terminated between writes, `writes` in the middle of one. */
  readonly end: 'stays' | 'writes' | 'exits' | 'throws' | 'returns' | 'closes'
}

function write(engine: Engine, times: number): void {
  for (let n = 0; n < times; n++) engine.set(`mortal ${n % 500}`, 'v'.repeat((n * 37) % 9000))
}

async function work(orders: MortalOrders): Promise<void> {
  const port = parentPort!
  let engine: Engine
  try {
    engine = attachEngine(await handleFor(orders))
  } catch (error) {
    port.postMessage(error instanceof HeddleError ? error.code : String(error))
    return
  }
  write(engine, 300)
  port.postMessage('attached')
  const stay = setInterval(() => {}, 1000)
  await once(port, 'message')
  switch (orders.end) {
    case 'stays':
      return
    case 'writes':
      for (;;) write(engine, 1000)
    case 'exits':
      return process.exit(1)
    case 'throws':
      setImmediate(() => {
        throw new Error('uncaught on purpose')
      })
      return
    case 'closes':
      engine.close()
  }
  clearInterval(stay)
}

async function handleFor(orders: MortalOrders): Promise<EngineHandle | string> {
  if (orders.handle !== undefined) return orders.handle
  if (orders.name !== undefined) return orders.name
  parentPort!.postMessage('waiting')
  const [handle] = (await once(parentPort!, 'message')) as [EngineHandle]
  return handle
}

/** The task of a pool's thread: attach, write, and stay attached. */
export default function attachInPool(handle: EngineHandle): number {
  write(attachEngine(handle), 300)
  return process.pid
}

const orders = workerData as MortalOrders | undefined
if (orders?.end !== undefined) void work(orders)
