/**
 * A thread of the budget runs: writes one load for a time to the engine it is given, then collects
 * its garbage and waits for the next order.
 */
import { parentPort } from 'node:worker_threads'
import { attachEngine, type EngineHandle } from '../../src/index.ts'

export const LOADS = ['growing', 'shrinking', 'one then another', 'unique', 'expiring'] as const
export type Load = (typeof LOADS)[number]

export const THREADS = 2
export const BUDGET_BYTES = 32 * 2 ** 20

export interface BudgetOrder {
  readonly handle: EngineHandle
  readonly load: Load
  readonly seconds: number
  readonly thread: number
}
/** What a thread has done. */
export interface BudgetDone {
  readonly sets: number
  readonly wrong: number
  /** Writes that found no room, although entries may be evicted. */
  readonly refused: number
}

const SMALLEST = 20
const LARGEST = 60_000
/** Value bytes of the two halves of 'one then another'. */
export const BEFORE_BYTES = 100
export const AFTER_BYTES = 4000
const KEYS = 200_000
const LONGEST_TTL_MS = 60
const BATCH = 256

const values = new Uint8Array(LARGEST).map((_, at) => (at * 31) & 255)
/** A value begins with the number of its key, so that a reader knows it. */
export function valueFor(number: number, bytes: number): Uint8Array {
  const value = values.subarray(0, Math.max(4, bytes))
  new DataView(value.buffer).setUint32(0, number)
  return value
}

function bytesAt(load: Load, done: number, random: number): number {
  const growth = (share: number): number => Math.round(SMALLEST * (LARGEST / SMALLEST) ** share)
  if (load === 'growing') return growth(done)
  if (load === 'shrinking') return growth(1 - done)
  if (load === 'one then another') return done < 0.5 ? BEFORE_BYTES : AFTER_BYTES
  return load === 'unique' ? BEFORE_BYTES : growth(random * 0.5)
}

function run(order: BudgetOrder): BudgetDone {
  const engine = attachEngine(order.handle)
  const started = Date.now()
  const target = new Uint8Array(LARGEST)
  let state = order.thread + 1
  let sets = 0
  let wrong = 0
  let refused = 0
  for (let done = 0; done < 1; done = (Date.now() - started) / (order.seconds * 1000)) {
    for (let n = 0; n < BATCH; n++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      const number = order.load === 'unique' ? sets * 8 + order.thread : state % KEYS
      const options = order.load === 'expiring' ? 1 + (state % LONGEST_TTL_MS) : undefined
      try {
        engine.set(
          `k${number}`,
          valueFor(number, bytesAt(order.load, done, state / 2 ** 32)),
          options,
        )
      } catch (error) {
        if ((error as { code?: string }).code !== 'HEDDLE_FULL') throw error
        refused++
      }
      sets++
      if (n % 8 !== 0) continue
      const asked = order.load === 'unique' ? number : (state >>> 3) % KEYS
      const length = engine.getBytes(`k${asked}`, target)
      if (length >= 0 && new DataView(target.buffer).getUint32(0) !== asked) wrong++
    }
  }
  engine.close()
  return { sets, wrong, refused }
}

parentPort?.on('message', (order: BudgetOrder) => {
  const done = run(order)
  globalThis.gc?.()
  parentPort!.postMessage(done)
})
