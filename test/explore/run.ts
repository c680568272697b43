/**
 * `npm run explore`: explores the programs of programs/ in two threads, 55 minutes at most, and
 * prints a line for each search. The options are told by `--help`.
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { commandLine, minutesOf, oneOf, wholeOf } from '../../bench/command-line.ts'
import type { Failure } from './failure.ts'
import { replay, seedParts } from './failure.ts'
import { type Job, plan, type Report } from './jobs.ts'
import type { Bounds, Program } from './program.ts'
import { PROGRAMS } from './programs/index.ts'

const FULL_MINUTES = 55
const SMOKE_MINUTES = 5
/** A job that is so much later than it should be hangs where no access is made. */
const LATE_SECONDS = 120
const MOST_THREADS = 2

const USAGE = `
npm run explore -- [options]: explores small programs over the real code, a line for each

  --full             the form without an option: as far as the time goes
  --smoke            the short form that the tests run
  --minutes N        time at most (${FULL_MINUTES}; of the short form ${SMOKE_MINUTES})
  --program NAME     programs by name; * stands for anything
  --mode dfs|pct     every schedule, or random ones
  --preemptions N    at most so often is a thread interrupted that could go on
  --executions N     executions at most, anew for each bound on preemptions
  --deaths N         threads that die, at most: 0 to 8
  --stale            with the older values that ARM64 lets a read see
  --threads N        threads that search (${MOST_THREADS} at most by default)
  --json FILE        a line for each search
  --replay SEED      one schedule, as a failure printed it: NAME@OPTIONS@SCHEDULE
  --list             the programs, and what they are about

Exit code: 0, 1 when something is wrong or a schedule no longer applies, 2 for wrong options.`

const { flags, numbers } = commandLine(USAGE, (args) => {
  const { values: flags } = parseArgs({
    args,
    options: {
      program: { type: 'string', default: '*' },
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
  if (flags.full && flags.smoke) throw new Error('one form at a time, not --full and --smoke')
  if (flags.mode !== undefined) oneOf('--mode', flags.mode, ['dfs', 'pct'])
  if (flags.replay !== undefined) programOf(flags.replay)
  else if (!PROGRAMS.some(({ name }) => globOf(flags.program).test(name))) {
    throw new Error(`--program is '${flags.program}': no program is called so`)
  }
  const whole = (
    name: 'preemptions' | 'executions' | 'deaths' | 'threads',
    least: number,
    most?: number,
  ) => {
    const text = flags[name]
    return text === undefined ? undefined : wholeOf(`--${name}`, text, least, most)
  }
  const minutes = flags.minutes ?? String(flags.smoke ? SMOKE_MINUTES : FULL_MINUTES)
  const numbers = {
    minutes: minutesOf(minutes),
    preemptions: whole('preemptions', 0),
    executions: whole('executions', 1),
    deaths: whole('deaths', 0, 8),
    threads: whole('threads', 1, 64) ?? Math.min(MOST_THREADS, availableParallelism()),
  }
  return { flags, numbers }
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
  const programs = PROGRAMS.filter(({ name }) => globOf(flags.program).test(name))
  for (const { name, about } of programs) print(`${name}: ${about}`)
  print(`${programs.length} programs`)
}

/** The program that a seed is of. */
function programOf(seed: string): Program {
  const { name } = seedParts(seed)
  const program = PROGRAMS.find((one) => one.name === name)
  if (program === undefined) throw new Error(`--replay: no program is called '${name}'`)
  return program
}

function replayOne(seed: string): void {
  const program = programOf(seed)
  const { failure, departure } = replay(program, seed)
  if (departure !== undefined) print(`the schedule no longer applies: ${departure}`)
  if (failure !== undefined) printFailure(program.name, failure)
  else if (departure === undefined) print('nothing is wrong with this schedule')
  process.exitCode = failure === undefined && departure === undefined ? 0 : 1
}

/** What the command line says for all programs. */
function forced(): Bounds {
  const { preemptions, executions, deaths } = numbers
  const mode = flags.mode as Bounds['mode']
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(preemptions === undefined ? {} : { preemptions }),
    ...(executions === undefined ? {} : { executions }),
    ...(deaths === undefined ? {} : { deaths }),
  }
}

async function exploreAll(): Promise<void> {
  const pattern = globOf(flags.program)
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
  const { minutes, threads } = numbers
  const until = performance.now() + 60_000 * minutes
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
