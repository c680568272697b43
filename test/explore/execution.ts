/**
 * One execution of a program under a strategy: threads are run, thrown out and run again until each
 * has ended, died, or sleeps; then the program judges, and memory is put back.
 */
import { LOG, machine, OFF, UNWIND } from './machine.ts'
import { PrivateState } from './private-state.ts'
import type { Call, Prepared, Program } from './program.ts'
import { SharedWords } from './shared-words.ts'
import { StaleReads } from './stale-reads.ts'
import { bit, type Strategy } from './strategy.ts'
import { ASLEEP, DEAD, ENDED, IDLE, Thread } from './thread.ts'
import { END, INVOKE, RETURN, Trace } from './trace.ts'

export interface Limits {
  /** Accesses of one execution; more is a program that does not end. */
  readonly accesses: number
  /** Threads that may die in one execution. */
  readonly deaths: number
  readonly staleReads: boolean
  /** Reads of one execution that may get an older value. */
  readonly mostStale: number
}

/** What came of one execution. */
export type Verdict =
  | { readonly kind: 'right' | 'pruned' }
  | { readonly kind: 'wrong'; readonly problems: readonly string[] }

const RIGHT: Verdict = { kind: 'right' }
const PRUNED: Verdict = { kind: 'pruned' }
/** Memory is compared as a whole after the first execution and then so often. */
const EXECUTIONS_PER_CHECK = 4096

export class Executor {
  readonly program: Program
  readonly prepared: Prepared
  readonly words: SharedWords
  readonly trace: Trace
  readonly threads: readonly Thread[]
  readonly #judge: PrivateState
  readonly #limits: Limits
  readonly #stale: StaleReads | undefined
  executions = 0
  accesses = 0
  /** Executions given up because an equivalent one was run. */
  pruned = 0

  constructor(program: Program, limits: Limits) {
    this.program = program
    this.#limits = limits
    this.prepared = program.prepare()
    const { threads, privates, memory, judges, pointedAt } = this.prepared
    if (threads.length > MOST_THREADS) throw new Error(`more than ${MOST_THREADS} threads`)
    this.words = new SharedWords(memory, threads.length)
    this.trace = new Trace(limits.accesses)
    this.threads = threads.map(
      (steps, at) => new Thread(at, steps, new PrivateState(privates[at] ?? []), limits.accesses),
    )
    this.#judge = new PrivateState(judges ?? [])
    const pointed = pointedAt ?? []
    this.#stale = limits.staleReads
      ? new StaleReads(this.trace, this.words, threads.length, limits.mostStale, pointed)
      : undefined
  }

  /** Runs the program once; the trace stays until the next run. */
  run(strategy: Strategy): Verdict {
    this.#reset(strategy)
    try {
      this.#schedule()
      return this.#verdict()
    } finally {
      machine.mode = OFF
      this.words.undo()
      this.executions++
      this.accesses += this.trace.count
      if (this.executions === 1 || this.executions % EXECUTIONS_PER_CHECK === 0) this.words.check()
    }
  }

  #reset(strategy: Strategy): void {
    this.trace.count = 0
    this.prepared.begins?.()
    for (const thread of this.threads) thread.reset()
    this.#stale?.reset()
    machine.words = this.words
    machine.trace = this.trace
    machine.strategy = strategy
    machine.stale = this.#stale
    machine.threads = this.threads
    machine.enabled = bit(this.threads.length) - 1
    machine.deathsLeft = this.#limits.deaths
    machine.hasMourners = this.prepared.died !== undefined
    machine.isStale = false
    machine.isEndless = false
    machine.isPruned = false
    machine.fault = undefined
  }

  #schedule(): void {
    const { threads, trace } = this
    while (machine.enabled !== 0) {
      const next = machine.strategy.decide(trace.count, machine.enabled)
      if (next < 0) machine.isPruned = true
      else this.#runThread(threads[next]!)
      if (machine.fault !== undefined) throw machine.fault
      if (machine.isPruned || machine.isEndless) return
    }
  }

  #runThread(thread: Thread): void {
    machine.resume(thread)
    try {
      if (thread.isDead) this.#mourn(thread)
      else runSteps(thread, this.words, this.#limits.deaths > 0)
    } catch (error) {
      if ((machine.mode as number) !== UNWIND) throw error
    }
  }

  /** What happens when others notice that a thread died. */
  #mourn(thread: Thread): void {
    this.prepared.died?.(thread.index)
    stopIfLeft()
    machine.leave(thread, DEAD)
  }

  #verdict(): Verdict {
    if (machine.isPruned) {
      this.pruned++
      return PRUNED
    }
    if (machine.isEndless) {
      return { kind: 'wrong', problems: [`does not end: ${this.trace.count} accesses`] }
    }
    const stuck = this.threads.filter(({ status }) => status === ASLEEP || status === IDLE)
    const dead = this.threads.filter(({ isDead }) => isDead).map(({ index }) => index)
    if (stuck.length > 0) {
      return { kind: 'wrong', problems: stuck.map((thread) => sleeper(thread)) }
    }
    const calls: Call[] = this.threads.flatMap((thread) => thread.calls)
    calls.sort((a, b) => a.invoked - b.invoked)
    machine.mode = LOG
    this.#judge.restore()
    const problems = this.prepared.judge({ calls, dead })
    return problems.length === 0 ? RIGHT : { kind: 'wrong', problems }
  }
}
const MOST_THREADS = 8

function sleeper(thread: Thread): string {
  const step = thread.calls.at(-1)?.label ?? 'its first step'
  return `deadlock: thread ${thread.index} sleeps in ${step} and nobody will wake it`
}

/** Runs a thread's steps until it ends, or throws to leave it. */
function runSteps(thread: Thread, words: SharedWords, hasDeaths: boolean): void {
  const { index, steps } = thread
  let taken = 0
  for (let at = 0; at < steps.length; at++) {
    const step = steps[at]!
    while (step.until !== undefined && !step.until()) {
      if (taken === thread.woken.length) machine.sleep(IDLE, -1)
      thread.callbacks[thread.woken[taken++]!]!()
      stopIfLeft()
    }
    machine.mark(INVOKE, words.returnsOf(0), words.threads)
    const call = (thread.calls[at] ??= {
      thread: index,
      step: at,
      label: step.label,
      invoked: machine.trace.count - 1,
      returned: Infinity,
      result: undefined,
      error: undefined,
    })
    runStep(call, () => step.run())
    machine.mark(RETURN, words.returnsOf(index), 1)
    if (call.returned === Infinity) call.returned = machine.trace.count
  }
  if (hasDeaths) machine.mark(END, words.deathOf(index), 1)
  machine.leave(thread, ENDED)
}

function runStep(call: { result: unknown; error: unknown }, run: () => unknown): void {
  let result: unknown
  let error: unknown
  try {
    result = run()
  } catch (thrown) {
    error = thrown
  }
  stopIfLeft()
  call.result = result
  call.error = error
}

const LEFT: unique symbol = Symbol('left')

/** A step that swallowed the throw that leaves it is left now. */
function stopIfLeft(): void {
  if (machine.mode === UNWIND) throw LEFT
}
