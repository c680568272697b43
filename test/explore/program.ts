/**
 * What the explorer runs: a small program of two to four threads over shared memory. All threads
 * live in one JavaScript realm; a thread is a list of steps, and each of its shared accesses, made
 * through the seams '#atomics' and '#words', is a point where another thread may go on.
 *
 * A suspended thread is thrown out of its step and later run again from its first step on, while
 * the seam answers from the record of what it read. So steps must be deterministic: what they
 * depend on is either shared memory, or private state that `privates` reaches.
 */

/** How far a program is explored; what is left out is as the command line says. */
export interface Bounds {
  readonly mode?: 'dfs' | 'pct'
  readonly preemptions?: number
  readonly executions?: number
  readonly staleReads?: boolean
  /** Threads that may die in one execution: false none, true one. */
  readonly deaths?: boolean | number
  /** Of PCT. */
  readonly depth?: number
}

export interface Program {
  readonly name: string
  /** What it is about, for the listing. */
  readonly about: string
  /** In the full form. */
  readonly full?: Bounds
  /** In the smoke form; without it one preemption and few executions. */
  readonly smoke?: Bounds
  /** Builds memory, sessions and first entries; single-threaded, not explored. */
  prepare(): Prepared
}

export interface Prepared {
  /** The steps of each thread, in order; a step returns what its caller sees. */
  readonly threads: readonly (readonly Step[])[]
  /** All shared memory. Accesses to other buffers are not seen and not undone. */
  readonly memory: readonly SharedArrayBuffer[]
  /**
   * Objects with state private to thread i; everything they reach is put back before each run of
   * the thread: own fields, arrays, Set, Map, typed arrays over private memory. `#fields` are not.
   */
  readonly privates: readonly (readonly object[])[]
  /** Before each execution, with memory as it was prepared: puts back what are `#fields`. */
  begins?(): void
  /** What is done the moment a thread dies, in the name of nobody: others may notice its death. */
  died?(thread: number): void
  /** State that `judge` uses, put back before it is called. */
  readonly judges?: readonly object[]
  /**
   * Buffers whose words are only reached through a value read elsewhere: a plain read of them is
   * ordered after the reads that led to it, as hardware orders address dependencies. Only matters
   * when stale reads are explored.
   */
  readonly pointedAt?: readonly SharedArrayBuffer[]
  /** A word's name in the table of a failure. */
  nameOf?(buffer: SharedArrayBuffer, byteOffset: number): string
  /**
   * After every thread ended or died: recovers the dead (single-threaded, its writes are undone
   * too), then says what is wrong; [] is right.
   */
  judge(run: Run): readonly string[]
}

export interface Step {
  readonly label: string
  run(): unknown
  /**
   * For a thread with an event loop: before the step begins, the thread runs callbacks that it gave
   * to `whenRung`, until this holds of its private state; while there are none it is blocked.
   */
  until?(): boolean
}

/** A step of a thread as its caller saw it. Times are logical: the number of accesses so far. */
export interface Call {
  readonly thread: number
  readonly step: number
  readonly label: string
  readonly invoked: number
  /** Infinity: it never returned, because the thread died. */
  readonly returned: number
  readonly result: unknown
  /** What the step threw, if it threw. */
  readonly error: unknown
}

export interface Run {
  /** In the order of invocation. A step that was never begun is missing. */
  readonly calls: readonly Call[]
  /** The threads that died. */
  readonly dead: readonly number[]
}
