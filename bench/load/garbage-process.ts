/**
 * Bytes that a request allocates on V8's heap, from its bytes to those of its reply: the protocol's
 * state machine and the engine in this process, fed from one buffer as a server's worker feeds
 * them. The young generation is so large that nothing is collected meanwhile; prints one JSON line.
 */
import { getHeapStatistics } from 'node:v8'
import { RawAccess } from '../../src/engine/raw-access.ts'
import { createEngine, type Engine } from '../../src/index.ts'
import { CommandClock } from '../../src/observe/command-clock.ts'
import { ObservationBoard } from '../../src/observe/observation-board.ts'
import { MemcachedConnection } from '../../src/protocols/memcached/connection.ts'
import { CounterBoard } from '../../src/protocols/memcached/counters.ts'
import type { ServerFacts } from '../../src/protocols/memcached/host.ts'
import type { ProtocolConnection } from '../../src/protocols/protocol.ts'
import { RedisBoard } from '../../src/protocols/redis/board.ts'
import { RedisConnection } from '../../src/protocols/redis/connection.ts'
import type { RedisHost } from '../../src/protocols/redis/host.ts'
import { RedisWorker } from '../../src/protocols/redis/worker.ts'
import { ReplyBuffer } from '../../src/protocols/reply-buffer.ts'
import { collectGarbage } from '../heap.ts'

export interface Garbage {
  readonly what: string
  readonly depth: number
  readonly bytesPerRequest: number
}

const KEYS = 500
const WARM_UP_TURNS = 10
const WARM_UP_REQUESTS = 60_000
const ROUNDS = 5
const PAUSE_MS = 15

interface Load {
  readonly what: string
  readonly isRedis: boolean
  readonly request: (key: string) => string
  readonly valueBytes?: number
  /** Of the variant that allocates. */
  readonly readsReply?: boolean
}

const clock = new CommandClock(ObservationBoard.create(1), 1)
const nothing = () => {}
/** What the frequent commands ask of a server. */
const server = {
  ...{ version: '0.0.0', pid: process.pid, startedAt: Date.now(), clock, worker: 0 },
  ...{ settings: { maxRequestBytes: 1 << 26 }, openLogin: nothing, watchedKinds: () => 0 },
  ...{ clientOf: () => ({ id: 1 }), onMessage: nothing, listenForChanges: nothing, tell: nothing },
}

function openConnection({ isRedis }: Load, engine: Engine): ProtocolConnection {
  const raw = new RawAccess(engine)
  if (isRedis) {
    const board = new RedisBoard(RedisBoard.create(4, 1), 0)
    const host = { ...server, board } as unknown as RedisHost
    return new RedisConnection(new RedisWorker(raw, host), 1)
  }
  const board = new CounterBoard(CounterBoard.create(1), 0)
  return new MemcachedConnection(raw, { ...server, board } as unknown as ServerFacts, 1)
}

function resp(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
}
const VALUE = 'v'.repeat(32)
const LOADS: readonly Load[] = [
  { what: 'Redis GET', isRedis: true, request: (key) => resp('GET', key) },
  { what: 'memcached get', isRedis: false, request: (key) => `get ${key}\r\n` },
  { what: 'memcached set', isRedis: false, request: (key) => `set ${key} 0 0 32\r\n${VALUE}\r\n` },
  { what: 'memcached mg', isRedis: false, request: (key) => `mg ${key} v\r\n` },
  { what: 'Redis SET', isRedis: true, request: (key) => resp('SET', key, VALUE) },
  {
    ...{ what: 'Redis GET of 16 KiB', isRedis: true, valueBytes: 16_384 },
    request: (key) => resp('GET', key),
  },
  {
    ...{ what: 'a variant that allocates: its reply becomes a string', isRedis: true },
    ...{ request: (key: string) => resp('GET', key), readsReply: true },
  },
]

async function measure(load: Load, depth: number, requests: number): Promise<Garbage> {
  const engine = createEngine({ memory: '32mb' })
  const connection = openConnection(load, engine)
  const out = new ReplyBuffer()
  const source = Buffer.alloc(1 << 16)
  let sum = 0
  const feed = (length: number): void => {
    connection.feed(source, 0, length, out)
    if (load.readsReply === true) sum += out.bytes.toString('latin1', 0, out.length).length
    out.clear()
  }
  const key = (n: number) => `garbage-${String(n % KEYS).padStart(16, '0')}`
  const value = 'v'.repeat(load.valueBytes ?? 32)
  for (let n = 0; n < KEYS; n++) {
    const text = load.isRedis
      ? resp('SET', key(n), value)
      : `set ${key(n)} 0 0 ${value.length}\r\n${value}\r\n`
    feed(source.write(text, 'latin1'))
  }
  const frames = Array.from({ length: KEYS }, (_, n) =>
    Buffer.from(
      Array.from({ length: depth }, (__, i) => load.request(key(n * depth + i))).join(''),
    ),
  )
  const run = (turns: number): void => {
    for (let n = 0; n < turns; n++) {
      const frame = frames[n % KEYS]!
      frame.copy(source)
      feed(frame.length)
    }
  }
  const turns = Math.ceil(requests / depth)
  for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
    run(Math.ceil(WARM_UP_REQUESTS / WARM_UP_TURNS / depth))
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  // What V8 compiles beside allocates now and then: the least of some is that of the requests.
  let bytes = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    collectGarbage()
    const before = getHeapStatistics().used_heap_size
    run(turns)
    bytes = Math.min(bytes, getHeapStatistics().used_heap_size - before)
  }
  engine.close()
  if (sum < 0) throw new Error('a reply has no length')
  return { what: load.what, depth, bytesPerRequest: Math.max(0, bytes) / (turns * depth) }
}

export interface GarbageOrder {
  readonly requests: number
  /** Only the first of these loads and the variant that allocates. */
  readonly isSmall: boolean
}

const { requests, isSmall } = JSON.parse(process.argv[2]!) as GarbageOrder
const found: Garbage[] = []
for (const load of isSmall ? [LOADS[0]!, LOADS.at(-1)!] : LOADS) {
  for (const depth of [1, 16]) found.push(await measure(load, depth, requests))
}
process.stdout.write(JSON.stringify(found))
process.exit(0)
