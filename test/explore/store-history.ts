/**
 * The stores to one word, with what they publish: the records that the model of stale reads
 * (stale-reads.ts) is made of.
 */

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
