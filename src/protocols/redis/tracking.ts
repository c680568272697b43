/**
 * CLIENT TRACKING: who may have a key in a cache of his own, and must be told when it changes.
 *
 * Each worker knows this of its own clients, and every change of the cache is told to all workers.
 * A key is registered before its value is read, in one go: so a change that the read did not see
 * comes from the feed later than the registration, and finds it. Who was told is no longer
 * registered, until the next read.
 *
 * When changes were lost, everything is: all clients are told to drop what they have. When they can
 * be told no more, clients are cut, since no client may go on believing what is not so.
 */
import type { RawAccess } from '../../engine/raw-access.ts'
import { changesSince, changesSoFar } from '../../engine/own-changes.ts'
import type { Args } from './args.ts'
import { FLAG, GAUGE, RECORD } from './board.ts'
import type { Command } from './command-table.ts'
import type { RedisHost } from './host.ts'
import type { Listener, Tracker, TrackingMode } from './listener.ts'
import { TrackedKeys } from './tracked-keys.ts'

/** To the worker of a client that is told in place of another; without keys it is about all. */
export interface InvalidationMessage {
  readonly kind: 'invalidate'
  readonly slot: number
  readonly id: number
  readonly keys: readonly string[] | undefined
}

/** Of prefixes that one client may have, and about what each costs beside its bytes. */
export const MOST_PREFIX_BYTES = 1 << 20
export const PREFIX_COST_BYTES = 100
/** Own changes whose return is awaited, to be passed over. */
const MOST_OWN = 100_000
/** A larger request may fill a mutation ring: what it changed is told to its client, too. */
const MOST_NO_LOOP_BYTES = 4096

export class Tracking {
  readonly #host: RedisHost
  readonly #raw: RawAccess
  readonly #clients = new Map<number, Listener>()
  readonly #keys: TrackedKeys
  readonly #byPrefix = new Map<string, Set<Listener>>()
  /** By version and key, what clients with NOLOOP have written: the id of the writer. */
  readonly #own = new Map<string, number>()
  readonly #touched = new Set<Listener>()
  readonly #tellOther: (worker: number, message: InvalidationMessage) => boolean

  /** @param tellOther false when it could not be told */
  constructor(
    host: RedisHost,
    raw: RawAccess,
    tellOther: (worker: number, message: InvalidationMessage) => boolean,
  ) {
    this.#host = host
    this.#raw = raw
    this.#tellOther = tellOther
    this.#keys = new TrackedKeys(host.board)
  }

  get isNeeded(): boolean {
    return this.#clients.size > 0
  }

  /** Begins, or changes what was chosen before; prefixes are added. */
  start(client: Listener, mode: TrackingMode, prefixes: readonly string[]): void {
    const old = client.tracking
    const { board } = this.#host
    if (old === undefined) board.gauge(GAUGE.trackers, 1)
    this.#clients.set(client.id, client)
    const own = old?.prefixes ?? new Set<string>()
    const changed = old?.changed ?? new Set<string>()
    const flags = { isCaching: false, isKept: true, isBroken: false }
    client.tracking = { ...mode, ...flags, prefixes: own, changed }
    if (mode.isBroadcast) {
      for (const prefix of prefixes.length === 0 ? [''] : prefixes) this.#add(client, prefix)
    }
    this.#note(client)
  }

  stop(client: Listener): void {
    const { tracking } = client
    if (tracking === undefined) return
    const { board } = this.#host
    board.gauge(GAUGE.trackers, -1)
    this.#clients.delete(client.id)
    this.#touched.delete(client)
    for (const prefix of tracking.prefixes) this.#remove(client, prefix)
    client.tracking = undefined
    this.#note(client)
    if (this.#clients.size === 0) this.#forget()
  }

  /** Before a command is executed: registers the keys that it is about to read. */
  begin(client: Listener, tracker: Tracker, command: Command, args: Args): void {
    if (!command.isRead || command.firstKey === 0 || !remembers(tracker)) return
    if (command.name === 'mget') return // it may read some of its keys later
    const { firstKey, lastKey, step } = command
    const last = lastKey < 0 ? args.count + lastKey : lastKey
    for (let i = firstKey; i <= last; i += step) this.register(client, args.latin(i))
  }

  /** The same for one key of a command that reads them at several times. */
  remember(client: Listener, args: Args, index: number): void {
    const { tracking } = client
    if (tracking !== undefined && remembers(tracking)) this.register(client, args.latin(index))
  }

  /**
   * Runs what a client with NOLOOP executes, and remembers what that changes.
   * @param bytes of the request
   */
  own(client: Listener, bytes: number, run: () => void): void {
    const { view } = this.#raw
    const before = changesSoFar(view)
    run()
    if (bytes > MOST_NO_LOOP_BYTES) return
    for (const { version, key } of changesSince(view, before)) {
      if (this.#own.size >= MOST_OWN) return
      this.#own.set(`${version} ${key.toString('latin1')}`, client.id)
    }
  }

  register(client: Listener, key: string): void {
    this.#keys.add(key, client.id)
    let oldest = this.#keys.tooMany()
    while (oldest !== undefined) {
      this.#invalidate(oldest, undefined)
      oldest = this.#keys.tooMany()
    }
  }

  /** A key has another value now, or none. */
  changed(version: number, key: string): void {
    const name = this.#own.size > 0 ? `${version} ${key}` : ''
    const writer = this.#own.get(name)
    this.#invalidate(key, writer)
    for (const [prefix, clients] of this.#byPrefix) {
      if (!key.startsWith(prefix)) continue
      for (const client of clients) {
        if (client.tracking!.isNoLoop && client.id === writer) continue
        client.tracking!.changed.add(key)
        this.#touched.add(client)
      }
    }
    if (writer !== undefined) this.#own.delete(name)
  }

  /** Tells those who have read the key, but for a writer with NOLOOP. */
  #invalidate(key: string, writer: number | undefined): void {
    for (const id of this.#keys.take(key)) {
      const client = this.#clients.get(id)
      if (client?.tracking === undefined || client.tracking.isBroadcast) continue
      if (client.tracking.isNoLoop && id === writer) continue
      this.#tell(client, client.tracking, [key])
    }
  }

  /** Clients with prefixes get the keys of a batch together. */
  batchOver(): void {
    for (const client of this.#touched) {
      const { tracking } = client
      if (tracking === undefined) continue
      this.#tell(client, tracking, [...tracking.changed])
      tracking.changed.clear()
    }
    this.#touched.clear()
  }

  /** Everything has changed, or may have. */
  changedAll(): void {
    this.#forget()
    for (const client of this.#clients.values()) {
      client.tracking!.changed.clear()
      this.#tell(client, client.tracking!, undefined)
    }
    this.#touched.clear()
  }

  /** Changes cannot be told any more. */
  cutAll(): void {
    for (const client of [...this.#clients.values()]) client.cut()
  }

  /** Says to a client of this worker what another one has. */
  hear(client: Listener, keys: readonly string[] | undefined): void {
    const bytes = invalidation(client, keys)
    if (bytes !== undefined) client.pushBytes(bytes)
  }

  #tell(client: Listener, tracker: Tracker, keys: readonly string[] | undefined): void {
    const { redirect, redirectSlot } = tracker
    if (redirect === 0) {
      if (client.reply.isResp3) this.hear(client, keys)
      return
    }
    const host = this.#host
    if (host.isOpen(redirectSlot, redirect)) {
      const message = { kind: 'invalidate', slot: redirectSlot, id: redirect, keys } as const
      // Who cannot be told must not believe what he has.
      if (!this.#tellOther(host.ownerOf(redirectSlot), message)) host.kill(redirectSlot, redirect)
      return
    }
    tracker.isBroken = true
    this.#note(client)
    if (client.reply.isResp3) {
      const text = `>2\r\n$21\r\ntracking-redir-broken\r\n:${redirect}\r\n`
      client.pushBytes(Buffer.from(text, 'latin1'))
    }
  }

  #forget(): void {
    this.#keys.clear()
    this.#own.clear()
  }

  #add(client: Listener, prefix: string): void {
    client.tracking!.prefixes.add(prefix)
    const clients = this.#byPrefix.get(prefix)
    if (clients !== undefined) clients.add(client)
    else {
      this.#byPrefix.set(prefix, new Set([client]))
      this.#host.board.gauge(GAUGE.trackedPrefixes, 1)
    }
  }

  #remove(client: Listener, prefix: string): void {
    const clients = this.#byPrefix.get(prefix)
    clients?.delete(client)
    if (clients?.size !== 0) return
    this.#byPrefix.delete(prefix)
    this.#host.board.gauge(GAUGE.trackedPrefixes, -1)
  }

  /** What CLIENT LIST shows. */
  #note({ slot, tracking }: Listener): void {
    const { board } = this.#host
    const others = ~(FLAG.tracking | FLAG.bcast | FLAG.brokenRedirect)
    let flags = board.word(slot, RECORD.flags) & others
    if (tracking !== undefined) {
      flags |= FLAG.tracking
      if (tracking.isBroadcast) flags |= FLAG.bcast
      if (tracking.isBroken) flags |= FLAG.brokenRedirect
    }
    board.setWord(slot, RECORD.flags, flags)
    board.setWord(slot, RECORD.redirect, tracking === undefined ? 0 : tracking.redirect + 1)
  }
}

function remembers({ isBroadcast, isOptIn, isOptOut, isCaching }: Tracker): boolean {
  return !isBroadcast && !(isOptIn && !isCaching) && !(isOptOut && isCaching)
}

const PUSH = '>2\r\n$10\r\ninvalidate\r\n'
const MESSAGE = '*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n'

/** In the client's protocol; undefined: that has no form for it. */
function invalidation(
  { reply, isListening }: Listener,
  keys: readonly string[] | undefined,
): Buffer | undefined {
  if (!reply.isResp3 && !isListening) return undefined
  let text = reply.isResp3 ? PUSH : MESSAGE
  if (keys === undefined) text += reply.isResp3 ? '_\r\n' : '$-1\r\n'
  else {
    text += `*${keys.length}\r\n`
    for (const key of keys) text += `$${key.length}\r\n${key}\r\n`
  }
  return Buffer.from(text, 'latin1')
}
