/**
 * A connection as the acceptor knows it: the socket, its slot, its worker's link, and how much of
 * it is under way. It reads while nothing speaks against it: reasons are bits, and any stops it.
 */
import type { Socket } from 'node:net'
import type { CloseReason } from './connection-lines.ts'
import { ABORT, END } from './link.ts'
import type { LinkEnd } from './link-end.ts'
import { Wire, type WireOwner } from './wire.ts'

/** Why a socket is not read. */
export const RING_FULL = 1
export const TOO_MUCH_UNDER_WAY = 2
export const ENDING = 4

/** What clients tell the acceptor. */
export interface ClientEvents {
  received(client: Client, source: Buffer, length: number): void
  /** Some of what waited was written. */
  wrote(client: Client): void
  /** END or ABORT was told: the worker is to be rung. */
  told(client: Client): void
  closed(client: Client): void
}

export class Client implements WireOwner {
  readonly slot: number
  readonly link: LinkEnd
  readonly wire: Wire
  /** Bytes read and not yet executed. */
  underWay = 0
  /** Bytes of replies taken from the ring, and told the worker as written; modulo 2^32. */
  replied: number
  credited: number
  /** Its worker holds bytes of it. */
  isDirty = false
  isWatching = false
  /** ENDs and ABORTs that the worker has not answered. */
  unanswered = 0
  /** The worker does not know the slot, and shall not be told of its end. */
  isForgotten = false
  closeReason: CloseReason = 'normal'
  hasEnded = false
  /** The socket is closed, and whoever counts connections knows it. */
  isClosed = false
  #reasons = 0
  readonly #events: ClientEvents

  constructor(accepted: Socket, slot: number, link: LinkEnd, events: ClientEvents) {
    this.slot = slot
    this.link = link
    this.replied = this.credited = link.writtenTo(slot)
    this.#events = events
    link.beginAt(slot, this.replied)
    this.wire = new Wire(accepted, this)
  }

  bytes(source: Buffer, length: number): void {
    this.#events.received(this, source, length)
  }

  ended(): void {
    if (this.hasEnded || this.isForgotten || this.#reasons & ENDING) return
    this.hasEnded = true
    this.#tell(END)
  }

  failed(): void {
    if (this.closeReason === 'normal') this.closeReason = 'error'
  }

  wrote(): void {
    this.#events.wrote(this)
  }

  closed(): void {
    this.isClosed = true
    if (!this.isForgotten) this.#tell(ABORT)
    this.#events.closed(this)
  }

  stopReading(reason: number): void {
    if (this.#reasons === 0) this.wire.pause()
    this.#reasons |= reason
  }

  mayRead(reason: number): void {
    if (this.#reasons === 0) return
    this.#reasons &= ~reason
    if (this.#reasons === 0) this.wire.resume()
  }

  isStoppedFor(reason: number): boolean {
    return (this.#reasons & reason) !== 0
  }

  /** Reads no more, and ends once the replies are written. */
  end(): void {
    this.stopReading(ENDING)
    this.wire.end()
  }

  /** Reads no more; ends once what was read is executed and its replies are written. */
  stop(): void {
    this.wire.pause()
    if (!this.isStoppedFor(ENDING)) this.ended()
    this.stopReading(ENDING)
  }

  /** The worker is dead and nobody knows the slot. */
  forget(): void {
    this.isForgotten = true
    this.unanswered = 0
  }

  #tell(kind: number): void {
    this.unanswered++
    this.link.tell(this.slot, kind)
    this.#events.told(this)
  }
}
