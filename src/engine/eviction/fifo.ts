/**
 * FIFO and RANDOM: policies that ask nobody whether an entry was used, for loads in which that says
 * nothing and as what the others are measured against.
 *
 * `fifo` is the hand alone. A new entry takes the chunk of the one that went for it, just behind
 * the hand, so the order of the chunks is that of their arrival as long as entries are of one size
 * class and none is deleted.
 *
 * `random` looks into slots of the table at random, or for a chunk of a class into the chunks of
 * pages of it; where it meets none within a bounded number of tries, the hand helps.
 */
import { load } from '#atomics'
import { WAYS } from '../../../native-layout/limits.ts'
import { PAGE } from '../../../native-layout/page.ts'
import type { SizeClass } from '../../../native-layout/units.ts'
import { deadReason, evictLocated } from '../../memory/evict-entry.ts'
import { chunkIn, LINKED, locate, Located, locateSlot } from '../../memory/locate.ts'
import { pageAddress, type EvictionPolicy, type MemoryView } from '../../memory/view.ts'
import { FREED, isWalked, noted, ownerOf, walk, WHATEVER } from './hand.ts'

export const fifo: EvictionPolicy = {
  name: 'fifo',
  countsUses: false,
  evict(view, sizeClass, reason) {
    return noted(view, sizeClass, walk(view, sizeClass, reason, WHATEVER) === FREED)
  },
  touched() {},
}

export const random: EvictionPolicy = {
  name: 'random',
  countsUses: false,
  evict(view, sizeClass, reason) {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      if (!(sizeClass < 0 ? pickSlot(view) : pickChunk(view, sizeClass))) continue
      const dead = deadReason(view, picked)
      if (evictLocated(view, picked, dead < 0 ? reason : dead)) return noted(view, sizeClass, true)
    }
    return noted(view, sizeClass, walk(view, sizeClass, reason, WHATEVER) === FREED)
  },
  touched() {},
}

/** A table of which a tenth is used is met with an entry nearly always. */
const MOST_TRIES = 64
const picked = new Located()

function pickSlot(view: MemoryView): boolean {
  const slot = (below(view, view.buckets) << 4) | below(view, WAYS)
  return locateSlot(view, slot, picked) === LINKED
}

function pickChunk(view: MemoryView, sizeClass: SizeClass): boolean {
  const page = 1 + below(view, view.plan.pages)
  if (!isWalked(view, page, sizeClass, true)) return false
  const carved = load(view.control, pageAddress(view, page) + PAGE.CARVED)
  const ordinal = below(view, carved)
  if (!chunkIn(view, page, ordinal, picked)) return false
  const handle = ownerOf(view, (page << view.ordinalBits) | ordinal, page, picked)
  return handle !== 0 && locate(view, handle, picked)
}

/** A number from 0 to below `most` (xorshift). */
function below(view: MemoryView, most: number): number {
  let next = view.random
  next ^= next << 13
  next ^= next >>> 17
  next ^= next << 5
  view.random = next
  return (next >>> 0) % most
}
