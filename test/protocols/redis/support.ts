/**
 * Redis connections in a test: an engine of its own, whose clock the test moves, and a client that
 * feeds bytes to a connection and reads what was replied.
 */
import { RawAccess } from '../../../src/engine/raw-access.ts'
import type { Engine, EngineOptions } from '../../../src/index.ts'
import { RedisBoard } from '../../../src/protocols/redis/board.ts'
import { RedisConnection } from '../../../src/protocols/redis/connection.ts'
import type {
  RedisClientFacts,
  RedisHost,
  ServerTotals,
} from '../../../src/protocols/redis/host.ts'
import { RedisWorker } from '../../../src/protocols/redis/worker.ts'
import { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'
import { FakeClock, openEngine } from '../../engine/open-engine.ts'
import { encode, type Request } from './resp.ts'

/** A server that does nothing but remember; its one worker gets messages at once. */
class FakeHost implements RedisHost {
  readonly version = '0.1.0'
  readonly pid = 4242
  readonly startedAt: number
  readonly board = new RedisBoard(RedisBoard.create(64, 1), 0)
  readonly settings = {
    host: '127.0.0.1',
    port: 6379,
    maxConnections: 1024,
    workers: 1,
    idleTimeout: 0,
    isFlushEnabled: true,
    isDebugEnabled: true,
  }
  readonly open = new Set<number>()
  readonly killed: number[] = []
  onMessage: (message: unknown) => void = () => {}

  constructor(startedAt: number) {
    this.startedAt = startedAt
  }
  totals(): ServerTotals {
    const counts = { connectionsReceived: 1, connectionsRejected: 0, connected: this.open.size }
    return { ...counts, bytesRead: 0, bytesWritten: 0 }
  }
  clientOf(slot: number): RedisClientFacts {
    const address = `127.0.0.1:${50_000 + slot}`
    return { slot, id: slot, address, listenAddress: '127.0.0.1:6379', age: 0, idle: 0 }
  }
  clients(): RedisClientFacts[] {
    return [...this.open].map((slot) => this.clientOf(slot))
  }
  kill(slot: number): void {
    this.killed.push(slot)
  }
  block(): void {}
  serveSoon(): void {}
  after(): void {}
  tellAll(message: unknown): void {
    this.onMessage(message)
  }
}

export class RedisBench {
  readonly clock = new FakeClock()
  readonly engine: Engine
  readonly raw: RawAccess
  readonly host: FakeHost
  readonly #worker: RedisWorker
  #connections = 0

  constructor(options: EngineOptions = {}) {
    this.engine = openEngine({ now: this.clock.now, ...options })
    this.raw = new RawAccess(this.engine)
    this.host = new FakeHost(this.clock.ms)
    this.#worker = new RedisWorker(this.raw, this.host)
  }

  connect(): InProcessClient {
    this.host.open.add(++this.#connections)
    return new InProcessClient(new RedisConnection(this.#worker, this.#connections))
  }

  /** What a new connection replies to a request. */
  ask(request: Request): string {
    return this.connect().ask(request)
  }
}

export class InProcessClient {
  readonly connection: RedisConnection
  readonly #out = new ReplyBuffer()

  constructor(connection: RedisConnection) {
    this.connection = connection
  }

  /** The replies to a request, one character per byte. */
  ask(request: Request): string {
    return this.feed(encode(request))
  }

  /** The replies to bytes. */
  feed(bytes: Buffer): string {
    const { connection } = this
    const out = this.#out
    let replies = ''
    let at = 0
    do {
      at += connection.feed(bytes, at, bytes.length, out) - at
      replies += out.bytes.toString('latin1', 0, out.length)
      out.clear()
    } while ((at < bytes.length || connection.hasMore) && !connection.isClosing)
    return replies
  }
}
