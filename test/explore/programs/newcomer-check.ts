/**
 * What must hold of the newcomers when a program has ended and nobody died: who waits has a record,
 * so eviction gets to it (I-NEWCOMER).
 */
import { load } from '#atomics'
import { SECOND_RING, slotOf, STATE } from '../../../native-layout/eviction-state.ts'
import { WAYS } from '../../../native-layout/limits.ts'
import { isNewcomer, NONE } from '../../../src/engine/eviction/newcomers.ts'
import { LINKED, Located, locateSlot } from '../../../src/memory/locate.ts'
import type { MemoryView } from '../../../src/memory/view.ts'

/** Slots whose records are in a ring between its tail and head, oldest first, ring by ring. */
export function waitingSlots(view: MemoryView): number[] {
  const { rings, ringAt, ringBits, ringWords } = view.plan.evictionState
  const words = view.aside[0]!
  const found: number[] = []
  for (let ring = 0; ring < rings; ring++) {
    const own = ring * SECOND_RING
    const from = ringAt + ring * ringWords
    for (let at = load(words, STATE.TAIL + own); at < load(words, STATE.HEAD + own); at++) {
      const slot = slotOf(load(words, from + (at & (2 ** ringBits - 1))))
      if (slot !== NONE) found.push(slot)
    }
  }
  return found
}

const found = new Located()

export function newcomerProblems(view: MemoryView): string[] {
  const problems: string[] = []
  if (view.plan.evictionState.ringBits === 0) return problems
  const waiting = new Set(waitingSlots(view))
  for (let slot = 0; slot < view.buckets << 4; slot++) {
    if ((slot & 15) >= WAYS || locateSlot(view, slot, found) !== LINKED) continue
    if (isNewcomer(view, slot) && !waiting.has(slot)) {
      problems.push(`the entry of slot ${slot} waits among the newcomers, and has no record`)
    }
  }
  return problems
}
