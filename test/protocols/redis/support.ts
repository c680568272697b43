/**
 * Redis connections in a test: an engine of its own, whose clock the test moves, and a client that
 * feeds bytes to a connection and reads what was replied.
 */
import { RawAccess } from '../../../src/engine/raw-access.ts'
import type { Engine, EngineOptions } from '../../../src/index.ts'
import { RedisConnection } from '../../../src/protocols/redis/connection.ts'
import { RedisWorker } from '../../../src/protocols/redis/worker.ts'
import { FakeClock, openEngine } from '../../engine/open-engine.ts'
import { FakeHost, InProcessClient } from './client.ts'
import type { Request } from './resp.ts'

export type { InProcessClient }

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

  /** @param slot one that is free again */
  connect(slot: number = ++this.#connections): InProcessClient {
    this.host.open.add(slot)
    return new InProcessClient(new RedisConnection(this.#worker, slot))
  }

  /** What a new connection replies to a request. */
  ask(request: Request): string {
    return this.connect().ask(request)
  }
}
