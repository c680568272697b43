/**
 * A thread that moves amounts between accounts, and a token from name to name, in transactions,
 * until it is killed or told to stop. Beside them it writes keys that nobody counts.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { EngineHandle } from '../../src/index.ts'
import { ACCOUNTS, type Keys, openKeys, TOKENS } from './transfers-keys.ts'

export interface TransferOrders {
  /** The engine under test: the address of its entry file. */
  readonly entry: string
  readonly handle: EngineHandle
  readonly seed: number
  /** A twin that pauses freezes after so many accesses to shared memory; -1: never. */
  readonly doom: number
  /** One word; not 0: stop. */
  readonly stop: Int32Array
  /** Committed transfers, and tries that met somebody. */
  readonly counts: Int32Array
}

const STEPS_PER_TURN = 64
/** A try that met another writer is begun again so often. */
const TRIES = 50
const NOISE = 20

const orders = workerData as TransferOrders
Object.assign(globalThis, { heddleSeed: orders.seed, heddleDoom: orders.doom })
let state = (orders.seed * 2654435761) | 1
function below(limit: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % limit
}

/** Takes an amount from one account and gives it to another, or divides it between two. */
function transfer(keys: Keys): boolean {
  const from = below(ACCOUNTS)
  const to = [...new Set([below(ACCOUNTS), below(ACCOUNTS)])].filter((each) => each !== from)
  const one = keys.read(`account-${from}`)
  const others = to.map((each) => keys.read(`account-${each}`))
  const amount = below(9)
  const wants = [keys.put(one, String(Number(one.value) - amount * to.length))]
  for (const other of others) wants.push(keys.put(other, String(Number(other.value) + amount)))
  return keys.commit(wants)
}

/** Gives the token another name, if this is the one that has it. */
function pass(keys: Keys): boolean {
  const from = keys.read(`token-${below(TOKENS)}`)
  const to = keys.read(`token-${below(TOKENS)}`)
  if (from.value === undefined || from.key === to.key) return true
  return keys.commit([keys.put(to, from.value), keys.remove(from)])
}

const keys = await openKeys(orders.entry, orders.handle)
parentPort!.postMessage('ready')
while (Atomics.load(orders.stop, 0) === 0) {
  for (let n = 0; n < STEPS_PER_TURN; n++) {
    const step = below(3) === 0 ? pass : transfer
    for (let tries = 0; tries < TRIES; tries++) {
      const isDone = step(keys)
      Atomics.add(orders.counts, isDone ? 0 : 1, 1)
      if (isDone) break
    }
    const noise = `noise-${below(NOISE)}`
    if (below(2) === 0) keys.engine.set(noise, 'x'.repeat(below(300)))
    else keys.engine.delete(noise)
  }
  await nextTurn()
}
parentPort!.postMessage('stopped')
parentPort!.close()
