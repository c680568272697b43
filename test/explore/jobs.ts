/**
 * What a run of the explorer does: a job is one program in one mode with a share of the time. A
 * program that cannot be searched whole in half of its share is searched with one preemption, then
 * with two, and so on until its time is over.
 */
import { explore, type Outcome } from './explore.ts'
import { type Options, withDefaults } from './options.ts'
import type { Bounds, Program } from './program.ts'

export interface Job {
  readonly name: string
  readonly bounds: Bounds
  readonly staleReads: boolean
}

export interface Report {
  readonly program: string
  readonly mode: string
  readonly executions: number
  readonly accesses: number
  readonly seconds: number
  /** Every schedule was covered, without a bound. */
  readonly complete: boolean
  /** How far it went: `2 preemptions`, `20000 executions`; '' without a bound. */
  readonly bound: string
  readonly failure?: Outcome['failure']
}

const MOST_PREEMPTIONS = 8

export function plan(
  programs: readonly Program[],
  form: 'full' | 'smoke',
  forced: Bounds,
  stale: boolean,
): Job[] {
  return programs.flatMap((program) => {
    const own = form === 'smoke' ? (program.smoke ?? smokeOf(program)) : (program.full ?? {})
    const bounds = { ...own, ...forced }
    if (own.staleReads !== undefined) {
      return [{ name: program.name, bounds, staleReads: own.staleReads }]
    }
    const plain = { name: program.name, bounds, staleReads: false }
    const alsoStale = Number(bounds.deaths ?? 0) === 0
    if (stale) return [{ ...plain, staleReads: true }]
    return alsoStale ? [plain, { ...plain, staleReads: true }] : [plain]
  })
}

/** The short form of a program that does not say its own. */
function smokeOf({ full }: Program): Bounds {
  return { ...full, preemptions: 1, executions: SMOKE_EXECUTIONS }
}
const SMOKE_EXECUTIONS = 80

/** Runs a job for so many seconds at most. */
export function work(program: Program, job: Job, seconds: number): Report {
  const start = performance.now()
  const options = withDefaults({ ...job.bounds, staleReads: job.staleReads })
  const stages = stagesOf(job, options)
  const left = () => seconds - (performance.now() - start) / 1000
  let done: Outcome | undefined
  let executions = 0
  let accesses = 0
  for (const [at, stage] of stages.entries()) {
    const share = at === 0 && stages.length > 1 ? left() / 2 : left()
    if (at > 1 && share < MIN_SHARE * seconds) break
    const outcome = explore(program, { ...stage, seconds: share })
    executions += outcome.executions
    accesses += outcome.accesses
    const isBetter = done === undefined || outcome.complete || outcome.failure !== undefined
    if (isBetter) done = outcome
    if (outcome.failure !== undefined) break
    if (at === 0 ? outcome.complete : !outcome.complete || outcome.bound === '') break
  }
  return reportOf(job, options, done!, executions, accesses, (performance.now() - start) / 1000)
}
/** A stage that would get less of the whole time than this is not begun. */
const MIN_SHARE = 0.05

function stagesOf({ bounds }: Job, options: Options): Options[] {
  if (options.mode === 'pct' || bounds.preemptions !== undefined) return [options]
  const bounded = Array.from({ length: MOST_PREEMPTIONS }, (_, at) => at + 1)
  return [Infinity, ...bounded].map((preemptions) => ({ ...options, preemptions }))
}

function reportOf(
  job: Job,
  options: Options,
  { complete, bound, failure }: Outcome,
  executions: number,
  accesses: number,
  seconds: number,
): Report {
  const modes = [options.mode === 'pct' ? 'random' : '', options.deaths > 0 ? 'deaths' : '']
  const mode = [...modes, job.staleReads ? 'stale' : ''].filter((part) => part !== '').join('+')
  const isWhole = complete && bound === ''
  const report = {
    program: job.name,
    mode: mode === '' ? 'plain' : mode,
    executions,
    accesses,
    seconds: Math.round(seconds * 1000) / 1000,
    complete: isWhole,
    bound,
  }
  return failure === undefined ? report : { ...report, failure }
}
