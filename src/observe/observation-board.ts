/**
 * What the threads of a server measure of themselves, in shared memory: how many commands of each
 * name they executed, how long some of them took, and how busy the thread was. Every thread has a
 * row that it alone writes, with plain stores of doubles; whoever reads sums the rows, stops nobody
 * and may miss what is just being added. A worker that takes the place of a dead one goes on in its
 * row, so counts never fall.
 *
 * A *series* is one command of one protocol. Series have fixed places, so that nothing is looked up
 * or allocated while commands run. Memory that is never written is never there: a row takes 0.9 MiB
 * of address space, and 4 KiB for every two commands that clients really send.
 *
 *   header   rows | series
 *   names    32 bytes per series, written by each worker when it starts, all the same
 *   rows     facts of the thread | calls, samples, ns, longest, buckets of each series
 */
import { BUCKETS } from './buckets.ts'

/** What is spoken: the series of each begin at `first`; that one is for whole batches. */
export const PROTOCOLS = {
  memcached: { first: 0, most: 64 },
  'memcached-binary': { first: 64, most: 64 },
  redis: { first: 128, most: 320 },
  http: { first: 448, most: 64 },
} as const
export type ProtocolName = keyof typeof PROTOCOLS
export const SERIES = 512

/** Facts of a thread: index in its row. Milliseconds, but for `beats`. */
export const FACT = {
  /** Since the thread began: it worked, it waited. */
  busy: 0,
  idle: 1,
  /** How late its event loop was, in the last half minute. */
  delayMedian: 2,
  delayP99: 3,
  delayLongest: 4,
  /** How often the thread wrote these down; 0: it has not yet, or it is not there. */
  beats: 5,
  heapBytes: 6,
  /** Busy part of the last second, 0 to 1. */
  busyShare: 7,
} as const
export type Fact = keyof typeof FACT
const FACTS = 8

const CALLS = 0
const SAMPLES = 1
const NANOSECONDS = 2
const LONGEST = 3
const BUCKETS_AT = 4
const LINE_DOUBLES = 8
const SERIES_DOUBLES = Math.ceil((BUCKETS_AT + BUCKETS) / LINE_DOUBLES) * LINE_DOUBLES
/** Two lines apart, so that neighbours are not prefetched together. */
const ROW_DOUBLES = FACTS + SERIES * SERIES_DOUBLES + 2 * LINE_DOUBLES
const HEADER_BYTES = 16
const NAME_BYTES = 32
const ROWS_AT = (HEADER_BYTES + SERIES * NAME_BYTES) / 8

/** What all threads together counted of one series. */
export interface SeriesTotals {
  /** All calls, timed or not. */
  readonly calls: number
  /** Those that were timed: how many, how long together, the longest. */
  readonly samples: number
  readonly nanoseconds: number
  readonly longestNs: number
  /** Of the timed ones, see buckets.ts. */
  readonly buckets: Float64Array
}

export class ObservationBoard {
  readonly memory: SharedArrayBuffer
  readonly rows: number
  readonly #names: Buffer
  readonly #doubles: Float64Array
  /** Of this writer's series. */
  readonly #at: number
  readonly #factsAt: number

  /** @param workers there is one more row, the first, for the thread that accepts */
  static create(workers: number): SharedArrayBuffer {
    const rows = workers + 1
    const memory = new SharedArrayBuffer((ROWS_AT + rows * ROW_DOUBLES) * 8)
    new Int32Array(memory, 0, 2).set([rows, SERIES])
    return memory
  }

  /** @param row this writer's own; -1: it only reads */
  constructor(memory: SharedArrayBuffer, row = -1) {
    const [rows = 0, series = 0] = new Int32Array(memory, 0, 2)
    if (series !== SERIES) throw new RangeError(`a board of ${series} series, not ${SERIES}`)
    if (!Number.isInteger(row) || row < -1 || row >= rows) {
      throw new RangeError(`row ${row}: a board of ${rows} rows has 0 to ${rows - 1}`)
    }
    this.memory = memory
    this.rows = rows
    this.#names = Buffer.from(memory, HEADER_BYTES, SERIES * NAME_BYTES)
    this.#doubles = new Float64Array(memory)
    this.#factsAt = ROWS_AT + row * ROW_DOUBLES
    this.#at = this.#factsAt + FACTS
  }

  /** Says how the commands of a protocol are called, from its second series on. */
  name(protocol: ProtocolName, commands: readonly string[]): void {
    const { first, most } = PROTOCOLS[protocol]
    if (commands.length >= most) {
      throw new RangeError(`${protocol} has ${commands.length} commands, at most ${most - 1} fit`)
    }
    for (const [index, name] of ['', ...commands].entries()) {
      const at = (first + index) * NAME_BYTES
      this.#names.write(name.padEnd(NAME_BYTES, '\0'), at, NAME_BYTES, 'latin1')
    }
  }

  /** The name of a series; '' for a batch, and for a series that nobody uses. */
  nameOf(series: number): string {
    const at = series * NAME_BYTES
    return this.#names.toString('latin1', at, at + NAME_BYTES).replace(/\0+$/, '')
  }

  /** Counts calls. */
  count(series: number, calls = 1): void {
    this.#doubles[this.#at + series * SERIES_DOUBLES]! += calls
  }

  /** Notes how long a call took that was timed. */
  sample(series: number, bucket: number, ns: number): void {
    const doubles = this.#doubles
    const at = this.#at + series * SERIES_DOUBLES
    doubles[at + BUCKETS_AT + bucket]! += 1
    doubles[at + NANOSECONDS]! += ns
    doubles[at + SAMPLES]! += 1
    if (ns > doubles[at + LONGEST]!) doubles[at + LONGEST] = ns
  }

  /** A fact of this thread. */
  tell(fact: Fact, value: number): void {
    this.#doubles[this.#factsAt + FACT[fact]] = value
  }

  factOf(row: number, fact: Fact): number {
    return this.#doubles[ROWS_AT + row * ROW_DOUBLES + FACT[fact]]!
  }

  /** Undefined for a series that was never called: that costs one look per row. */
  totals(series: number): SeriesTotals | undefined {
    const doubles = this.#doubles
    let calls = 0
    for (let row = 0; row < this.rows; row++) calls += doubles[atOf(row, series) + CALLS]!
    if (calls === 0) return undefined
    let [samples, nanoseconds, longestNs] = [0, 0, 0]
    const buckets = new Float64Array(BUCKETS)
    for (let row = 0; row < this.rows; row++) {
      const at = atOf(row, series)
      if (doubles[at + SAMPLES] === 0) continue
      nanoseconds += doubles[at + NANOSECONDS]!
      longestNs = Math.max(longestNs, doubles[at + LONGEST]!)
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        buckets[bucket]! += doubles[at + BUCKETS_AT + bucket]!
      }
    }
    // What is in the buckets, whatever was added meanwhile: a histogram is consistent in itself.
    for (const count of buckets) samples += count
    return { calls, samples, nanoseconds, longestNs, buckets }
  }
}

function atOf(row: number, series: number): number {
  return ROWS_AT + row * ROW_DOUBLES + FACTS + series * SERIES_DOUBLES
}
