/**
 * One thread is suspended in the midst of an operation, and the others go on: it is parked for a
 * while before each step of each operation in turn, and for long before one of each. A step is a
 * write to shared memory; of readers, any access. How many calls the others complete meanwhile is
 * measured beside what they do without.
 *
 * That they complete any is what must hold; how many is for the reader, as others use the machine.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Engine } from '../../src/index.ts'
import { PARKING_BYTES, parked, release } from './parking.ts'
import {
  CALLS,
  COUNTS,
  LONGEST_GAP,
  type OperationName,
  OPERATIONS,
  type ParkAnswer,
  type ParkOrder,
  REFUSED,
} from './suspension-calls.ts'
import type { SuspensionOrders } from './suspension-thread.ts'
import { makeParkingTwin } from './twin.ts'

export interface SuspensionOptions {
  /** How long the thread is parked at each step. */
  readonly parkMs: number
  /** At one step of each operation; 0 nowhere. */
  readonly longParkMs: number
  /** Every how manieth step is tried. */
  readonly stride: number
  /** For all operations together; each is parked at one step at least. */
  readonly budgetMs: number
}

/** Rates are calls of all others together, a second. */
export interface SuspensionRow {
  readonly operation: OperationName
  /** Steps of one call, and how many of them it was parked at. */
  readonly steps: number
  readonly parked: number
  readonly without: number
  readonly median: number
  readonly least: number
  /** The step at which it was the least. */
  readonly leastAt: string
  /** While parked for long; undefined: not done. */
  readonly long: number | undefined
  readonly longestGapMs: number
}
export interface SuspensionReport {
  readonly rows: readonly SuspensionRow[]
  /** Writes of the others that found no room, of all their calls. */
  readonly refused: number
  readonly calls: number
  readonly problems: readonly string[]
}

const OTHERS = 2
const PROGRAM = new URL('./suspension-thread.ts', import.meta.url)
const BASELINE_MS = 400
const MOST_STEPS = 1000
const TRIES = 12
/** Whoever completes nothing in a window is given this long before it counts as blocked. */
const PATIENCE_MS = 20_000

interface Window {
  readonly step: number
  readonly access: string
  readonly rate: number
}

class Suspension {
  readonly #options: SuspensionOptions
  readonly #parking = new SharedArrayBuffer(PARKING_BYTES)
  readonly #counts = new SharedArrayBuffer(OTHERS * COUNTS * 8)
  readonly #figures = new Float64Array(this.#counts)
  readonly #workers: Worker[] = []
  readonly problems: string[] = []
  #engine!: Engine

  constructor(options: SuspensionOptions) {
    this.#options = options
  }

  async start(entry: string): Promise<void> {
    const { createEngine } = (await import(entry)) as typeof import('../../src/index.ts')
    this.#engine = createEngine({ name: 'suspension', memory: '2mb', seed: 5 })
    for (let slot = 0; slot <= OTHERS; slot++) {
      const orders: SuspensionOrders = {
        entry,
        handle: this.#engine.handle,
        isSubject: slot === OTHERS,
        parking: this.#parking,
        counts: this.#counts,
        slot,
      }
      const worker = new Worker(PROGRAM, { workerData: orders })
      worker.on('error', (error) => this.problems.push(`a thread ended: ${error.stack}`))
      this.#workers.push(worker)
      await once(worker, 'message')
    }
    await sleep(BASELINE_MS) // Memory fills up, and the program is compiled.
  }

  /** @param end when no further step is to be begun */
  async row(operation: OperationName, end: number): Promise<SuspensionRow> {
    const { parkMs, longParkMs, stride } = this.#options
    const without = await this.#rate(Math.min(BASELINE_MS, 10 * parkMs))
    this.#takeLongestGap()
    const windows: Window[] = []
    let step = 1
    for (; step <= MOST_STEPS && this.problems.length === 0; step += stride) {
      const window = await this.#tryToPark(operation, step, parkMs)
      if (window === undefined) break
      windows.push(window)
      if (performance.now() > end) break
    }
    const longest = this.#takeLongestGap()
    const sorted = windows.map(({ rate }) => rate).sort((a, b) => a - b)
    const least = windows.find(({ rate }) => rate === sorted[0])
    const long = await this.#longPark(operation, windows, longParkMs)
    return {
      operation,
      steps: step - 1,
      parked: windows.length,
      without,
      median: sorted[sorted.length >> 1] ?? 0,
      least: sorted[0] ?? 0,
      leastAt: least === undefined ? '' : `${least.step} ${least.access}`,
      long,
      longestGapMs: Math.max(longest, this.#takeLongestGap()),
    }
  }

  /** Before its last exchange, or the last step before it that a call still comes to. */
  async #longPark(operation: OperationName, windows: readonly Window[], ms: number) {
    if (ms === 0 || this.problems.length > 0) return undefined
    const last = windows.findLastIndex(({ access }) => access.startsWith('compareExchange'))
    const steps = last < 0 ? windows : windows.slice(0, last + 1)
    for (const { step } of steps.toReversed()) {
      const window = await this.#tryToPark(operation, step, ms)
      if (window !== undefined) return window.rate
    }
    return undefined
  }

  /** Who loses a race on the way ends early; undefined if no call comes that far. */
  async #tryToPark(operation: OperationName, step: number, ms: number) {
    for (let tries = 0; tries < TRIES; tries++) {
      const window = await this.#park(operation, step, ms)
      if (window !== undefined) return window
    }
    return undefined
  }

  /** Parks the subject in a call; undefined if the call ended before it came to that step. */
  async #park(operation: OperationName, step: number, ms: number): Promise<Window | undefined> {
    const subject = this.#workers[OTHERS]
    const order: ParkOrder = { operation, step }
    const answer = once(subject, 'message') as Promise<[ParkAnswer]>
    subject.postMessage(order)
    const isParked = await Promise.race([
      parked(this.#parking).then(() => true),
      answer.then(() => false),
    ])
    if (!isParked) return undefined
    const rate = await this.#rate(ms)
    release(this.#parking)
    const [{ access }] = await answer
    return { step, access, rate }
  }

  /** Calls a second of the others in the time to come; each must make some. */
  async #rate(ms: number): Promise<number> {
    const before = this.#calls()
    const started = performance.now()
    await sleep(ms)
    let after = this.#calls()
    while (after.some((calls, slot) => calls === before[slot])) {
      if (performance.now() - started > ms + PATIENCE_MS) {
        this.problems.push(`a thread completed no call in ${ms + PATIENCE_MS} ms`)
        break
      }
      await sleep(5)
      after = this.#calls()
    }
    const sum = after.reduce((total, calls, slot) => total + calls - before[slot], 0)
    return (sum * 1000) / (performance.now() - started)
  }
  #calls(): number[] {
    return Array.from({ length: OTHERS }, (_, slot) => this.#figures[slot * COUNTS + CALLS])
  }
  #takeLongestGap(): number {
    let longest = 0
    for (let slot = 0; slot < OTHERS; slot++) {
      longest = Math.max(longest, this.#figures[slot * COUNTS + LONGEST_GAP])
      this.#figures[slot * COUNTS + LONGEST_GAP] = 0
    }
    return longest
  }

  totals(): { refused: number; calls: number } {
    const sum = (at: number): number => {
      return this.#figures.reduce((total, one, n) => total + (n % COUNTS === at ? one : 0), 0)
    }
    return { refused: sum(REFUSED), calls: sum(CALLS) }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
    const end = performance.now() + PATIENCE_MS
    while (this.#engine.stats().threads > 1 && performance.now() < end) await sleep(5)
    this.problems.push(...this.#engine.verify().problems.slice(0, 10))
    this.#engine.close()
  }
}

export async function runSuspension(options: SuspensionOptions): Promise<SuspensionReport> {
  const twin = makeParkingTwin()
  const suspension = new Suspension(options)
  const rows: SuspensionRow[] = []
  try {
    await suspension.start(twin.entry)
    const end = performance.now() + options.budgetMs
    for (const [at, operation] of OPERATIONS.entries()) {
      const left = end - performance.now() - (OPERATIONS.length - at) * options.longParkMs
      const share = Math.max(0, left) / (OPERATIONS.length - at)
      rows.push(await suspension.row(operation, performance.now() + share))
    }
    await suspension.stop()
  } finally {
    twin.remove()
  }
  return { rows, ...suspension.totals(), problems: suspension.problems }
}
