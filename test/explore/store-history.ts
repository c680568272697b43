/**
 * The stores to one word, with what they publish: the records that the model of stale reads
 * (stale-reads.ts) is made of.
 */
import { PEEK, type Trace } from './trace.ts'

/** For each thread the last of its accesses that something is ordered after. */
export type Clock = Int32Array

/** The stores to one word in this execution, the value before them first. Times count from 1. */
export interface History {
  readonly times: number[]
  readonly threads: number[]
  readonly values: number[]
  /** What an acquiring read of the value is ordered after. */
  readonly releases: (Clock | undefined)[]
  /** What a later store is ordered after because of reads. */
  readonly loads: Clock
  /** The newest store that each thread has read or made. */
  readonly seen: Int32Array
  /** What a thread that is woken by the word is ordered after. */
  rung: Clock | undefined
}

export function indexAt(history: History, time: number): number {
  let at = history.times.length - 1
  while (history.times[at]! > time) at--
  return at
}

export function valueAt(history: History, time: number): number {
  return history.values[indexAt(history, time)]!
}

export function join(clock: Clock, other: Clock): void {
  for (let at = 0; at < clock.length; at++) {
    if (other[at]! > clock[at]!) clock[at] = other[at]!
  }
}

/** The history of a word that nobody has stored to. */
export function unwritten(value: number, threads: number): History {
  return {
    times: [0],
    threads: [0],
    values: [value],
    releases: [undefined],
    loads: new Int32Array(threads),
    seen: new Int32Array(threads),
    rung: undefined,
  }
}

/** Joins what the plain reads of a word were ordered after; `bounds` has a clock for each access. */
export function joinReads(clock: Clock, trace: Trace, bounds: Int32Array, word: number): void {
  const { count, kind, span, word: words } = trace
  const threads = clock.length
  for (let at = 0; at < count; at++) {
    const first = words[at]!
    if (kind[at] !== PEEK || word < first || word >= first + span[at]!) continue
    join(clock, bounds.subarray(at * threads, (at + 1) * threads))
  }
}

/**
 * Finds stores to a word, or to neighbours that are read together, which a thread may miss: neither
 * ordered before it by `bound`, nor seen, newest first. What differs in no value counts once.
 * @param before gets the times up to which stores are then seen
 */
export function missable(
  histories: readonly (History | undefined)[],
  thread: number,
  bound: Clock,
  before: number[],
  most: number,
): number {
  const stores: number[] = []
  let floor = 0
  for (const history of histories) {
    if (history === undefined) continue
    for (let at = history.times.length - 1; at >= 0; at--) {
      const isCovered = bound[history.threads[at]!]! >= history.times[at]!
      if (isCovered || at <= history.seen[thread]!) {
        floor = Math.max(floor, history.times[at]!)
        break
      }
      stores.push(history.times[at]!)
    }
  }
  before.length = 0
  if (stores.length === 0) return 0
  const met = [textAt(histories, Infinity)]
  for (const time of stores.sort((a, b) => b - a)) {
    if (time <= floor || before.length === most) break
    const text = textAt(histories, time - 1)
    if (met.includes(text)) continue
    met.push(text)
    before.push(time - 1)
  }
  return before.length
}

function textAt(histories: readonly (History | undefined)[], time: number): string {
  return histories.map((one) => (one === undefined ? '' : valueAt(one, time))).join()
}
