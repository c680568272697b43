/**
 * A link: what the acceptor and one worker share. Two rings, and a page of control words, each in
 * cache lines of its own.
 *
 *   acceptor -- requests: DATA, END, ABORT, by connection ------------> worker
 *   acceptor <- replies: bytes, and how far the requests are done --- worker
 *
 *   word       written by        says
 *   REQUESTED  acceptor          the requests up to this position are in the ring
 *   BEGUN      worker            it began to execute the requests up to this position
 *   REPLIED    worker            the replies up to this position are in the ring
 *   DRAINED    acceptor          the replies up to this position are taken: room again
 *   BELL       both              0 the worker is awake; FOR_WORK, FOR_ROOM: what it sleeps for
 *   CREDITS    acceptor          goes up when a client that was slow has read
 *
 * Why a worker may die at any instruction and no client ever sees a wrong or a shifted reply:
 *
 * - REPLIED alone publishes. A reply record holds the position of the requests that it answers, so
 *   replies and the consumption of their requests become visible by one store, or not at all.
 * - BEGUN is stored before the first command of a frame runs. After a death, frames before the last
 *   published position are answered; frames from BEGUN on were not touched; the frame between may
 *   have run in part: its connection is closed, nothing is run twice.
 * - A connection whose worker held bytes of it (half a command, replies waiting for room) is
 *   marked DIRTY in its last record; those bytes died, so it is closed as well.
 * - What was put in the ring for a closed connection becomes VOID, or the new worker would take the
 *   middle of a value for commands. The acceptor may write there: the dead worker reads no more.
 */
import { Ring } from './ring.ts'

const LINE = 32
export const REQUESTED: number = 0 * LINE
export const BEGUN: number = 1 * LINE
export const REPLIED: number = 2 * LINE
export const DRAINED: number = 3 * LINE
export const BELL: number = 4 * LINE
export const CREDITS: number = 5 * LINE
const CONTROL_WORDS = 6 * LINE

/** Kinds of requests. */
export const DATA = 1
/** The client will send no more, but reads what it is still owed. */
export const END = 2
/** The client is gone. */
export const ABORT = 3
/** To be passed over. */
export const VOID = 4

/** Flags of a reply record. LAST: `position` and `executed` are valid, the frame is done. */
export const LAST = 1
/** The worker holds bytes of this connection. */
export const DIRTY = 2
/** The connection ends once what was replied is written. */
export const CLOSING = 4
/** An END or ABORT was carried out: the worker knows the slot no more. */
export const GONE = 8
/** An END and an ABORT were answered by this one record. */
export const GONE_TWICE = 16
/** The connection watches from here on. */
export const WATCHING = 32

/** What BELL says of a worker. */
export const AWAKE = 0
export const FOR_WORK = 1
export const FOR_ROOM = 2

const REQUEST_BYTES = 1 << 20
const REPLY_BYTES = 1 << 20

/** The memory of a link: plain data, for a message. */
export interface LinkMemory {
  readonly control: SharedArrayBuffer
  readonly requests: SharedArrayBuffer
  readonly replies: SharedArrayBuffer
  /**
   * Two words per slot, modulo 2^32, written by the acceptor: bytes of replies that it wrote to the
   * socket; bytes that were replied before the present worker met the connection.
   */
  readonly written: SharedArrayBuffer
  /** One word, the same for all links of an acceptor: its bell. */
  readonly hub: SharedArrayBuffer
}

export function createLink(slots: number, hub: SharedArrayBuffer): LinkMemory {
  return {
    control: new SharedArrayBuffer(CONTROL_WORDS * 4),
    requests: Ring.create(REQUEST_BYTES),
    replies: Ring.create(REPLY_BYTES),
    written: new SharedArrayBuffer(slots * 8),
    hub,
  }
}

/** The links of an acceptor with so many workers. */
export function createLinks(workers: number, slots: number): LinkMemory[] {
  const hub = new SharedArrayBuffer(HUB_BYTES)
  return Array.from({ length: workers }, () => createLink(slots, hub))
}
const HUB_BYTES = 64

/** In `LinkMemory.hub`: 1 while the acceptor asks to be rung when there are replies. */
export const HUB_BELL = 0

/** A link as one of its two threads sees it. */
export class Link {
  readonly control: Int32Array
  readonly requests: Ring
  readonly replies: Ring
  readonly written: Int32Array
  readonly hub: Int32Array

  constructor(memory: LinkMemory) {
    this.control = new Int32Array(memory.control)
    this.requests = new Ring(memory.requests)
    this.replies = new Ring(memory.replies)
    this.written = new Int32Array(memory.written)
    this.hub = new Int32Array(memory.hub)
  }
}
