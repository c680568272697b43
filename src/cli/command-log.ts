/**
 * What the process of `heddle serve` itself has to say, in the form that its log has: plain lines
 * for people, or the log's own where machines read it. Warnings of the process (Node's, the
 * engine's, the server's) go the same way, so that stderr has lines of one form only.
 */
import { Log } from '../server/log.ts'
import { LOG_LEVELS, type LogLevel, rankOf } from '../server/log-events.ts'
import { takeWarnings } from '../server/process-warnings.ts'
import type { Settings } from './settings.ts'

export class CommandLog {
  readonly #isJson: boolean
  readonly #log: Log

  /** @param settings undefined: they cannot be read; unchecked */
  constructor(settings?: Settings) {
    this.#isJson = settings?.values.get('log-format') === 'json'
    const level = settings?.values.get('log-level') as LogLevel
    const rank = rankOf(LOG_LEVELS.includes(level) ? level : 'info')
    this.#log = new Log(this.#isJson ? 'json' : 'text', () => Math.max(rank, rankOf('error')))
  }

  /** Something is not as it might be; the server goes on. */
  warn(why: string): void {
    if (this.#isJson) this.#log.tell('server.warning', { why })
    else plain(why)
  }

  /** It cannot serve: said at every level. */
  fail(why: string): void {
    if (this.#isJson) this.#log.tell('server.failed', { why })
    else plain(why)
  }

  /** The files of users and of TLS, at SIGHUP. */
  reloaded(): void {
    this.#log.tell('reload.done')
  }

  notReloaded(why: string): void {
    this.#log.tell('reload.failed', { why })
  }

  signal(signal: NodeJS.Signals): void {
    this.#log.tell('server.signal', { signal })
  }

  /** From now on warnings of the process are lines of the log; Node does not print them. */
  takeWarnings(): void {
    takeWarnings((warning) => this.#log.tell('server.warning', warning))
  }
}

function plain(why: string): void {
  process.stderr.write(`heddle serve: ${why.replaceAll('\n', ' ')}\n`)
}
