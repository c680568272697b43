/**
 * The pulse of a thread: once a second it writes down how busy it was and how late its event
 * loop, for others to read. A thread that no longer reaches its event loop stops writing, which
 * shows: its count of beats stands still.
 *
 * Busy is what `performance.eventLoopUtilization` calls active, less the time that a worker rested
 * within the event loop (with frames it waits for work there). The delay comes from
 * `monitorEventLoopDelay`, whose numbers include the interval at which it looks; that is taken
 * away. They are of two windows of 15 seconds, the present one and the one before, so that whoever
 * looks every 15 seconds misses nothing.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { ObservationBoard } from './observation-board.ts'

const BEAT_MS = 1000
const BEATS_PER_WINDOW = 15
const RESOLUTION_MS = 20
const NS_PER_MS = 1e6

interface Delays {
  readonly median: number
  readonly p99: number
  readonly longest: number
}

export class Pulse {
  readonly #board: ObservationBoard
  readonly #restedMs: () => number
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  readonly #timer: NodeJS.Timeout
  #before: Delays = { median: 0, p99: 0, longest: 0 }
  #beats = 0
  #busyMs = 0
  #idleMs = 0

  /**
   * Begins to write, and keeps no process alive.
   * @param memory of the board
   * @param row this thread's
   * @param restedMs how long this thread has rested within its event loop so far
   */
  constructor(memory: SharedArrayBuffer, row: number, restedMs: () => number = () => 0) {
    this.#board = new ObservationBoard(memory, row)
    this.#restedMs = restedMs
    this.#histogram.enable()
    this.#timer = setInterval(() => this.#beat(), BEAT_MS).unref()
    this.#beat()
  }

  end(): void {
    clearInterval(this.#timer)
    this.#histogram.disable()
  }

  #beat(): void {
    this.#tellBusy()
    const board = this.#board
    const now = this.#delays()
    const before = this.#before
    board.tell('delayMedian', Math.max(now.median, before.median))
    board.tell('delayP99', Math.max(now.p99, before.p99))
    board.tell('delayLongest', Math.max(now.longest, before.longest))
    board.tell('heapBytes', getHeapStatistics().used_heap_size)
    board.tell('beats', ++this.#beats)
    if (this.#beats % BEATS_PER_WINDOW !== 0) return
    this.#before = now
    this.#histogram.reset()
  }

  #tellBusy(): void {
    const { active, idle } = performance.eventLoopUtilization()
    const rested = Math.min(active, this.#restedMs())
    const busy = active - rested - this.#busyMs
    const elapsed = busy + idle + rested - this.#idleMs
    this.#busyMs += busy
    this.#idleMs = idle + rested
    this.#board.tell('busy', this.#busyMs)
    this.#board.tell('idle', this.#idleMs)
    const share = elapsed > 0 ? busy / elapsed : 0
    this.#board.tell('busyShare', Math.min(1, Math.max(0, share)))
  }

  #delays(): Delays {
    const histogram = this.#histogram
    const late = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS)
    if (histogram.count === 0) return { median: 0, p99: 0, longest: 0 }
    return {
      median: late(histogram.percentile(50)),
      p99: late(histogram.percentile(99)),
      longest: late(histogram.max),
    }
  }
}
