/**
 * The threads of the suspension runs. The subject makes one call at a time and is parked in it; the
 * others work on the same few keys, and on many more to keep memory short, and count.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { Engine, EngineHandle } from '../../src/index.ts'
import { ParkingPlace } from './parking.ts'
import {
  CALLS,
  callOf,
  COUNTS,
  HOT,
  LONGEST_GAP,
  type ParkAnswer,
  type ParkOrder,
  READERS,
  REFUSED,
} from './suspension-calls.ts'

export interface SuspensionOrders {
  readonly entry: string
  readonly handle: EngineHandle
  readonly isSubject: boolean
  readonly parking: SharedArrayBuffer
  /** Of a worker that is not the subject: where it counts. */
  readonly counts: SharedArrayBuffer
  readonly slot: number
}
const KEYS = 4
const FILLERS = 3000
const STEPS_PER_TURN = 64

/** What a call may end with because others are at the same key, or memory is short. */
const EXPECTED = [
  'HEDDLE_NOT_A_NUMBER',
  'HEDDLE_BAD_VALUE',
  'HEDDLE_TARGET_TOO_SHORT',
  'HEDDLE_FULL',
]

/** Whether the call found room. */
function hasRoom(call: () => void): boolean {
  try {
    call()
  } catch (error) {
    const { code = '' } = error as { code?: string }
    if (!EXPECTED.includes(code)) throw error
    return code !== 'HEDDLE_FULL'
  }
  return true
}

function obey(engine: Engine, parking: SharedArrayBuffer): void {
  const place = new ParkingPlace(parking)
  parentPort!.on('message', ({ operation, step }: ParkOrder) => {
    const { prepare, call } = callOf(engine, operation)
    hasRoom(prepare)
    const isReached = place.parkIn(() => void hasRoom(call), step, READERS.includes(operation))
    const answer: ParkAnswer = { isReached, access: place.access }
    parentPort!.postMessage(answer)
  })
}

async function compete(engine: Engine, memory: SharedArrayBuffer, slot: number): Promise<void> {
  const counts = new Float64Array(memory)
  const at = slot * COUNTS
  let state = slot + 1
  let before = performance.now()
  for (;;) {
    for (let n = 0; n < STEPS_PER_TURN; n++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      if (!hasRoom(() => step(engine, state >>> 8))) counts[at + REFUSED]!++
      counts[at + CALLS]!++
      const now = performance.now()
      if (now - before > counts[at + LONGEST_GAP]!) counts[at + LONGEST_GAP] = now - before
      before = now
    }
    await nextTurn()
  }
}

/** Half of the calls meet the key of the subject. */
function step(engine: Engine, random: number): void {
  const key = random % 2 === 0 ? HOT : `key ${(random >>> 1) % KEYS}`
  const choice = (random >>> 4) % 16
  if (choice < 4) engine.get(key)
  else if (choice < 7) engine.set(key, choice === 4 ? 7 : 'v'.repeat(random % 900))
  else if (choice === 7) engine.delete(key)
  else if (choice === 8) engine.add(key, 1)
  else if (choice === 9) engine.increment(key)
  else if (choice === 10) engine.append(key, '+')
  else if (choice === 11) engine.touch(key, 1 + (random % 50))
  else engine.set(`filler ${random % FILLERS}`, 'f'.repeat(random % 1500))
}

async function work(orders: SuspensionOrders): Promise<void> {
  const { attachEngine } = (await import(orders.entry)) as typeof import('../../src/index.ts')
  const engine = attachEngine(orders.handle)
  parentPort!.postMessage('ready')
  if (orders.isSubject) obey(engine, orders.parking)
  else await compete(engine, orders.counts, orders.slot)
}

void work(workerData as SuspensionOrders)
