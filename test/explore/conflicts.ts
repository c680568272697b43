/**
 * Which accesses of an execution are ordered by conflicts, as vector clocks over the trace: two
 * accesses conflict when they touch one word and one of them writes. For each new access it finds
 * the earlier ones of other threads that it conflicts with and that nothing between them orders:
 * the races that could have gone the other way round.
 *
 * Indices are stored plus one, 0 is none. Tables by word and thread are flat; after an execution
 * only what the trace touched is cleared.
 */
import type { Trace } from './trace.ts'

export class Conflicts {
  readonly #trace: Trace
  readonly #threads: number
  readonly #writes: Int32Array
  readonly #reads: Int32Array
  readonly #clocks: Int32Array
  readonly #current: Int32Array
  /** The races of the access last given, newest first; or all its conflicts. */
  readonly races: number[] = []

  constructor(trace: Trace, words: number, threads: number) {
    this.#trace = trace
    this.#threads = threads
    this.#writes = new Int32Array(words * threads)
    this.#reads = new Int32Array(words * threads)
    this.#clocks = new Int32Array(trace.most * threads)
    this.#current = new Int32Array(threads * threads)
  }

  /** Forgets the execution whose trace has `count` accesses. */
  clear(count: number): void {
    const { word, span } = this.#trace
    const threads = this.#threads
    for (let at = 0; at < count; at++) {
      const from = word[at]! * threads
      const to = from + span[at]! * threads
      for (let n = from; n < to; n++) this.#writes[n] = this.#reads[n] = 0
    }
    this.#current.fill(0)
  }

  /**
   * Takes the access at a depth into the order.
   * @param all `races` holds every last conflicting access of each other thread, ordered or not
   */
  add(depth: number, all: boolean): void {
    const { thread, word, span, wrote } = this.#trace
    const threads = this.#threads
    const self = thread[depth]!
    const isWrite = wrote[depth] === 1
    const { races } = this
    races.length = 0
    for (let n = 0; n < span[depth]!; n++) {
      const at = (word[depth]! + n) * threads
      for (let other = 0; other < threads; other++) {
        if (other === self) continue
        let last = this.#writes[at + other]!
        if (isWrite && this.#reads[at + other]! > last) last = this.#reads[at + other]!
        if (last > 0) insert(races, last - 1)
      }
      if (isWrite) this.#writes[at + self] = depth + 1
      else this.#reads[at + self] = depth + 1
    }
    if (races.length > 0) this.#join(self, all)
    const clock = self * threads
    this.#current[clock + self] = depth + 1
    const saved = depth * threads
    for (let n = 0; n < threads; n++) this.#clocks[saved + n] = this.#current[clock + n]!
  }

  /** The access at a depth let a sleeping thread go on: what it does is ordered after. */
  woke(woken: number, depth: number): void {
    this.#follow(woken * this.#threads, depth)
  }

  /** Whether the access at `depth` is ordered after that at `earlier`. */
  isAfter(depth: number, earlier: number): boolean {
    const other = this.#trace.thread[earlier]!
    return this.#clocks[depth * this.#threads + other]! > earlier
  }

  /** Leaves in `races` those that nothing orders yet, newest first, and orders them. */
  #join(self: number, all: boolean): void {
    const { races } = this
    const clock = self * this.#threads
    let kept = 0
    for (const depth of races) {
      const other = this.#trace.thread[depth]!
      const isOrdered = this.#current[clock + other]! > depth
      if (!isOrdered || all) races[kept++] = depth
      if (!isOrdered) this.#follow(clock, depth)
    }
    races.length = kept
  }

  #follow(clock: number, depth: number): void {
    const from = depth * this.#threads
    for (let n = 0; n < this.#threads; n++) {
      const time = this.#clocks[from + n]!
      if (time > this.#current[clock + n]!) this.#current[clock + n] = time
    }
  }
}

/** Into a list in descending order, once. */
function insert(list: number[], value: number): void {
  let at = 0
  while (at < list.length && list[at]! > value) at++
  if (list[at] !== value) list.splice(at, 0, value)
}
