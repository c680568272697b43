/**
 * All that the server logs: each event with its level and the words of its line. Only what is named
 * here can be logged, so the table in docs/operations.md is complete (a test compares them).
 *
 * No field ever holds a secret: a password, a token, a key's or a value's bytes, or a name that a
 * client gave while it was not known (people type passwords there).
 */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
/** How much is logged: nothing, or all from that level up. */
export type LogLevel = (typeof LOG_LEVELS)[number]

interface LogEvent {
  readonly level: Exclude<LogLevel, 'silent'>
  readonly text: string
  /** Clients can cause it as often as they like: a few lines in a while, then a count. */
  readonly isLimited?: true
}

export const LOG_EVENTS = {
  'server.started': { level: 'info', text: 'listening' },
  'server.stopping': { level: 'info', text: 'stopping: answers what was read' },
  'server.stopped': { level: 'info', text: 'stopped' },
  'server.failed': { level: 'error', text: 'cannot serve' },
  'server.signal': { level: 'info', text: 'a signal came' },
  'server.warning': { level: 'warn', text: 'warning' },
  'worker.died': { level: 'error', text: 'a worker died and is replaced' },
  'worker.recovered': { level: 'info', text: 'the successor of a dead worker serves' },
  'connection.opened': { level: 'debug', text: 'a client came' },
  'connection.closed': { level: 'debug', text: 'a client went' },
  'client.refused': { level: 'warn', text: 'a client was turned away' },
  'auth.failed': { level: 'warn', text: 'a client gave no valid credentials', isLimited: true },
  'reload.done': { level: 'info', text: 'files were read again' },
  'reload.failed': { level: 'error', text: 'a file is bad: what was there before goes on' },
  'log.dropped': { level: 'warn', text: 'lines were dropped: nobody took them' },
} as const satisfies Readonly<Record<string, LogEvent>>

export type LogEventName = keyof typeof LOG_EVENTS
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Its place among the levels: the higher, the more is logged. */
export function rankOf(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level)
}

export function eventOf(name: LogEventName): LogEvent {
  return LOG_EVENTS[name]
}

/** memcached's verbosity: 1 is `info`, 2 and more are `debug`; whoever wants more gets it. */
export function rankNow(level: LogLevel, verbosity: number): number {
  const asked = verbosity <= 0 ? 0 : rankOf(verbosity === 1 ? 'info' : 'debug')
  return Math.max(rankOf(level), asked)
}
