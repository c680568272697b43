/**
 * Transfers: threads move amounts between accounts and a token between names, in transactions, and
 * are killed. At each moment the sum is the same, and one name has the token.
 */
import { once } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { ACCOUNTS, EACH, Keys, modulesOf, TOKENS } from './transfers-keys.ts'
import type { TransferOrders } from './transfers-thread.ts'

export interface TransfersOptions {
  readonly seconds: number
  readonly threads: number
  readonly seed: number
  readonly entry?: string
  /** Milliseconds between two kills; 0: nobody is killed. */
  readonly killEveryMs: number
  /** It goes on until so many were killed, ten times as long at most: threads may begin late. */
  readonly leastKills?: number
  /** The twin pauses, and the doomed freeze in the midst of something. */
  readonly hasPauses?: boolean
}

export interface TransfersReport {
  commits: number
  conflicts: number
  kills: number
  snapshots: number
  problems: string[]
}

const SOURCE = new URL('../../src/index.ts', import.meta.url).href
const PROGRAM = new URL('./transfers-thread.ts', import.meta.url)
const MOST_ACCESSES_ALIVE = 400_000
const SETTLE_MS = 20_000
/** Who has not ended by then is taken for frozen. */
const ENDING_MS = 5000
const MOST_TIMES = 10

export async function runTransfers(options: TransfersOptions): Promise<TransfersReport> {
  const { seconds, threads, entry = SOURCE, killEveryMs } = options
  const modules = await modulesOf(entry)
  const engine = modules.createEngine({
    name: `transfers ${options.seed}`,
    memory: '8mb',
    maxThreads: threads + 8,
    eviction: 'none',
  })
  const keys = new Keys(engine, modules)
  const accounts = Array.from({ length: ACCOUNTS }, (_, n) => `account-${n}`)
  const tokens = Array.from({ length: TOKENS }, (_, n) => `token-${n}`)
  for (const account of accounts) engine.set(account, String(EACH))
  engine.set(tokens[0]!, 'token')
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const counts = new Int32Array(new SharedArrayBuffer(8))
  const report: TransfersReport = { commits: 0, conflicts: 0, kills: 0, snapshots: 0, problems: [] }
  let serial = options.seed
  const workers = new Set<Worker>()
  const ready: Worker[] = []
  const start = (): void => {
    const doom = options.hasPauses === true ? 1 + ((serial * 7919) % MOST_ACCESSES_ALIVE) : -1
    const handle = engine.handle
    const orders: TransferOrders = { entry, handle, seed: ++serial, doom, stop, counts }
    const worker = new Worker(PROGRAM, { workerData: orders })
    workers.add(worker)
    worker.on('error', (error) => report.problems.push(String(error)))
    worker.on('message', () => ready.push(worker))
    worker.on('exit', () => {
      workers.delete(worker)
      if (Atomics.load(stop, 0) === 0) start()
    })
  }
  for (let n = 0; n < threads; n++) start()
  const begin = performance.now()
  const isOver = (): boolean => {
    const took = performance.now() - begin
    const isEarly = took < seconds * 1000 || report.kills < (options.leastKills ?? 0)
    return report.problems.length > 0 || !isEarly || took > MOST_TIMES * seconds * 1000
  }
  let nextKill = performance.now() + killEveryMs
  while (!isOver()) {
    look(keys, accounts, tokens, report)
    if (killEveryMs > 0 && performance.now() > nextKill) {
      nextKill = performance.now() + killEveryMs
      // Whoever has worked longest, and only while another one works.
      const victim = ready.length > 1 ? ready.shift() : undefined
      if (victim !== undefined) report.kills++
      await victim?.terminate()
    }
    await after(0)
  }
  Atomics.store(stop, 0, 1)
  await Promise.all([...workers].map((worker) => ended(worker)))
  await finish(keys, accounts, tokens, report)
  report.commits = counts[0]!
  report.conflicts = counts[1]!
  engine.close()
  return report
}

/** One that is frozen for good has to be killed. */
async function ended(worker: Worker): Promise<void> {
  const exit = once(worker, 'exit')
  await Promise.race([exit, after(ENDING_MS)])
  await worker.terminate()
}

function look(
  keys: Keys,
  accounts: readonly string[],
  tokens: readonly string[],
  report: TransfersReport,
): void {
  const amounts = keys.snapshot(accounts)
  if (amounts !== undefined) {
    report.snapshots++
    const sum = amounts.reduce((total, amount) => total + Number(amount), 0)
    if (sum !== ACCOUNTS * EACH) report.problems.push(`the accounts hold ${sum}: ${amounts.join()}`)
  }
  const names = keys.snapshot(tokens)
  if (names !== undefined) {
    report.snapshots++
    const having = names.filter((name) => name !== undefined).length
    if (having !== 1) report.problems.push(`${having} names have the token`)
  }
}

/** In quiet: the dead are recovered, all is accounted for, and the sum is what it was. */
async function finish(
  keys: Keys,
  accounts: readonly string[],
  tokens: readonly string[],
  report: TransfersReport,
): Promise<void> {
  const until = performance.now() + SETTLE_MS
  let problems: readonly string[] = []
  do {
    await after(20)
    problems = keys.engine.verify().problems
  } while (problems.length > 0 && performance.now() < until)
  report.problems.push(...problems)
  const before = report.snapshots
  look(keys, accounts, tokens, report)
  if (report.snapshots !== before + 2) report.problems.push('nobody writes, and no look succeeds')
}
