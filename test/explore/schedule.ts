/**
 * A schedule: which thread makes how many accesses, one after the other, and which of them get an
 * older value or are not made because the thread dies. As a string a letter for each thread:
 * `a12b3b~1a4bx` is 12 accesses of thread 0, three of thread 1, then one that gets the newest value
 * but one, four of thread 0, and thread 1 dies. What the schedule does not say: the running thread
 * goes on while it can.
 */
import { bit, lowest, type Strategy } from './strategy.ts'
import { DEATH, type Trace } from './trace.ts'

export interface Run {
  readonly thread: number
  /** Accesses; a run that dies or gets an older value has one. */
  readonly count: number
  readonly older: number
  readonly dies: boolean
}

const FIRST_LETTER = 97

/** The schedule that a trace followed. */
export function scheduleOf(trace: Trace): Run[] {
  const runs: Run[] = []
  for (let at = 0; at < trace.count; at++) {
    const thread = trace.thread[at]!
    const older = trace.older[at]!
    const dies = trace.kind[at] === DEATH
    const last = runs.at(-1)
    const joins = last?.thread === thread && isOrdinary(last) && older === 0 && !dies
    if (joins) runs.push({ ...runs.pop()!, count: last.count + 1 })
    else runs.push({ thread, count: 1, older, dies })
  }
  return runs
}

export function isOrdinary(run: Run): boolean {
  return run.older === 0 && !run.dies
}

export function textOf(runs: readonly Run[]): string {
  return runs
    .map(({ thread, count, older, dies }) => {
      const letter = letterOf(thread)
      return dies ? `${letter}x` : older > 0 ? `${letter}~${older}` : `${letter}${count}`
    })
    .join('')
}

/** @throws Error when the text is no schedule */
export function scheduleFrom(text: string): Run[] {
  const runs: Run[] = []
  let rest = text
  while (rest !== '') {
    const match = /^([a-h])(?:(x)|~(\d+)|(\d+))/.exec(rest)
    if (match === null) throw new Error(`not a schedule: ${rest}`)
    const [all, letter, dies, older, count] = match
    runs.push({
      thread: letter!.charCodeAt(0) - FIRST_LETTER,
      count: Number(count ?? 1),
      older: Number(older ?? 0),
      dies: dies !== undefined,
    })
    rest = rest.slice(all.length)
  }
  return runs
}

/** Follows a schedule; where it cannot be followed, the rest of that run is left out. */
export class Scripted implements Strategy {
  readonly #runs: readonly Run[]
  readonly #chosen: number[] = []
  readonly #followed: (Run | undefined)[] = []
  /** Threads that could go on at each depth, as bits. */
  readonly #enabled: number[] = []
  #at = 0
  #used = 0

  constructor(runs: readonly Run[]) {
    this.#runs = runs
  }

  decide(depth: number, enabled: number): number {
    const known = this.#chosen[depth]
    if (known !== undefined) return known
    this.#enabled[depth] = enabled
    while (this.#at < this.#runs.length) {
      const run = this.#runs[this.#at]!
      if (this.#used < run.count && (enabled & bit(run.thread)) !== 0) {
        this.#used++
        this.#followed[depth] = run
        this.#chosen[depth] = run.thread
        return run.thread
      }
      this.#at++
      this.#used = 0
    }
    const running = this.#chosen[depth - 1] ?? 0
    const next = (enabled & bit(running)) !== 0 ? running : lowest(enabled)
    this.#chosen[depth] = next
    return next
  }

  alternative(depth: number, count: number, mayDie: boolean): number {
    const run = this.#followed[depth]
    if (run === undefined) return 0
    if (run.dies) return mayDie ? count - 1 : 0
    return run.older < (mayDie ? count - 1 : count) ? run.older : 0
  }

  happened(): void {}

  woke(): void {}

  /**
   * Where the execution of a trace did not do what the schedule says, or had a choice of threads of
   * which it says nothing; undefined when it was followed.
   */
  departure(trace: Trace): string | undefined {
    let depth = 0
    for (const [at, run] of this.#runs.entries()) {
      for (let used = 0; used < run.count; used++, depth++) {
        const unused = textOf([{ ...run, count: run.count - used }, ...this.#runs.slice(at + 1)])
        if (depth >= trace.count)
          return `the program ends after ${depth} accesses, before ${unused}`
        const what = differenceAt(depth, run, trace)
        if (what !== undefined) return `${what} at access ${depth}, before ${unused}`
      }
    }
    while (depth < trace.count && isSingle(this.#enabled[depth]!)) depth++
    if (depth >= trace.count) return undefined
    return `it ends before access ${depth} of ${trace.count}, where several threads can go on`
  }
}

function differenceAt(
  depth: number,
  { thread, older, dies }: Run,
  trace: Trace,
): string | undefined {
  const name = letterOf(thread)
  if (trace.thread[depth] !== thread) return `thread ${name} cannot go on`
  if (dies !== (trace.kind[depth] === DEATH)) return `thread ${name} cannot die`
  return trace.older[depth] === older ? undefined : `thread ${name} has no value that is so old`
}

function letterOf(thread: number): string {
  return String.fromCharCode(FIRST_LETTER + thread)
}

function isSingle(threads: number): boolean {
  return threads === bit(lowest(threads))
}
