/**
 * SIEVE over chunks that stay where they are (Zhang, Yang, Yue, Vigfusson, Rashmi, NSDI 2024).
 *
 * The paper's hand goes over a list from the oldest entry to the newest, takes the visited bit from
 * those that have it and evicts the first that has none; new entries come in at the newest end.
 * Such a list is two queues: before the hand those that it has passed in this round, behind it
 * those that it has still to come to, the newcomers last. So there are two rings of records. Who is
 * passed moves from one to the other; when the first is empty the round is over, and the rings
 * change their roles. Each record is taken by an exchange, and the order is that of the paper.
 *
 * Whose record was lost (newcomers.ts) is found by the hand over chunks, which goes round once in
 * some rounds, and gets a new one.
 *
 * Until the hand has gone round once, who was there first stays: on loads that move on from their
 * keys this does worse than anything else.
 */
import { load, store } from '#atomics'
import { CLASS, CONTROL } from '../../../native-layout/control-block.ts'
import type { Ring } from '../../../native-layout/eviction-state.ts'
import type { SizeClass, SlotIndex, WordIndex } from '../../../native-layout/units.ts'
import { heat, reset, visit } from '../../memory/clock-bits.ts'
import { deadReason, evictLocated } from '../../memory/evict-entry.ts'
import { Located } from '../../memory/locate.ts'
import { classOf } from '../../memory/magazine.ts'
import { classAddress, type EvictionPolicy, handleIn, type MemoryView } from '../../memory/view.ts'
import { FREED, type HandRule, noted, SPARE, walk, WHATEVER } from './hand.ts'
import {
  enroll,
  hasNewcomers,
  isNewcomer,
  locateNewcomer,
  NONE,
  settle,
  takeOldest,
} from './newcomers.ts'

/** Entries that one eviction looks at. */
const MOST_EXAMINED = 4096
/** Two rounds: the first takes the visited bits. */
const MOST_TURNS = 5

export const sieve: EvictionPolicy = {
  name: 'sieve',
  countsUses: true,
  evict(view, sizeClass, reason) {
    return noted(view, sizeClass, evictOne(view, sizeClass, reason))
  },
  touched: visit,
  created(view, slot, sizeClass) {
    enroll(view, slot, sizeClass, ringOf(load(view.control, roundAt(view, sizeClass))))
  },
}

/** Rounds after which the hand over chunks looks for strays: it meets all entries. */
const ROUNDS_TO_STRAYS = 4

/** Where rounds are counted: `maxEntries` makes one order of all, else each class has its own. */
function roundAt(view: MemoryView, sizeClass: SizeClass): WordIndex {
  return view.maxEntries > 0 || sizeClass < 0
    ? CONTROL.PHASE
    : classAddress(sizeClass) + CLASS.PHASE
}
/** The ring that the hand is in. */
function ringOf(round: number): Ring {
  return (round & 1) as Ring
}

function evictOne(view: MemoryView, sizeClass: SizeClass, reason: number): boolean {
  const countAt = roundAt(view, sizeClass)
  // One class alone has come to its end long before all have.
  const endsRounds = sizeClass < 0 || view.maxEntries === 0
  let round = load(view.control, countAt)
  for (let turns = 0, examined = 0; turns < MOST_TURNS && examined < MOST_EXAMINED; examined++) {
    const ring = ringOf(round)
    const slot = takeOldest(view, sizeClass, ring)
    // Who comes in after the hand has reached the newest end waits for the next round.
    const isLast = slot === NONE || !hasNewcomers(view, sizeClass, ring)
    if (isLast) {
      turns++
      round = (round + 1) | 0
      if (endsRounds) store(view.control, countAt, round)
    }
    const passedTo = ringOf(ring + 1)
    if (slot !== NONE && evictPassing(view, slot, sizeClass, reason, passedTo)) return true
    if (!isLast || round % ROUNDS_TO_STRAYS !== 0) continue
    if (walk(view, sizeClass, reason, STRAYS) === FREED) return true
  }
  return walk(view, sizeClass, reason, WHATEVER) === FREED
}

const passing = new Located()

/** Evicts the entry of a record that was taken, or writes it into the ring of those passed. */
function evictPassing(
  view: MemoryView,
  slot: SlotIndex,
  sizeClass: SizeClass,
  reason: number,
  passedTo: Ring,
): boolean {
  if (!locateNewcomer(view, slot, sizeClass, passing)) return false
  const dead = deadReason(view, passing)
  if (dead >= 0 || heat(passing.tableBytes, passing.slotAt) === 0) {
    if (evictLocated(view, passing, dead >= 0 ? dead : reason)) return true
    settle(view, slot)
    return false
  }
  reset(passing.tableBytes, passing.slotAt)
  enroll(view, slot, classOf(view, handleIn(view, passing.word)), passedTo)
  return false
}

/** Takes nothing: who is in no ring comes last in that which the hand is in. */
const STRAYS: HandRule = {
  takesLiving: true,
  endsAtTurn: true,
  judge(view, entry) {
    if (!isNewcomer(view, entry.slotIndex)) {
      const sizeClass = classOf(view, handleIn(view, entry.word))
      const round = load(view.control, roundAt(view, sizeClass))
      enroll(view, entry.slotIndex, sizeClass, ringOf(round))
    }
    return SPARE
  },
}
