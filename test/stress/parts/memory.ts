/** The memory part: shared memory, RSS and fill under each load, against the budget. */
import { BYTES_PER_THREAD, judgeBudget, runBudget } from '../budget.ts'
import type { BudgetReport } from '../budget-run.ts'
import { BUDGET_BYTES, LOADS, THREADS } from '../budget-thread.ts'
import { type Figure, type Part, tableOf } from './part.ts'

export const memory: Part = async ({ seconds, print }) => {
  const each = Math.max(1, seconds / (LOADS.length + 1) / 1.5) // Each has a first part to warm up.
  const reports: BudgetReport[] = []
  for (const load of [...LOADS, 'none' as const]) {
    reports.push(await runBudget({ load, seconds: each }))
  }
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
  print(
    `Budget ${mib(BUDGET_BYTES)} MiB and ${mib(BYTES_PER_THREAD)} MiB for each of ${THREADS + 1} ` +
      'threads.\n',
  )
  print(
    tableOf(
      'load|sets|RSS growth MiB|shared MiB|entries MiB|entries|of fresh|fill'.split('|'),
      reports.map(({ load, sets, rssGrowth, sharedBytes, entryBytes, entries, ...rest }) => {
        const shares = [rest.shareOfFresh, rest.leastFill]
        const bytes = [rssGrowth, sharedBytes, entryBytes].map(mib)
        return [load, sets, ...bytes, entries, ...shares.map((one) => (one ? one.toFixed(3) : '-'))]
      }),
    ),
  )
  return {
    totals: { mostRssGrowthMiB: Number(mib(Math.max(...reports.map((one) => one.rssGrowth)))) },
    figures: reports.flatMap(figuresOf),
    problems: reports.flatMap((report) => {
      return judgeBudget(report).map((problem) => `memory, ${report.load}: ${problem}`)
    }),
  }
}

function figuresOf(report: BudgetReport): Figure[] {
  const { load, seconds, sets } = report
  const parameters = { load, seconds, sets, memory: BUDGET_BYTES, bytesPerThread: BYTES_PER_THREAD }
  if (load === 'none') {
    const what = { suite: 'budget', threads: 1, parameters }
    const value = report.leastFill * 100
    return [{ ...what, operation: 'least fill when refused', value, unit: '%' }]
  }
  const common = { suite: 'budget', unit: 'bytes', threads: THREADS, parameters }
  const figures: Figure[] = [
    { operation: 'rss growth', value: report.rssGrowth, ...common },
    { operation: 'shared memory', value: report.sharedBytes, ...common },
    { operation: 'bytes of entries', value: report.entryBytes, ...common },
  ]
  if (report.shareOfFresh === 0) return figures
  const value = report.shareOfFresh * 100
  return [...figures, { ...common, operation: 'entries against a fresh engine', value, unit: '%' }]
}
