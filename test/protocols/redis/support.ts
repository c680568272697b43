/**
 * Redis connections in a test: an engine of its own, whose clock the test moves, and a client that
 * feeds bytes to a connection and reads what was replied.
 */
import { RawAccess } from '../../../src/engine/raw-access.ts'
import type { Engine, EngineOptions } from '../../../src/index.ts'
import { RedisConnection } from '../../../src/protocols/redis/connection.ts'
import type { RedisHost } from '../../../src/protocols/redis/host.ts'
import { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'
import { FakeClock, openEngine } from '../../engine/open-engine.ts'
import { encode, type Request } from './resp.ts'

class FakeHost implements RedisHost {
  readonly version = '0.1.0'
  readonly pid = 4242
  readonly startedAt: number

  constructor(startedAt: number) {
    this.startedAt = startedAt
  }
}

export class RedisBench {
  readonly clock = new FakeClock()
  readonly engine: Engine
  readonly raw: RawAccess
  readonly host: FakeHost
  #connections = 0

  constructor(options: EngineOptions = {}) {
    this.engine = openEngine({ now: this.clock.now, ...options })
    this.raw = new RawAccess(this.engine)
    this.host = new FakeHost(this.clock.ms)
  }

  connect(): InProcessClient {
    return new InProcessClient(new RedisConnection(this.raw, this.host, ++this.#connections))
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
