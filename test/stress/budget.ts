/**
 * The memory stays within its budget whatever is written: one process per load, two threads, an
 * engine of 32 MiB. `npm run stress -- --parts memory` prints a table.
 */
import { runChild } from '../../bench/child-process.ts'
import type { BudgetCall, BudgetReport } from './budget-run.ts'
import { BUDGET_BYTES, THREADS } from './budget-thread.ts'

const PROGRAM = new URL('./budget-run.ts', import.meta.url)

/** What a thread, the reading one included, may add to RSS beside the budget: noise of its heap. */
export const BYTES_PER_THREAD = 8 * 2 ** 20
const LEAST_SHARE_OF_FRESH = 0.8
const LEAST_FILL = 0.85

/**
 * V8 keeps up to 48 MiB of young generation for each thread, as much as the budget: a small one, so
 * that RSS shows the cache.
 */
const FLAGS = ['--expose-gc', '--max-semi-space-size=2']

/** Runs a load in a process of its own. */
export function runBudget(call: BudgetCall): Promise<BudgetReport> {
  return runChild<BudgetReport>(PROGRAM, call, FLAGS)
}

/** What a report says that it should not. */
export function judgeBudget(report: BudgetReport): string[] {
  const problems = [...report.problems]
  const bound = BUDGET_BYTES + BYTES_PER_THREAD * (THREADS + 1)
  if (report.rssGrowth > bound) problems.push(`RSS grew by ${report.rssGrowth}, bound ${bound}`)
  if (report.sharedBytes > BUDGET_BYTES) problems.push(`${report.sharedBytes} bytes are shared`)
  if (report.entryBytes > BUDGET_BYTES) problems.push(`${report.entryBytes} bytes of entries`)
  if (report.load === 'one then another' && report.shareOfFresh < LEAST_SHARE_OF_FRESH) {
    problems.push(`${report.shareOfFresh} of a fresh engine's entries`)
  }
  if (report.load === 'none' && report.leastFill < LEAST_FILL) {
    problems.push(`refused when ${report.leastFill} of the pages' bytes held entries`)
  }
  return problems
}
