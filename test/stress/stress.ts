/**
 * A stress run: 2 to 8 threads on two engines, few keys, tiny memory, and every 200 ms a worker
 * that is killed at random and replaced. Two survivors are never killed; the longest time between
 * two of their steps is compared with a control run, in which the killed touch no engine.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { EVICTIONS, type EvictionName } from '../../src/engine/eviction/names.ts'
import type { Engine } from '../../src/index.ts'
import { judgeExact, prepareExact } from './exact-part.ts'
import { Follower } from './follower.ts'
import { createJournal, Journal, type JournalMemory } from './journal.ts'
import { FOLLOWED_KEYS } from './tiny-part.ts'
import type { StressOrders } from './worker.ts'

export interface StressOptions {
  readonly seconds: number
  /** Address of the entry file of the engine under test. */
  readonly entry: string
  readonly seed: number
  readonly killEveryMs: number
  /** The killed workers touch no engine. */
  readonly isControl: boolean
}

export interface StressReport {
  readonly problems: readonly string[]
  readonly operations: number
  readonly kills: number
  readonly recoveries: number
  readonly longestStallMs: number
  /** Most processor time of one step of a survivor. */
  readonly longestStepCpuMs: number
  readonly casRetries: number
  readonly helps: number
  /** Overflows of the mutation feed, after which it is not judged. */
  readonly resyncs: number
  readonly contended: number
  readonly full: number
  /** Counters of the tiny engine, for the reader of the output. */
  readonly tiny: Record<string, unknown>
}

const SURVIVORS = 2
const MOST_VICTIMS = 6
const RECOVERY_TIMEOUT_MS = 15_000
/** Of the tiny engine, in the runs that bound it. */
const MOST_ENTRIES = 400
const EVICTING = EVICTIONS.filter((name) => name !== 'none')
const FEED = { eviction: 'none', feedBytes: '4mb' } as const
const STANDSTILL_MS = 15_000
const PROGRAM = new URL('./worker.ts', import.meta.url)

interface Run {
  readonly options: StressOptions
  readonly memory: JournalMemory
  readonly journal: Journal
  readonly tiny: Engine
  readonly exact: Engine
  readonly follower: Follower
  readonly stop: Int32Array
  readonly mostWorkers: number
  readonly problems: string[]
  workers: number
  kills: number
}

interface Thread {
  readonly worker: Worker
  readonly number: number
  isReady: boolean
  isKilled: boolean
  hasEnded: boolean
  readonly ready: Promise<unknown>
}

export async function runStress(options: StressOptions): Promise<StressReport> {
  const { createEngine } = (await import(options.entry)) as typeof import('../../src/index.ts')
  const common = { maxThreads: 16, segmentBytes: 64 * 1024, seed: options.seed }
  const tiny = createEngine({ ...common, name: 'tiny', memory: '2mb', ...variant(options.seed) })
  const exact = createEngine({ ...common, name: 'exact', memory: '12mb', ...FEED })
  prepareExact(exact)
  const follower = new Follower(exact)
  const kills = Math.ceil((options.seconds * 1000) / options.killEveryMs)
  const mostWorkers = SURVIVORS + MOST_VICTIMS + 3 * kills
  const memory = createJournal(mostWorkers, FOLLOWED_KEYS)
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const run: Run = {
    options,
    memory,
    journal: new Journal(memory, mostWorkers - 1),
    tiny,
    exact,
    follower,
    stop,
    mostWorkers,
    problems: [],
    workers: 0,
    kills: 0,
  }
  const threads = await workAndKill(run)
  if (run.journal.complaints().length > 0) {
    // Whatever the memory looks like now: nobody is to work on it any more.
    run.problems.push(...run.journal.complaints())
    return describe(run)
  }
  await settle(run, threads)
  judge(run)
  const report = describe(run)
  tiny.close()
  exact.close()
  return report
}

/** A third of the seeds bounds the entries too, a third is full soon; else policies by turns. */
function variant(seed: number): { maxEntries?: number; eviction: EvictionName } {
  const eviction = seed % 3 === 1 ? 'none' : EVICTING[Math.floor(seed / 3) % EVICTING.length]!
  return seed % 3 === 0 ? { maxEntries: MOST_ENTRIES, eviction } : { eviction }
}

async function workAndKill(run: Run): Promise<Thread[]> {
  const { seconds, killEveryMs } = run.options
  const survivors = [start(run, false), start(run, false)]
  let victims = Array.from({ length: 2 }, () => start(run, run.options.isControl))
  await Promise.all([...survivors, ...victims].map((thread) => thread.ready))
  const endMs = performance.now() + seconds * 1000
  let random = run.options.seed | 1
  const progress = new Map<number, { operations: number; atMs: number }>()
  while (performance.now() < endMs && run.journal.complaints().length === 0) {
    if (survivors.some((thread) => standsStill(run, thread, progress))) break
    random = Math.imul(random, 1103515245) + 12345
    await sleep(killEveryMs * (0.5 + ((random >>> 8) % 1024) / 1024))
    const ready = victims.filter((thread) => thread.isReady)
    const victim = ready[(random >>> 18) % Math.max(1, ready.length)]
    if (victim !== undefined) {
      await kill(run, victim)
      victims = victims.filter((other) => other !== victim)
    }
    // From two threads, the survivors alone, to eight.
    const wanted = (random >>> 21) % (MOST_VICTIMS + 1)
    for (let n = 0; n < 2 && victims.length < wanted && hasRoom(run); n++) {
      victims.push(start(run, run.options.isControl))
    }
  }
  return [...survivors, ...victims]
}

/** Whether a thread that nobody killed has taken no step for long: a complaint, not a slow run. */
function standsStill(
  run: Run,
  { number }: Thread,
  progress: Map<number, { operations: number; atMs: number }>,
): boolean {
  const operations = run.journal.operationsBy(number)
  const before = progress.get(number)
  if (before?.operations !== operations) {
    progress.set(number, { operations, atMs: performance.now() })
    return false
  }
  if (performance.now() - before.atMs < STANDSTILL_MS) return false
  run.journal.complain(`worker ${number} stands still`)
  return true
}

function hasRoom(run: Run): boolean {
  return run.workers < run.mostWorkers - 1
}

function start(run: Run, isIdle: boolean): Thread {
  const number = run.workers++
  const orders: StressOrders = {
    worker: number,
    entry: run.options.entry,
    tiny: run.tiny.handle,
    exact: run.exact.handle,
    journal: run.memory,
    seed: run.options.seed + number,
    doom: number < SURVIVORS ? -1 : 50_000 + ((number * 7919) % 64) * 20_000,
    isIdle,
    stop: run.stop,
  }
  run.journal.setAlive(number, true)
  const worker = new Worker(PROGRAM, { workerData: orders })
  worker.on('error', (error) => {
    if (run.problems.length < 20) run.problems.push(`worker ${number} ended: ${error.message}`)
  })
  const first = Promise.race([once(worker, 'message'), once(worker, 'exit')]).catch(() => {})
  const ready = first.then(() => {
    thread.isReady = true
  })
  const state = { isReady: false, isKilled: false, hasEnded: false }
  const thread: Thread = { worker, number, ready, ...state }
  watchEnd(run, thread)
  return thread
}

/** Whoever ends has been killed, or says first that it was told to stop. */
function watchEnd(run: Run, thread: Thread): void {
  const { worker, number } = thread
  let wasTold = false
  worker.on('message', (text) => {
    wasTold ||= text === 'stopped'
  })
  worker.on('exit', () => {
    thread.hasEnded = true
    if (!thread.isKilled && !wasTold)
      run.problems.push(`worker ${number} ended, and nobody told it to`)
  })
}

async function kill(run: Run, thread: Thread): Promise<void> {
  thread.isKilled = true
  await thread.worker.terminate()
  run.journal.setAlive(thread.number, false)
  run.kills++
}

/** Stops the workers and waits until all that died are recovered. */
async function settle(run: Run, threads: readonly Thread[]): Promise<void> {
  Atomics.store(run.stop, 0, 1)
  await Promise.race([
    Promise.all(threads.map((thread) => thread.ready)),
    sleep(RECOVERY_TIMEOUT_MS, undefined, { ref: false }),
  ])
  await Promise.all(threads.map((thread) => stopped(run, thread)))
  const endMs = performance.now() + RECOVERY_TIMEOUT_MS
  while (run.tiny.stats().threads > 1 || run.exact.stats().threads > 1) {
    if (performance.now() > endMs) {
      run.problems.push('dead threads are still attached')
      return
    }
    await sleep(10)
  }
}

/** A survivor ends by itself; one of the others may be frozen, see twin.ts. */
async function stopped(run: Run, thread: Thread): Promise<void> {
  const { worker, number } = thread
  if (number < SURVIVORS) {
    if (!thread.hasEnded) {
      const late = sleep(RECOVERY_TIMEOUT_MS, undefined, { ref: false })
      await Promise.race([once(worker, 'exit'), late])
    }
    if (!thread.hasEnded) run.problems.push(`worker ${number} does not come to an end`)
  }
  thread.isKilled = true
  await worker.terminate()
}

function judge(run: Run): void {
  attempt(run, () => run.problems.push(...judgeExact(run.exact, run.journal)))
  attempt(run, () => run.problems.push(...run.follower.judge().slice(0, 10)))
  for (const engine of [run.tiny, run.exact]) {
    attempt(run, () => {
      const { problems } = engine.verify()
      run.problems.push(...problems.slice(0, 10).map((text) => `${engine.name}: ${text}`))
    })
  }
  const { entries, recoveries } = run.tiny.stats()
  if (run.options.seed % 3 === 0 && entries > MOST_ENTRIES) {
    run.problems.push(`tiny: ${entries} entries, more than ${MOST_ENTRIES}`)
  }
  if (!run.options.isControl && run.kills > 0 && recoveries === 0) {
    run.problems.push('no dead thread was recovered')
  }
}

function attempt(run: Run, check: () => void): void {
  try {
    check()
  } catch (error) {
    run.problems.push(`the judge met ${(error as Error).message}`)
  }
}

function describe(run: Run): StressReport {
  const { journal } = run
  const numbers = Array.from({ length: run.workers }, (_, number) => number)
  const sum = (of: (worker: number) => number): number => {
    return numbers.reduce((total, number) => total + of(number), 0)
  }
  const stats = run.tiny.stats()
  const survivors = numbers.slice(0, SURVIVORS)
  const longest = Math.max(...survivors.map(journal.stallMsOf))
  return {
    problems: run.problems,
    operations: sum(journal.operationsBy),
    kills: run.kills,
    recoveries: stats.recoveries + run.exact.stats().recoveries,
    longestStallMs: Math.round(longest * 10) / 10,
    longestStepCpuMs: Math.round(Math.max(...survivors.map(journal.cpuMsOf)) * 10) / 10,
    casRetries: stats.casRetries + run.exact.stats().casRetries,
    helps: stats.helps + run.exact.stats().helps,
    resyncs: run.follower.resyncs,
    contended: sum(journal.contendedBy),
    full: sum(journal.fullBy),
    tiny: { ...stats, memory: undefined },
  }
}
