/**
 * One budget run, in a process of its own: `node --expose-gc budget-run.ts
 * '{"load":…,"seconds":…}'` prints what it measured as JSON. The loop first runs on a tiny engine,
 * so that the heaps of the threads have grown before the first reading of RSS.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { createEngine, type Engine } from '../../src/index.ts'
import { settledRss } from '../../bench/heap.ts'
import {
  AFTER_BYTES,
  BUDGET_BYTES,
  type BudgetDone,
  type BudgetOrder,
  type Load,
  THREADS,
  valueFor,
} from './budget-thread.ts'

const MOST_WARM_SECONDS = 8

export interface BudgetReport {
  readonly load: string
  readonly seconds: number
  readonly sets: number
  readonly entries: number
  /** Sum of the SharedArrayBuffers. */
  readonly sharedBytes: number
  /** `stats().bytes`. */
  readonly entryBytes: number
  readonly rssGrowth: number
  /** Entries against those of a fresh engine under the last part of the load; 0 not asked. */
  readonly shareOfFresh: number
  /** 'none': the least share of the pages' bytes that held entries when a write was refused. */
  readonly leastFill: number
  readonly problems: readonly string[]
}
export interface BudgetCall {
  readonly load: Load | 'none'
  readonly seconds: number
}

async function write(workers: readonly Worker[], engine: Engine, load: Load, seconds: number) {
  const all = await Promise.all(
    workers.map(async (worker, thread): Promise<BudgetDone> => {
      const order: BudgetOrder = { handle: engine.handle, load, seconds, thread }
      worker.postMessage(order)
      return (await once(worker, 'message'))[0]
    }),
  )
  const sum = (pick: (done: BudgetDone) => number) => all.reduce((to, one) => to + pick(one), 0)
  return {
    sets: sum((done) => done.sets),
    wrong: sum((done) => done.wrong),
    refused: sum((done) => done.refused),
  }
}

async function runLoad(load: Load, seconds: number): Promise<BudgetReport> {
  const program = new URL('./budget-thread.ts', import.meta.url)
  const workers = Array.from({ length: THREADS }, () => new Worker(program))
  const tiny = createEngine({ name: 'warm', memory: '8mb', seed: 1 })
  await write(workers, tiny, load, Math.min(MOST_WARM_SECONDS, Math.max(1, seconds / 4)))
  tiny.verify()
  const before = await settledRss()
  const engine = createEngine({ name: 'budget', memory: BUDGET_BYTES, seed: 2 })
  const { sets, wrong, refused } = await write(workers, engine, load, seconds)
  const rssGrowth = (await settledRss()) - before
  const { entries, bytes } = engine.stats()
  const problems = [...engine.verify().problems]
  if (wrong > 0) problems.push(`${wrong} values of another key were read`)
  if (refused > 0) problems.push(`${refused} of ${sets} writes found no room`)
  const shareOfFresh = load === 'one then another' ? shareOf(engine) : 0
  await Promise.all(workers.map((worker) => worker.terminate()))
  const sharedBytes = sharedBytesOf(engine)
  const figures = { sets, entries, sharedBytes, entryBytes: bytes, rssGrowth, shareOfFresh }
  return { load, seconds, ...figures, leastFill: 0, problems }
}

function sharedBytesOf(engine: Engine): number {
  return engine.handle.segments.reduce((sum, segment) => sum + segment.byteLength, 0)
}

/** Entries, or bytes of them if that is less, against an engine that never saw another size. */
function shareOf(used: Engine): number {
  const engine = createEngine({ name: 'fresh', memory: BUDGET_BYTES, seed: 3 })
  const writes = (3 * BUDGET_BYTES) / AFTER_BYTES
  for (let n = 0; n < writes; n++) engine.set(`k${n}`, valueFor(n, AFTER_BYTES))
  const { entries, bytes } = engine.stats()
  engine.close()
  return Math.min(used.stats().entries / entries, used.stats().bytes / bytes)
}

/**
 * Value bytes at first, and after every second key was deleted: also long values, whose pieces have
 * to move, and then short ones.
 */
const SIZES = [
  [20, 100],
  [100, 700],
  [700, 4000],
  [4000, 20_000],
  [4000, 20],
  [20_000, 60_000],
  [60_000, 20_000],
  [60_000, 20],
  [20_000, 300],
] as const
const MEAN_OVERHEAD = 24

/** Eviction 'none': how full the pages are when a write is refused. */
function runNone(): BudgetReport {
  const problems: string[] = []
  let leastFill = 1
  let sets = 0
  let last = { entries: 0, sharedBytes: 0, entryBytes: 0 }
  for (const [bytes, next] of SIZES) {
    const expectedEntries = Math.floor(BUDGET_BYTES / (Math.min(bytes, next) + MEAN_OVERHEAD))
    const options = { memory: BUDGET_BYTES, eviction: 'none', expectedEntries, seed: 4 } as const
    const engine = createEngine({ name: `none ${bytes} ${next}`, ...options })
    const written = fill(engine, 'a', bytes)
    const first = fillOf(engine)
    for (let n = 0; n < written; n += 2) engine.delete(`a${n}`)
    sets += written + fill(engine, 'b', next)
    const second = fillOf(engine)
    for (const [share, when] of [
      [first, 'at first'],
      [second, `then of ${next}`],
    ] as const) {
      if (share < 0.85) problems.push(`${bytes} bytes ${when}: refused at ${share.toFixed(3)}`)
      leastFill = Math.min(leastFill, share)
    }
    problems.push(...engine.verify().problems)
    const { entries, bytes: entryBytes } = engine.stats()
    last = { entries, entryBytes, sharedBytes: sharedBytesOf(engine) }
    engine.close()
  }
  return {
    load: 'none',
    seconds: 0,
    sets,
    ...last,
    rssGrowth: 0,
    shareOfFresh: 0,
    leastFill,
    problems,
  }
}

function fill(engine: Engine, prefix: string, bytes: number): number {
  for (let n = 0; ; n++) {
    try {
      engine.set(`${prefix}${n}`, valueFor(n, bytes))
    } catch (error) {
      if ((error as { code?: string }).code === 'HEDDLE_FULL') return n
      throw error
    }
  }
}

function fillOf(engine: Engine): number {
  const { bytes, memory } = engine.stats()
  return bytes / (memory.pages * memory.pageBytes)
}

const { load, seconds } = JSON.parse(process.argv[2] ?? '{}') as BudgetCall
const report = load === 'none' ? runNone() : await runLoad(load, seconds)
process.stdout.write(`${JSON.stringify(report)}\n`)
