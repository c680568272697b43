/**
 * What all threads of a server know about its connections: one entry per slot in shared memory,
 * for `stats conns`, watchers, the idle timeout and the count of open connections.
 *
 * An entry belongs to the thread that owns the socket: plain stores by that thread. The words that
 * several threads change are counted up and down by atomic additions; what was counted once is
 * counted down once: by whoever takes the slot out of OPEN, and by whoever takes its kinds.
 * A worker may die between the two, so its load is counted again after its death. One that dies
 * between counting a watcher and writing down its kinds leaves it counted.
 */
import { readText, type TextPlace, writeText } from './board-text.ts'
import { add, load, peek, poke, store, swap } from '#words'
import type { Protocol } from './listen.ts'
import { countsOf, kindsIn } from './watch-counts.ts'

/** States of a slot. */
export const FREE = 0
export const OPEN = 1
/** The socket is gone, or about to go; a worker may still know the slot. */
export const CLOSING = 2

const HEADER_WORDS = 16
const ACCEPTING = 0
const WATCHERS = 1
/** Four counts of 8 bits: watchers of each kind. */
const WATCHED = 2
const SECOND = 3
const LISTENERS = 4
const PORTS = { memcached: 5, redis: 6 } as const
const LOADS_AT = 16
const MOST_WORKERS = 128

const ENTRY_WORDS = 40
const STATE = 0
const OWNER = 1
const LAST_SECOND = 2
const KINDS = 3
const LISTENER = 4
/** The socket lives in the worker, and dies with it. */
const IS_HANDED_OVER = 5
/** A number that no other connection of this server has had, and when it came. */
const ID = 6
const SINCE = 7
/** Of a listener. */
const PROTOCOL = 1
const PROTOCOLS: readonly Protocol[] = ['memcached', 'redis', 'http']
/** Its client need not say who it is, or has. */
const IS_KNOWN = 8
const ADDRESS = 9
const ADDRESS_BYTES = (ENTRY_WORDS - ADDRESS - 1) * 4
/** Each protocol, with TLS and without, at each of seven addresses, and a unix socket. */
const MOST_LISTENERS = 48
/** As in memcached. */
const MOST_WATCHERS = 20

export class ConnectionBoard {
  readonly memory: SharedArrayBuffer
  readonly slots: number
  readonly #words: Int32Array
  readonly #text: TextPlace
  #hint = 0
  /** Of the accepting thread, which alone claims slots. */
  #lastId = 0

  static create(slots: number): SharedArrayBuffer {
    const words = HEADER_WORDS + MOST_WORKERS + (MOST_LISTENERS + slots) * ENTRY_WORDS
    return new SharedArrayBuffer(words * 4)
  }

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#words = new Int32Array(memory)
    this.#text = { words: this.#words, bytes: Buffer.from(memory), room: ADDRESS_BYTES }
    const entries = (this.#words.length - HEADER_WORDS - MOST_WORKERS) / ENTRY_WORDS
    this.slots = entries - MOST_LISTENERS
  }

  /**
   * Takes a free slot for a connection; only the accepting thread does. Slots of closed
   * connections may be free a little later, so there are more slots than connections.
   * @param isHandedOver the socket goes to the worker, and dies with it
   * @returns its number, or -1
   */
  claim(owner: number, address: string, listener: number, isHandedOver: boolean): number {
    for (let tries = 0; tries < this.slots; tries++) {
      const slot = this.#hint
      this.#hint = slot + 1 === this.slots ? 0 : slot + 1
      const at = this.#at(slot)
      if (load(this.#words, at + STATE) !== FREE) continue
      writeText(this.#text, at + ADDRESS, address)
      poke(this.#words, at + IS_KNOWN, 0)
      poke(this.#words, at + OWNER, owner)
      poke(this.#words, at + LAST_SECOND, peek(this.#words, SECOND))
      this.#unwatch(at)
      poke(this.#words, at + ID, ++this.#lastId)
      poke(this.#words, at + SINCE, peek(this.#words, SECOND))
      poke(this.#words, at + LISTENER, listener)
      poke(this.#words, at + IS_HANDED_OVER, isHandedOver ? 1 : 0)
      store(this.#words, at + STATE, OPEN)
      add(this.#words, LOADS_AT + owner, 1)
      return slot
    }
    return -1
  }

  /** The connection is closed: it counts no more, but its slot is not free yet. */
  close(slot: number): void {
    const at = this.#at(slot)
    if (!swap(this.#words, at + STATE, OPEN, CLOSING)) return
    add(this.#words, LOADS_AT + peek(this.#words, at + OWNER), -1)
    this.#unwatch(at)
  }

  /** Nobody knows the slot any more. */
  release(slot: number): void {
    this.close(slot)
    const at = this.#at(slot)
    this.#unwatch(at) // whoever closed it may have died before
    store(this.#words, at + STATE, FREE)
  }

  /**
   * Closes and frees the connections whose sockets died with their worker, and counts its others:
   * with the worker dead, only the accepting thread, which calls this, changes that count.
   */
  releaseHandedTo(owner: number): void {
    let open = 0
    for (let slot = 0; slot < this.slots; slot++) {
      const at = this.#at(slot)
      const state = load(this.#words, at + STATE)
      if (state === FREE || peek(this.#words, at + OWNER) !== owner) continue
      if (peek(this.#words, at + IS_HANDED_OVER) === 1) this.release(slot)
      else if (state === OPEN) open++
    }
    store(this.#words, LOADS_AT + owner, open)
  }

  get openCount(): number {
    let count = 0
    for (let owner = 0; owner < MOST_WORKERS; owner++) count += this.loadOf(owner)
    return count
  }

  /** Open connections of a worker. */
  loadOf(owner: number): number {
    return load(this.#words, LOADS_AT + owner)
  }

  get isAccepting(): boolean {
    return load(this.#words, ACCEPTING) === 1
  }

  set isAccepting(is: boolean) {
    store(this.#words, ACCEPTING, is ? 1 : 0)
  }

  /** The clock of idle times. One thread moves it, by one second at a time. */
  get second(): number {
    return peek(this.#words, SECOND)
  }

  set second(second: number) {
    poke(this.#words, SECOND, second)
  }

  /** The first plain port of a protocol, as it is known when the server listens; 0: none. */
  portOf(protocol: 'memcached' | 'redis'): number {
    return peek(this.#words, PORTS[protocol])
  }

  setPort(protocol: 'memcached' | 'redis', port: number): void {
    poke(this.#words, PORTS[protocol], port)
  }

  /** The client has sent something, or taken some of its replies. */
  touch(slot: number): void {
    poke(this.#words, this.#at(slot) + LAST_SECOND, peek(this.#words, SECOND))
  }

  idleSeconds(slot: number): number {
    return peek(this.#words, SECOND) - peek(this.#words, this.#at(slot) + LAST_SECOND)
  }

  /** Its client has said who it is, or need not; until then its time is bounded. */
  know(slot: number): void {
    poke(this.#words, this.#at(slot) + IS_KNOWN, 1)
  }

  isKnown(slot: number): boolean {
    return peek(this.#words, this.#at(slot) + IS_KNOWN) === 1
  }

  isOpen(slot: number): boolean {
    return peek(this.#words, this.#at(slot) + STATE) === OPEN
  }

  /** The worker that serves it. */
  ownerOf(slot: number): number {
    return peek(this.#words, this.#at(slot) + OWNER)
  }

  addressOf(slot: number): string {
    return readText(this.#text, this.#at(slot) + ADDRESS)
  }

  /** What the connection is known by: never the same twice. */
  idOf(slot: number): number {
    return peek(this.#words, this.#at(slot) + ID)
  }

  /** Seconds since it was opened. */
  ageOf(slot: number): number {
    return peek(this.#words, SECOND) - peek(this.#words, this.#at(slot) + SINCE)
  }

  addListener(address: string, protocol: Protocol = 'memcached'): number {
    const index = peek(this.#words, LISTENERS)
    if (index === MOST_LISTENERS) throw new RangeError(`more than ${MOST_LISTENERS} listeners`)
    writeText(this.#text, this.#listenerAt(index) + ADDRESS, address)
    poke(this.#words, this.#listenerAt(index) + PROTOCOL, PROTOCOLS.indexOf(protocol))
    poke(this.#words, LISTENERS, index + 1)
    return index
  }

  listeners(): string[] {
    const count = peek(this.#words, LISTENERS)
    return Array.from({ length: count }, (_, index) => this.#listenerText(index))
  }

  listenerOf(slot: number): string {
    return this.#listenerText(peek(this.#words, this.#at(slot) + LISTENER))
  }

  /** What is spoken on the socket that it came in by. */
  protocolOf(slot: number): Protocol {
    return this.#spokenOn(peek(this.#words, this.#at(slot) + LISTENER))
  }

  /** What is spoken on any listening socket. */
  protocols(): Protocol[] {
    return this.listeners().map((_, index) => this.#spokenOn(index))
  }

  /**
   * The connection watches these kinds (bits 1, 2, 4, 8) from now on.
   * @returns false when there are as many watchers as there may be, or it was closed meanwhile
   */
  watch(slot: number, kinds: number): boolean {
    const at = this.#at(slot)
    this.#unwatch(at)
    if (kinds === 0) return true
    if (add(this.#words, WATCHERS, 1) >= MOST_WATCHERS) {
      add(this.#words, WATCHERS, -1)
      return false
    }
    add(this.#words, WATCHED, countsOf(kinds))
    store(this.#words, at + KINDS, kinds)
    if (load(this.#words, at + STATE) === OPEN) return true
    this.#unwatch(at) // closed meanwhile, and perhaps before the kinds could be seen
    return false
  }

  kindsOf(slot: number): number {
    return peek(this.#words, this.#at(slot) + KINDS)
  }

  /** Kinds that somebody watches. */
  get watchedKinds(): number {
    const counts = peek(this.#words, WATCHED)
    return counts === 0 ? 0 : kindsIn(counts)
  }

  /** The worker and the accepting thread may both do so at once: one of them takes the kinds. */
  #unwatch(at: number): void {
    const kinds = load(this.#words, at + KINDS)
    if (kinds === 0 || !swap(this.#words, at + KINDS, kinds, 0)) return
    add(this.#words, WATCHED, -countsOf(kinds))
    add(this.#words, WATCHERS, -1)
  }

  #at(slot: number): number {
    return HEADER_WORDS + MOST_WORKERS + (MOST_LISTENERS + slot) * ENTRY_WORDS
  }

  #spokenOn(listener: number): Protocol {
    return PROTOCOLS[peek(this.#words, this.#listenerAt(listener) + PROTOCOL)]!
  }

  #listenerText(index: number): string {
    return readText(this.#text, this.#listenerAt(index) + ADDRESS)
  }

  #listenerAt(index: number): number {
    return HEADER_WORDS + MOST_WORKERS + index * ENTRY_WORDS
  }
}
