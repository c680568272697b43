/**
 * A failing schedule as it is reported: what is wrong, the seed string that reproduces it, the
 * table of its accesses. A seed is `PROGRAM@OPTIONS@SCHEDULE`, options being those that change
 * what can happen: `d1` one death, `s1` one older value, `d1s1` both, `-` neither.
 */
import { Executor } from './execution.ts'
import { witnessed } from './failure-table.ts'
import { type Options, withDefaults } from './options.ts'
import type { Program } from './program.ts'
import { type Run, Scripted, scheduleFrom, scheduleOf, textOf } from './schedule.ts'
import { shrink } from './shrink.ts'

export interface Failure {
  readonly seed: string
  readonly problems: readonly string[]
  readonly table: string
}

/** Shrinks the schedule that was run last, and makes its report. */
export function reported(
  executor: Executor,
  options: Options,
  problems: readonly string[],
): Failure {
  const failing = scheduleOf(executor.trace)
  const shrunk = shrink(executor, failing)
  if (shrunk !== undefined) return failureOf(executor, options, shrunk.runs, shrunk.problems)
  const doubtful = [...problems, 'the same schedule did not fail again']
  return failureOf(executor, options, failing, doubtful)
}

function failureOf(
  executor: Executor,
  options: Options,
  runs: readonly Run[],
  problems: readonly string[],
): Failure {
  const table = witnessed(executor, () => executor.run(new Scripted(runs)))
  const seed = `${executor.program.name}@${flagsOf(options)}@${textOf(runs)}`
  return { seed, problems, table }
}

function flagsOf({ deaths, staleReads, mostStale }: Options): string {
  return `${deaths > 0 ? `d${deaths}` : ''}${staleReads ? `s${mostStale}` : ''}` || '-'
}

/** What a seed string says. */
export function seedParts(seed: string): { name: string; options: Options; runs: Run[] } {
  const match = /^(.*)@(?:-|(?:d(\d+))?(?:s(\d+))?)@([a-hx~\d]*)$/.exec(seed)
  if (match === null) throw new Error(`not a seed: ${seed}`)
  const [, name, deaths, stale, schedule] = match
  const options = withDefaults({
    deaths: Number(deaths ?? 0),
    staleReads: stale !== undefined,
    mostStale: Number(stale ?? 0),
  })
  return { name: name!, options, runs: scheduleFrom(schedule!) }
}

export interface Replayed {
  readonly failure?: Failure
  /** Where the program did not follow the schedule, if it did not. */
  readonly departure?: string
}

/** Runs the schedule of a seed once. */
export function replay(program: Program, seed: string): Replayed {
  const { options, runs } = seedParts(seed)
  const executor = new Executor(program, options)
  const script = new Scripted(runs)
  const verdict = executor.run(script)
  const departure = script.departure(executor.trace)
  const departed = departure === undefined ? {} : { departure }
  if (verdict.kind !== 'wrong') return departed
  const failing = scheduleOf(executor.trace)
  return { ...departed, failure: failureOf(executor, options, failing, verdict.problems) }
}
