/**
 * Writing whole values: set, add, replace, compareAndSet, and `apply` of a record from elsewhere.
 *
 * Enter, allocate, fill, scan, take the version, complete, exchange: the version is drawn after the
 * last read of the word that is exchanged (I-ORDER), and the entry is complete before it is
 * published. A lost exchange scans again; only version and incarnation are written anew.
 */
import * as atomics from '#atomics'
import * as controlBlock from '../../native-layout/control-block.ts'
import * as entryHeader from '../../native-layout/entry-header.ts'
import * as limits from '../../native-layout/limits.ts'
import * as tableSlot from '../../native-layout/table-slot.ts'
import * as threadRow from '../../native-layout/thread-row.ts'
import * as entry from '../memory/entry.ts'
import * as evictEntry from '../memory/evict-entry.ts'
import * as freeEntry from '../memory/free-entry.ts'
import * as intent from '../memory/intent.ts'
import * as publish from '../memory/publish.ts'
import * as row from '../memory/row.ts'
import * as scans from '../memory/scan.ts'
import * as slabAllocator from '../memory/slab-allocator.ts'
import * as table from '../memory/table.ts'
import * as version from '../memory/version.ts'
import type { MemoryView } from '../memory/view.ts'
import type { Draft } from '../memory/draft.ts'
import * as writeEntry from '../memory/write-entry.ts'
import * as outcomes from './outcomes.ts'
import type { Outcome } from './outcomes.ts'
import * as remove from './remove.ts'
import type { Ready } from './update.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { openReads } = atomics
const { CONTROL } = controlBlock
const { INTENT } = entryHeader
const { MAX_RETRIES } = limits
const { announcerOf } = tableSlot
const { COUNTER, ROW } = threadRow
const { hasCas, isDead, isVacant, versionIn } = entry
const { evictCandidate } = evictEntry
const { giveWay } = intent
const { dropNew } = freeEntry
const { createEntry, helpAnnounced, replaceEntry, WON } = publish
const { countAt, currentStamp, enter, field, leave, linkedEntries } = row
const { chooseEmpty, scan } = scans
const { settle } = slabAllocator
const { CONTENDED: LOST_SCAN, FOUND, isStill, stampOf } = table
const { raiseVersion } = version
const { build, complete, finish, presenceAt } = writeEntry
const { CLOSED_GATE, CONTENDED, EXISTS, FULL, MISSING, STORED } = outcomes
const { missOver } = remove

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
  if (openReads(view.control, CONTROL.GATE) !== 0) return CLOSED_GATE
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
  return replaceEntry(view, draft) === WON ? STORED : 0
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
