/**
 * What a test needs of a server and of a client, for connections in this process: also in threads
 * that no test runner runs in.
 */
import type { Authenticator } from '../../../src/auth/authenticator.ts'
import { Login } from '../../../src/auth/login.ts'
import { CommandClock } from '../../../src/observe/command-clock.ts'
import { ObservationBoard } from '../../../src/observe/observation-board.ts'
import { RedisBoard } from '../../../src/protocols/redis/board.ts'
import type { RedisConnection } from '../../../src/protocols/redis/connection.ts'
import type {
  ChangeListener,
  ChangesState,
  RedisClientFacts,
  RedisHost,
  ServerTotals,
} from '../../../src/protocols/redis/host.ts'
import { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'
import { encode, type Request } from './resp.ts'

/** A server that does nothing but remember; its one worker gets messages at once. */
export class FakeHost implements RedisHost {
  readonly version = '0.1.0'
  readonly pid = 4242
  readonly worker: number
  readonly startedAt: number
  readonly board: RedisBoard
  readonly clock = new CommandClock(ObservationBoard.create(1), 1)
  readonly settings = {
    host: '127.0.0.1',
    port: 6379,
    maxConnections: 1024,
    workers: 1,
    idleTimeout: 0,
    isFlushEnabled: true,
    isDebugEnabled: true,
    maxRequestBytes: 64 * 1024 * 1024,
  }
  readonly open = new Set<number>()
  readonly killed: number[] = []
  readonly foreign: string[] = []
  refused = 0
  readonly #timers: (() => void)[] = []
  onMessage: (message: unknown) => void = () => {}

  /** @param board of several workers, and which of them this is */
  constructor(
    startedAt: number,
    board: RedisBoard = new RedisBoard(RedisBoard.create(64, 1), 0),
    worker = 0,
  ) {
    this.startedAt = startedAt
    this.board = board
    this.worker = worker
  }
  /** Who may do what; undefined: there are no users. */
  authenticator: Authenticator | undefined = undefined
  openLogin(slot: number): Login | undefined {
    if (this.authenticator === undefined) return undefined
    return new Login(this.authenticator, `10.0.0.${slot}`, () => this.kill(slot))
  }
  totals(): ServerTotals {
    const counts = { connectionsReceived: 1, connectionsRejected: 0, connected: this.open.size }
    return { ...counts, bytesRead: 0, bytesWritten: 0, limits: {} }
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
  refusedRequest(): void {
    this.refused++
  }
  turnedAway(slot: number, spoke: string): void {
    this.foreign.push(`${spoke} ${slot}`)
  }
  /** Connections that asked to be fed. */
  readonly served: number[] = []
  serveSoon(slot: number): void {
    this.served.push(slot)
  }
  after(_ms: number, then: () => void): void {
    this.#timers.push(then)
  }
  /** Runs what was to be called back. */
  passTime(): void {
    for (const then of this.#timers.splice(0)) then()
  }
  tell(_workers: readonly number[], message: unknown): void {
    this.onMessage(message)
  }
  isOpen(slot: number): boolean {
    return this.open.has(slot)
  }
  ownerOf(): number {
    return 0
  }
  /** Who is told what changes: by the test. */
  listener: ChangeListener | undefined
  changesState: ChangesState = 'open'
  listenForChanges(listener: ChangeListener): void {
    this.listener = listener
  }
  askForChanges(): void {}
  passOverChanges(): void {}
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

  /** The first part of the reply: what fits into the reply buffer. */
  feedOnce(request: Request): string {
    const bytes = encode(request)
    this.connection.feed(bytes, 0, bytes.length, this.#out)
    const reply = this.#out.bytes.toString('latin1', 0, this.#out.length)
    this.#out.clear()
    return reply
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
      if (connection.isClosing || connection.isPaused) break
    } while (at < bytes.length || connection.hasMore)
    return replies
  }
}
