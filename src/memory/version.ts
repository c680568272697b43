/**
 * Versions: 48 bits, strictly increasing for each key, across deletion and re-creation (I-ORDER).
 *
 * Counters are striped by home bucket. A counter is two 32-bit words: LOW counts tickets, HIGH
 * counts how often LOW passed half of its range, and the top bit of a ticket must agree with the
 * lowest bit of HIGH. Who draws a ticket that does not agree moves HIGH on (anybody may, by CAS),
 * so no BigInt is made and no thread waits. A version is taken after the last read of the word that
 * the operation compares and exchanges, and before that exchange. Bound: a thread that stalls
 * between ticket and HIGH while 2^31 tickets of its stripe are drawn gets a version too large,
 * never one too small.
 */
import { add, compareExchange, load } from '#atomics'
import { STRIPE, STRIPES_AT } from '../../native-layout/control-block.ts'
import { MAX_RETRIES, VERSION_STRIPES } from '../../native-layout/limits.ts'
import type { MemoryView } from './view.ts'

const HALF = 2 ** 31

/** Word index of the counter that orders the keys of a home bucket. */
export function stripeOf(home: number): number {
  return STRIPES_AT + (home & (VERSION_STRIPES - 1)) * STRIPE.WORDS
}

/** The next version for keys of this home bucket. */
export function takeVersion(view: MemoryView, home: number): number {
  const { control } = view
  const at = stripeOf(home)
  const ticket = add(control, at + STRIPE.LOW, 1)
  let high = load(control, at + STRIPE.HIGH)
  if ((high & 1) !== ticket >>> 31) {
    compareExchange(control, at + STRIPE.HIGH, high, high + 1)
    high++
  }
  return high * HALF + (ticket & 0x7fffffff)
}

/** Makes later versions of this home bucket larger than `version`, which came from elsewhere. */
export function raiseVersion(view: MemoryView, home: number, version: number): void {
  const { control } = view
  const at = stripeOf(home)
  const wantedHigh = Math.floor(version / HALF)
  const wantedTicket = (((wantedHigh & 1) << 31) | (version % HALF)) + 1
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const high = load(control, at + STRIPE.HIGH)
    const low = load(control, at + STRIPE.LOW)
    const phase = low >>> 31
    const current = (high & 1) === phase ? high : high + 1
    if (current * HALF + (low & 0x7fffffff) > version) return
    if (current < wantedHigh) {
      // Jump whole turns of LOW first, then let LOW pass into the wanted half.
      const turns = wantedHigh - current
      if (turns >= 2) {
        compareExchange(control, at + STRIPE.HIGH, high, high + (turns & ~1))
      } else {
        const nextHalf = phase === 0 ? HALF | 0 : 0
        if (compareExchange(control, at + STRIPE.LOW, low, nextHalf) === low) {
          compareExchange(control, at + STRIPE.HIGH, high, current + 1)
        }
      }
    } else {
      compareExchange(control, at + STRIPE.LOW, low, wantedTicket | 0)
    }
  }
}
