/**
 * SIEVE over chunks that stay where they are (Zhang, Yang, Yue, Vigfusson, Rashmi, NSDI 2024).
 *
 * The paper's hand goes from the oldest entry to the newest, takes the visited bit from those that
 * have it and evicts the first that has none; new entries come in at the newest end. Here its way
 * has two parts: over those that it passed before, the main part, in the order of their chunks, and
 * then over the newcomers in the order of their arrival, until there are none. What it passes joins
 * the main part. So a newcomer is judged at the end of the same round, as in the paper, and only
 * the order within the main part differs.
 *
 * Until the hand has gone round once, who was there first stays: on loads that move on from their
 * keys this does worse than anything else.
 */
import { load, store } from '#atomics'
import { CLASS, CONTROL } from '../../../native-layout/control-block.ts'
import { heat, reset, visit } from '../../memory/clock-bits.ts'
import { deadReason, evictLocated } from '../../memory/evict-entry.ts'
import { Located } from '../../memory/locate.ts'
import { classAddress, type EvictionPolicy, type MemoryView } from '../../memory/view.ts'
import {
  FREED,
  type HandRule,
  noted,
  NOTHING,
  SPARE,
  TAKE,
  TURNED,
  walk,
  WHATEVER,
} from './hand.ts'
import {
  enroll,
  hasNewcomers,
  isNewcomer,
  locateNewcomer,
  NONE,
  settle,
  takeOldest,
} from './newcomers.ts'

/** Where the hand is: CONTROL.PHASE, CLASS.PHASE. */
const OVER_NEWCOMERS = 0
const OVER_MAIN = 1
/** Newcomers that one eviction looks at. */
const MOST_EXAMINED = 4096
/** Two rounds: the first takes the visited bits. */
const MOST_TURNS = 5

export const sieve: EvictionPolicy = {
  name: 'sieve',
  countsUses: true,
  evict(view, sizeClass, reason) {
    return noted(view, sizeClass, evictOne(view, sizeClass, reason))
  },
  touched(view) {
    visit(view.tableBytes[view.slotSegment]!, view.slotAt)
  },
  created(view, slot, sizeClass) {
    enroll(view, slot, sizeClass)
  },
}

function evictOne(view: MemoryView, sizeClass: number, reason: number): boolean {
  const phaseAt = sizeClass < 0 ? CONTROL.PHASE : classAddress(sizeClass) + CLASS.PHASE
  for (let turns = 0, examined = 0; turns < MOST_TURNS && examined < MOST_EXAMINED; examined++) {
    if (load(view.control, phaseAt) === OVER_MAIN) {
      const outcome = walk(view, sizeClass, reason, SURVIVORS)
      if (outcome === FREED) return true
      turns++ // TIRED, the hand goes on from there next time: a newcomer is looked at instead.
      if (outcome === TURNED || outcome === NOTHING) {
        store(view.control, phaseAt, OVER_NEWCOMERS)
      }
    }
    const slot = takeOldest(view, sizeClass)
    // Who comes in after the hand has reached the newest end waits for the next round.
    if (slot === NONE || !hasNewcomers(view, sizeClass)) {
      store(view.control, phaseAt, OVER_MAIN)
      turns++
    }
    if (slot !== NONE && evictNewcomer(view, slot, sizeClass, reason)) return true
  }
  return walk(view, sizeClass, reason, WHATEVER) === FREED
}

const newcomer = new Located()

function evictNewcomer(view: MemoryView, slot: number, sizeClass: number, reason: number): boolean {
  if (!locateNewcomer(view, slot, sizeClass, newcomer)) return false
  const dead = deadReason(view, newcomer)
  if (dead >= 0 || heat(newcomer.tableBytes, newcomer.slotAt) === 0) {
    if (evictLocated(view, newcomer, dead >= 0 ? dead : reason)) return true
  } else reset(newcomer.tableBytes, newcomer.slotAt)
  settle(view, slot)
  return false
}

const SURVIVORS: HandRule = {
  takesLiving: true,
  endsAtTurn: true,
  judge(view, entry) {
    if (isNewcomer(view, entry.slotIndex)) return SPARE
    if (heat(entry.tableBytes, entry.slotAt) === 0) return TAKE
    reset(entry.tableBytes, entry.slotAt)
    return SPARE
  },
}
