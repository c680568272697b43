/**
 * One HTTP client's connection: what arrives goes to node:http's parser, what is answered comes
 * back, both by way of a stream without a socket (stream.ts).
 *
 * Most requests are answered before `feed` returns. While one is not (an answer behind another one,
 * a hash that is under way), what arrives is kept aside. Pipelined requests go to node:http one by
 * one, by the empty lines that end their heads, and no further while MOST_OPEN of them are under
 * way, or MOST_QUEUED_BYTES of answers: sixty bytes may ask for a value of any size. An answer
 * without an end (server-sent events) does not hold back what comes, so that the end of the
 * connection is noticed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PROTOCOLS } from '../../observe/observation-board.ts'
import type { ProtocolConnection } from '../protocol.ts'
import type { ReplyBuffer } from '../reply-buffer.ts'
import type { Problem } from './problem.ts'
import { ConnectionStream, type StreamOwner } from './stream.ts'
import type { HttpWorker } from './worker.ts'

const EMPTY_LINE = '\r\n\r\n'
const MOST_OPEN = 32
const MOST_QUEUED_BYTES = 256 * 1024

/** A request, from its head to the end of its answer. */
export interface Open {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** An answer without an end has begun. */
  isStream: boolean
  /** Who handles it waits for something; what comes behind it is kept aside. */
  holds: number
  /** Its body is being read. */
  isGathering: boolean
}

export class HttpConnection implements ProtocolConnection, StreamOwner {
  readonly slot: number
  readonly batches: number = PROTOCOLS.http.first
  readonly #worker: HttpWorker
  /** From the first byte on: an idle connection costs little. */
  #stream: ConnectionStream | undefined
  /** Requests whose answers node:http has not finished, the oldest first. */
  readonly #open: Open[] = []
  /** Nothing of a request is with the parser: what came last ended where a message ends. */
  #isBetween = true
  /** Bytes that are still to come of the body under way; NaN: nobody knows, or nobody reads it. */
  bodyLeft: number = Number.NaN
  /** The last four bytes that went to the parser. */
  #tail = ''
  /** The request that began last, and whether its end was seen. */
  #latest: IncomingMessage | undefined
  #isLatestWhole = true
  /** The server was told to keep aside what comes. */
  #isHeld = false
  /** To be fed at the next opportunity: it has asked for that. */
  #isDue = false
  #isDisposed = false
  /** What the parser refused, until the answers before it are out. */
  #refusal: Problem | undefined
  /** When the first byte of an unfinished request came, by the worker's clock; if there is one. */
  startedAt: number | undefined

  constructor(worker: HttpWorker, slot: number) {
    this.slot = slot
    this.#worker = worker
  }

  get hasMore(): boolean {
    const stream = this.#stream
    return stream !== undefined && (stream.hasWaiting || this.#isAnswering || stream.isStopped)
  }

  get isPaused(): boolean {
    if (this.#isDue || this.#stream === undefined || this.#stream.hasWaiting) return false
    return this.#isAnswering || this.#stream.isStopped
  }

  get isClosing(): boolean {
    return this.#stream?.isOver === true
  }

  /** The head of the request under way was parsed. */
  get hasHead(): boolean {
    return !this.#isLatestWhole
  }

  /** The connection ends with an answer that is begun: no request behind it is executed. */
  get isLast(): boolean {
    return this.#open.some(({ response }) => !response.shouldKeepAlive)
  }

  get hasState(): boolean {
    return !this.#isBetween || this.#open.some(isUnfinished)
  }

  get pendingBytes(): number {
    return 0 // node:http does not tell; `hasState` says whether there are any
  }

  /** Waits for an answer that is not begun, or not whole. */
  get #isAnswering(): boolean {
    return this.#open.some(
      (open) => open.holds > 0 || (!open.isStream && open.request.complete && isUnfinished(open)),
    )
  }

  feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
    this.#stream ??= this.#connect()
    const stream = this.#stream
    this.#isDue = false
    stream.drainTo(out)
    const bytes = Buffer.from(source.subarray(from, to))
    let at = 0
    while (at < bytes.length && !out.isFull && this.#canTake(stream)) {
      const end = this.#endOfPiece(bytes, at)
      this.#take(stream, bytes.subarray(at, end))
      at = end
    }
    if (this.#isOver(stream)) at = bytes.length
    stream.undrain()
    this.#isHeld = this.hasMore || this.#open.some((open) => open.isStream)
    this.#worker.fed()
    return from + at
  }

  dispose(): void {
    this.#isDisposed = true
    this.#worker.gone(this)
    this.#stream?.destroy()
  }

  /** node:http has the head of a request. */
  begins(request: IncomingMessage, response: ServerResponse): Open {
    const open: Open = { request, response, isStream: false, holds: 0, isGathering: false }
    this.#open.push(open)
    response.once('close', () => {
      this.#open.splice(this.#open.indexOf(open), 1)
      if (this.#refusal !== undefined) this.#refuse()
      if (this.#isHeld) this.hasOutput()
    })
    this.#latest = request
    this.#isLatestWhole = false
    this.bodyLeft = Number.NaN
    return open
  }

  /** Keeps aside what comes until what is returned is called. */
  hold(open: Open): () => void {
    open.holds++
    return () => {
      open.holds--
      if (this.#isHeld) this.hasOutput()
    }
  }

  /** What the client sends is no HTTP, or took too long: says so behind what is answered. */
  refuse(problem: Problem): void {
    if (this.#refusal !== undefined) return
    this.#refusal = problem
    this.startedAt = undefined
    this.#refuse()
  }

  wantsInput(): void {
    if (this.#isHeld) this.hasOutput()
  }

  hasOutput(): void {
    if (this.#isDue || this.#isDisposed) return
    this.#isDue = true
    this.#worker.host.serveSoon(this.slot)
  }

  #connect(): ConnectionStream {
    const stream = new ConnectionStream(this, this.#worker.host.addressOf(this.slot))
    this.#worker.connected(this, stream)
    stream.read(0) // from now on what is put in is parsed at once, not a tick later
    return stream
  }

  /** Whatever comes now is passed over. */
  #isOver(stream: ConnectionStream): boolean {
    if (this.#refusal !== undefined || stream.writableEnded || stream.destroyed) return true
    return this.#isLatestWhole && this.isLast
  }

  /** Behind the next empty line, as one request has one at most in its head. */
  #endOfPiece(bytes: Buffer, from: number): number {
    const begun = this.#tail.slice(-3)
    const across = (begun + bytes.toString('latin1', from, from + 3)).indexOf(EMPTY_LINE)
    if (across >= 0) return from + across + EMPTY_LINE.length - begun.length
    const at = bytes.indexOf(EMPTY_LINE, from, 'latin1')
    return at < 0 ? bytes.length : at + EMPTY_LINE.length
  }

  /** Whether another request may begin: answers behind others are kept whole until their turn. */
  #canTake(stream: ConnectionStream): boolean {
    if (stream.isStopped || this.#isOver(stream)) return false
    if (this.#open.length >= MOST_OPEN) return false
    let queuedBytes = 0
    for (const { holds, isGathering, request, response } of this.#open) {
      // What is executed later than it came must not be overtaken.
      if (holds > 0 || (isGathering && request.complete)) return false
      queuedBytes += response.writableLength
    }
    return queuedBytes < MOST_QUEUED_BYTES
  }

  #take(stream: ConnectionStream, bytes: Buffer): void {
    const before = this.#latest
    const left = this.bodyLeft
    this.#tail = (this.#tail + bytes.toString('latin1', bytes.length - 4)).slice(-4)
    stream.deliver(bytes)
    const isWhole = this.#latest === undefined || this.#latest.complete
    const hasEnded = isWhole && !this.#isLatestWhole
    this.#isLatestWhole = isWhole
    // A head ends with an empty line, and so do chunks; a body where its length says.
    this.#isBetween = isWhole && (left === bytes.length || this.#tail === EMPTY_LINE)
    if (hasEnded) this.startedAt = undefined
    else if (this.startedAt === undefined || this.#latest !== before) {
      this.startedAt = this.#worker.now()
    }
  }

  /** Once every request before it is answered. */
  #refuse(): void {
    const stream = this.#stream!
    if (this.#open.some((open) => open.isStream)) stream.destroy()
    if (stream.destroyed || stream.writableEnded) return
    if (this.#open.some(({ request, response }) => request.complete || response.headersSent)) return
    stream.end(this.#refusal!.asResponse)
  }
}

/** Its answer is not wholly in the stream. */
function isUnfinished({ response }: Open): boolean {
  return !response.writableEnded || response.writableLength > 0
}
