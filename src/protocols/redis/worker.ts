/**
 * What the Redis connections of one worker share: the engine, the server, and what workers tell
 * each other. The SLOWLOG is such a thing: whoever was slow tells all, so each has the whole log,
 * in the same order. What monitors see is another.
 */
import type { RawAccess } from '../../engine/raw-access.ts'
import { type KeyGroup, keyGroupOf } from '../key-group.ts'
import { ReplyBuffer } from '../reply-buffer.ts'
import { FLAG, GAUGE, RECORD, SETTING } from './board.ts'
import { Changes } from './changes.ts'
import type { RedisHost } from './host.ts'
import type { Listener } from './listener.ts'
import { Outbox, type Weight } from './outbox.ts'
import { Pipeline } from './pipeline.ts'
import { type SubscriptionMessage, Subscriptions } from './subscriptions.ts'
import { type InvalidationMessage, Tracking } from './tracking.ts'

/** A command that took long. */
export interface SlowCommand {
  /** Seconds since the epoch, and microseconds that it took. */
  readonly at: number
  readonly took: number
  readonly words: readonly string[]
  readonly address: string
  readonly name: string
}

type Message =
  | { readonly kind: 'slow'; readonly command: SlowCommand }
  | { readonly kind: 'forgetSlow' }
  | { readonly kind: 'monitor'; readonly line: string }
  | InvalidationMessage
  | SubscriptionMessage

/** So much of it is kept for the next ones. */
const SCRATCH_BYTES = 1 << 20

export class RedisWorker {
  readonly raw: RawAccess
  readonly host: RedisHost
  /** Replies that are not given yet. */
  readonly scratch = new ReplyBuffer(Number.POSITIVE_INFINITY, SCRATCH_BYTES)
  /** Of the connection that is fed. */
  readonly pipeline: Pipeline
  /** Of the request that is executed. */
  readonly keyGroup: KeyGroup
  /** Executed by plain.ts and not counted yet. */
  plainGets = 0
  plainSets = 0
  /** The latest first; with a number each. */
  slow: { readonly id: number; readonly command: SlowCommand }[] = []
  #slowCommands = 0
  readonly subscriptions: Subscriptions
  readonly tracking: Tracking
  readonly changes: Changes
  readonly #outbox: Outbox
  readonly #everybody: readonly number[]
  /** Clients of this worker, by their slot. */
  readonly #clients = new Map<number, Listener>()
  readonly #monitors = new Set<Listener>()

  constructor(raw: RawAccess, host: RedisHost) {
    this.raw = raw
    this.pipeline = new Pipeline(raw)
    this.keyGroup = keyGroupOf(raw)
    this.host = host
    host.board.begin()
    this.#everybody = Array.from({ length: host.board.rows }, (_, worker) => worker)
    this.#outbox = new Outbox(host)
    this.subscriptions = new Subscriptions(host.worker, host.board, this.#outbox)
    this.tracking = new Tracking(host, raw, (worker, message) => {
      const bytes = message.keys?.reduce((sum, key) => sum + key.length, 0) ?? 0
      return this.#outbox.tell([worker], message, bytes, 'light').length === 0
    })
    this.changes = new Changes(host, this.tracking, this.subscriptions, (name) => {
      return raw.spaceOf(name, true)
    })
    host.onMessage = (message) => this.#hear(message)
  }

  /** A connection has begun. */
  enter(client: Listener): void {
    this.#clients.set(client.slot, client)
  }

  /** The connection is gone. */
  leave(client: Listener): void {
    this.forget(client)
    this.#clients.delete(client.slot)
  }

  /** From now on the client sees every command of every client. */
  watch(client: Listener): void {
    if (this.#monitors.has(client)) return
    this.#monitors.add(client)
    client.isWatched = true
    const { board } = this.host
    board.gauge(GAUGE.monitors, 1)
    board.setWord(client.slot, RECORD.flags, board.word(client.slot, RECORD.flags) | FLAG.monitor)
  }

  /** The connection is as new, or gone. */
  forget(client: Listener): void {
    this.subscriptions.removeAll(client)
    this.tracking.stop(client)
    this.changes.forget(client)
    if (this.#monitors.delete(client)) this.host.board.gauge(GAUGE.monitors, -1)
  }

  get isWatched(): boolean {
    return this.host.board.totalGauge(GAUGE.monitors) > 0
  }

  tellMonitors(line: string): void {
    const workers = this.host.board.workersWith(GAUGE.monitors)
    this.#tell(workers, { kind: 'monitor', line }, line.length, 'vital')
  }

  /** A log of which nobody needs to know whether it has every command. */
  tellSlow(command: SlowCommand): void {
    const bytes = command.words.reduce((sum, word) => sum + word.length, 0)
    this.#tell(this.#everybody, { kind: 'slow', command }, bytes, 'light')
  }

  forgetSlow(): void {
    this.#tell(this.#everybody, { kind: 'forgetSlow' }, 0, 'light')
  }

  #tell(workers: readonly number[], message: Message, bytes: number, weight: Weight): void {
    this.#outbox.tell(workers, message, bytes, weight)
  }

  #hear(envelope: unknown): void {
    const { body, hasLost, hasLostNews } = this.#outbox.hear(envelope)
    if (hasLost) this.#cutListeners()
    if (hasLostNews) this.subscriptions.ask(false)
    const message = body as Message
    if (message.kind === 'forgetSlow') this.slow = []
    else if (message.kind === 'slow') this.#keepSlow(message.command)
    else if (message.kind === 'invalidate') {
      const client = this.#clients.get(message.slot)
      if (client?.id === message.id) this.tracking.hear(client, message.keys)
    } else if (message.kind === 'monitor') {
      for (const client of this.#monitors) client.pushLine(message.line)
    } else this.subscriptions.hear(message)
  }

  /** Of what was published, some did not come here: nobody knows to whom. */
  #cutListeners(): void {
    const listeners = [...this.#clients.values()].filter(({ isListening }) => isListening)
    for (const client of [...listeners, ...this.#monitors]) client.cut()
  }

  #keepSlow(command: SlowCommand): void {
    this.slow.unshift({ id: this.#slowCommands++, command })
    const most = this.host.board.setting(SETTING.slowlogMaxLen)
    if (this.slow.length > most) this.slow.length = most
  }
}
