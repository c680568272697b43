/**
 * `npm run explore`: explores the programs of programs/ on all cores and prints a line for each.
 *
 *     npm run explore                               the full form, an hour at most
 *     npm run explore -- --smoke                    the short form that the tests run
 *     npm run explore -- --program 'pair: set*'     programs by name; * stands for anything
 *     npm run explore -- --replay 'NAME@d1@a12bx'   one schedule, as a failure printed it
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { Failure } from './failure.ts'
import { replay, seedParts } from './failure.ts'
import { type Job, plan, type Report } from './jobs.ts'
import type { Bounds } from './program.ts'
import { PROGRAMS } from './programs/index.ts'

const FULL_MINUTES = 55
const SMOKE_MINUTES = 5
/** A job that is so much later than it should be hangs where no access is made. */
const LATE_SECONDS = 120
const MOST_THREADS = 2

const { values: flags } = parseArgs({
  options: {
    program: { type: 'string' },
    full: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    mode: { type: 'string' },
    preemptions: { type: 'string' },
    executions: { type: 'string' },
    deaths: { type: 'string' },
    stale: { type: 'boolean', default: false },
    replay: { type: 'string' },
    list: { type: 'boolean', default: false },
    json: { type: 'string' },
    threads: { type: 'string' },
  },
})

if (flags.list) list()
else if (flags.replay !== undefined) replayOne(flags.replay)
else {
  await exploreAll().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  })
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function list(): void {
  for (const { name, about } of PROGRAMS) {
    print(`${name}: ${about}`)
  }
  print(`${PROGRAMS.length} programs`)
}

function replayOne(seed: string): void {
  const { name } = seedParts(seed)
  const program = PROGRAMS.find((one) => one.name === name)
  if (program === undefined) throw new Error(`no program is called ${name}`)
  const failure = replay(program, seed)
  if (failure === undefined) print('nothing is wrong')
  else printFailure(name, failure)
  process.exitCode = failure === undefined ? 0 : 1
}

/** What the command line says for all programs. */
function forced(): Bounds {
  const { mode, preemptions, executions, deaths } = flags
  if (mode !== undefined && mode !== 'dfs' && mode !== 'pct') throw new Error('--mode dfs or pct')
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(preemptions === undefined ? {} : { preemptions: Number(preemptions) }),
    ...(executions === undefined ? {} : { executions: Number(executions) }),
    ...(deaths === undefined ? {} : { deaths: Number(deaths) }),
  }
}

async function exploreAll(): Promise<void> {
  const pattern = globOf(flags.program ?? '*')
  const programs = PROGRAMS.filter(({ name }) => pattern.test(name))
  const jobs = plan(programs, flags.smoke ? 'smoke' : 'full', forced(), flags.stale)
  if (jobs.length === 0) throw new Error('no program is called so')
  if (flags.json !== undefined) writeFileSync(flags.json, '')
  const width = Math.max(...jobs.map(({ name }) => name.length))
  const start = performance.now()
  const reports = await shareOut(jobs, (report) => printReport(report, width))
  const seconds = (performance.now() - start) / 1000
  printTotal(reports, seconds)
  process.exitCode = reports.some(({ failure }) => failure !== undefined) ? 1 : 0
}

/** Gives the jobs to threads, each with a fair part of the time that is left. */
async function shareOut(
  jobs: readonly Job[],
  reported: (report: Report) => void,
): Promise<Report[]> {
  const minutes = Number(flags.minutes ?? (flags.smoke ? SMOKE_MINUTES : FULL_MINUTES))
  const until = performance.now() + 60_000 * minutes
  const threads = Number(flags.threads ?? Math.min(MOST_THREADS, availableParallelism()))
  const reports: Report[] = []
  let next = 0
  const drive = async (): Promise<void> => {
    const worker = new Worker(new URL('./explore-thread.ts', import.meta.url))
    while (next < jobs.length) {
      const left = Math.max(0, until - performance.now()) / 1000
      const seconds = (left * threads) / (jobs.length - next)
      const report = await ask(worker, { job: jobs[next++]!, seconds })
      reports.push(report)
      reported(report)
    }
    await worker.terminate()
  }
  await Promise.all(Array.from({ length: threads }, drive))
  return reports
}

function ask(worker: Worker, request: { job: Job; seconds: number }): Promise<Report> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`${request.job.name} hangs between two accesses`))
    const timer = setTimeout(late, 1000 * (request.seconds + LATE_SECONDS))
    worker.once('error', reject)
    worker.once('message', (report: Report) => {
      clearTimeout(timer)
      worker.off('error', reject)
      resolve(report)
    })
    worker.postMessage(request)
  })
}

function printReport(report: Report, width: number): void {
  const { program, mode, executions, accesses, seconds, complete, bound, failure } = report
  const end = failure !== undefined ? 'FAILED' : complete ? 'complete' : `up to ${bound}`
  const counts = `${executions} executions, ${accesses} accesses`
  print(`${program.padEnd(width)}  ${mode.padEnd(6)}  ${counts}, ${end}, ${seconds.toFixed(1)} s`)
  if (failure !== undefined) printFailure(program, failure)
  if (flags.json !== undefined) appendFileSync(flags.json, `${JSON.stringify(report)}\n`)
}

function printFailure(name: string, { seed, problems, table }: Failure): void {
  print(`\n${name} is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
  print(`\n${table}\n\nagain: npm run explore -- --replay '${seed}'\n`)
}

function printTotal(reports: readonly Report[], seconds: number): void {
  const sum = (part: (report: Report) => number) => reports.reduce((n, one) => n + part(one), 0)
  const whole = reports.filter(({ complete }) => complete).length
  const failed = reports.filter(({ failure }) => failure !== undefined).length
  print(
    `${reports.length} searches (${whole} complete, ${reports.length - whole - failed} up to a ` +
      `bound, ${failed} failed), ${sum(({ executions }) => executions)} executions, ` +
      `${sum(({ accesses }) => accesses)} accesses, ${seconds.toFixed(0)} s`,
  )
}

function globOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${escaped}$`)
}
