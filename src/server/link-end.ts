/**
 * The acceptor's end of a link: it writes requests and knows how far the worker is. Requests about
 * the end of a connection must never be lost: what finds no room waits here, in order, and while
 * anything waits no more is read from clients.
 */
import { HEADER_BYTES, MOST_PAYLOAD } from './ring.ts'
import { AWAKE, BELL, BEGUN, DATA, DRAINED, FOR_ROOM, FOR_WORK, type Link } from './link.ts'
import { REPLIED, REQUESTED } from './link.ts'
import { load, ring, store, swap } from '#words'

/** Reading stops when less is free: one more read fits, and a few thousand ends. */
const RESERVE_BYTES = HEADER_BYTES + MOST_PAYLOAD + 128 * 1024
const CONTROL_BYTES = HEADER_BYTES + 8

export class LinkEnd {
  readonly link: Link
  /** The number of its worker. */
  readonly index: number
  /** Requests up to here are in the ring. */
  tail = 0
  /** Requests up to here are answered. */
  consumed = 0
  /** Replies up to here are taken. */
  drained = 0
  /** Sockets of this link are not read: the ring is full. */
  isFull = false
  /** The worker is to be rung at the end of this turn. */
  needsBell = false
  #waiting: number[] = []

  constructor(link: Link, index: number) {
    this.link = link
    this.index = index
  }

  /** There is room for one more read. */
  get hasRoom(): boolean {
    return this.#waiting.length === 0 && this.#room() >= RESERVE_BYTES
  }

  /** Half of the ring is free again. */
  get hasDrained(): boolean {
    return this.#waiting.length === 0 && this.#room() >= this.link.requests.size / 2
  }

  /** All requests are answered. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.consumed === this.tail
  }

  get hasReplies(): boolean {
    return this.drained !== load(this.link.control, REPLIED)
  }

  /** Puts bytes of a connection into the ring. The caller has seen `hasRoom`. */
  push(slot: number, source: Buffer, from: number, to: number): void {
    const { requests } = this.link
    if (this.#room() < HEADER_BYTES + (to - from) + 8) {
      throw new Error(`link ${this.index}: ${to - from} bytes for ${this.#room()} bytes of room`)
    }
    requests.describe(this.tail, to - from, slot, DATA, 0, 0)
    requests.fill(this.tail, source, from, to)
    this.#publish(to - from)
  }

  /** Says END or ABORT of a connection; never refused. */
  tell(slot: number, kind: number): void {
    if (this.#waiting.length > 0 || this.#room() < CONTROL_BYTES) this.#waiting.push(slot, kind)
    else this.#tellNow(slot, kind)
  }

  /** After replies were taken: says so, and what had to wait is told. */
  took(drained: number): void {
    this.drained = drained
    store(this.link.control, DRAINED, drained)
    if (load(this.link.control, BELL) === FOR_ROOM) this.#ring(FOR_ROOM)
    let told = 0
    while (told < this.#waiting.length && this.#room() >= CONTROL_BYTES) {
      this.#tellNow(this.#waiting[told]!, this.#waiting[told + 1]!)
      told += 2
    }
    if (told > 0) this.#waiting.splice(0, told)
  }

  /** Wakes the worker if it sleeps for want of work. */
  wake(): void {
    this.needsBell = false
    if (load(this.link.control, BELL) === FOR_WORK) this.#ring(FOR_WORK)
  }

  /** The worker is dead, its rings are the acceptor's: where its successor begins. */
  settle(): void {
    this.consumed = load(this.link.control, BEGUN)
    store(this.link.control, BELL, AWAKE)
  }

  /** Forgets what was to be told of connections that nobody knows any more. */
  drop(slots: ReadonlySet<number>): void {
    const kept: number[] = []
    for (let at = 0; at < this.#waiting.length; at += 2) {
      if (!slots.has(this.#waiting[at]!)) kept.push(this.#waiting[at]!, this.#waiting[at + 1]!)
    }
    this.#waiting = kept
  }

  writtenTo(slot: number): number {
    return load(this.link.written, 2 * slot)
  }

  /** From how many bytes of replies a worker that meets the connection first counts. */
  beginAt(slot: number, replied: number): void {
    store(this.link.written, 2 * slot + 1, replied)
  }

  #room(): number {
    return this.link.requests.room(this.consumed, this.tail)
  }

  #tellNow(slot: number, kind: number): void {
    this.link.requests.describe(this.tail, 0, slot, kind, 0, 0)
    this.#publish(0)
  }

  #publish(length: number): void {
    this.tail = this.link.requests.after(this.tail, length)
    store(this.link.control, REQUESTED, this.tail)
    this.needsBell = true
  }

  #ring(reason: number): void {
    const { control } = this.link
    if (swap(control, BELL, reason, AWAKE)) ring(control, BELL)
  }
}
