/**
 * What all threads of a server know about its connections: one entry per slot in shared memory,
 * for `stats conns`, watchers, the idle timeout and the count of open connections.
 *
 * An entry belongs to the thread that owns the socket: plain stores by that thread, and readers
 * that may see an address half written for a moment (it is shown to people, nothing hangs on it).
 * Loads are counted up and down by atomic additions, once by whoever takes the slot out of OPEN. A
 * worker may die between the two, so its load is counted again after its death.
 *
 * Whoever closes or claims a slot takes back what it watched: see watch-places.ts.
 */
import { readText, type TextPlace, writeText } from './board-text.ts'
import type { Protocol } from './listen.ts'
import { WATCH_WORDS, WatchPlaces } from './watch-places.ts'
import { add, load, peek, poke, store, swap } from '#words'

/** States of a slot. */
export const FREE = 0
export const OPEN = 1
/** The socket is gone, or about to go; a worker may still know the slot. */
export const CLOSING = 2

const HEADER_WORDS = 16
const ACCEPTING = 0
const SECOND = 3
const LISTENERS = 4
const PORTS = { memcached: 5, redis: 6 } as const
const LOADS_AT = HEADER_WORDS
const MOST_WORKERS = 128

const ENTRY_WORDS = 40
const STATE = 0
const OWNER = 1
const LAST_SECOND = 2
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
/** Each protocol, with TLS and without, at each of seven addresses, and two unix sockets. */
const MOST_LISTENERS = 48
const WATCHERS_AT = LOADS_AT + MOST_WORKERS
const ENTRIES_AT = WATCHERS_AT + WATCH_WORDS

export class ConnectionBoard {
  readonly memory: SharedArrayBuffer
  readonly slots: number
  readonly #words: Int32Array
  readonly #text: TextPlace
  readonly #watchers: WatchPlaces
  #hint = 0
  /** Of the accepting thread, which alone claims slots. */
  #lastId = 0

  static create(slots: number): SharedArrayBuffer {
    const words = ENTRIES_AT + (MOST_LISTENERS + slots) * ENTRY_WORDS
    return new SharedArrayBuffer(words * 4)
  }

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#words = new Int32Array(memory)
    this.#text = { words: this.#words, bytes: Buffer.from(memory), room: ADDRESS_BYTES }
    this.#watchers = new WatchPlaces(this.#words, WATCHERS_AT)
    const entries = (this.#words.length - ENTRIES_AT) / ENTRY_WORDS
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
      this.#watchers.remove(slot)
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
    this.#watchers.remove(slot)
  }

  /** Nobody knows the slot any more. */
  release(slot: number): void {
    this.close(slot)
    this.#watchers.remove(slot) // whoever closed it may have died before
    store(this.#words, this.#at(slot) + STATE, FREE)
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
    this.#watchers.sumUp()
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
    this.#watchers.remove(slot)
    if (kinds === 0) return true
    if (!this.#watchers.add(slot, kinds)) return false
    if (load(this.#words, this.#at(slot) + STATE) === OPEN) return true
    this.#watchers.remove(slot) // closed meanwhile, and perhaps before the place could be seen
    return false
  }

  kindsOf(slot: number): number {
    return this.#watchers.kindsOf(slot)
  }

  /** Kinds that somebody watches. */
  get watchedKinds(): number {
    return this.#watchers.kinds
  }

  #at(slot: number): number {
    return ENTRIES_AT + (MOST_LISTENERS + slot) * ENTRY_WORDS
  }

  #spokenOn(listener: number): Protocol {
    return PROTOCOLS[peek(this.#words, this.#listenerAt(listener) + PROTOCOL)]!
  }

  #listenerText(index: number): string {
    return readText(this.#text, this.#listenerAt(index) + ADDRESS)
  }

  #listenerAt(index: number): number {
    return ENTRIES_AT + index * ENTRY_WORDS
  }
}
