/**
 * `node test/stress/budget.ts --seconds 60`: the memory stays within its budget whatever is
 * written. One process per load, two threads, an engine of 32 MiB. Prints a table and appends a
 * line per measurement to results/runs.ndjson. Options: --seconds (per load), --results (a folder).
 */
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runChild } from '../../bench/child-process.ts'
import { machineFacts } from '../../bench/machine.ts'
import { fnv1a, hex } from '../../bench/measurement.ts'
import { lineOf } from '../../bench/report/write.ts'
import type { BudgetCall, BudgetReport } from './budget-run.ts'
import { BUDGET_BYTES, LOADS, THREADS } from './budget-thread.ts'

const PROGRAM = new URL('./budget-run.ts', import.meta.url)
const RESULTS = fileURLToPath(new URL('../../results/', import.meta.url))

/** What a thread, the reading one included, may add to RSS beside the budget: noise of its heap. */
export const BYTES_PER_THREAD = 8 * 2 ** 20
const LEAST_SHARE_OF_FRESH = 0.8
const LEAST_FILL = 0.85
const SEED = 2

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

function linesFor(report: BudgetReport, at: string): string {
  const origin = { at, form: 'stress', seed: SEED, ...machineFacts() }
  const { load, seconds, sets } = report
  const figures: readonly (readonly [string, number, string])[] =
    load === 'none'
      ? [['least fill when refused', report.leastFill * 100, '%']]
      : [
          ['rss growth', report.rssGrowth, 'bytes'],
          ['shared memory', report.sharedBytes, 'bytes'],
          ['bytes of entries', report.entryBytes, 'bytes'],
          ...(load === 'one then another'
            ? ([['entries against a fresh engine', report.shareOfFresh * 100, '%']] as const)
            : []),
        ]
  const parameters = { load, seconds, sets, memory: BUDGET_BYTES, bytesPerThread: BYTES_PER_THREAD }
  const threads = load === 'none' ? 1 : THREADS
  const checksum = hex(fnv1a(`${load} ${report.entries}`))
  return figures
    .map(([operation, value, unit]) => {
      const what = { suite: 'budget', subject: 'heddle', operation, threads, value, unit }
      return lineOf({ ...what, parameters, checksum }, origin)
    })
    .join('')
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, results: { type: 'string' } },
  })
  const folder = values.results ?? RESULTS
  mkdirSync(folder, { recursive: true })
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
  const columns = 'load, sets, RSS growth MiB, shared MiB, entries MiB, entries, of fresh, fill'
  process.stdout.write(
    `Budget ${mib(BUDGET_BYTES)} MiB and ${mib(BYTES_PER_THREAD)} MiB for each of ${THREADS + 1} ` +
      `threads.\n\n| ${columns.replaceAll(', ', ' | ')} |\n|${'---|'.repeat(8)}\n`,
  )
  for (const load of [...LOADS, 'none' as const]) {
    const at = new Date().toISOString()
    const report = await runBudget({ load, seconds: Number(values.seconds) })
    appendFileSync(join(folder, 'runs.ndjson'), linesFor(report, at))
    const { sets, rssGrowth, sharedBytes, entryBytes, entries, shareOfFresh, leastFill } = report
    const cells = [load, sets, mib(rssGrowth), mib(sharedBytes), mib(entryBytes), entries]
    const shares = [shareOfFresh, leastFill].map((share) => (share === 0 ? '-' : share.toFixed(3)))
    process.stdout.write(`| ${[...cells, ...shares].join(' | ')} |\n`)
    for (const problem of judgeBudget(report)) {
      process.stdout.write(`- ${load}: ${problem}\n`)
      process.exitCode = 1
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
