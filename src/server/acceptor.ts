/**
 * The acceptor's side of the frames: reads from sockets into the rings of the workers, and writes
 * what they reply. It parses nothing and waits for nobody.
 *
 * Per turn of the event loop: what sockets deliver goes into the rings at once, so that a worker
 * that is awake sees it; then, once, sleeping workers are rung and all replies are taken.
 *
 * What is bounded: a connection has at most `inputBuffer` bytes and one read that are not executed;
 * a worker stops executing for it at `outputBuffer` bytes of unwritten replies (served.ts); a
 * ring that is full stops the reading of its worker's clients until half of it is free.
 */
import type { Socket } from 'node:net'
import { Client, type ClientEvents, RING_FULL, TOO_MUCH_UNDER_WAY } from './client.ts'
import type { ConnectionBoard } from './connection-board.ts'
import { recoverLink } from './frame-recovery.ts'
import {
  CLOSING,
  CREDITS,
  DIRTY,
  GONE,
  GONE_TWICE,
  HUB_BELL,
  LAST,
  Link,
  type LinkMemory,
  REPLIED,
  WATCHING,
} from './link.ts'
import { LinkEnd } from './link-end.ts'
import { MOST_PAYLOAD } from './ring.ts'
import type { ServerCounters } from './server-counters.ts'
import { add, load, peek, peekBuffer, ring, soon, store, whenRung } from '#words'

/** The default of `inputBuffer`. */
const MOST_UNDER_WAY = 256 * 1024
/** A worker hears of what was written in steps of so many bytes. */
const CREDIT_STEP = 64 * 1024
/** Log lines are dropped for a watcher that has not read so much. */
const MOST_UNREAD_LINES = 256 * 1024

export class FrameAcceptor implements ClientEvents {
  readonly links: readonly LinkEnd[]
  readonly #memories: readonly LinkMemory[]
  readonly #clients: (Client | undefined)[] = []
  readonly #watchers = new Set<Client>()
  readonly #board: ConnectionBoard
  readonly #counters: ServerCounters
  readonly #mostUnderWay: number
  readonly #hub: Int32Array
  #isScheduled = false
  #isWaiting = false
  #isClosed = false
  #open = 0
  /** Called when the last connection is gone. */
  onEmpty: () => void = () => {}
  /** Called while the board still knows the connection. */
  onClosed: (client: Client) => void = () => {}

  /**
   * @param memories what it shares with each worker
   * @param mostUnderWay bytes of a connection that are read and not executed, give or take a read
   */
  constructor(
    memories: readonly LinkMemory[],
    board: ConnectionBoard,
    counters: ServerCounters,
    mostUnderWay: number = MOST_UNDER_WAY,
  ) {
    this.#hub = new Int32Array(memories[0]!.hub)
    this.#memories = memories
    this.links = this.#memories.map((memory, index) => new LinkEnd(new Link(memory), index))
    this.#board = board
    this.#counters = counters
    this.#mostUnderWay = mostUnderWay
    this.#askToBeRung()
  }

  memoryOf(index: number): LinkMemory {
    return this.#memories[index]!
  }

  /** Connections whose sockets are open. */
  get openCount(): number {
    return this.#open
  }

  /** Serves a connection. @param accepted paused; `slot` was claimed for the worker `index` */
  accept(accepted: Socket, slot: number, index: number): Client {
    const link = this.links[index]!
    const client = new Client(accepted, slot, link, this)
    this.#clients[slot] = client
    this.#open++
    if (link.isFull) client.stopReading(RING_FULL)
    else client.wire.resume()
    return client
  }

  received(client: Client, source: Buffer, length: number): void {
    const { link, slot } = client
    this.#board.touch(slot)
    this.#counters.read(length)
    for (let at = 0; at < length; at += MOST_PAYLOAD) {
      link.push(slot, source, at, Math.min(length, at + MOST_PAYLOAD))
    }
    client.underWay += length
    if (client.underWay >= this.#mostUnderWay) {
      if (!client.isStoppedFor(TOO_MUCH_UNDER_WAY)) this.#counters.pausedInput()
      client.stopReading(TOO_MUCH_UNDER_WAY)
    }
    if (!link.hasRoom) this.#stopReading(link)
    this.#schedule()
  }

  wrote(client: Client): void {
    this.#credit(client)
    this.#schedule()
  }

  told(client: Client): void {
    if (!client.link.hasRoom) this.#stopReading(client.link)
    this.#schedule()
  }

  closed(client: Client): void {
    this.#open--
    this.#watchers.delete(client)
    this.onClosed(client)
    this.#board.close(client.slot)
    if (client.isForgotten) this.#release(client)
    if (this.#open === 0) this.onEmpty()
  }

  /** Log lines, for those who watch their kind. */
  log(kind: number, lines: string): void {
    this.#drainAll() // what was replied before a line comes before it
    const bytes = Buffer.from(lines)
    for (const client of this.#watchers) {
      if (!client.wire.isOpen || (this.#board.kindsOf(client.slot) & kind) === 0) continue
      const isSlow = client.wire.unwritten > MOST_UNREAD_LINES
      this.#counters.logged(isSlow)
      if (!isSlow) client.wire.write(bytes, 0, bytes.length)
    }
  }

  /** Ends a connection at once. @returns false when it is not one of these */
  kill(slot: number): boolean {
    const client = this.#clients[slot]
    client?.wire.destroy()
    return client !== undefined
  }

  /** Asks for no bell any more. */
  close(): void {
    this.#isClosed = true
    store(this.#hub, HUB_BELL, 0)
    ring(this.#hub, HUB_BELL)
  }

  /** Those whose sockets are open. */
  clients(): Client[] {
    return this.#clients.filter((client) => client?.wire.isOpen) as Client[]
  }

  /** A worker has died: whom it harmed, and where its successor begins. Before that one starts. */
  recover(index: number): void {
    const link = this.links[index]!
    this.#drain(link)
    recoverLink(link, this.#clients, (client) => this.#release(client))
    if (link.isFull && link.hasDrained) this.#resumeReading(link)
    // It may have died between taking the bell back and ringing it: other workers' replies wait.
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    store(this.#hub, HUB_BELL, 0)
    soon(this.#flush)
  }

  readonly #flush = (): void => {
    this.#isScheduled = false
    this.#wakeAll()
    this.#drainAll()
    this.#wakeAll()
    this.#askToBeRung()
  }

  readonly #rung = (): void => {
    this.#isWaiting = false
    this.#flush()
  }

  /** Before this thread goes back to its event loop: replies that come later ring. */
  #askToBeRung(): void {
    if (this.#isScheduled || this.#isClosed) return
    store(this.#hub, HUB_BELL, 1)
    for (const link of this.links) {
      if (!link.hasReplies) continue
      this.#schedule()
      return
    }
    if (this.#isWaiting) return
    this.#isWaiting = true
    whenRung(this.#hub, HUB_BELL, 1, this.#rung)
  }

  #wakeAll(): void {
    for (const link of this.links) if (link.needsBell) link.wake()
  }

  #drainAll(): void {
    for (const link of this.links) this.#drain(link)
  }

  /** Takes the replies that are there now. */
  #drain(end: LinkEnd): void {
    const { replies, control } = end.link
    const { words, bytes } = replies
    const tail = load(control, REPLIED)
    let position = end.drained
    if (position === tail) return
    while (position !== tail) {
      const at = replies.wordAt(position)
      const length = peek(words, at)
      const kind = peek(words, at + 2)
      const slot = peek(words, at + 1)
      const client = slot < 0 ? undefined : this.#clients[slot]
      if (client !== undefined) {
        if (length > 0) this.#reply(client, bytes, replies.payloadAt(position), length)
        if (kind & LAST) this.#finish(client, kind, peek(words, at + 4))
      }
      if (kind & LAST) end.consumed = peek(words, at + 3)
      position = replies.after(position, length)
    }
    end.took(position)
    if (end.isFull && end.hasDrained) this.#resumeReading(end)
  }

  #reply(client: Client, bytes: Buffer, from: number, length: number): void {
    client.wire.write(peekBuffer(bytes, from, from + length), from, from + length)
    client.replied = (client.replied + length) | 0
    this.#counters.wrote(length)
    this.#credit(client)
  }

  /** A frame is done, or was taken aside. */
  #finish(client: Client, kind: number, executed: number): void {
    client.underWay -= executed
    client.isDirty = (kind & DIRTY) !== 0
    if (client.isStoppedFor(TOO_MUCH_UNDER_WAY) && client.underWay < this.#mostUnderWay / 2) {
      client.mayRead(TOO_MUCH_UNDER_WAY)
    }
    if (kind & WATCHING) {
      client.isWatching = true
      this.#watchers.add(client)
    }
    // A watcher's commands are not read: the next worker would read them.
    if (client.isWatching) client.isDirty = true
    if (kind & CLOSING) client.end()
    if (kind & GONE) this.#leave(client, kind & GONE_TWICE ? 2 : 1)
  }

  #leave(client: Client, answers: number): void {
    client.unanswered -= answers
    if (client.unanswered > 0) return
    client.forget()
    if (client.wire.isOpen) client.end()
    else if (client.isClosed) this.#release(client)
  }

  #release(client: Client): void {
    this.#clients[client.slot] = undefined
    this.#board.release(client.slot)
  }

  /** Tells the worker what was written: it may have put the connection off. */
  #credit(client: Client): void {
    const written = (client.replied - client.wire.unwritten) | 0
    if (((written - client.credited) | 0) < CREDIT_STEP) return
    const { link } = client.link
    client.credited = written
    store(link.written, 2 * client.slot, written)
    add(link.control, CREDITS, 1)
    client.link.needsBell = true
    this.#schedule()
  }

  #stopReading(link: LinkEnd): void {
    link.isFull = true
    for (const client of this.clients()) if (client.link === link) client.stopReading(RING_FULL)
  }

  #resumeReading(link: LinkEnd): void {
    link.isFull = false
    for (const client of this.clients()) if (client.link === link) client.mayRead(RING_FULL)
  }
}
