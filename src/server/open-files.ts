/**
 * The limit of open files: whether a server has as many as its clients need, and what is told when
 * connections fail for want of them.
 *
 * Clients that there are no files for are refused before the last file is gone: a socket that is
 * handed to a worker needs a second one for a moment, and Node loses it where there is none.
 *
 * An application may have other files open. libuv closes a connection that there is no descriptor
 * for and tells nobody. But a new descriptor is always the lowest that is free: one that is among
 * the last says that the next may fail. A socket that is handed over gets a new one in its worker,
 * so workers look as well.
 */
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { count } from '../engine/describe.ts'

/** What Node, the listeners and each worker have open: measured, and some to spare. */
const OWN_FILES = 32
const FILES_PER_WORKER = 8
const LAST_FILES = 4
const QUIET_MS = 60_000

/** How many files this process may have open; undefined where there is no telling (Linux tells). */
export function openFilesLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files +([0-9]+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))!
    return Number(soft)
  } catch {
    return undefined
  }
}

/** So many clients there are files for, beside what the server needs itself. */
export function clientsWithin(limit: number | undefined, workers: number): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY
  return Math.max(1, limit - OWN_FILES - workers * FILES_PER_WORKER)
}

/** The sentence for an operator whose limit is too low for his clients. */
export function openFilesShortage(
  maxConnections: number,
  workers: number,
  limit: number | undefined = openFilesLimit(),
): string | undefined {
  const clients = clientsWithin(limit, workers)
  if (limit === undefined || clients >= maxConnections) return undefined
  const wanted = OWN_FILES + workers * FILES_PER_WORKER + maxConnections
  return (
    `max-connections is ${count(maxConnections)}, but ${count(limit)} open files are enough for ` +
    `${count(clients)}: raise the limit to ${count(wanted)} (ulimit -n)`
  )
}

/** Whether it is one of the last. `_handle` is no public interface, and may say nothing. */
export function isAmongLast(socket: Socket, limit: number | undefined): boolean {
  const { fd } = (socket as unknown as { _handle?: { fd?: number } | null })._handle ?? {}
  return limit !== undefined && fd !== undefined && fd >= limit - LAST_FILES
}

/** Tells of connections that fail: at most once a minute, with their number. */
export class OpenFilesWatch {
  readonly #limit: number | undefined
  readonly #warn: (text: string) => void
  #failed = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(limit: number | undefined = openFilesLimit(), warn: (text: string) => void = emit) {
    this.#limit = limit
    this.#warn = warn
  }

  /** A connection came, to this thread. */
  accepted(socket: Socket): void {
    if (isAmongLast(socket, this.#limit)) this.reached()
  }

  /** A connection got one of the last descriptors. */
  reached(now: number = performance.now()): void {
    this.#note(`nearly all ${count(this.#limit ?? 0)} files that may be open are in use`, now)
  }

  /** The listening socket had an error. */
  failed(error: Error, now: number = performance.now()): void {
    this.#note(`accepting failed: ${error.message}`, now)
  }

  #note(what: string, now: number): void {
    this.#failed++
    if (now - this.#toldAt < QUIET_MS) return
    const more = this.#failed === 1 ? '' : ` (${count(this.#failed)} times since this was told)`
    this.#warn(`Clients may find no connection: ${what}${more}`)
    this.#toldAt = now
    this.#failed = 0
  }
}

function emit(text: string): void {
  process.emitWarning(text, { code: 'HEDDLE_OPEN_FILES', type: 'HeddleWarning' })
}
