/**
 * What the Redis connections of one worker share: the engine, the server, and what workers tell
 * each other. The SLOWLOG is such a thing: whoever was slow tells all, so each has the whole log, in
 * the same order.
 */
import type { RawAccess } from '../../engine/raw-access.ts'
import { SETTING } from './board.ts'
import type { RedisHost } from './host.ts'

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

export class RedisWorker {
  readonly raw: RawAccess
  readonly host: RedisHost
  /** The latest first; with a number each. */
  slow: { readonly id: number; readonly command: SlowCommand }[] = []
  #slowCommands = 0

  constructor(raw: RawAccess, host: RedisHost) {
    this.raw = raw
    this.host = host
    host.onMessage = (message) => this.#hear(message as Message)
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
    if (message.kind === 'forgetSlow') {
      this.slow = []
      return
    }
    this.slow.unshift({ id: this.#slowCommands++, command: message.command })
    const most = this.host.board.setting(SETTING.slowlogMaxLen)
    if (this.slow.length > most) this.slow.length = most
  }
}
