/**
 * What the threads of a history run share beside the engine: the round that is on, and what its
 * programs are to do. The runner writes it while all workers rest.
 *
 * Rounds differ in all of it (swarm testing): a program that does everything at once hides what
 * only a few kinds of calls bring about.
 */
import { NAMES } from './history-tape.ts'

/** Words of the plan. */
export const PLAN = {
  /** Number of the round; workers wait for the next one. */
  ROUND: 0,
  /** Workers at the start line, and how many there are. */
  ARRIVED: 1,
  WORKERS: 2,
  SEED: 3,
  /** Recorded calls of each worker. */
  CALLS: 4,
  /** Keys that are recorded. */
  KEYS: 5,
  /** Bits of the operations, as in NAMES. */
  NAMES: 6,
  /** Of 100 steps, how many write a key that nobody records, to keep memory short. */
  FILL: 7,
  /** Bytes of most values. */
  FAVOURED: 8,
  /** Of 100 writes, how many have a ttl. */
  TTL: 9,
  /** 1: after so many calls a worker returns to its event loop, and may recover the dead. */
  TURNS: 10,
  /** One flush in so many of those that are drawn is made. */
  FLUSH: 11,
  /** From here on, by slot: the round that its worker has ended; FROZEN: it never will. */
  DONE_BY: 12,
} as const

export const FROZEN = -1
export const MOST_WORKERS = 16
export const MOST_KEYS = 12
export const FILLERS = 3000
/** Keys from this one on, of MOST_KEYS, lie in a namespace. */
export const SPACE_FROM = 9

export type Random = (below: number) => number

export function randomFrom(seed: number): Random {
  let state = (Math.imul(seed, 2654435761) ^ 0x2545f491) | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Every third key is a counter, the others are text; some are long. */
export function isCounter(key: number): boolean {
  return key % 3 === 2
}
export function keyName(key: number): string {
  if (key < 0) return ''
  const kind = isCounter(key) ? 'count' : 'text'
  return key % 4 === 3 ? `${kind} ${key} ${'k'.repeat(40 * key)}` : `${kind} ${key}`
}
/** What a flush with this `key` empties: -1 everything, else the namespace. */
export function flushedBy(key: number): readonly string[] {
  const from = key < 0 ? 0 : SPACE_FROM
  return Array.from({ length: MOST_KEYS - from }, (_, at) => keyName(from + at))
}

const SIZES = [10, 60, 200, 700, 2000, 6000, 20_000]

/** Writes the plan of the next round. */
export function planRound(plan: Int32Array, random: Random, calls: number, workers: number): void {
  const some = random(4) === 0 ? (1 << NAMES.length) - 1 : random(1 << NAMES.length)
  plan[PLAN.SEED] = random(1 << 30)
  plan[PLAN.CALLS] = calls
  plan[PLAN.KEYS] = 1 + random(random(2) === 0 ? 3 : MOST_KEYS)
  plan[PLAN.NAMES] = some | (1 << random(2)) // Somebody reads.
  plan[PLAN.FILL] = [0, 20, 60, 85][random(4)]
  plan[PLAN.FAVOURED] = SIZES[random(SIZES.length)]
  plan[PLAN.TTL] = random(3) === 0 ? 40 : 0
  plan[PLAN.TURNS] = random(2)
  plan[PLAN.FLUSH] = random(3) === 0 ? 2 : 30
  plan[PLAN.WORKERS] = workers
  Atomics.store(plan, PLAN.ARRIVED, 0)
}
