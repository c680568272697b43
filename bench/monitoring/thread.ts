/**
 * A thread that executes memcached's get as a worker does, without sockets: batches of requests are
 * fed to a connection, and every reply is counted. What is measured, counting and timing commands
 * or noting hot keys, is on or off for the whole life of the thread, so that the compiled code of
 * one setting is never that of the other.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { RawAccess } from '../../src/engine/raw-access.ts'
import { createEngine } from '../../src/index.ts'
import { CommandClock } from '../../src/observe/command-clock.ts'
import { ObservationBoard } from '../../src/observe/observation-board.ts'
import { MemcachedConnection } from '../../src/protocols/memcached/connection.ts'
import { CounterBoard } from '../../src/protocols/memcached/counters.ts'
import type { ServerFacts } from '../../src/protocols/memcached/host.ts'
import { ReplyBuffer } from '../../src/protocols/reply-buffer.ts'

export interface CostSetup {
  readonly hasClock: boolean
  readonly hasHotKeys: boolean
  readonly keys: number
}
export interface CostCommand {
  readonly ms: number
}
export interface CostReply {
  readonly operations: number
  readonly cpuNs: number
}

const BATCH = 16
const BATCHES = 2048
const VALUE = 'v'.repeat(32)
const port = parentPort!
const setup = workerData as CostSetup

const engine = createEngine({ memory: '64mb', seed: 7, hotKeys: setup.hasHotKeys })
const keyOf = (id: number): string => `heddle:bench:key${String(id).padStart(8, '0')}`
const raw = new RawAccess(engine)
const connection = new MemcachedConnection(raw, facts(), 0)
const out = new ReplyBuffer()
const requests = makeRequests()
store()

port.on('message', ({ ms }: CostCommand) => port.postMessage(measure(ms)))
port.postMessage({ operations: 0, cpuNs: 0 } satisfies CostReply)

/** A clock that does nothing, and has the shape of one. */
function noClock(): CommandClock {
  const silent = { begin: () => 0, end: () => {}, beginBatch: () => 0, endBatch: () => {} }
  return silent as unknown as CommandClock
}

function facts(): ServerFacts {
  const settings = { maxConnections: 1, workers: 1, tcpPort: 0, host: '', unixSocket: undefined }
  const flags = { isFlushEnabled: true, isShutdownEnabled: false, idleTimeout: 0 }
  const host: Partial<ServerFacts> = {
    ...{ version: '0', pid: 0, startedAt: Date.now(), verbosity: 0 },
    settings: { ...settings, ...flags, hasUsers: false, hasTls: false, others: {} },
    board: new CounterBoard(CounterBoard.create(1), 0),
    clock: setup.hasClock ? new CommandClock(ObservationBoard.create(1), 1) : noClock(),
    openLogin: () => undefined,
    watchedKinds: () => 0,
  }
  return host as ServerFacts
}

/** Batches of gets, of keys by a law under which some are hot: id = keys^u. */
function makeRequests(): Buffer[] {
  let state = 12_345
  const batches: Buffer[] = []
  for (let batch = 0; batch < BATCHES; batch++) {
    let text = ''
    for (let n = 0; n < BATCH; n++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      text += `get ${keyOf(Math.floor(setup.keys ** (state / 2 ** 32)) - 1)}\r\n`
    }
    batches.push(Buffer.from(text))
  }
  return batches
}

function store(): void {
  for (let id = 0; id < setup.keys; id++) {
    const request = Buffer.from(`set ${keyOf(id)} 0 0 ${VALUE.length}\r\n${VALUE}\r\n`)
    connection.feed(request, 0, request.length, out)
    out.clear()
  }
}

function measure(ms: number): CostReply {
  const replyBytes = BATCH * `VALUE ${keyOf(0)} 0 32\r\n${VALUE}\r\nEND\r\n`.length
  const end = performance.now() + ms
  const before = process.threadCpuUsage()
  let batches = 0
  while (batches % BATCHES !== 0 || performance.now() < end) {
    const request = requests[batches % BATCHES]!
    connection.feed(request, 0, request.length, out)
    if (out.length !== replyBytes) throw new Error(`${out.length} bytes of replies`)
    out.clear()
    batches++
  }
  const { user, system } = process.threadCpuUsage(before)
  return { operations: batches * BATCH, cpuNs: (user + system) * 1000 }
}
