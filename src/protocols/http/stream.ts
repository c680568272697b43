/**
 * A client's connection as node:http takes it: a Duplex without a socket. What the client sent is
 * put in with `deliver`, what node:http writes is kept until `drainTo` has room for it.
 *
 * So there is one path for both hand-offs: whoever reads the socket (a frame's ring, a transferred
 * socket, one that speaks TLS) hands bytes to a `ProtocolConnection`, and limits, counters and the
 * idle timeout are those of all protocols. *Rejected:* `server.emit('connection', socket)` with the
 * transferred socket itself: it is the same for node:http, and would need all of those again.
 */
import { Duplex } from 'node:stream'
import type { ReplyBuffer } from '../reply-buffer.ts'

/** Bytes of requests that may wait for node:http, and of replies before a handler has to wait. */
const HIGH_WATER_BYTES = 64 * 1024

/** What a stream tells its connection. */
export interface StreamOwner {
  /** node:http reads again. */
  wantsInput(): void
  /** There is something to drain, or the stream has ended. */
  hasOutput(): void
}

export class ConnectionStream extends Duplex {
  /** The address of the client, which node:http and handlers ask for: `127.0.0.1`. */
  readonly remoteAddress: string
  readonly #owner: StreamOwner
  /** Where replies may be written at once: within a turn of the connection. */
  #out: ReplyBuffer | undefined
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #written: (() => void) | undefined
  #isStopped = false
  #isFinished = false

  constructor(owner: StreamOwner, remoteAddress: string) {
    super({ highWaterMark: HIGH_WATER_BYTES, decodeStrings: true })
    this.#owner = owner
    this.remoteAddress = remoteAddress
  }

  /** node:http takes no more at the moment. */
  get isStopped(): boolean {
    return this.#isStopped || this.isPaused()
  }

  /** Bytes wait for the server to write them. */
  get hasWaiting(): boolean {
    return this.#waitingBytes > 0 || (this.writableLength > 0 && !this.destroyed)
  }

  /** Nothing more will be written, and all that was is drained. */
  get isOver(): boolean {
    return (this.#isFinished || this.destroyed) && this.#waitingBytes === 0
  }

  /** Hands bytes to node:http; they are its own from now on. */
  deliver(bytes: Buffer): void {
    this.#isStopped = !this.push(bytes) || this.readableLength > 0
  }

  /** From now on replies go to `out`, first those that wait; until `undrain`. */
  drainTo(out: ReplyBuffer): void {
    this.#out = out
    while (this.#waiting.length > 0 && !out.isFull) {
      const bytes = this.#waiting.shift()!
      this.#waitingBytes -= bytes.length
      out.copy(bytes, 0, bytes.length)
    }
    if (this.#waiting.length > 0) return
    const written = this.#written
    this.#written = undefined
    written?.()
  }

  undrain(): void {
    this.#out = undefined
  }

  override resume(): this {
    const wasPaused = this.isPaused()
    super.resume()
    if (wasPaused) this.#owner.wantsInput()
    return this
  }

  override _read(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    this.#owner.wantsInput()
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#put(bytes)
    this.#finishWrite(done)
  }

  override _writev(parts: { chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of parts) this.#put(chunk)
    this.#finishWrite(done)
  }

  override _final(done: () => void): void {
    this.#isFinished = true
    this.#owner.hasOutput()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#waiting = []
    this.#waitingBytes = 0
    this.#owner.hasOutput()
    done(error)
  }

  #put(bytes: Buffer): void {
    const out = this.#out
    if (out !== undefined && this.#waiting.length === 0 && !out.isFull) {
      out.copy(bytes, 0, bytes.length)
      return
    }
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
  }

  #finishWrite(done: () => void): void {
    if (this.#waiting.length === 0) {
      done()
      return
    }
    this.#written = done
    this.#owner.hasOutput()
  }
}
