/**
 * One Redis client's connection: finds the requests in what arrives and has them executed.
 *
 * A request that lies whole in what was handed over is executed where it lies; one that arrives in
 * pieces is collected in a private buffer, which grows with what arrived, never with what was
 * announced. How the bytes were split changes no reply.
 */
import { MAX_KEY_BYTES } from '../../engine/errors.ts'
import { PROTOCOLS } from '../../observe/observation-board.ts'
import { type ProtocolConnection, TLS_HANDSHAKE } from '../protocol.ts'
import type { ReplyBuffer } from '../reply-buffer.ts'
import { NO_SKIP, RedisClient, SKIP_NEXT, SKIP_THIS } from './client.ts'
import { dispatch, execute } from './dispatch.ts'
import { tooLarge } from './errors.ts'
import { FAILED, RequestParser, UNFINISHED } from './parser.ts'
import type { RedisWorker } from './worker.ts'

const NEWLINE = 10
const FIRST_BYTES = 256
const NOTHING = new Uint8Array(0)

export class RedisConnection implements ProtocolConnection {
  readonly client: RedisClient
  readonly batches: number = PROTOCOLS.redis.first
  readonly #parser: RequestParser
  /** The beginning of an unfinished request. */
  #kept: Uint8Array = NOTHING
  #keptBytes = 0
  #isFresh = true

  /** @param slot the server's number for this connection */
  constructor(worker: RedisWorker, slot: number) {
    this.client = new RedisClient(worker, slot, execute)
    const { maxItemBytes } = this.client
    const longest = Math.max(maxItemBytes, MAX_KEY_BYTES)
    const { maxRequestBytes } = worker.host.settings
    this.#parser = new RequestParser(longest, tooLarge(maxItemBytes), maxRequestBytes)
  }

  get hasMore(): boolean {
    return this.client.more !== undefined || this.client.hasPushes
  }

  get isPaused(): boolean {
    return this.client.isPaused
  }

  get hasState(): boolean {
    return this.client.hasState
  }

  get isClosing(): boolean {
    return this.client.isClosing
  }

  get isAuthenticated(): boolean {
    return this.client.login?.isAuthenticated !== false
  }

  get pendingBytes(): number {
    return this.#keptBytes + (this.#parser.isPassing ? 1 : 0)
  }

  feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
    const { client } = this
    client.begin(out)
    let at = from
    while (!client.isClosing && !client.isPaused && !out.isFull) {
      if (client.more !== undefined) {
        const mark = out.length
        const isDone = client.more.step(client)
        if (isDone) client.more = undefined
        this.#replied(mark)
        if (!isDone) break
        continue
      }
      // What was not asked for comes between replies, never within one.
      if (client.hasPushes) {
        client.writePushes()
        continue
      }
      if (at >= to) break
      at = this.#keptBytes > 0 ? this.#collect(source, at, to) : this.#take(source, at, to)
    }
    client.end()
    return at
  }

  dispose(): void {
    this.client.worker.forget(this.client)
    this.client.login?.dispose()
    this.client.more = undefined
    this.client.isClosing = true
    this.#forget()
  }

  /** What CLIENT REPLY does to what was written since `mark`. */
  #replied(mark: number): void {
    const { client } = this
    if (client.isMuted || client.skips === SKIP_THIS) client.reply.out.length = mark
    if (client.more === undefined) client.skips = client.skips === SKIP_NEXT ? SKIP_THIS : NO_SKIP
  }

  #forget(): void {
    this.#kept = NOTHING
    this.#keptBytes = 0
  }

  /** Executes the request at `at`, or keeps what is there of it. */
  #take(source: Uint8Array, at: number, to: number): number {
    if (this.#isFresh && source[at] === TLS_HANDSHAKE) {
      this.client.turnAway('TLS')
      return to
    }
    this.#isFresh = false
    const parser = this.#parser
    parser.isLimited = !this.isAuthenticated
    const next = parser.parse(source, at, to)
    if (next >= 0) {
      this.#execute()
      return next
    }
    if (next === UNFINISHED) {
      parser.args.shift(-parser.keepFrom)
      this.#keep(source, parser.keepFrom, to)
    } else this.#fail()
    return to
  }

  /** Takes more of an unfinished request, and executes it when it is whole. */
  #collect(source: Uint8Array, at: number, to: number): number {
    const parser = this.#parser
    let end = to
    if (parser.wanted > this.#keptBytes) end = Math.min(to, at + parser.wanted - this.#keptBytes)
    else {
      const newline = source.subarray(at, to).indexOf(NEWLINE)
      if (newline >= 0) end = at + newline + 1
    }
    this.#keep(source, at, end)
    parser.isLimited = !this.isAuthenticated
    const next = parser.parse(this.#kept, 0, this.#keptBytes)
    if (next >= 0) {
      this.#execute()
      const untouched = this.#keptBytes - next
      this.#forget()
      return end - untouched
    }
    if (next === FAILED) this.#fail()
    else if (parser.keepFrom > 0) this.#drop(parser.keepFrom)
    return end
  }

  #execute(): void {
    const { args, refusal } = this.#parser
    if (refusal === '' && args.count === 0) return
    const mark = this.client.reply.out.length
    if (refusal !== '') {
      this.client.reply.error(refusal)
      this.client.host.refusedRequest()
    } else dispatch(this.client, args)
    args.clear()
    this.#replied(mark)
  }

  #fail(): void {
    this.client.reply.error(this.#parser.error)
    this.client.isClosing = true
    this.#forget()
  }

  #keep(source: Uint8Array, from: number, to: number): void {
    const needed = this.#keptBytes + to - from
    if (needed > this.#kept.length) {
      const most = this.#parser.wanted > 0 ? Math.max(needed, this.#parser.wanted) : needed * 2
      const room = Math.max(FIRST_BYTES, needed, Math.min(most, 2 * this.#kept.length))
      const grown = new Uint8Array(room)
      grown.set(this.#kept.subarray(0, this.#keptBytes))
      this.#kept = grown
    }
    this.#kept.set(source.subarray(from, to), this.#keptBytes)
    this.#keptBytes = needed
  }

  /** Forgets the first bytes of what is kept: a refused request is passed over. */
  #drop(count: number): void {
    this.#kept = this.#kept.slice(count, this.#keptBytes)
    this.#keptBytes = this.#kept.length
  }
}
