/**
 * One of several threads that speak Redis' protocol to one engine at the same time: it takes what
 * others take, counts up what others count up, and sets bits of its own in a string of all.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { RawAccess } from '../../../src/engine/raw-access.ts'
import { attachEngine, type EngineHandle } from '../../../src/index.ts'
import { RedisConnection } from '../../../src/protocols/redis/connection.ts'
import { RedisWorker } from '../../../src/protocols/redis/worker.ts'
import { FakeHost, InProcessClient } from './client.ts'

export interface RivalOrders {
  readonly handle: EngineHandle
  readonly keys: number
  readonly counts: number
  /** This thread's number, and how many there are. */
  readonly thread: number
  readonly threads: number
}
/** Requests in which this thread was the one, and replies that nobody should get. */
export interface RivalReport {
  readonly won: readonly string[]
  readonly strange: readonly string[]
}

const { handle, keys, counts, thread, threads } = workerData as RivalOrders
const engine = attachEngine(handle)
const worker = new RedisWorker(new RawAccess(engine), new FakeHost(Date.now()))
const client = new InProcessClient(new RedisConnection(worker, 1))

/** Requests of which one thread gets the first reply and all others the second. */
const CONTESTS: readonly (readonly [string, string, string])[] = [
  ['GETDEL taken', '$1\r\nv\r\n', '$-1\r\n'],
  ['SETNX new', ':1\r\n', ':0\r\n'],
  ['SET lock NX EX 100', '+OK\r\n', '$-1\r\n'],
  ['EXPIRE timed 100 NX', ':1\r\n', ':0\r\n'],
  ['PERSIST lasting', ':1\r\n', ':0\r\n'],
  ['SETBIT bit 7 1', ':0\r\n', ':1\r\n'],
  ['DEL gone', ':1\r\n', ':0\r\n'],
  ['MSETNX pair', ':1\r\n', ':0\r\n'],
]

parentPort!.postMessage('attached')
parentPort!.once('message', () => {
  const won: string[] = []
  const strange: string[] = []
  for (let n = 0; n < keys; n++) {
    for (const [words, first, other] of CONTESTS) {
      const request = requestFor(words, n)
      const reply = client.ask(request)
      if (reply === first) won.push(request)
      else if (reply !== other) strange.push(`${request}: ${reply}`)
    }
  }
  for (let n = 0; n < counts; n++) {
    client.ask('INCR number')
    client.ask('INCRBYFLOAT fraction 0.5')
    client.ask('APPEND text x')
    client.ask(`SETBIT bits ${n * threads + thread} 1`)
    client.ask('BITFIELD field INCRBY u32 0 1')
    client.ask(`PFADD sketch ${thread}:${n}`)
    client.ask('EXPIRE number 1000')
    client.ask('GETEX number PERSIST')
  }
  parentPort!.postMessage({ won, strange } satisfies RivalReport)
  engine.close()
})

/** The request with a key of its own number, and a value where one is due. */
function requestFor(words: string, n: number): string {
  const [name, key, ...rest] = words.split(' ')
  if (name === 'MSETNX') return `MSETNX pair${n} ${thread} with${n} ${thread} and${n} ${thread}`
  const value = name === 'SETNX' || name === 'SET' ? ['v'] : []
  return [name, `${key}${n}`, ...value, ...rest].join(' ')
}
