/**
 * Two equal caches with a memcached connection's state machine before each, no sockets: what one
 * is asked whole the other is asked in pieces, so their replies and states must stay equal.
 */
import { RawAccess } from '../../src/engine/raw-access.ts'
import { createEngine, type Engine } from '../../src/index.ts'
import { MemcachedConnection } from '../../src/protocols/memcached/connection.ts'
import { ReplyBuffer } from '../../src/protocols/reply-buffer.ts'
import { FakeHost } from '../protocols/memcached/client.ts'

/** Somebody watches what is read, written and deleted. */
const WATCHER = 1000
const WATCHED = 7
const START = 1_800_000_000_000
const MAX_ITEM_BYTES = 64 * 1024
let benches = 0

export type OpenConnection = (raw: RawAccess, host: FakeHost) => MemcachedConnection
export const openConnection: OpenConnection = (raw, host) => new MemcachedConnection(raw, host, 1)

/** What a connection did with an input. */
export interface Answer {
  readonly reply: Buffer
  /** Calls of `feed` that it took. */
  readonly turns: number
  readonly pendingBytes: number
  readonly isClosing: boolean
}

export class WireBench {
  readonly engine: Engine
  readonly host = new FakeHost(START)
  readonly #raw: RawAccess
  readonly #open: OpenConnection
  ms = START

  constructor(open = openConnection) {
    this.#open = open
    const name = `fuzz-${++benches}`
    const now = () => this.ms
    this.engine = createEngine({
      name,
      memory: '2mb',
      seed: 7,
      maxThreads: 2,
      maxItemSize: MAX_ITEM_BYTES,
      now,
    })
    this.#raw = new RawAccess(this.engine)
    this.host.mostWatchers = 3
  }

  connect(): MemcachedConnection {
    return this.#open(this.#raw, this.host)
  }

  /** Feeds an input to a new connection, in pieces that end at `cuts`. */
  feed(input: Uint8Array, cuts: readonly number[], softLimit: number, mostTurns: number): Answer {
    const connection = this.connect()
    const out = new ReplyBuffer(softLimit)
    const replies: Buffer[] = []
    let turns = 0
    let at = 0
    for (const cut of [...cuts, input.length]) {
      // As a worker's frames: shared memory, overwritten once it was read.
      const frame = Buffer.from(new SharedArrayBuffer(cut - at))
      frame.set(input.subarray(at, cut))
      for (let done = 0; ; ) {
        if (++turns > mostTurns) throw new Error(`no end after ${turns} turns`)
        const next = connection.feed(frame, done, frame.length, out)
        if (next < done || next > frame.length) throw new Error(`feed went from ${done} to ${next}`)
        done = next
        if (out.length > 0) replies.push(Buffer.from(out.bytes.subarray(0, out.length)))
        out.clear()
        if (connection.isClosing || (done === frame.length && !connection.hasMore)) break
      }
      frame.fill(0x7a)
      at = cut
      if (connection.isClosing) break
    }
    const { pendingBytes, isClosing } = connection
    connection.dispose()
    if (connection.pendingBytes !== 0) throw new Error('bytes are kept after the end')
    return { reply: Buffer.concat(replies), turns, pendingBytes, isClosing }
  }

  /** Empties the cache and forgets what a connection left behind in the server. */
  reset(): void {
    this.engine.flush()
    this.host.runTasks()
    this.host.watchers.clear()
    this.host.watchers.set(WATCHER, WATCHED)
    this.host.shutdowns.length = 0
    this.host.lines.length = 0
  }

  /** What the integrity walker finds; the cache is over. */
  close(): readonly string[] {
    const { problems } = this.engine.verify()
    this.engine.close()
    return problems
  }
}
