/**
 * The counters of a server with several workers: one row of doubles per worker in shared memory,
 * padded to cache lines, and one row that all of them may write: what was counted before the last
 * `stats reset`, and settings that an operator changes while the server runs.
 *
 * A row has one writer and plain stores; a reader sums the rows and may miss what is being added.
 * Resetting touches nobody's row: it remembers the sums and subtracts them from then on.
 */

import { PREFIX_TABLE_DOUBLES, PrefixTables } from './prefix-tables.ts'

/**
 * Credentials that were judged, wrong ones, those that had to wait and those that were turned away;
 * and commands that somebody had no right to. In INFO, too.
 */
export const AUTH_COUNTERS = [
  'auth_cmds',
  'auth_errors',
  'auth_delayed',
  'auth_refused',
  'access_denied',
] as const

/** How often limits were met: docs/operations.md has the table. In INFO, too. */
export const LIMIT_COUNTERS = [
  'rejected_per_address',
  'input_pauses',
  'output_pauses',
  'stall_kicks',
  'auth_timeouts',
  'requests_too_large',
  'foreign_requests',
  'http_timeouts',
  'tls_handshakes',
  'tls_handshake_failures',
  'tls_handshake_timeouts',
  'tls_handshakes_refused',
] as const

/** Counters by memcached's own names. Server and protocol add to them. */
export const COUNTER_NAMES = [
  'total_connections',
  'rejected_connections',
  'idle_kicks',
  'bytes_read',
  'bytes_written',
  'conn_yields',
  'listen_disabled_num',
  'cmd_get',
  'cmd_set',
  'cmd_flush',
  'cmd_touch',
  'cmd_meta',
  'get_hits',
  'get_misses',
  'delete_misses',
  'delete_hits',
  'incr_misses',
  'incr_hits',
  'decr_misses',
  'decr_hits',
  'cas_misses',
  'cas_hits',
  'cas_badval',
  'touch_hits',
  'touch_misses',
  'store_too_large',
  'store_no_memory',
  'total_items',
  'log_watcher_sent',
  'log_watcher_skipped',
  'crawler_items_checked',
  'crawler_reclaimed',
  'slabs_moved',
  'lru_crawler_starts',
  ...AUTH_COUNTERS,
  ...LIMIT_COUNTERS,
] as const

export type CounterName = (typeof COUNTER_NAMES)[number]

/** Index of each counter in its row: `COUNT.cmd_get`. */
export const COUNT = Object.fromEntries(
  COUNTER_NAMES.map((name, index) => [name, index]),
) as Readonly<Record<CounterName, number>>

/** Settings that commands change, valid for all workers: index in the shared row. */
export const SETTING = {
  verbosity: 0,
  /** lru_crawler: 1 enabled, its pause between steps in µs, the most entries per class (0: all). */
  crawler: 1,
  crawlerSleep: 2,
  crawlerLimit: 3,
  automove: 4,
  /** stats detail: 1 on; how often its tables were emptied. */
  detail: 5,
  detailEra: 6,
  /** 1 while a crawl runs. */
  crawling: 7,
  /** The rank of the log's own level (rankOf of the server's log-events.ts). */
  logRank: 8,
} as const
const SETTINGS = Object.keys(SETTING).length
const DEFAULT_CRAWLER_SLEEP = 100

const LINE_DOUBLES = 8
/** Two lines apart, so that neighbours are not prefetched together. */
const ROW_DOUBLES = Math.ceil(COUNTER_NAMES.length / LINE_DOUBLES + 1) * LINE_DOUBLES
const SHARED_DOUBLES =
  Math.ceil((COUNTER_NAMES.length + SETTINGS) / LINE_DOUBLES + 1) * LINE_DOUBLES

export class CounterBoard {
  readonly buffer: SharedArrayBuffer
  /** This writer's own row. */
  readonly row: number
  /** What `stats detail` counts. */
  readonly prefixes: PrefixTables
  readonly #doubles: Float64Array
  readonly #rowAt: number
  readonly #rows: number

  /** A buffer for so many writers: workers, and the thread that accepts connections. */
  static create(rows: number): SharedArrayBuffer {
    const doubles = SHARED_DOUBLES + rows * (ROW_DOUBLES + PREFIX_TABLE_DOUBLES)
    const buffer = new SharedArrayBuffer(doubles * 8)
    const board = new CounterBoard(buffer, 0)
    board.set(SETTING.crawler, 1)
    board.set(SETTING.crawlerSleep, DEFAULT_CRAWLER_SLEEP)
    board.set(SETTING.automove, 1)
    return buffer
  }

  /** @param row 0 to rows - 1: this writer's own */
  constructor(buffer: SharedArrayBuffer, row: number) {
    this.buffer = buffer
    this.row = row
    this.#doubles = new Float64Array(buffer)
    const perRow = ROW_DOUBLES + PREFIX_TABLE_DOUBLES
    this.#rows = (this.#doubles.length - SHARED_DOUBLES) / perRow
    if (!Number.isInteger(row) || row < 0 || row >= this.#rows) {
      throw new RangeError(
        `row ${row}: a counter board of ${this.#rows} rows has 0 to ${this.#rows - 1}`,
      )
    }
    this.#rowAt = SHARED_DOUBLES + row * ROW_DOUBLES
    const tables = this.#doubles.subarray(SHARED_DOUBLES + this.#rows * ROW_DOUBLES)
    this.prefixes = new PrefixTables(tables, row)
  }

  /** Adds to this writer's counter. */
  add(counter: number, by: number): void {
    this.#doubles[this.#rowAt + counter]! += by
  }

  /** The sum over all writers, since the last reset. */
  total(counter: number): number {
    let sum = -this.#doubles[counter]!
    for (let row = 0; row < this.#rows; row++) {
      sum += this.#doubles[SHARED_DOUBLES + row * ROW_DOUBLES + counter]!
    }
    return sum
  }

  /** Counts from 0 again, all counters. */
  reset(): void {
    for (let counter = 0; counter < COUNTER_NAMES.length; counter++) {
      this.#doubles[counter]! += this.total(counter)
    }
    this.set(SETTING.detailEra, this.setting(SETTING.detailEra) + 1)
  }

  setting(index: number): number {
    return this.#doubles[COUNTER_NAMES.length + index]!
  }

  set(index: number, value: number): void {
    this.#doubles[COUNTER_NAMES.length + index] = value
  }
}
