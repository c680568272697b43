/**
 * One of several threads that speak the protocol to one engine at the same time: it asks for the
 * same keys as the others and tells what it won, and counts up what the others count up as well.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { RawAccess } from '../../../src/engine/raw-access.ts'
import { attachEngine, type EngineHandle } from '../../../src/index.ts'
import { MemcachedConnection } from '../../../src/protocols/memcached/connection.ts'
import { Client, FakeHost } from './client.ts'

export interface RivalOrders {
  readonly handle: EngineHandle
  readonly keys: number
  readonly counts: number
}
/** Requests by whose replies this thread was told to write a new value, and replies of neither. */
export interface RivalReport {
  readonly won: readonly string[]
  readonly lost: number
  readonly strange: readonly string[]
}

const { handle, keys, counts } = workerData as RivalOrders
const engine = attachEngine(handle)
const host = new FakeHost(Date.now())
const client = new Client(new MemcachedConnection(new RawAccess(engine), host, 1))

parentPort!.postMessage('attached')
parentPort!.once('message', () => {
  const won: string[] = []
  const strange: string[] = []
  let lost = 0
  for (let n = 0; n < keys; n++) {
    for (const request of [`mg new${n} N60`, `mg stale${n} v`, `mg old${n} R30 v`]) {
      const reply = client.ask(`${request}\r\n`)
      if (/^(?:HD|VA 1)(?: X)? W\r\n/.test(reply)) won.push(request)
      else if (/^(?:HD|VA 1) Z(?: X)?\r\n/.test(reply)) lost++
      else strange.push(reply)
    }
  }
  for (let n = 0; n < counts; n++) {
    client.ask('incr number 1\r\nappend text 0 0 1\r\nx\r\nma made N0 J1\r\n')
    client.ask('gat 1000 text\r\ntouch number 0\r\n')
  }
  parentPort!.postMessage({ won, lost, strange } satisfies RivalReport)
  engine.close()
})
