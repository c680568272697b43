/**
 * What the Redis connections of one worker share: the engine, the server, and what workers tell
 * each other. The SLOWLOG is such a thing: whoever was slow tells all, so each has the whole log,
 * in the same order. What monitors see is another.
 */
import type { RawAccess } from '../../engine/raw-access.ts'
import { FLAG, GAUGE, RECORD, SETTING } from './board.ts'
import type { RedisClient } from './client.ts'
import type { RedisHost } from './host.ts'
import { Pipeline } from './pipeline.ts'
import { type SubscriptionMessage, Subscriptions } from './subscriptions.ts'

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
  | SubscriptionMessage

export class RedisWorker {
  readonly raw: RawAccess
  readonly host: RedisHost
  /** Of the connection that is fed. */
  readonly pipeline: Pipeline
  /** The latest first; with a number each. */
  slow: { readonly id: number; readonly command: SlowCommand }[] = []
  #slowCommands = 0
  readonly subscriptions: Subscriptions
  readonly #monitors = new Set<RedisClient>()

  constructor(raw: RawAccess, host: RedisHost) {
    this.raw = raw
    this.pipeline = new Pipeline(raw)
    this.host = host
    host.board.begin()
    this.subscriptions = new Subscriptions(host.worker, host.board, (message) => {
      this.#tell(message)
    })
    host.onMessage = (message) => this.#hear(message as Message)
  }

  /** From now on the client sees every command of every client. */
  watch(client: RedisClient): void {
    if (this.#monitors.has(client)) return
    this.#monitors.add(client)
    client.isWatched = true
    const { board } = this.host
    board.gauge(GAUGE.monitors, 1)
    board.setWord(client.slot, RECORD.flags, board.word(client.slot, RECORD.flags) | FLAG.monitor)
  }

  /** The connection is gone, or as new. */
  forget(client: RedisClient): void {
    this.subscriptions.removeAll(client)
    if (this.#monitors.delete(client)) this.host.board.gauge(GAUGE.monitors, -1)
  }

  get isWatched(): boolean {
    return this.host.board.totalGauge(GAUGE.monitors) > 0
  }

  tellMonitors(line: string): void {
    this.#tell({ kind: 'monitor', line })
  }

  tellSlow(command: SlowCommand): void {
    this.#tell({ kind: 'slow', command })
  }

  forgetSlow(): void {
    this.#tell({ kind: 'forgetSlow' })
  }

  #tell(message: Message): void {
    this.host.tellAll(message)
  }

  #hear(message: Message): void {
    if (message.kind === 'forgetSlow') this.slow = []
    else if (message.kind === 'slow') this.#keepSlow(message.command)
    else if (message.kind === 'monitor') {
      for (const client of this.#monitors) client.pushLine(message.line)
    } else this.subscriptions.hear(message)
  }

  #keepSlow(command: SlowCommand): void {
    this.slow.unshift({ id: this.#slowCommands++, command })
    const most = this.host.board.setting(SETTING.slowlogMaxLen)
    if (this.slow.length > most) this.slow.length = most
  }
}
