/**
 * What changes in the cache, as one worker hears it from the server: told to clients that track,
 * and to those who subscribed to keyspace events. The server has it read only while somebody needs
 * it, so who begins to need it waits until it is so, and is told why it cannot be.
 */
import { GAUGE, type RedisBoard, SETTING } from './board.ts'
import { type Continuation, DATABASES, type RedisClient } from './client.ts'
import type { ChangeKind, ChangeListener, ChangesState, RedisHost } from './host.ts'
import { notify } from './notifications.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Tracking } from './tracking.ts'

const LOOK_MS = 2
const PATIENCE_MS = 10_000
const TOO_LATE = 'ERR changes of the cache cannot be told at the moment, try again'
const REFUSALS: Readonly<Partial<Record<ChangesState, string>>> = {
  taken: 'ERR the program around this server reads the mutation feed itself',
  absent: 'ERR this cache was created without a mutation feed (option feedBytes)',
  full: 'ERR no thread can be attached to the cache any more (option maxThreads)',
}

export class Changes implements ChangeListener {
  readonly #host: RedisHost
  readonly #board: RedisBoard
  readonly #tracking: Tracking
  readonly #subscriptions: Subscriptions
  readonly #spaceOf: (name: string) => number
  /** By namespace; -1: it is no database. */
  readonly #databases = new Map<number, number>([[0, 0]])
  readonly #waiting = new Set<RedisClient>()

  /** @param spaceOf the number of a namespace that exists */
  constructor(
    host: RedisHost,
    tracking: Tracking,
    subscriptions: Subscriptions,
    spaceOf: (name: string) => number,
  ) {
    this.#host = host
    this.#board = host.board
    this.#tracking = tracking
    this.#subscriptions = subscriptions
    this.#spaceOf = spaceOf
    host.listenForChanges(this)
  }

  get isListening(): boolean {
    return this.#tracking.isNeeded || this.#notifies !== 0
  }

  /** Flags of the events that somebody here may have subscribed to. */
  get #notifies(): number {
    const flags = this.#board.setting(SETTING.keyspaceEvents)
    return flags === 0 || this.#board.ownGauge(GAUGE.subscriptions) === 0 ? 0 : flags
  }

  changed(kind: ChangeKind, space: number, version: number, key: string): void {
    const database = this.#databaseOf(space)
    if (database < 0) return
    if (kind === 'flush') {
      this.#tracking.changedAll()
      return
    }
    if (this.#tracking.isNeeded) this.#tracking.changed(version, key)
    const flags = this.#notifies
    if (flags !== 0) notify(flags, kind, database, key, this.#publish)
  }

  lost(): void {
    this.#tracking.changedAll()
  }

  unavailable(): void {
    this.#tracking.cutAll()
  }

  batchOver(): void {
    this.#tracking.batchOver()
  }

  /**
   * Calls back when changes are told, with why not when they cannot be: at once, or as what remains
   * of the client's command.
   */
  need(client: RedisClient, then: (refusal: string | undefined) => void): void {
    this.#waiting.add(client)
    this.#board.gauge(GAUGE.waiting, 1)
    this.#host.askForChanges()
    const waiting = new Waiting(this.#host, client.raw.now() + PATIENCE_MS, (refusal) => {
      then(refusal)
      this.forget(client)
    })
    if (!waiting.step(client)) client.more = waiting
  }

  /** It waits no more. */
  forget(client: RedisClient): void {
    if (this.#waiting.delete(client)) this.#board.gauge(GAUGE.waiting, -1)
  }

  readonly #publish = (channel: string, message: string): void => {
    this.#subscriptions.deliver(channel, Buffer.from(message, 'latin1'))
  }

  /** Namespaces keep their numbers. */
  #databaseOf(space: number): number {
    const known = this.#databases.get(space)
    if (known !== undefined) return known
    let database = DATABASES - 1
    while (database > 0 && this.#spaceOf(`redis:${database}`) !== space) database--
    this.#databases.set(space, database || -1)
    return database || -1
  }
}

class Waiting implements Continuation {
  readonly #host: RedisHost
  readonly #until: number
  readonly #then: (refusal: string | undefined) => void

  constructor(host: RedisHost, until: number, then: (refusal: string | undefined) => void) {
    this.#host = host
    this.#until = until
    this.#then = then
  }

  step(client: RedisClient): boolean {
    const state = this.#host.changesState
    const refusal = REFUSALS[state] ?? (client.raw.now() > this.#until ? TOO_LATE : undefined)
    if (state === 'open' || refusal !== undefined) {
      this.#then(refusal)
      return true
    }
    client.wait(LOOK_MS)
    return false
  }
}
