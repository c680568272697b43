/**
 * The program of a stress worker: works on both engines until it is killed or told to stop, and
 * writes down the longest time between two of its steps, and the most processor time that one took
 * (nothing in the engine sleeps, so what it adds to a stall is processor time). In a control run
 * those that are to be killed do the same kind of work without an engine.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { EngineHandle } from '../../src/index.ts'
import { ExactPart } from './exact-part.ts'
import { Journal, type JournalMemory } from './journal.ts'
import { TinyPart } from './tiny-part.ts'
import { originOf, stored } from './values.ts'

export interface StressOrders {
  readonly worker: number
  /** The engine under test: the address of its entry file. */
  readonly entry: string
  readonly tiny: EngineHandle
  readonly exact: EngineHandle
  readonly journal: JournalMemory
  readonly seed: number
  /** A twin that pauses freezes after so many accesses to shared memory; -1: never. */
  readonly doom: number
  /** A worker of the control run that touches no engine. */
  readonly isIdle: boolean
  /** One word; not 0: stop. */
  readonly stop: Int32Array
}

/** Steps between two returns to the event loop. */
const STEPS_PER_TURN = 256
type Random = (below: number) => number

function randomFrom(seed: number): Random {
  let state = (seed * 2654435761) | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

async function work(orders: StressOrders): Promise<void> {
  const { worker, stop } = orders
  // For a twin that pauses, see twin.ts: the killed are often frozen somewhere when it happens.
  Object.assign(globalThis, { heddleSeed: orders.seed, heddleDoom: orders.doom })
  const journal = new Journal(orders.journal, worker)
  const random = randomFrom(orders.seed)
  const step = orders.isIdle ? idleStep(random) : await engineStep(orders, journal, random)
  parentPort?.postMessage('ready')
  for (let turn = 0; Atomics.load(stop, 0) === 0; turn++) {
    let before = performance.now()
    let usedBefore = cpuUs()
    for (let n = 0; n < STEPS_PER_TURN && Atomics.load(stop, 0) === 0; n++) {
      takeStep(step, journal)
      const now = performance.now()
      const used = cpuUs()
      // The first turns compile the program; they are no stall of the engine.
      if (turn < 20) journal.step(0, 0)
      else journal.step((now - before) * 1000, used - usedBefore)
      before = now
      usedBefore = used
    }
    await nextTurn()
  }
  parentPort?.postMessage('stopped')
  parentPort?.close()
}

/** Processor time of this thread: what a step takes when no other process disturbs it. */
function cpuUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

function takeStep(step: () => void, journal: Journal): void {
  try {
    step()
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'HEDDLE_CONTENDED') journal.refused(false)
    else if (code === 'HEDDLE_FULL') journal.refused(true)
    else journal.complain(`threw ${(error as Error).stack}`)
  }
}

async function engineStep(
  orders: StressOrders,
  journal: Journal,
  random: Random,
): Promise<() => void> {
  const { attachEngine } = (await import(orders.entry)) as typeof import('../../src/index.ts')
  const complain = (text: string): void => journal.complain(text)
  const tiny = new TinyPart(attachEngine(orders.tiny), journal, orders.worker, complain)
  const exact = new ExactPart(attachEngine(orders.exact), journal, orders.worker, complain)
  return () => {
    if (random(3) < 2) exact.step(random)
    else tiny.step(random)
  }
}

function idleStep(random: Random): () => void {
  const map = new Map<string, unknown>()
  let sequence = 0
  return () => {
    const key = `key ${random(64)}`
    if (random(2) === 0) originOf(key, map.get(key))
    else map.set(key, stored({ key, writer: 0, sequence: sequence++, size: random(2000) }))
  }
}

void work(workerData as StressOrders)
