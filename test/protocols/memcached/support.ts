/**
 * A memcached connection in a test: an engine of its own, whose clock the test moves, and a host
 * that only remembers.
 */
import { RawAccess } from '../../../src/engine/raw-access.ts'
import type { Engine, EngineOptions } from '../../../src/index.ts'
import { MemcachedConnection } from '../../../src/protocols/memcached/connection.ts'
import { FakeClock, openEngine } from '../../engine/open-engine.ts'
import { Client, FakeHost } from './client.ts'

export { Client, generator, SETTINGS } from './client.ts'

export class Bench {
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

  connect(): Client {
    const id = ++this.#connections
    return new Client(new MemcachedConnection(this.raw, this.host, id))
  }

  /** The replies of a new connection to these bytes. */
  ask(request: string): string {
    return this.connect().ask(request)
  }
}

/** An empty cache that is used again and again: a flush makes it empty, not new. */
export class EmptyCache {
  #bench = new Bench()
  #uses = 0

  connect(): Client {
    if (++this.#uses % 500 === 0) this.#bench = new Bench()
    const { raw, host } = this.#bench
    raw.flush()
    host.watchers.clear()
    host.verbosity = 0
    host.board.reset()
    return this.#bench.connect()
  }
}
