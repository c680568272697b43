/**
 * Two equal caches with a protocol's connection before each, no sockets: what one is asked whole
 * the other is asked in pieces, so their replies and states must stay equal.
 */
import { RawAccess } from '../../src/engine/raw-access.ts'
import { createEngine, type Engine, type EngineOptions } from '../../src/index.ts'
import type { ProtocolConnection } from '../../src/protocols/protocol.ts'
import { ReplyBuffer } from '../../src/protocols/reply-buffer.ts'
import type { OpenWorld, World } from './dialect.ts'

const START = 1_800_000_000_000
const MAX_ITEM_BYTES = 64 * 1024
export const CACHE: EngineOptions = { memory: '2mb', seed: 7, maxItemSize: MAX_ITEM_BYTES }
let benches = 0

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
  readonly #world: World

  constructor(openWorld: OpenWorld, now = () => START) {
    const name = `fuzz-${++benches}`
    this.engine = createEngine({ ...CACHE, name, maxThreads: 2, now })
    this.#world = openWorld(new RawAccess(this.engine), now())
  }

  /** What was logged to watchers. */
  get lines(): readonly string[] {
    return this.#world.lines
  }

  connect(): ProtocolConnection {
    return this.#world.connect()
  }

  /** Feeds an input to a new connection, in pieces that end at `cuts`. */
  feed(input: Uint8Array, cuts: readonly number[], softLimit: number, mostTurns: number): Answer {
    const connection = this.connect()
    const out = new ReplyBuffer(softLimit)
    const replies: Buffer[] = []
    const { random } = Math
    let turns = 0
    let at = 0
    // Chance is the same for all.
    Math.random = () => 0.5
    try {
      for (const cut of [...cuts, input.length]) {
        // As a worker's frames: shared memory, overwritten once it was read.
        const frame = Buffer.from(new SharedArrayBuffer(cut - at))
        frame.set(input.subarray(at, cut))
        for (let done = 0; ; ) {
          if (++turns > mostTurns) throw new Error(`no end after ${turns} turns`)
          const next = connection.feed(frame, done, frame.length, out)
          if (next < done || next > frame.length) {
            throw new Error(`feed went from ${done} to ${next}`)
          }
          done = next
          if (out.length > 0) replies.push(Buffer.from(out.bytes.subarray(0, out.length)))
          out.clear()
          if (connection.isPaused === true) this.#world.pass()
          if (connection.isClosing || (done === frame.length && !connection.hasMore)) break
        }
        frame.fill(0x7a)
        at = cut
        if (connection.isClosing) break
      }
    } finally {
      Math.random = random
    }
    const { pendingBytes, isClosing } = connection
    connection.dispose()
    if (connection.pendingBytes !== 0) throw new Error('bytes are kept after the end')
    return { reply: Buffer.concat(replies), turns, pendingBytes, isClosing }
  }

  /** Empties the cache and forgets what a connection left behind in the server. */
  reset(): void {
    this.engine.flush()
    this.#world.reset()
  }

  /** What the integrity walker finds; the cache is over. */
  close(): readonly string[] {
    const { problems } = this.engine.verify()
    this.engine.close()
    return problems
  }
}
