/**
 * TinyLFU admission in front of CLOCK (Einziger, Friedman, Manes, ACM ToS 2017; the window is that
 * of W-TinyLFU, there an LRU, here first in, first out).
 *
 * New entries pass through a window of a hundredth of all. Who leaves it meets the entry that the
 * 2-bit CLOCK hand would take from the main part, and the one that was asked for more often lately
 * stays. So every write is stored and can be read; what is not worth the room of another goes soon
 * after. Refusing it at once, as TinyLFU alone does, would make a `set` that a `get` does not see.
 *
 * A hit costs what it costs with `clock`: one byte, in a line that the hit has read. The uses that
 * the two bits hold are added to the sketch where the hand takes them off or the entry goes, and
 * the creation of a key counts as one; so a key is credited with three uses in a turn of the hand.
 */
import { cool, heat, warm } from '../../memory/clock-bits.ts'
import { deadReason, evictLocated } from '../../memory/evict-entry.ts'
import { Located } from '../../memory/locate.ts'
import type { EvictionPolicy, MemoryView } from '../../memory/view.ts'
import { FREED, HELD, HOLD, type HandRule, noted, seen, SPARE, walk, WHATEVER } from './hand.ts'
import {
  areMany,
  enroll,
  entriesIn,
  isNewcomer,
  locateNewcomer,
  NONE,
  settle,
  takeOldest,
  trim,
} from './newcomers.ts'
import { countUses, usesOf } from './sketch.ts'

const WINDOW_SHARE = 0.01
const MOST_TRIES = 8

export const lfu: EvictionPolicy = {
  name: 'lfu',
  countsUses: true,
  evict(view, sizeClass, reason) {
    if (sizeClass < 0) trim(view, Math.max(1, Math.floor(entriesIn(view) * WINDOW_SHARE)))
    let won = false
    for (let tries = 0; !won && tries < MOST_TRIES; tries++) {
      won = evictOne(view, sizeClass, reason)
    }
    return noted(view, sizeClass, won || walk(view, sizeClass, reason, WHATEVER) === FREED)
  },
  touched: warm,
  created(view, slot, sizeClass) {
    countUses(view, view.key.digest, 1)
    enroll(view, slot, sizeClass)
  },
}

const candidate = new Located()

function evictOne(view: MemoryView, sizeClass: number, reason: number): boolean {
  const slot = areMany(view, sizeClass, WINDOW_SHARE) ? takeOldest(view, sizeClass) : NONE
  const isThere = slot !== NONE && locateNewcomer(view, slot, sizeClass, candidate)
  if (isThere) {
    const dead = deadReason(view, candidate)
    if (dead >= 0) return evictLocated(view, candidate, dead)
  }
  const found = walk(view, sizeClass, reason, VICTIM)
  if (found !== HELD) {
    if (isThere && found !== FREED && locateNewcomer(view, slot, sizeClass, candidate)) {
      return evict(view, candidate, reason)
    }
    if (isThere) settle(view, slot)
    return found === FREED
  }
  const isCandidateBetter =
    !isThere || usesOf(view, candidate.digest) + heatOf(candidate) > usesOf(view, seen.digest)
  if (isCandidateBetter) {
    if (isThere) settle(view, slot)
    return evict(view, seen, reason)
  }
  // The walk may have begun a new sequence since the candidate's slot word was read (I-BRACKET).
  return locateNewcomer(view, slot, sizeClass, candidate) && evict(view, candidate, reason)
}

function evict(view: MemoryView, entry: Located, reason: number): boolean {
  countUses(view, entry.digest, heatOf(entry))
  return evictLocated(view, entry, reason)
}

function heatOf(entry: Located): number {
  return heat(entry.tableBytes, entry.slotAt)
}

/** The coldest of the main part, which is not taken before it was compared. */
const VICTIM: HandRule = {
  takesLiving: true,
  endsAtTurn: false,
  judge(view, entry) {
    if (isNewcomer(view, entry.slotIndex)) return SPARE
    if (heatOf(entry) === 0) return HOLD
    cool(entry.tableBytes, entry.slotAt)
    countUses(view, entry.digest, 1)
    return SPARE
  },
}
