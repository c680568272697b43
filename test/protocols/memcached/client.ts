/**
 * Without a server: a host that only remembers what the protocol asked of it, and a client that
 * feeds bytes to a connection and reads what was replied. Used by tests and by their threads.
 */
import type { Authenticator } from '../../../src/auth/authenticator.ts'
import { Login } from '../../../src/auth/login.ts'
import { CommandClock } from '../../../src/observe/command-clock.ts'
import { ObservationBoard } from '../../../src/observe/observation-board.ts'
import { CounterBoard } from '../../../src/protocols/memcached/counters.ts'
import type { MemcachedConnection } from '../../../src/protocols/memcached/connection.ts'
import type {
  ConnectionFacts,
  ServerFacts,
  ServerSettings,
} from '../../../src/protocols/memcached/host.ts'
import { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'

export const SETTINGS: ServerSettings = {
  maxConnections: 1024,
  workers: 2,
  tcpPort: 11211,
  host: '127.0.0.1',
  unixSocket: undefined,
  isFlushEnabled: true,
  isShutdownEnabled: true,
  idleTimeout: 0,
  hasUsers: false,
  hasTls: false,
  others: { handoff: 'frames' },
}

/** A server that does nothing but remember. */
export class FakeHost implements ServerFacts {
  readonly version = '0.1.0'
  readonly pid = 4242
  readonly startedAt: number
  settings: ServerSettings = SETTINGS
  readonly board: CounterBoard
  readonly clock = new CommandClock(ObservationBoard.create(1), 1)
  /** Who may do what; undefined: there are no users. */
  authenticator: Authenticator | undefined = undefined
  /** Connections that asked to be fed, and those that were ended. */
  readonly served: number[] = []
  readonly ended: number[] = []
  openLogin(id: number): Login | undefined {
    if (this.authenticator === undefined) return undefined
    return new Login(this.authenticator, `10.0.0.${id}`, () => this.ended.push(id))
  }
  serveSoon(id: number): void {
    this.served.push(id)
  }
  verbosity = 0
  readonly list: ConnectionFacts[] = []
  readonly shutdowns: boolean[] = []
  readonly foreign: string[] = []
  readonly tasks: { step: () => boolean; pauseMs: number }[] = []
  readonly lines: string[] = []
  readonly watchers = new Map<number, number>()
  mostWatchers = 2

  constructor(startedAt: number, buffer = CounterBoard.create(2), row = 0) {
    this.startedAt = startedAt
    this.board = new CounterBoard(buffer, row)
  }
  connectionCount(): number {
    return this.list.length
  }
  isAccepting(): boolean {
    return true
  }
  connections(): readonly ConnectionFacts[] {
    return this.list
  }
  shutdown(isGraceful: boolean): void {
    this.shutdowns.push(isGraceful)
  }
  runInBackground(step: () => boolean, pauseMs: number): void {
    this.tasks.push({ step, pauseMs })
  }
  watch(connectionId: number, kinds: number): boolean {
    if (kinds === 0) return this.watchers.delete(connectionId)
    if (this.watchers.size === this.mostWatchers) return false
    this.watchers.set(connectionId, kinds)
    return true
  }
  turnedAway(slot: number, spoke: string): void {
    this.foreign.push(`${spoke} ${slot}`)
  }
  watchedKinds(): number {
    return [...this.watchers.values()].reduce((union, kinds) => union | kinds, 0)
  }
  log(kind: number, line: string): void {
    for (const kinds of this.watchers.values()) if ((kinds & kind) !== 0) this.lines.push(line)
  }
  /** Runs what was begun in the background to its end; how many steps that took. */
  runTasks(): number {
    let steps = 0
    for (const { step } of this.tasks.splice(0)) {
      for (let done = false; !done; steps++) {
        if (steps > 1e6) throw new Error('a background task does not end')
        done = step()
      }
    }
    return steps
  }
}

export class Client {
  readonly connection: MemcachedConnection

  constructor(connection: MemcachedConnection) {
    this.connection = connection
  }

  /** Feeds text (latin1) whole, and returns the replies. */
  ask(request: string): string {
    return this.feed(Buffer.from(request, 'latin1'), undefined).toString('latin1')
  }

  /** Feeds bytes, in pieces that end at `cuts`, through buffers of a small soft limit. */
  feed(request: Uint8Array, cuts: readonly number[] | undefined, softLimit?: number): Buffer {
    const replies: Buffer[] = []
    const out = new ReplyBuffer(softLimit)
    let at = 0
    for (const cut of [...(cuts ?? []), request.length]) {
      // As a worker's frames: shared memory, and used again once it was read.
      const frame = Buffer.from(new SharedArrayBuffer(cut - at))
      frame.set(request.subarray(at, cut))
      let done = 0
      for (let turns = 0; ; turns++) {
        if (turns > 1e6) throw new Error('the connection makes no progress')
        done = this.connection.feed(frame, done, frame.length, out)
        if (out.length > 0) replies.push(Buffer.from(out.bytes.subarray(0, out.length)))
        out.clear()
        if (this.connection.isClosing) break
        if (done === frame.length && !this.connection.hasMore) break
      }
      frame.fill(0x7a)
      at = cut
      if (this.connection.isClosing) break
    }
    return Buffer.concat(replies)
  }

  /** Feeds bytes and throws replies away, telling how long each filling of the buffer was. */
  pump(request: Uint8Array, softLimit: number, onFill: (length: number) => void): void {
    const out = new ReplyBuffer(softLimit)
    for (let at = 0; at < request.length || this.connection.hasMore; ) {
      at = this.connection.feed(request, at, request.length, out)
      onFill(out.length)
      out.clear()
    }
  }
}

/** Whole numbers from 0 below a bound, the same ones for the same seed. */
export function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
