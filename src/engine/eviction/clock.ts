/**
 * CLOCK with two reference bits per entry: the default policy, an approximation of LRU whose hits
 * cost at most one plain byte store.
 *
 * One hand per size class walks the chunks of the class's pages in their order. It cools what it
 * passes and takes the first entry that is cold; the next entry of the class is written into the
 * chunk so freed, behind the hand, as in the textbook (F. J. Corbató, "A paging experiment with
 * the Multics system", 1968). Entries start cold: inserting them warm costs hit ratio.
 *
 * Rejected: a hand over the table's slots. It meets entries in hash order, and frees chunks of
 * every class but the one that is wanted.
 */
import { load } from '#atomics'
import { CONTROL, SPACE, SPACES_AT } from '../../../native-layout/control-block.ts'
import { cool, heat, warm } from '../../memory/clock-bits.ts'
import type { EvictionPolicy, MemoryView } from '../../memory/view.ts'
import { FREED, type HandRule, noted, NOTHING, SPARE, TAKE, walk } from './hand.ts'

const COLDEST: HandRule = {
  takesLiving: true,
  endsAtTurn: false,
  judge(_view, entry) {
    if (heat(entry.tableBytes, entry.slotAt) === 0) return TAKE
    cool(entry.tableBytes, entry.slotAt)
    return SPARE
  },
}

export const clock: EvictionPolicy = {
  name: 'clock',
  countsUses: true,
  evict(view, sizeClass, reason) {
    return noted(view, sizeClass, walk(view, sizeClass, reason, COLDEST) === FREED)
  },
  touched: warm,
}

const ONLY_DEAD: HandRule = { takesLiving: false, endsAtTurn: false, judge: () => SPARE }

/** A write that finds no room fails; only entries whose time is over make room. */
export const none: EvictionPolicy = {
  name: 'none',
  countsUses: false,
  evict(view, sizeClass, reason) {
    const flushes = flushesOf(view)
    view.mayHoldFlushed = flushes !== view.flushesSwept
    const outcome = walk(view, sizeClass, reason, ONLY_DEAD)
    if (outcome === NOTHING && sizeClass < 0) view.flushesSwept = flushes
    return outcome === FREED
  },
  touched() {},
}

/** Flushes ever, of all and of each namespace: entries from before one of them may be there. */
function flushesOf(view: MemoryView): number {
  let flushes = load(view.control, CONTROL.EPOCH)
  for (let space = 0; space <= view.plan.maxNamespaces; space++) {
    flushes += load(view.control, SPACES_AT + space * SPACE.WORDS + SPACE.EPOCH)
  }
  return flushes
}
