/**
 * Versions: 48 bits, strictly increasing for each key, across deletion and re-creation (I-ORDER).
 *
 * Counters are striped by home bucket. A counter is two 32-bit words: LOW counts tickets, HIGH
 * counts how often LOW passed half of its range, and the top bit of a ticket must agree with the
 * lowest bit of HIGH. Who draws a ticket that does not agree moves HIGH on (anybody may, by CAS),
 * so no BigInt is made and no thread waits. A version is taken after the last read of the word that
 * the operation compares and exchanges, and before that exchange.
 *
 * A ticket counts only if HIGH was the same before and after it and agrees with it, otherwise
 * another is drawn: so each version is the state of both words at one moment. HIGH never falls, and
 * LOW only moves on: by tickets, or by `raiseVersion`, which leaves a half only when HIGH agrees
 * with it. So a later moment is a larger version.
 */
import * as atomics from '#atomics'
import * as controlBlock from '../../native-layout/control-block.ts'
import * as limits from '../../native-layout/limits.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { add, compareExchange, load, openReads } = atomics
const { STRIPE, STRIPES_AT } = controlBlock
const { VERSION_STRIPES } = limits

const HALF = 2 ** 31

/** Word index of the counter that orders the keys of a home bucket. */
export function stripeOf(home: number): number {
  return STRIPES_AT + (home & (VERSION_STRIPES - 1)) * STRIPE.WORDS
}

/** The next version for keys of this home bucket. */
export function takeVersion(view: MemoryView, home: number): number {
  const { control } = view
  const at = stripeOf(home)
  for (let high = openReads(control, at + STRIPE.HIGH); ; ) {
    const ticket = add(control, at + STRIPE.LOW, 1)
    const after = openReads(control, at + STRIPE.HIGH)
    const agrees = (high & 1) === ticket >>> 31
    if (after === high && agrees) return high * HALF + (ticket & 0x7fffffff)
    if (after === high) compareExchange(control, at + STRIPE.HIGH, high, high + 1)
    high = load(control, at + STRIPE.HIGH)
  }
}

/** Makes later versions of this home bucket larger than `version`, which came from elsewhere. */
export function raiseVersion(view: MemoryView, home: number, version: number): void {
  const { control } = view
  const at = stripeOf(home)
  const wantedHigh = Math.floor(version / HALF)
  const wantedTicket = (((wantedHigh & 1) << 31) | (version % HALF)) + 1
  for (;;) {
    const low = load(control, at + STRIPE.LOW)
    const high = load(control, at + STRIPE.HIGH)
    const phase = low >>> 31
    if ((high & 1) !== phase) {
      compareExchange(control, at + STRIPE.HIGH, high, high + 1)
      continue
    }
    if (high * HALF + (low & 0x7fffffff) > version) return
    // Whole turns of LOW first, then let LOW pass into the wanted half, then to the ticket.
    const turns = wantedHigh - high
    if (turns >= 2) compareExchange(control, at + STRIPE.HIGH, high, high + (turns & ~1))
    else if (turns === 1) {
      compareExchange(control, at + STRIPE.LOW, low, phase === 0 ? HALF | 0 : 0)
    } else compareExchange(control, at + STRIPE.LOW, low, wantedTicket | 0)
  }
}
