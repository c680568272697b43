/**
 * Explores a program: runs it under one schedule after the other until none is left, the bound on
 * executions is reached, or one fails.
 */
import { DepthFirst } from './depth-first.ts'
import { Executor, type Verdict } from './execution.ts'
import type { Program } from './program.ts'
import { RandomPriorities } from './random-priorities.ts'
import { NO_BUDGET, type Options } from './options.ts'
import { reported, type Failure } from './failure.ts'

export interface Outcome {
  readonly executions: number
  readonly accesses: number
  /** Every schedule within the bound on preemptions was covered. */
  readonly complete: boolean
  /** What ended the search early, or kept it from being unbounded. */
  readonly bound: string
  readonly failure?: Failure
}

/** @param report makes the report of a failure: left out, the schedule is shrunk and shown */
export function explore(program: Program, options: Options, report = reported): Outcome {
  const executor = new Executor(program, options)
  const search = options.mode === 'dfs' ? depthFirst : random
  const { bound, complete, problems } = search(executor, options)
  executor.words.check()
  const { executions, accesses } = executor
  const failure = problems === undefined ? undefined : report(executor, options, problems)
  const outcome = { executions, accesses, complete, bound }
  return failure === undefined ? outcome : { ...outcome, failure }
}

interface Search {
  readonly complete: boolean
  readonly bound: string
  readonly problems?: readonly string[]
}

function depthFirst(executor: Executor, options: Options): Search {
  const { words, trace, threads } = executor
  const { preemptions } = options
  const search = new DepthFirst(trace, words.count, threads.length, preemptions, options.reduces)
  const budget = new Budget(options)
  do {
    if (budget.isSpent(executor.executions)) return { complete: false, bound: budget.reached }
    const verdict = executor.run(search)
    if (verdict.kind === 'wrong') return failed(verdict)
  } while (search.next())
  const met = preemptions === 1 ? '1 preemption' : `${preemptions} preemptions`
  const bound = search.hasMetBound ? met : ''
  return { complete: true, bound }
}

function random(executor: Executor, options: Options): Search {
  const search = new RandomPriorities(executor.threads.length, options)
  const budget = new Budget(options)
  while (!budget.isSpent(executor.executions)) {
    search.begin(executor.trace.count)
    const verdict = executor.run(search)
    if (verdict.kind === 'wrong') return failed(verdict)
  }
  return { complete: false, bound: budget.reached }
}

function failed(verdict: Verdict & { kind: 'wrong' }): Search {
  return { complete: false, bound: '', problems: verdict.problems }
}

/** Executions and time that a search may take. */
class Budget {
  readonly #executions: number
  readonly #until: number
  reached = ''

  constructor({ executions, seconds }: Options) {
    this.#executions = executions
    this.#until = seconds === NO_BUDGET ? Infinity : performance.now() + 1000 * seconds
  }

  isSpent(executions: number): boolean {
    if (executions >= this.#executions) this.reached = `${executions} executions`
    else if (executions % 16 === 0 && performance.now() > this.#until) this.reached = 'time'
    return this.reached !== ''
  }
}
