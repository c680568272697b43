/**
 * Ghosts: which keys went lately, as fingerprints of 16 bits with the time of their going.
 *
 * A set of sixteen words, a cache line, takes the fingerprints of the digests that fall into it;
 * the oldest gives way. There are a quarter more words than entries, since sets fill unevenly: with
 * as many as entries, and sets of eight, a part of them went before their time (P3 lost half a
 * point of hit ratio by it). A match that is older than the window counts for nothing, so no ghost
 * has to be removed. The words are stored plainly: a race or a death loses a ghost, which costs one
 * key that comes back a second wait among the newcomers. A wrong match (one in some thousands)
 * gives a new key the place of one that came back.
 */
import { peek, poke } from '#atomics'
import {
  fingerprintIn,
  fingerprintOf,
  GHOST_WAYS,
  ghostAge,
  packGhost,
  STATE,
} from '../../../native-layout/eviction-state.ts'
import type { WordIndex } from '../../../native-layout/units.ts'
import type { MemoryView } from '../../memory/view.ts'

/** Remembers a key that goes. */
export function rememberGhost(view: MemoryView, digest: number): void {
  const { ghostShift } = view.plan.evictionState
  const count = peek(view.aside[0]!, STATE.GHOSTS)
  const time = count >>> ghostShift
  poke(view.aside[0]!, STATE.GHOSTS, (count + 1) | 0)
  const set = setOf(view, digest)
  const words = view.aside[set >>> view.asideShift]!
  const at = set & view.asideMask
  const fingerprint = fingerprintOf(digest)
  let oldest = at
  let oldestAge = -1
  for (let way = 0; way < GHOST_WAYS; way++) {
    const ghost = peek(words, at + way)
    if (ghost !== 0 && fingerprintIn(ghost) !== fingerprint) {
      const age = ghostAge(ghost, time)
      if (age <= oldestAge) continue
      oldestAge = age
      oldest = at + way
    } else {
      oldest = at + way
      break
    }
  }
  poke(words, oldest, packGhost(digest, time))
}

/**
 * Whether a key went lately, and forgets it.
 * @param window keys that went since, at most
 */
export function recallGhost(view: MemoryView, digest: number, window: number): boolean {
  const { ghostShift } = view.plan.evictionState
  const time = peek(view.aside[0]!, STATE.GHOSTS) >>> ghostShift
  const set = setOf(view, digest)
  const words = view.aside[set >>> view.asideShift]!
  const at = set & view.asideMask
  const fingerprint = fingerprintOf(digest)
  for (let way = 0; way < GHOST_WAYS; way++) {
    const ghost = peek(words, at + way)
    if (ghost === 0 || fingerprintIn(ghost) !== fingerprint) continue
    poke(words, at + way, 0)
    return ghostAge(ghost, time) <= window >>> ghostShift
  }
  return false
}

const TWO_TO_MINUS_32 = 2 ** -32

/** The set that a digest falls into: its share of them. */
function setOf(view: MemoryView, digest: number): WordIndex {
  const { ghostsAt, ghostSets } = view.plan.evictionState
  const set = Math.floor((digest >>> 0) * TWO_TO_MINUS_32 * ghostSets)
  return ghostsAt + set * GHOST_WAYS
}
