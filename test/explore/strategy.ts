/**
 * Who decides: which thread makes the next access, and which of its alternatives (the newest value,
 * an older one, death) it takes.
 */

export interface Strategy {
  /** The thread of the access at a depth; always the same when asked again. -1: give up here. */
  decide(depth: number, enabled: number): number
  /** Which of `count` alternatives; the last one is death if `mayDie`. */
  alternative(depth: number, count: number, mayDie: boolean): number
  /** The access at a depth has happened, it is the last one of the trace. */
  happened(depth: number): void
  /** The access at a depth woke a thread. */
  woke(thread: number, depth: number): void
}

/** The number of threads in a set of them, kept as bits. */
export function lowest(threads: number): number {
  return 31 - Math.clz32(threads & -threads)
}
export function bit(thread: number): number {
  return 1 << thread
}
