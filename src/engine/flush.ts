/**
 * Flushing: all entries, or those of one namespace, become absent by one exchange, whatever their
 * number. Their memory is freed as they are met: by readers, by the CLOCK hand, by maintenance.
 *
 * The time of a delayed flush lies beside the flush count and both change together, so a delayed
 * flush is performed exactly once, and a later flush replaces it.
 */
import { compareExchange, compareExchangePair, load, loadPair } from '#atomics'
import { CONTROL, FLUSH_TICK_MS } from '../../native-layout/control-block.ts'
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { COUNTER } from '../../native-layout/thread-row.ts'
import { abortMutation, claimFlush, commitMutation, flushCountAt } from '../memory/commit.ts'
import { countAt, enter, leave } from '../memory/row.ts'
import type { MemoryView } from '../memory/view.ts'
import { CONTENDED, type Outcome, STORED } from './outcomes.ts'

const PAIR_AT = CONTROL.EPOCH >>> 1
const LOW_MASK = 0xffffffffn

function pack(epoch: number, tick: number): bigint {
  return (BigInt(tick) << 32n) | BigInt(epoch >>> 0)
}
function epochOf(pair: bigint): number {
  return Number(pair & LOW_MASK)
}
function tickOf(pair: bigint): number {
  return Number((pair >> 32n) & LOW_MASK)
}

/** Flushes everything now; a delayed flush that was pending is replaced. */
export function flushAll(view: MemoryView): void {
  perform(view, () => true)
}

/** Performs a delayed flush that is due. Called by an operation that saw FLUSH_TICK set. */
export function flushIfDue(view: MemoryView): void {
  perform(view, (tick) => tick !== 0 && view.startedAt + tick * FLUSH_TICK_MS <= view.now())
}

function perform(view: MemoryView, isDue: (tick: number) => boolean): void {
  enter(view)
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const seen = loadPair(view.controlPairs, PAIR_AT)
    if (!isDue(tickOf(seen))) break
    const epoch = (epochOf(seen) + 1) | 0
    claimFlush(view, 0, epoch)
    const next = BigInt.asIntN(64, pack(epoch, 0))
    if (compareExchangePair(view.controlPairs, PAIR_AT, seen, next) === seen) {
      commitMutation(view)
      countAt(view, COUNTER.flushes)
      break
    }
    abortMutation(view)
  }
  leave(view)
}

/** Schedules a flush of everything at an absolute time in ms; replaces one that is pending. */
export function flushAt(view: MemoryView, at: number): Outcome {
  const tick = Math.max(1, Math.ceil((at - view.startedAt) / FLUSH_TICK_MS))
  if (at <= view.now()) {
    flushAll(view)
    return STORED
  }
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const seen = loadPair(view.controlPairs, PAIR_AT)
    const next = BigInt.asIntN(64, pack(epochOf(seen), Math.min(tick, 0x7fffffff)))
    if (compareExchangePair(view.controlPairs, PAIR_AT, seen, next) === seen) return STORED
  }
  return CONTENDED
}

/** Flushes one namespace. */
export function flushSpace(view: MemoryView, space: number): Outcome {
  enter(view)
  const at = flushCountAt(space)
  let outcome: Outcome = CONTENDED
  for (let tries = 0; outcome !== STORED && tries < MAX_RETRIES; tries++) {
    const seen = load(view.control, at)
    claimFlush(view, space, (seen + 1) | 0)
    if (compareExchange(view.control, at, seen, (seen + 1) | 0) === seen) outcome = STORED
    else abortMutation(view) // Another flush of this namespace went first.
  }
  commitMutation(view)
  if (outcome === STORED) countAt(view, COUNTER.flushes)
  leave(view)
  return outcome
}
