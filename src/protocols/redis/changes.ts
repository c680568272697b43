/**
 * What changes in the cache, as one worker hears it from the server: told to clients that track,
 * and to those who subscribed to keyspace events. The server has it read only while somebody needs
 * it; see need-changes.ts.
 */
import { GAUGE, type RedisBoard, SETTING } from './board.ts'
import { DATABASES } from './databases.ts'
import type { ChangeKind, ChangeListener, RedisHost } from './host.ts'
import type { Listener } from './listener.ts'
import { notify } from './notifications.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Tracking } from './tracking.ts'

export class Changes implements ChangeListener {
  readonly #host: RedisHost
  readonly #board: RedisBoard
  readonly #tracking: Tracking
  readonly #subscriptions: Subscriptions
  readonly #spaceOf: (name: string) => number
  /** By namespace; -1: it is no database. */
  readonly #databases = new Map<number, number>([[0, 0]])
  readonly #waiting = new Set<Listener>()

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

  /** A client needs them, or will as soon as they are told. */
  wish(client: Listener): void {
    this.#waiting.add(client)
    this.#board.gauge(GAUGE.waiting, 1)
    this.#host.askForChanges()
  }

  /** It waits no more. */
  forget(client: Listener): void {
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
