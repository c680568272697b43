/** A real memcached, where it is installed, with connections to it, for tests that compare. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import {
  type MemcachedProcess,
  memcachedVersion,
  startMemcached,
} from '../../fuzz/memcached-process.ts'

export const HAS_MEMCACHED: boolean = memcachedVersion() !== undefined

export class RealMemcached {
  readonly #process: MemcachedProcess

  private constructor(running: MemcachedProcess) {
    this.#process = running
  }

  /** Starts one on a free port, and waits until it answers. */
  static async start(flags: readonly string[] = []): Promise<RealMemcached> {
    return new RealMemcached(await startMemcached(flags))
  }

  async connect(): Promise<Socket> {
    const socket = connect(this.#process.port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }

  stop(): void {
    this.#process.stop()
  }
}
