/**
 * Makes a failing schedule smaller while it still fails: without the death, without older values,
 * with fewer switches between threads. Steps of the program are not left out: what they returned is
 * part of what is judged.
 */
import type { Executor } from './execution.ts'
import { isOrdinary, type Run, Scripted, scheduleOf } from './schedule.ts'

const MOST_TRIES = 2000
const MOST_MS = 10_000

export interface Shrunk {
  readonly runs: readonly Run[]
  readonly problems: readonly string[]
  readonly tries: number
}

/** The smallest failing schedule found; undefined when not even the given one fails. */
export function shrink(executor: Executor, failing: readonly Run[]): Shrunk | undefined {
  let tries = 0
  const end = performance.now() + MOST_MS
  const attempt = (runs: readonly Run[]): Shrunk | undefined => {
    tries++
    const verdict = executor.run(new Scripted(runs))
    if (verdict.kind !== 'wrong') return undefined
    return { runs: scheduleOf(executor.trace), problems: verdict.problems, tries }
  }
  let best = attempt(failing)
  for (let found = best; found !== undefined; ) {
    best = found
    found = undefined
    for (const candidate of smaller(best.runs)) {
      if (tries === MOST_TRIES || performance.now() > end) break
      const tried = attempt(candidate)
      if (tried !== undefined && isLess(tried.runs, best.runs)) {
        found = tried
        break
      }
    }
  }
  return best
}

function isLess(runs: readonly Run[], others: readonly Run[]): boolean {
  const a = costOf(runs)
  const b = costOf(others)
  const at = a.findIndex((cost, n) => cost !== b[n])
  return at >= 0 && a[at]! < b[at]!
}

/** Deaths and older values count most, then switches, then accesses. */
function costOf(runs: readonly Run[]): number[] {
  const special = runs.filter((run) => !isOrdinary(run)).length
  const switches = runs.filter((run, at) => at > 0 && runs[at - 1]!.thread !== run.thread).length
  const accesses = runs.reduce((sum, run) => sum + run.count, 0)
  return [special, switches, accesses]
}

function* smaller(runs: readonly Run[]): Generator<readonly Run[]> {
  for (let at = 0; at < runs.length; at++) {
    const run = runs[at]!
    if (!isOrdinary(run)) yield runs.with(at, { ...run, older: 0, dies: false })
  }
  for (let at = 1; at < runs.length; at++) yield runs.slice(0, at)
  for (let at = 0; at < runs.length; at++) yield runs.toSpliced(at, 1)
  for (let at = 0; at + 2 < runs.length; at++) {
    const later = runs.findIndex(({ thread }, n) => n > at + 1 && thread === runs[at]!.thread)
    if (later < 0) continue
    yield [
      ...runs.slice(0, at + 1),
      runs[later]!,
      ...runs.slice(at + 1).toSpliced(later - at - 1, 1),
    ]
    yield [...runs.slice(0, at).concat(runs.slice(at + 1, later)), runs[at]!, ...runs.slice(later)]
  }
}
