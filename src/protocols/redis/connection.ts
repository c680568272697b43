/**
 * One Redis client's connection: finds the requests in what arrives and has them executed.
 *
 * A request that lies whole in what was handed over is executed where it lies; one that arrives in
 * pieces is collected in a private buffer, which grows with what arrived, never with what was
 * announced. How the bytes were split changes no reply.
 */
import { MAX_KEY_BYTES } from '../../engine/errors.ts'
import { PROTOCOLS } from '../../observe/observation-board.ts'
import { type Foresight, type ProtocolConnection, TLS_HANDSHAKE } from '../protocol.ts'
import type { ReplyBuffer } from '../reply-buffer.ts'
import { type Continuation, NO_SKIP, RedisClient, SKIP_NEXT, SKIP_THIS } from './client.ts'
import { dispatch, execute } from './dispatch.ts'
import { tooLarge } from './errors.ts'
import { noteInternalError } from './internal-error.ts'
import { FAILED, RequestParser, UNFINISHED } from './parser.ts'
import { Postponed } from './pause.ts'
import { OTHER } from './plain-heads.ts'
import { countPlain, executePlain, isPlain } from './plain.ts'
import type { RedisWorker } from './worker.ts'

const NEWLINE = 10
const FIRST_BYTES = 256
const NOTHING = new Uint8Array(0)
const copyRange = Buffer.prototype.copy

export class RedisConnection implements ProtocolConnection {
  readonly client: RedisClient
  readonly batches: number = PROTOCOLS.redis.first
  readonly #parser: RequestParser
  /** The beginning of an unfinished request. */
  #kept: Uint8Array = NOTHING
  #keptBytes = 0
  /** The command that is being answered was begun when nothing was to be said. */
  #isHidden = false
  #isFresh = true

  /** @param slot the server's number for this connection */
  constructor(worker: RedisWorker, slot: number) {
    this.client = new RedisClient(worker, slot, execute)
    worker.enter(this.client)
    const { maxItemBytes, reply, host } = this.client
    reply.onError = (text) => host.board.countError(text)
    const longest = Math.max(maxItemBytes, MAX_KEY_BYTES)
    const { maxRequestBytes } = host.settings
    this.#parser = new RequestParser(longest, tooLarge(maxItemBytes), maxRequestBytes)
  }

  get foresight(): Foresight {
    return this.client.worker.pipeline
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
    return this.#keptBytes + (this.#parser.isPassing && !this.isClosing ? 1 : 0)
  }

  feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
    const { client } = this
    const { worker } = client
    const { pipeline } = worker
    client.begin(out)
    let plain = isPlain(client)
    let at = from
    while (!client.isClosing && !client.isPaused && !out.isFull) {
      if (client.more !== undefined) {
        const mark = out.length
        const { more } = client
        const isDone = this.#step(more)
        if (isDone) client.more = undefined
        this.#replied(mark, this.#isHidden && (client.isMuted || !(more instanceof Postponed)))
        if (!isDone) break
        continue
      }
      // What was not asked for comes between replies, never within one.
      if (client.hasPushes) {
        client.writePushes()
        continue
      }
      if (at >= to) break
      if (this.#keptBytes > 0) at = this.#collect(source, at, to)
      else if (this.#hasNext(source, at) || this.#find(source, at, to)) {
        if (plain && pipeline.nextKind !== OTHER) {
          at = executePlain(client, pipeline, source, at, to)
          continue
        }
        at = this.#takeFound(source)
      } else at = this.#take(source, at, to)
      plain = isPlain(client)
    }
    countPlain(client)
    pipeline.leave()
    client.end()
    return at
  }

  dispose(): void {
    this.client.worker.leave(this.client)
    this.client.login?.dispose()
    this.client.more = undefined
    this.client.isClosing = true
    this.#forget()
  }

  /** A part of a reply may have been sent: an exception ends the connection. */
  #step(more: Continuation): boolean {
    const { client } = this
    try {
      return more.step(client)
    } catch (error) {
      noteInternalError(client, error)
      client.isClosing = true
      return true
    }
  }

  /** What CLIENT REPLY does to what was written since `mark`. */
  #replied(mark: number, isHidden: boolean): void {
    const { client } = this
    if (isHidden) client.reply.out.length = mark
    if (client.more === undefined) client.skips = client.skips === SKIP_NEXT ? SKIP_THIS : NO_SKIP
  }

  #forget(): void {
    this.#kept = NOTHING
    this.#keptBytes = 0
  }

  #hasNext(source: Uint8Array, at: number): boolean {
    return !this.#parser.isWithin && this.client.worker.pipeline.hasNext(source, at)
  }

  #find(source: Uint8Array, at: number, to: number): boolean {
    const { worker, space } = this.client
    const { pipeline } = worker
    // What was foreseen of others is not given up for one request.
    if (this.#parser.isWithin || pipeline.hasMore) return false
    return pipeline.find(source, at, to, space)
  }

  /** Executes the next of the requests that were found together. */
  #takeFound(source: Uint8Array): number {
    const next = this.client.worker.pipeline.take(this.#parser.args, source)
    this.#execute('')
    return next
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
      this.#execute(parser.refusal)
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
      this.#execute(parser.refusal)
      const untouched = this.#keptBytes - next
      this.#forget()
      return end - untouched
    }
    if (next === FAILED) this.#fail()
    else if (parser.keepFrom > 0) this.#drop(parser.keepFrom)
    return end
  }

  /** @param refusal why the request is not executed; '' when it is */
  #execute(refusal: string): void {
    const { args } = this.#parser
    if (refusal === '' && args.count === 0) return
    const { client } = this
    countPlain(client)
    const mark = client.reply.out.length
    const isSkipped = client.skips === SKIP_THIS
    this.#isHidden = client.isMuted || isSkipped
    if (refusal !== '') {
      client.reply.error(refusal)
      client.host.refusedRequest()
    } else dispatch(client, args)
    // The end of the silence is heard; not in a transaction, which may be half answered by then.
    const isHeard = this.#isHidden && !client.isMuted && !isSkipped && !args.is(0, 'exec')
    args.clear()
    this.#replied(mark, this.#isHidden && !isHeard)
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
    copyRange.call(source as Buffer, this.#kept, this.#keptBytes, from, to)
    this.#keptBytes = needed
  }

  /** Forgets the first bytes of what is kept: a refused request is passed over. */
  #drop(count: number): void {
    this.#kept = this.#kept.slice(count, this.#keptBytes)
    this.#keptBytes = this.#kept.length
  }
}
