/**
 * The log of the server: one line for each event (log-events.ts), as text for people or as JSON for
 * machines, on stderr. All lines of the process go through here.
 *
 *   2026-11-21T20:15:03.120Z error worker.died a worker died and is replaced worker=1
 *   {"time":"...","level":"error","event":"worker.died","message":"a worker died...","worker":1}
 *
 * It never waits: what stderr does not take is kept up to a bound, then lines are dropped, counted,
 * and the count is a line as soon as there is room. What clients can cause at will is limited to a
 * few lines in ten seconds; the next line tells how many were left out. Workers hand their events
 * to the accepting thread (line-batch.ts), so that no worker ever writes.
 *
 * Rejected: pino. It would be the largest run-time dependency, for a dozen lines a minute.
 */
import { eventOf, type LogEventName, type LogFields, rankOf } from './log-events.ts'

export const LOG_FORMATS = ['text', 'json'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** Where lines go: process.stderr, or a test. */
export interface LogSink {
  write(line: string): unknown
  /** Bytes that were not taken yet. */
  readonly writableLength: number
}

/** Waiting for whoever reads: beyond it lines are dropped. */
const MOST_WAITING = 256 * 1024
const MOST_CHARACTERS = 300
const WINDOW_MS = 10_000
const LINES_PER_WINDOW = 10
const PLAIN = /^[\w.:/@+,[\]-]+$/

interface Window {
  beganAt: number
  lines: number
  left: number
}

export class Log {
  readonly #format: LogFormat
  readonly #rank: () => number
  readonly #sink: LogSink
  readonly #now: () => number
  readonly #windows = new Map<LogEventName, Window>()
  /** Since the last line about it. */
  #dropped = 0

  /** @param rank of the level from which is logged, now (rankOf) */
  constructor(
    format: LogFormat,
    rank: () => number,
    sink: LogSink = process.stderr,
    now: () => number = Date.now,
  ) {
    this.#format = format
    this.#rank = rank
    this.#sink = sink
    this.#now = now
  }

  tell(name: LogEventName, fields: LogFields = {}): void {
    const { level, isLimited } = eventOf(name)
    if (rankOf(level) > this.#rank()) return
    if (isLimited !== true) {
      this.#write(name, fields)
      return
    }
    const window = this.#windowOf(name)
    if (++window.lines > LINES_PER_WINDOW) window.left++
    else this.#write(name, fields)
  }

  /** The window of now; of one that is over, what was left out is told. */
  #windowOf(name: LogEventName): Window {
    const now = this.#now()
    const open = this.#windows.get(name)
    if (open !== undefined && Math.abs(now - open.beganAt) < WINDOW_MS) return open
    if (open !== undefined && open.left > 0) this.#write(name, { leftOut: open.left })
    const fresh = { beganAt: now, lines: 0, left: 0 }
    this.#windows.set(name, fresh)
    return fresh
  }

  /** Called once a second: tells what was left out, also when nothing more of it comes. */
  tick(): void {
    for (const [name, { left }] of this.#windows) if (left > 0) this.#windowOf(name)
    if (this.#dropped > 0 && this.#hasRoom()) this.#tellDropped()
  }

  #write(name: LogEventName, fields: LogFields): void {
    if (!this.#hasRoom()) {
      this.#dropped++
      return
    }
    if (this.#dropped > 0) this.#tellDropped()
    this.#sink.write(lineOf(this.#format, this.#now(), name, fields))
  }

  #hasRoom(): boolean {
    return this.#sink.writableLength < MOST_WAITING
  }

  #tellDropped(): void {
    const lines = this.#dropped
    this.#dropped = 0
    if (rankOf(eventOf('log.dropped').level) > this.#rank()) return
    this.#sink.write(lineOf(this.#format, this.#now(), 'log.dropped', { lines }))
  }
}

function lineOf(format: LogFormat, now: number, name: LogEventName, fields: LogFields): string {
  const { level, text } = eventOf(name)
  const time = new Date(now).toISOString()
  const said = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, shortened(value)] as const],
  )
  if (format === 'json') {
    const line = { time, level, event: name, message: text, ...Object.fromEntries(said) }
    return `${JSON.stringify(line)}\n`
  }
  const pairs = said.map(([key, value]) => ` ${key}=${quoted(String(value))}`)
  return `${time} ${level.padEnd(5)} ${name} ${text}${pairs.join('')}\n`
}

function shortened(value: string | number | boolean): string | number | boolean {
  if (typeof value !== 'string' || value.length <= MOST_CHARACTERS) return value
  return `${value.slice(0, MOST_CHARACTERS)}... (${value.length} characters)`
}

/** One line whatever clients send: line breaks and control characters are escaped. */
function quoted(text: string): string {
  if (PLAIN.test(text)) return text
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
