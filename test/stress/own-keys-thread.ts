/** Clients with keys of their own (own-keys.ts), in a thread apart from the server they load. */
import { parentPort, workerData } from 'node:worker_threads'
import { OwnKeys } from './own-keys.ts'

export interface OwnKeysOrder {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  readonly seed: number
}

const { port, connections, seconds, seed } = workerData as OwnKeysOrder
const until = performance.now() + seconds * 1000
const clients = Array.from({ length: connections }, (_, n) => {
  return new OwnKeys(`own${n}`, port, seed + n * 7919).run(until)
})
parentPort!.postMessage(await Promise.all(clients))
