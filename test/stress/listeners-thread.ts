/** Clients that listen (near-caches.ts, subscribers.ts), in a thread apart from the server. */
import { parentPort, workerData } from 'node:worker_threads'
import type { EngineHandle } from '../../src/engine/session.ts'
import { NearCaches, type NearCachesOrder } from './near-caches.ts'
import { Subscribers, type SubscribersOrder } from './subscribers.ts'

export interface ListenersOrder {
  /** Address of the src/index.ts of the source to be tested. */
  readonly entry: string
  readonly engine: EngineHandle
  readonly caches: NearCachesOrder | undefined
  readonly subscribers: SubscribersOrder | undefined
}

const { entry, engine, caches, subscribers } = workerData as ListenersOrder
const { attachEngine } = (await import(entry)) as typeof import('../../src/index.ts')
const attached = attachEngine(engine)
const results = await Promise.all([
  caches && new NearCaches(caches, attached).run(),
  subscribers && new Subscribers(subscribers).run(),
])
attached.close()
parentPort!.postMessage(results)
