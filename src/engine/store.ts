/**
 * Writing whole values: set, add, replace, compareAndSet, and `apply` of a record from elsewhere.
 *
 * Enter, allocate, fill, scan, take the version, complete, exchange: the version is drawn after the
 * last read of the word that is exchanged (I-ORDER), and the entry is complete before it is
 * published. A lost exchange scans again; only version and incarnation are written anew.
 */
import { load } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { INTENT } from '../../native-layout/entry-header.ts'
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { announcerOf } from '../../native-layout/table-slot.ts'
import { COUNTER, ROW } from '../../native-layout/thread-row.ts'
import { hasCas, isDead, isVacant, versionIn } from '../memory/entry.ts'
import { evictCandidate } from '../memory/evict-entry.ts'
import { giveWay } from '../memory/intent.ts'
import { createEntry, dropNew, helpAnnounced, replaceEntry, WON } from '../memory/publish.ts'
import { countAt, currentStamp, enter, field, leave, linkedEntries } from '../memory/row.ts'
import { chooseEmpty, scan } from '../memory/scan.ts'
import { settle } from '../memory/slab-allocator.ts'
import { CONTENDED as LOST_SCAN, FOUND, isStill, stampOf } from '../memory/table.ts'
import { raiseVersion } from '../memory/version.ts'
import type { MemoryView } from '../memory/view.ts'
import type { Draft } from '../memory/draft.ts'
import { build, complete, finish, presenceAt } from '../memory/write-entry.ts'
import { CLOSED_GATE, CONTENDED, EXISTS, FULL, MISSING, STORED, type Outcome } from './outcomes.ts'
import { missOver } from './remove.ts'
import type { Ready } from './update.ts'

export const SET = 0
export const ADD = 1
export const REPLACE = 2
export const COMPARE = 3
/**
 * Put if newer: the entry gets the record's version. What is not older, even if its time is over,
 * stays. A key that is absent takes any version: the caller orders deletes (see `applyDelete`).
 */
export const APPLY = 4
/** Only over an entry with the 64-bit CAS `draft.wantedHigh`, `draft.wantedLow`. */
export const MATCH = 5
/** The intent of a transaction for an absent key: see claim.ts. */
export const HOLD = 6
export type StoreMode =
  | typeof SET
  | typeof ADD
  | typeof REPLACE
  | typeof COMPARE
  | typeof APPLY
  | typeof MATCH
  | typeof HOLD

/**
 * Stores a draft under the staged key.
 * @param version for COMPARE: the version the entry must have; for APPLY: the version it gets
 * @param ready for HOLD
 */
export function storeDraft(
  view: MemoryView,
  draft: Draft,
  mode: StoreMode,
  version: number,
  ready?: Ready,
): Outcome {
  if (load(view.control, CONTROL.GATE) !== 0) return CLOSED_GATE
  enter(view)
  let outcome: Outcome | 0 = 0
  for (let tries = 0; outcome === 0 && tries < MAX_RETRIES; tries++) {
    outcome = attempt(view, draft, mode, version, ready)
  }
  if (outcome === 0) {
    outcome = CONTENDED
    countAt(view, COUNTER.contended)
  }
  if (outcome !== STORED) dropNew(view)
  else if (mode < APPLY || mode === MATCH) countAt(view, COUNTER.sets)
  leave(view)
  draft.content = draft.storedAt = 0
  if (view.maxEntries !== 0 && outcome === STORED && mode !== HOLD) trimEntries(view)
  settle(view)
  return outcome
}

/** One attempt; 0 asks for another. */
function attempt(
  view: MemoryView,
  draft: Draft,
  mode: StoreMode,
  version: number,
  ready: Ready | undefined,
): Outcome | 0 {
  if (field(view, ROW.NEW) === 0) {
    view.stamp = draft.stamp = currentStamp(view, view.key.space)
    if (!build(view, draft)) return refuse(view)
  }
  const seen = scan(view)
  if (seen === LOST_SCAN) return 0
  return seen === FOUND
    ? overPresent(view, draft, mode, version)
    : overAbsent(view, draft, mode, version, ready)
}

function refuse(view: MemoryView): Outcome {
  countAt(view, COUNTER.refusedForMemory)
  return FULL
}

function overPresent(
  view: MemoryView,
  draft: Draft,
  mode: StoreMode,
  version: number,
): Outcome | 0 {
  const { entry, entryAt } = view
  const presence = presenceAt(entry, entryAt)
  const stamp = stampOf(entry, entryAt, presence)
  if (((stamp - view.stamp) | 0) > 0) {
    // Written after a flush that this operation has not seen: take the stamp again (I-EPOCH).
    dropNew(view)
    return 0
  }
  if ((presence & INTENT) !== 0 && !giveWay(view, presence)) return 0
  const dead = isVacant(entry, entryAt, presence) || isDead(view, presence, stamp)
  if (mode === HOLD && dead) {
    missOver(view) // So that its end is known, whatever becomes of the transaction.
    return 0
  }
  if (mode !== SET && mode !== APPLY) {
    const matches =
      mode === MATCH
        ? hasCas(entry, entryAt, presence, draft.wantedHigh, draft.wantedLow)
        : mode !== COMPARE || versionIn(entry, entryAt) === version
    if (!isStill(view)) return 0
    if ((mode === ADD || mode === HOLD) && !dead) return EXISTS
    if (mode !== ADD && dead) return missOver(view)
    if (!matches) return EXISTS
  }
  if (mode === APPLY) {
    raiseVersion(view, view.home, version)
    if (versionIn(entry, entryAt) >= version) {
      return isStill(view) ? EXISTS : 0
    }
    finish(view, draft, version)
  } else complete(view, draft)
  if (mode === ADD && isBehind(view)) return 0
  draft.isCreated = dead
  return replaceEntry(view) === WON ? STORED : 0
}

/**
 * Whether there was a flush since the new entry got its stamp; it is dropped then. What `add` found
 * absent may be so since that flush only: its entry must not belong to the time before.
 */
function isBehind(view: MemoryView): boolean {
  if (currentStamp(view, view.key.space) === view.stamp) return false
  dropNew(view)
  return true
}

function overAbsent(
  view: MemoryView,
  draft: Draft,
  mode: StoreMode,
  version: number,
  ready: Ready | undefined,
): Outcome | 0 {
  if (mode === REPLACE || mode === COMPARE || mode === MATCH) return MISSING
  if (announcerOf(view.homeWord) !== 0) {
    helpAnnounced(view)
    return 0
  }
  if (view.maxEntries !== 0 && mode !== HOLD && linkedEntries(view) >= view.maxEntries) {
    if (view.policy.evict(view, -1, COUNTER.evictedForEntries)) return 0
    if (view.policy.name === 'none') return refuse(view)
  }
  if (!chooseEmpty(view)) {
    const mayEvict = view.policy.name !== 'none'
    if (evictCandidate(view, !mayEvict) || mayEvict) return 0 // Lost races count as tries.
    if (chooseEmpty(view)) return 0
    countAt(view, COUNTER.refusedForSlots)
    return FULL
  }
  if (mode === APPLY) {
    raiseVersion(view, view.home, version)
    finish(view, draft, version)
  } else if (mode === HOLD) {
    finish(view, draft, 0) // No version: no other writer compares with it.
    const outcome = ready?.(view) ?? STORED
    if (outcome !== STORED) return outcome
  } else complete(view, draft)
  if (mode === ADD && isBehind(view)) return 0
  draft.isCreated = true
  if (createEntry(view) !== WON) return 0
  if (mode !== HOLD) countAt(view, COUNTER.created)
  return STORED
}

/**
 * After a creation: racing creators may have gone over the bound together; the last one sees it.
 */
export function trimEntries(view: MemoryView): void {
  if (view.policy.name === 'none' || linkedEntries(view) <= view.maxEntries) return
  enter(view)
  for (let n = 0; n < 4 && linkedEntries(view) > view.maxEntries; n++) {
    if (!view.policy.evict(view, -1, COUNTER.evictedForEntries)) break
  }
  leave(view)
}
