/**
 * The worker's side of the frames: takes requests from the ring, executes them, and puts what they
 * reply into the other ring. link.ts says why a death at any point of this file is harmless.
 *
 * Nobody waits for a slow client: while more than `window` bytes of replies are not written, the
 * connection's requests are kept aside (bounded by what the acceptor lets through, see acceptor.ts)
 * and the others go on. Only when the reply ring itself is full does the worker wait, and the
 * acceptor always empties it, whatever clients do.
 */
import { ReplyBuffer } from '../protocols/reply-buffer.ts'
import {
  ABORT,
  BEGUN,
  CLOSING,
  CREDITS,
  DATA,
  DIRTY,
  DRAINED,
  END,
  GONE,
  GONE_TWICE,
  LAST,
  type Link,
  REPLIED,
  REQUESTED,
  WATCHING,
} from './link.ts'
import { HEADER_BYTES, MOST_PAYLOAD } from './ring.ts'
import { type ExecutorTools, type OpenProtocol, Served, WINDOW_BYTES } from './served.ts'
import { load, peek, peekBuffer, store } from '#words'

/** Then the acceptor is rung, and connections that were put off get their turn. */
const FRAMES_PER_STEP = 64
const NOBODY = -1
const NOTHING: Buffer = Buffer.alloc(0)

export class FrameExecutor {
  readonly link: Link
  readonly #openProtocol: OpenProtocol
  readonly #tools: ExecutorTools
  readonly #window: number
  readonly #out = new ReplyBuffer()
  readonly #connections: (Served | undefined)[] = []
  /** Connections with requests kept aside: to be served now, and waiting for their client. */
  #ready: Served[] = []
  #held: Served[] = []
  #credits = 0
  /** Requests up to here were begun. */
  #head: number
  /** Replies up to here are in the ring, if not yet published. */
  #tail: number
  #drained: number
  /** What is being published: see #publish. */
  #isPublishing = false
  #slot = NOBODY
  #kind = 0
  #executed = 0
  #outAt = 0

  constructor(link: Link, openProtocol: OpenProtocol, tools: ExecutorTools = {}) {
    this.link = link
    this.#openProtocol = openProtocol
    this.#tools = tools
    this.#window = tools.window ?? WINDOW_BYTES
    this.#head = load(link.control, BEGUN)
    this.#tail = load(link.control, REPLIED)
    this.#drained = load(link.control, DRAINED)
  }

  /** The reply ring is full: nothing can be done until the acceptor has taken some. */
  get isStuck(): boolean {
    return this.#isPublishing
  }

  /** Whether a step would find something to do. Asked after the bell was set. */
  get hasWork(): boolean {
    const { control } = this.link
    if (this.#isPublishing) return this.#hasRoom(load(control, DRAINED))
    if (this.#ready.length > 0 || this.#head !== load(control, REQUESTED)) return true
    return this.#held.length > 0 && this.#credits !== load(control, CREDITS)
  }

  /** Executes some frames. @returns whether anything was done */
  step(): boolean {
    if (this.#isPublishing && !this.#flush()) return false
    const tail = load(this.link.control, REQUESTED)
    let frames = 0
    while (this.#head !== tail && frames < FRAMES_PER_STEP) {
      this.#takeFrame()
      frames++
      if (this.#isPublishing) return true
    }
    if (this.#held.length > 0) this.#release()
    if (this.#ready.length === 0) return frames > 0
    this.#serveReady()
    return true
  }

  /** Feeds a connection at the next step. */
  serveSoon(slot: number): void {
    const served = this.#connections[slot]
    if (served !== undefined) this.#putOff(served)
  }

  /** From the reply to the running command on, the connection gets log lines. */
  startWatching(slot: number): void {
    const served = this.#connections[slot]
    if (served !== undefined) served.isWatching = true
  }

  #takeFrame(): void {
    const { requests, control } = this.link
    const at = requests.wordAt(this.#head)
    const { words } = requests
    const length = peek(words, at)
    const slot = peek(words, at + 1)
    const kind = peek(words, at + 2)
    const begin = requests.payloadAt(this.#head)
    this.#head = requests.after(this.#head, length)
    store(control, BEGUN, this.#head)
    if (kind === DATA) this.#take(slot, begin, begin + length)
    else if (kind === END) this.#end(slot)
    else if (kind === ABORT) this.#abort(slot)
    else this.#publish(NOBODY, 0, 0)
  }

  #take(slot: number, from: number, to: number): void {
    const served = this.#connections[slot] ?? this.#open(slot)
    const { bytes } = this.link.requests
    if (served.isOver) {
      this.#publish(slot, 0, to - from)
    } else if (served.hasRest || this.#owes(served) >= this.#window) {
      served.keep(peekBuffer(bytes, from, to), from, to)
      this.#putOff(served)
      this.#publish(slot, DIRTY, 0)
    } else {
      this.#feed(served, peekBuffer(bytes, from, to), from, to)
    }
  }

  #open(slot: number): Served {
    const sent = load(this.link.written, 2 * slot + 1)
    const served = new Served(slot, this.#openProtocol(slot), sent)
    this.#connections[slot] = served
    return served
  }

  /** Bytes that the acceptor has not yet written to the client. */
  #owes(served: Served): number {
    return (served.sent - load(this.link.written, 2 * served.slot)) | 0
  }

  #feed(served: Served, source: Buffer, from: number, to: number): void {
    const { protocol } = served
    const out = this.#out
    const begunAt = this.#tools.clock?.beginBatch()
    const end = protocol.feed(source, from, to, out)
    served.noteAuthentication(this.#tools.know)
    served.sent = (served.sent + out.length) | 0
    let executed = end - from
    if (protocol.isClosing) {
      executed = to - from
      served.drop()
      served.isOver = true
      protocol.dispose()
      this.#publish(served.slot, CLOSING, executed)
      if (begunAt !== undefined) this.#tools.clock!.endBatch(protocol.batches, begunAt)
      return
    }
    if (source === served.rest) served.pass(executed)
    else if (end < to) served.keep(source, end, to)
    if (served.hasRest) this.#putOff(served)
    const watching = served.isWatching ? WATCHING : 0
    this.#publish(served.slot, served.isDirty ? DIRTY | watching : watching, executed)
    if (begunAt !== undefined) this.#tools.clock!.endBatch(protocol.batches, begunAt)
  }

  #putOff(served: Served): void {
    if (served.isQueued || served.isPaused) return
    served.isQueued = true
    this.#ready.push(served)
  }

  /** One turn for each connection that was put off: first those that came first. */
  #serveReady(): void {
    const turn = this.#ready
    this.#ready = []
    for (let i = 0; i < turn.length; i++) {
      const served = turn[i]!
      if (this.#isPublishing) {
        this.#ready.push(served)
        continue
      }
      served.isQueued = false
      if (!served.isGone && !served.isOver) this.#serveRest(served)
    }
  }

  #serveRest(served: Served): void {
    if (this.#owes(served) >= this.#window) {
      if (!served.waitsForReader) this.#tools.counters?.pausedOutput()
      served.waitsForReader = true
      served.isQueued = true
      this.#held.push(served)
      return
    }
    served.waitsForReader = false
    if (served.rest === undefined) this.#feed(served, NOTHING, 0, 0)
    else this.#feed(served, served.rest, served.restAt, served.restEnd)
    if (served.isEnding && (served.isOver || !served.hasRest)) this.#leave(served)
  }

  /** Clients have read: those held back may go on. */
  #release(): void {
    const credits = load(this.link.control, CREDITS)
    if (credits === this.#credits) return
    this.#credits = credits
    for (const served of this.#held) this.#ready.push(served)
    this.#held.length = 0
  }

  #end(slot: number): void {
    const served = this.#connections[slot]
    if (served?.hasRest && !served.isOver) {
      served.isEnding = true
      this.#publish(slot, DIRTY, 0)
    } else {
      this.#forget(served)
      this.#publish(slot, GONE, 0)
    }
  }

  #abort(slot: number): void {
    const served = this.#connections[slot]
    const owesAnswer = served?.isEnding === true
    this.#forget(served)
    this.#publish(slot, owesAnswer ? GONE | GONE_TWICE : GONE, 0)
  }

  #leave(served: Served): void {
    this.#forget(served)
    if (this.#isPublishing) {
      this.#kind |= GONE
      return
    }
    this.#publish(served.slot, GONE, 0)
  }

  #forget(served: Served | undefined): void {
    if (served === undefined) return
    if (!served.isOver) served.protocol.dispose()
    served.isGone = true
    served.drop()
    this.#connections[served.slot] = undefined
  }

  /** Publishes what is in `out` and how far the requests are done: by one store, if it fits. */
  #publish(slot: number, flags: number, executed: number): void {
    this.#slot = slot
    this.#kind = flags | LAST
    this.#executed = executed
    this.#outAt = 0
    this.#isPublishing = true
    this.#flush()
  }

  /** @returns false when the reply ring is full; what fits is published, without LAST */
  #flush(): boolean {
    const { replies, control } = this.link
    const out = this.#out
    for (;;) {
      const count = Math.min(out.length - this.#outAt, MOST_PAYLOAD)
      if (!this.#hasRoom(this.#drained)) {
        this.#drained = load(control, DRAINED)
        if (!this.#hasRoom(this.#drained)) {
          store(control, REPLIED, this.#tail)
          return false
        }
      }
      const isLast = this.#outAt + count === out.length
      const kind = isLast ? this.#kind : 0
      replies.describe(this.#tail, count, this.#slot, kind, this.#head, this.#executed)
      replies.fill(this.#tail, out.bytes, this.#outAt, this.#outAt + count)
      this.#tail = replies.after(this.#tail, count)
      this.#outAt += count
      if (isLast) break
    }
    store(control, REPLIED, this.#tail)
    this.#isPublishing = false
    out.clear()
    return true
  }

  #hasRoom(drained: number): boolean {
    const count = Math.min(this.#out.length - this.#outAt, MOST_PAYLOAD)
    return this.link.replies.room(drained, this.#tail) >= HEADER_BYTES + count + 8
  }
}
