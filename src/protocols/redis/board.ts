/**
 * What all workers of a server know of its Redis clients and commands, in shared memory: a row of
 * counters per worker, settings that CONFIG SET and CLIENT PAUSE change, and a record per
 * connection for CLIENT LIST.
 *
 * A row and a record have one writer, the worker whose they are, and plain stores; a reader may see
 * a name half written for a moment (it is shown to people, nothing hangs on it). Resetting touches
 * nobody's row: it remembers the sums and subtracts them from then on.
 */
import { ERROR_CODES } from './errors.ts'

/** Counters of a worker, before those of the single commands. */
export const COUNT = {
  commands: 0,
  rejected: 1,
  /** Listeners that did not read and were cut. */
  cutListeners: 2,
  /** Messages to other workers that found no room; see outbox.ts. */
  dropped: 3,
  /** Commands that ended by an exception. */
  internalErrors: 4,
} as const
const FIRST_ERROR = 5
const FIRST_COMMAND = FIRST_ERROR + ERROR_CODES.length
/** Of each command: calls, calls that failed, calls that were refused, microseconds. */
const PER_COMMAND = 4
export const CALLS = 0
export const FAILED_CALLS = 1
export const REJECTED_CALLS = 2
export const MICROSECONDS = 3

/** What a worker has now: no count, and not reset. */
export const GAUGE = {
  subscriptions: 0,
  monitors: 1,
  /** Clients with CLIENT TRACKING, and what the tables of the workers hold. */
  trackers: 2,
  trackedKeys: 3,
  trackedItems: 4,
  trackedPrefixes: 5,
  /** Clients that wait for the feed of changes to be read. */
  waiting: 6,
} as const
const GAUGES = 8

/** Of the messages from one worker to another: see outbox.ts. */
export const FLOW = {
  /** Bytes on their way: sent, by the sender, and heard, by who gets them. */
  sent: 0,
  heard: 1,
  /** Messages that were not sent, and news of subscribers. By the sender. */
  lost: 2,
  lostNews: 3,
} as const
const FLOWS = 4

/** Settings, valid for all workers. */
export const SETTING = {
  slowlogSlowerThan: 0,
  slowlogMaxLen: 1,
  latencyThreshold: 2,
  /** Until when clients are paused, ms since the epoch, and whether only their writes are. */
  pausedUntil: 3,
  pausesWrites: 4,
  trackingTableMax: 5,
  /** Flags of notifications.ts. */
  keyspaceEvents: 6,
} as const
const SETTINGS = 16

/** Words of a connection's record. */
export const RECORD = {
  id: 0,
  database: 1,
  version: 2,
  /** Index in the table, -1 before the first. */
  lastCommand: 3,
  flags: 4,
  /** Commands that wait for EXEC, -1 outside of MULTI. */
  queued: 5,
  channels: 6,
  patterns: 7,
  shardChannels: 8,
  watched: 9,
  /** Of CLIENT TRACKING, the client that is told: its id and one. */
  redirect: 13,
} as const
const TEXT_LENGTHS = 10
const TEXTS_AT = 16
const RECORD_WORDS = 80
/** Bytes of a record's texts: name, library, its version, the user. */
const TEXT_BYTES: readonly number[] = [96, 64, 32, 64]
export const NAME = 0
export const LIBRARY = 1
export const LIBRARY_VERSION = 2
export const USER = 3

/** Flags of a record, as CLIENT LIST shows them. */
export const FLAG = {
  pubsub: 2,
  monitor: 4,
  tracking: 8,
  noEvict: 16,
  noTouch: 32,
  bcast: 64,
  brokenRedirect: 128,
} as const

const LINE_DOUBLES = 8
/** As many as the table may have: its size is not known to the thread that makes the board. */
const MOST_COMMANDS = 256
const COUNTERS = FIRST_COMMAND + MOST_COMMANDS * PER_COMMAND
const ROW_DOUBLES = Math.ceil((COUNTERS + GAUGES) / LINE_DOUBLES + 1) * LINE_DOUBLES

export class RedisBoard {
  readonly memory: SharedArrayBuffer
  readonly slots: number
  readonly rows: number
  readonly #doubles: Float64Array
  readonly #words: Int32Array
  readonly #bytes: Buffer
  readonly #rowAt: number
  readonly #recordsAt: number

  static create(slots: number, rows: number): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(16 + doublesOf(rows) * 8 + slots * RECORD_WORDS * 4)
    const header = new Int32Array(memory)
    header[0] = slots
    header[1] = rows
    const board = new RedisBoard(memory, 0)
    board.set(SETTING.slowlogSlowerThan, 10_000)
    board.set(SETTING.slowlogMaxLen, 128)
    board.set(SETTING.trackingTableMax, 1_000_000)
    return memory
  }

  /** @param row this worker's */
  constructor(memory: SharedArrayBuffer, row: number) {
    const [slots = 0, rows = 0] = new Int32Array(memory, 0, 2)
    this.memory = memory
    this.slots = slots
    this.rows = rows
    this.#doubles = new Float64Array(memory, 16, doublesOf(rows))
    this.#rowAt = SETTINGS + (row + 1) * ROW_DOUBLES
    this.#recordsAt = 4 + doublesOf(rows) * 2
    this.#words = new Int32Array(memory)
    this.#bytes = Buffer.from(memory)
  }

  /** A worker begins, perhaps in the place of one that died: it has nothing yet. */
  begin(): void {
    const at = this.#rowAt + COUNTERS
    this.#doubles.fill(0, at, at + GAUGES)
  }

  /** Adds to a counter of this worker. */
  add(counter: number, by: number): void {
    this.#doubles[this.#rowAt + counter]! += by
  }

  /** Counts an error by the code that it begins with; any other code is one of ERR. */
  countError(text: string): void {
    const code = ERROR_CODES.indexOf(text.slice(0, text.indexOf(' ')))
    this.add(FIRST_ERROR + Math.max(code, 0), 1)
  }

  /** Errors of a code, by its place in ERROR_CODES. */
  totalErrors(code: number): number {
    return this.total(FIRST_ERROR + code)
  }

  addTo(command: number, counter: number, by: number): void {
    this.#doubles[this.#rowAt + FIRST_COMMAND + command * PER_COMMAND + counter]! += by
  }

  /** The sum over all workers, since the last reset. */
  total(counter: number): number {
    let sum = -this.#doubles[SETTINGS + counter]!
    for (let row = 1; row <= this.rows; row++) {
      sum += this.#doubles[SETTINGS + row * ROW_DOUBLES + counter]!
    }
    return sum
  }

  totalOf(command: number, counter: number): number {
    return this.total(FIRST_COMMAND + command * PER_COMMAND + counter)
  }

  /** Counts from 0 again, all counters. */
  reset(): void {
    for (let counter = 0; counter < COUNTERS; counter++) {
      this.#doubles[SETTINGS + counter]! += this.total(counter)
    }
  }

  /** Changes what this worker has now. */
  gauge(gauge: number, by: number): void {
    this.#doubles[this.#rowAt + COUNTERS + gauge]! += by
  }

  /** Of all workers. */
  totalGauge(gauge: number): number {
    let sum = 0
    for (let row = 1; row <= this.rows; row++) sum += this.#gaugeOf(row, gauge)
    return sum
  }

  /** Workers that have any now. */
  workersWith(gauge: number): number[] {
    const workers: number[] = []
    for (let row = 1; row <= this.rows; row++) {
      if (this.#gaugeOf(row, gauge) > 0) workers.push(row - 1)
    }
    return workers
  }

  /** Whether somebody needs to know what changes in the cache. */
  get needsChanges(): boolean {
    if (this.setting(SETTING.keyspaceEvents) !== 0) return true
    return this.totalGauge(GAUGE.trackers) + this.totalGauge(GAUGE.waiting) > 0
  }

  /** What this worker has now. */
  ownGauge(gauge: number): number {
    return this.#doubles[this.#rowAt + COUNTERS + gauge]!
  }

  /** Of the messages between two workers. */
  flow(flow: number, from: number, to: number): number {
    return this.#doubles[this.#flowAt(flow, from, to)]!
  }

  setFlow(flow: number, from: number, to: number, value: number): void {
    this.#doubles[this.#flowAt(flow, from, to)] = value
  }

  #flowAt(flow: number, from: number, to: number): number {
    return flowsAt(this.rows) + (from * this.rows + to) * FLOWS + flow
  }

  #gaugeOf(row: number, gauge: number): number {
    return this.#doubles[SETTINGS + row * ROW_DOUBLES + COUNTERS + gauge]!
  }

  setting(index: number): number {
    return this.#doubles[index]!
  }

  set(index: number, value: number): void {
    this.#doubles[index] = value
  }

  /** Begins the record of a connection. */
  open(slot: number, id: number): void {
    const at = this.#recordsAt + slot * RECORD_WORDS
    this.#words.fill(0, at, at + TEXTS_AT)
    this.#words[at + RECORD.version] = 2
    this.#words[at + RECORD.lastCommand] = -1
    this.#words[at + RECORD.queued] = -1
    this.#words[at + RECORD.id] = id
  }

  /** A word of a connection's record. */
  word(slot: number, word: number): number {
    return this.#words[this.#recordsAt + slot * RECORD_WORDS + word]!
  }

  setWord(slot: number, word: number, value: number): void {
    this.#words[this.#recordsAt + slot * RECORD_WORDS + word] = value
  }

  text(slot: number, text: number): string {
    const from = this.#textAt(slot, text)
    const length = Math.min(this.word(slot, TEXT_LENGTHS + text), TEXT_BYTES[text]!)
    return this.#bytes.toString('latin1', from, from + length)
  }

  /** Keeps as much of a text as fits. */
  setText(slot: number, text: number, value: string): void {
    const length = this.#bytes.write(value, this.#textAt(slot, text), TEXT_BYTES[text]!, 'latin1')
    this.setWord(slot, TEXT_LENGTHS + text, length)
  }

  #textAt(slot: number, text: number): number {
    let at = (this.#recordsAt + slot * RECORD_WORDS + TEXTS_AT) * 4
    for (let before = 0; before < text; before++) at += TEXT_BYTES[before]!
    return at
  }
}

/** Settings, what is subtracted since the last reset, the rows, and flows of each to each. */
function doublesOf(rows: number): number {
  return flowsAt(rows) + rows * rows * FLOWS
}

function flowsAt(rows: number): number {
  return SETTINGS + (rows + 1) * ROW_DOUBLES
}
