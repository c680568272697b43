/**
 * The other hand-off: sockets that were transferred to this worker. It reads them itself, executes,
 * and writes straight to the descriptor; when it dies, they die with it.
 *
 * What short reads of one turn of the event loop brought is executed together, at its end, so that
 * the cache misses of different connections overlap. Replies are written after that, one write for
 * each connection: a client that were woken by the first reply would sleep again before the second.
 *
 * Bounds are those of the frames: over `window` bytes of unwritten replies a connection is not
 * executed and not read, and what was read of it, one chunk, is kept aside.
 */
import { soon } from '#words'
import type { Socket } from 'node:net'
import { ReplyBuffer } from '../protocols/reply-buffer.ts'
import type { ConnectionBoard } from './connection-board.ts'
import type { CloseReason } from './connection-lines.ts'
import { Gathered, MOST_GATHERED_BYTES } from './gathered.ts'
import { kickIdleSoon, type Patience } from './idle.ts'
import type { Notices } from './notices.ts'
import { type ExecutorTools, type OpenProtocol, Served, WINDOW_BYTES } from './served.ts'
import type { ServerCounters } from './server-counters.ts'
import { Wire, type WireOwner } from './wire.ts'

const MOST_UNREAD_LINES = 256 * 1024 // More of them are dropped.
/** Replies of so many bytes are written before the turn is over. */
const MOST_PENDING_BYTES = 64 * 1024
const NOTHING: Buffer = Buffer.alloc(0)

class SocketClient implements WireOwner {
  readonly served: Served
  readonly wire: Wire
  /** It is not read until what was kept of it is executed. */
  isHeldBack = false
  closeReason: CloseReason = 'normal'
  readonly #executor: SocketExecutor

  constructor(socket: Socket, served: Served, executor: SocketExecutor) {
    this.served = served
    this.#executor = executor
    this.wire = new Wire(socket, this)
  }

  get slot(): number {
    return this.served.slot
  }

  get isWatching(): boolean {
    return this.served.isWatching
  }

  bytes(source: Buffer, length: number): void {
    this.#executor.received(this, source, length)
  }

  ended(): void {
    this.#executor.ended(this)
  }

  failed(): void {
    if (this.closeReason === 'normal') this.closeReason = 'error'
  }

  wrote(): void {
    if (this.served.hasRest) this.#executor.putOff(this)
  }

  closed(): void {
    this.#executor.closed(this)
  }
}

export class SocketExecutor {
  readonly #openProtocol: OpenProtocol
  readonly #board: ConnectionBoard
  readonly #counters: ServerCounters
  readonly #clock: ExecutorTools['clock']
  readonly #know: ExecutorTools['know']
  readonly #window: number
  readonly #out = new ReplyBuffer()
  readonly #clients = new Map<number, SocketClient>()
  #ready: SocketClient[] = []
  /** Whose replies are in `#out`, in their order, and where those of each end: see Gathered. */
  readonly #replied: (SocketClient | undefined)[] = []
  readonly #replyEnds: number[] = []
  #replies = 0
  readonly #gathered = new Gathered<SocketClient>()
  #isStopping = false
  onEmpty: () => void = () => {} // The last connection is gone, after `stop`.
  /** Called while the board still knows the connection. */
  onClosed: (slot: number, reason: CloseReason) => void = () => {}

  constructor(
    openProtocol: OpenProtocol,
    board: ConnectionBoard,
    counters: ServerCounters,
    { clock, know, window = WINDOW_BYTES }: ExecutorTools = {},
  ) {
    this.#openProtocol = openProtocol
    this.#board = board
    this.#counters = counters
    this.#clock = clock
    this.#know = know
    this.#window = window
  }

  accept(socket: Socket, slot: number): void {
    const client = new SocketClient(socket, new Served(slot, this.#openProtocol(slot), 0), this)
    this.#clients.set(slot, client)
    this.#board.touch(slot) // it may have waited for this thread
    if (this.#isStopping) client.wire.end()
    else client.wire.resume()
  }

  /** It closed in its handshake. */
  neverCame(slot: number): void {
    this.onClosed(slot, 'tls')
    this.#board.release(slot)
  }

  received(client: SocketClient, source: Buffer, length: number): void {
    const { served } = client
    this.#board.touch(served.slot)
    this.#counters.read(length)
    if (length > MOST_GATHERED_BYTES) {
      this.#gathered.feed(this.#take)
      this.#take(client, source, 0, length)
      return
    }
    // What is short waits for what other connections bring in this turn of the event loop.
    if (!this.#gathered.hasRoom(length)) this.#gathered.feed(this.#take)
    if (this.#gathered.isEmpty) soon(this.#feedAll)
    this.#gathered.add(client, source, length)
  }

  /** Feeds what was read, unless the client has to wait. */
  readonly #take = (client: SocketClient, source: Buffer, from: number, to: number): void => {
    const { served } = client
    if (served.hasRest || client.wire.unwritten >= this.#window) {
      served.keep(source, from, to)
      this.#holdBack(client)
    } else if (!served.isOver && !served.isGone) this.#feed(client, source, from, to)
  }

  readonly #feedAll = (): void => {
    this.#gathered.feed(this.#take)
    this.#writeReplies()
  }
  ended(client: SocketClient): void {
    this.#gathered.feed(this.#take)
    client.served.isEnding = true
    if (!client.served.hasRest) this.#end(client)
  }

  closed(client: SocketClient): void {
    this.#gathered.feed(this.#take)
    const { served } = client
    if (!served.isOver) served.protocol.dispose()
    served.isGone = true
    served.drop()
    this.onClosed(served.slot, client.closeReason)
    this.#clients.delete(served.slot)
    this.#board.release(served.slot)
    if (this.#isStopping && this.#clients.size === 0) this.onEmpty()
  }

  /** Its requests that were kept aside come at the next turn of the event loop. */
  putOff(client: SocketClient): void {
    if (client.served.isQueued || client.served.isPaused) return
    client.served.isQueued = true
    if (this.#ready.push(client) === 1) soon(this.#serveReady)
  }

  /** Feeds a connection at the next turn of the event loop; `wrote` comes first if it is slow. */
  serveSoon(slot: number): void {
    const client = this.#clients.get(slot)
    if (client !== undefined) this.putOff(client)
  }

  kill(slot: number): void {
    this.#writeReplies()
    this.#clients.get(slot)?.wire.destroy()
  }

  startWatching(slot: number): void {
    const client = this.#clients.get(slot)
    if (client !== undefined) client.served.isWatching = true
  }

  log(kind: number, lines: string): void {
    this.#writeReplies() // what was replied before a line comes before it
    const bytes = Buffer.from(lines)
    for (const { served, wire } of this.#clients.values()) {
      if (!served.isWatching || (this.#board.kindsOf(served.slot) & kind) === 0) continue
      const isSlow = wire.unwritten > MOST_UNREAD_LINES
      this.#counters.logged(isSlow)
      if (!isSlow) wire.write(bytes, 0, bytes.length)
    }
  }

  kickIdle(patience: Patience, notices: Notices): void {
    const watch = { board: this.#board, counters: this.#counters, notices }
    kickIdleSoon(() => this.#clients.values(), patience, watch)
  }

  /** Ends every connection once what was read is answered. */
  stop(): void {
    this.#gathered.feed(this.#take)
    this.#isStopping = true
    if (this.#clients.size === 0) this.onEmpty()
    for (const client of this.#clients.values()) {
      client.wire.pause()
      this.ended(client)
    }
  }

  destroyAll(): void {
    for (const { wire } of this.#clients.values()) wire.destroy()
  }

  readonly #serveReady = (): void => {
    const turn = this.#ready
    this.#ready = []
    for (const client of turn) {
      const { served } = client
      served.isQueued = false
      if (served.isGone || served.isOver) continue
      if (client.wire.unwritten >= this.#window) {
        if (!served.waitsForReader) this.#counters.pausedOutput()
        served.waitsForReader = true // `wrote` will come
        continue
      }
      served.waitsForReader = false
      if (served.rest === undefined) this.#feed(client, NOTHING, 0, 0)
      else this.#feed(client, served.rest, served.restAt, served.restEnd)
    }
    this.#writeReplies()
  }

  #feed(client: SocketClient, source: Buffer, from: number, to: number): void {
    const { served, wire } = client
    const out = this.#out
    if (out.length >= MOST_PENDING_BYTES) this.#writeReplies()
    const mark = out.length
    const begunAt = this.#clock?.beginBatch()
    const end = served.protocol.feed(source, from, to, out)
    served.noteAuthentication(this.#know)
    if (out.length > mark) this.#noteReplies(client, mark)
    if (begunAt !== undefined) this.#clock!.endBatch(served.protocol.batches, begunAt)
    if (served.protocol.isClosing) {
      served.isOver = true
      served.drop()
      served.protocol.dispose()
      this.#end(client)
      return
    }
    if (source === served.rest) served.pass(end - from)
    else if (end < to) served.keep(source, end, to)
    if (served.hasRest) this.#holdBack(client)
    else if (served.isEnding) this.#end(client)
    else if (client.isHeldBack) {
      client.isHeldBack = false
      wire.resume()
    }
  }

  /** What is in `#out` from `mark` on is this client's. */
  #noteReplies(client: SocketClient, mark: number): void {
    const { length } = this.#out
    this.#counters.wrote(length - mark)
    if (this.#replies === 0 && !this.#gathered.isFeeding) soon(this.#writeReplies)
    this.#replied[this.#replies] = client
    this.#replyEnds[this.#replies++] = length
  }

  readonly #writeReplies = (): void => {
    const out = this.#out
    if (out.length === 0) return
    for (let i = 0, from = 0; i < this.#replies; from = this.#replyEnds[i++]!) {
      this.#replied[i]!.wire.write(out.bytes, from, this.#replyEnds[i]!)
      this.#replied[i] = undefined
    }
    this.#replies = 0
    out.clear()
  }

  #end(client: SocketClient): void {
    this.#writeReplies()
    client.wire.end()
  }

  #holdBack(client: SocketClient): void {
    if (!client.isHeldBack) {
      client.wire.pause()
      this.#counters.pausedInput()
    }
    client.isHeldBack = true
    this.putOff(client)
  }
}
