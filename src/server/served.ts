/**
 * A connection as the worker that executes it knows it: its protocol's state, and the bytes kept
 * aside while its replies wait for the client to read.
 */
import type { CommandClock } from '../observe/command-clock.ts'
import type { ProtocolConnection } from '../protocols/protocol.ts'
import type { ServerCounters } from './server-counters.ts'

/** Makes the protocol's state machine of a new connection. */
export type OpenProtocol = (slot: number) => ProtocolConnection

/** Bytes of replies that may wait for a client before its commands wait as well: the default. */
export const WINDOW_BYTES: number = 1 << 20

/** What executors use beside protocols; models of them do without. */
export interface ExecutorTools {
  readonly clock?: CommandClock
  readonly counters?: ServerCounters
  /** Told of a connection whose client need not say who it is any more. */
  readonly know?: (slot: number) => void
  /** Bytes of replies that may wait for a client before its requests wait. */
  readonly window?: number
}

export class Served {
  readonly slot: number
  readonly protocol: ProtocolConnection
  /** Bytes of replies so far, modulo 2^32. */
  sent: number
  /** Requests kept aside: `rest[restAt..restEnd)`. */
  rest: Buffer | undefined
  restAt = 0
  restEnd = 0
  /** It is in a list of those to be served later. */
  isQueued = false
  /** The client sends no more; the slot goes once the rest is done. */
  isEnding = false
  /** The protocol has ended the connection: what still comes is dropped. */
  isOver = false
  isGone = false
  /** Its client need not say who it is, or has: the board was told. */
  isKnown = false
  /** Its requests wait until its client has read more of its replies. */
  waitsForReader = false
  /** It gets log lines: see WATCHING in link.ts. */
  isWatching = false

  constructor(slot: number, protocol: ProtocolConnection, sent: number) {
    this.slot = slot
    this.protocol = protocol
    this.sent = sent
  }

  /** Something must be executed before new requests. */
  get hasRest(): boolean {
    return this.rest !== undefined || this.protocol.hasMore
  }

  /** It is not to be fed before its protocol says so. */
  get isPaused(): boolean {
    return this.protocol.isPaused === true
  }

  /** What would be lost if this thread died now. */
  get isDirty(): boolean {
    const { pendingBytes, hasState } = this.protocol
    return !this.isOver && (this.hasRest || pendingBytes > 0 || hasState === true)
  }

  /** To be called after each feed. */
  noteAuthentication(know: ((slot: number) => void) | undefined): void {
    if (this.isKnown || this.protocol.isAuthenticated === false) return
    this.isKnown = true
    know?.(this.slot)
  }

  /** Keeps `source[from..to)` for later, behind what is kept already. */
  keep(source: Buffer, from: number, to: number): void {
    if (from === to) return
    const count = to - from
    const kept = this.restEnd - this.restAt
    let target = this.rest
    if (target === undefined || target.length - this.restEnd < count) {
      const room = Math.max(2 * (kept + count), 4096)
      target = Buffer.allocUnsafeSlow(room)
      this.rest?.copy(target, 0, this.restAt, this.restEnd)
      this.rest = target
      this.restAt = 0
      this.restEnd = kept
    }
    source.copy(target, this.restEnd, from, to)
    this.restEnd += count
  }

  /** So many bytes of the rest are done. */
  pass(count: number): void {
    this.restAt += count
    if (this.restAt === this.restEnd) this.drop()
  }

  drop(): void {
    this.rest = undefined
    this.restAt = 0
    this.restEnd = 0
  }
}
