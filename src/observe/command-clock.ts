/**
 * The clock of one worker: counts every command, and times some of them.
 *
 * Asking the time twice costs as much as a fifth of a pipelined get, so one command in 32 is timed,
 * and one batch in 16, drawn anew each time. The others pay for one count and one comparison.
 *
 * What is timed. A command: from the moment its request is looked at (memcached's line is parsed
 * within, a Redis request before) until its reply lies in the output buffer; a reply that does not
 * fit is timed until the buffer is full. A batch: all that arrived in one read, from the moment the
 * worker takes it up until its replies were given to the socket, or, with frames, to the ring of
 * the thread that writes. Waiting before that, in the kernel and for the worker's event loop, is in
 * neither: it shows in the delay of the event loop.
 */
import { SampleGaps } from '../engine/sample-gaps.ts'
import { bucketOf } from './buckets.ts'
import { ObservationBoard } from './observation-board.ts'

export const COMMANDS_PER_SAMPLE = 32
export const BATCHES_PER_SAMPLE = 16
const NS_PER_MS = 1e6
/** What `begin` says of a command that is not timed. */
const UNTIMED = 0

export class CommandClock {
  readonly board: ObservationBoard
  readonly #now: () => number
  readonly #commandGaps: SampleGaps
  readonly #batchGaps: SampleGaps
  #commandsLeft: number
  #batchesLeft: number

  /**
   * @param row this worker's, from 1
   * @param now in ms
   */
  constructor(memory: SharedArrayBuffer, row: number, now: () => number = () => performance.now()) {
    this.board = new ObservationBoard(memory, row)
    this.#now = now
    this.#commandGaps = new SampleGaps(COMMANDS_PER_SAMPLE, row)
    this.#batchGaps = new SampleGaps(BATCHES_PER_SAMPLE, ~row)
    this.#commandsLeft = this.#commandGaps.next()
    this.#batchesLeft = this.#batchGaps.next()
  }

  /** Before a command. @returns what `end` is to be told */
  begin(): number {
    if (--this.#commandsLeft > 0) return UNTIMED
    this.#commandsLeft = this.#commandGaps.next()
    return this.#now()
  }

  /** After it. */
  end(series: number, begunAt: number): void {
    this.board.count(series)
    if (begunAt !== UNTIMED) this.note(series, begunAt)
  }

  /** Counts commands that `end` was not told of. */
  count(series: number, calls: number): void {
    this.board.count(series, calls)
  }

  /** The same for a batch. */
  beginBatch(): number {
    if (--this.#batchesLeft > 0) return UNTIMED
    this.#batchesLeft = this.#batchGaps.next()
    return this.#now()
  }

  /** @param series undefined: of a protocol that is not observed */
  endBatch(series: number | undefined, begunAt: number): void {
    if (series !== undefined) this.end(series, begunAt)
  }

  /** How long a command took that was timed. */
  note(series: number, begunAt: number): void {
    const ns = Math.max(0, (this.#now() - begunAt) * NS_PER_MS)
    this.board.sample(series, bucketOf(ns), ns)
  }
}
