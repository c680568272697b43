/**
 * S3-FIFO over chunks that stay where they are (Yang, Zhang, Qiu, Yue, Vigfusson, SOSP 2023).
 *
 * New entries wait among the newcomers, a tenth of all. Who was used at least twice until its turn
 * comes joins the main part, which the 2-bit CLOCK hand walks; who was not goes, and its key is
 * remembered among the ghosts, nine tenths as many as there are entries. A key that comes back from
 * there joins the main part at once. Most keys of most loads are asked for once: they pass through
 * a tenth of the room.
 *
 * The paper's queues are lists through which entries move. Here an entry joins the main part by one
 * byte, its mark, and stays in its chunk and slot: the order of the main part is that of the
 * chunks.
 *
 * With a hand for each size class, each class has a tenth of newcomers of its own.
 */
import { cool, heat, reset, warm } from '../../memory/clock-bits.ts'
import { deadReason, evictLocated } from '../../memory/evict-entry.ts'
import { Located } from '../../memory/locate.ts'
import type { EvictionPolicy, MemoryView } from '../../memory/view.ts'
import { recallGhost, rememberGhost } from './ghosts.ts'
import { FREED, type HandRule, noted, SPARE, TAKE, walk, WHATEVER } from './hand.ts'
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

const NEWCOMERS_SHARE = 0.1
const GHOSTS_SHARE = 0.9
/** Uses that a newcomer must have had, counted up to 3. */
const PROMOTED_FROM = 2
/** Newcomers that one eviction looks at. */
const MOST_EXAMINED = 1024

export const s3Fifo: EvictionPolicy = {
  name: 's3-fifo',
  countsUses: true,
  evict(view, sizeClass, reason) {
    return noted(view, sizeClass, evictOne(view, sizeClass, reason))
  },
  touched: warm,
  created(view, slot, sizeClass) {
    const window = Math.floor(entriesIn(view) * GHOSTS_SHARE)
    if (recallGhost(view, view.key.digest, window)) settle(view, slot)
    else enroll(view, slot, sizeClass)
  },
}

function evictOne(view: MemoryView, sizeClass: number, reason: number): boolean {
  // More wait while a cache is filled, or when it has become smaller.
  if (sizeClass < 0) trim(view, Math.max(1, Math.floor(entriesIn(view) * NEWCOMERS_SHARE)))
  if (evictNewcomer(view, sizeClass, reason, NEWCOMERS_SHARE)) return true
  if (walk(view, sizeClass, reason, MAIN) === FREED) return true
  // The main part is empty: newcomers whatever their number, and those whose marks are wrong.
  if (evictNewcomer(view, sizeClass, reason, 0)) return true
  return walk(view, sizeClass, reason, WHATEVER) === FREED
}

const newcomer = new Located()

/** Looks at the oldest newcomers until one is unlinked; while they are that share of all. */
function evictNewcomer(
  view: MemoryView,
  sizeClass: number,
  reason: number,
  share: number,
): boolean {
  for (let n = 0; n < MOST_EXAMINED && areMany(view, sizeClass, share); n++) {
    const slot = takeOldest(view, sizeClass)
    if (slot === NONE) return false
    if (!locateNewcomer(view, slot, sizeClass, newcomer)) continue
    const dead = deadReason(view, newcomer)
    if (dead >= 0) {
      if (evictLocated(view, newcomer, dead)) return true
    } else if (heat(newcomer.tableBytes, newcomer.slotAt) >= PROMOTED_FROM) {
      reset(newcomer.tableBytes, newcomer.slotAt)
    } else {
      const { digest } = newcomer
      if (evictLocated(view, newcomer, reason)) {
        rememberGhost(view, digest)
        return true
      }
    }
    settle(view, slot)
  }
  return false
}

const MAIN: HandRule = {
  takesLiving: true,
  endsAtTurn: false,
  judge(view, entry) {
    if (isNewcomer(view, entry.slotIndex)) return SPARE
    if (heat(entry.tableBytes, entry.slotAt) === 0) return TAKE
    cool(entry.tableBytes, entry.slotAt)
    return SPARE
  },
}
