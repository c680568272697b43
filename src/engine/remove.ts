/**
 * Removing: delete, and the freeing of entries whose time is over when a reader meets them.
 */
import { load } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { INTENT } from '../../native-layout/entry-header.ts'
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { COUNTER } from '../../native-layout/thread-row.ts'
import { expiryIn, hasCas, isDead, isVacant, versionIn } from '../memory/entry.ts'
import { giveWay, intentState, PENDING } from '../memory/intent.ts'
import { removeEntry, WON } from '../memory/publish.ts'
import { countAt, currentStamp, enter, leave, renew } from '../memory/row.ts'
import { scan } from '../memory/scan.ts'
import { settle } from '../memory/slab-allocator.ts'
import { CONTENDED as LOST_SCAN, FOUND, isStill, stampOf } from '../memory/table.ts'
import { raiseVersion } from '../memory/version.ts'
import type { MemoryView } from '../memory/view.ts'
import { presenceAt } from '../memory/write-entry.ts'
import { CLOSED_GATE, CONTENDED, DELETED, EXISTS, MISSING, type Outcome } from './outcomes.ts'

/** Deletes the entry of the staged key. DELETED only when it was alive. */
export function deleteKey(view: MemoryView): Outcome {
  if (load(view.control, CONTROL.GATE) !== 0) return CLOSED_GATE
  return remove(view, DELETE, 0)
}

/**
 * Deletes the entry of the staged key only if it has a 64-bit CAS, given as two words.
 * @returns DELETED; EXISTS when it has another one; MISSING
 */
export function deleteMatching(view: MemoryView, high: number, low: number): Outcome {
  if (load(view.control, CONTROL.GATE) !== 0) return CLOSED_GATE
  view.wantedHigh = high
  view.wantedLow = low
  return remove(view, DELETE_MATCHING, 0)
}

/**
 * Applies a deletion from elsewhere: removes the entry of the staged key if its version is older
 * than the record's, and makes later versions of the key larger. A deletion leaves nothing behind
 * that an older PUT could be compared with, so the caller applies the records of a key in the order
 * of their versions, or keeps the versions of its deletions itself.
 * @returns DELETED; EXISTS when the entry is not older; MISSING
 */
export function applyDelete(view: MemoryView, version: number): Outcome {
  if (load(view.control, CONTROL.GATE) !== 0) return CLOSED_GATE
  return remove(view, APPLY_DELETE, version)
}

/**
 * Frees the entry of the staged key if its time is over; a living one stays. Who finds an entry
 * over does so before saying that it is absent: until it is unlinked, a change that began in time
 * may still make it live on.
 * @returns false when it lives: read again
 */
export function removeOver(view: MemoryView): boolean {
  return remove(view, SWEEP, 0) !== EXISTS
}

/**
 * The same inside a bracket, for the entry that the scan found.
 * @returns MISSING; 0: others were faster, scan again
 */
export function missOver(view: MemoryView): Outcome | 0 {
  const outcome = removeFound(view, SWEEP, 0)
  renew(view)
  return outcome === MISSING ? MISSING : 0
}

const DELETE = 0
const SWEEP = 1
const APPLY_DELETE = 2
const DELETE_MATCHING = 3

function remove(view: MemoryView, mode: number, version: number): Outcome {
  enter(view)
  let outcome: Outcome | 0 = 0
  for (let tries = 0; outcome === 0 && tries < MAX_RETRIES; tries++) {
    view.stamp = currentStamp(view, view.key.space)
    const seen = scan(view)
    if (seen === LOST_SCAN) continue
    if (mode === APPLY_DELETE) raiseVersion(view, view.home, version)
    if (seen !== FOUND) {
      outcome = MISSING
      break
    }
    outcome = removeFound(view, mode, version)
  }
  if (outcome === 0) {
    outcome = CONTENDED
    countAt(view, COUNTER.contended)
  }
  leave(view)
  settle(view)
  return outcome
}

function removeFound(view: MemoryView, mode: number, version: number): Outcome | 0 {
  const { entry, entryAt } = view
  const presence = presenceAt(entry, entryAt)
  const stamp = stampOf(entry, entryAt, presence)
  const vacant = isVacant(entry, entryAt, presence)
  if ((presence & INTENT) !== 0) {
    // What an open transaction is about to create is absent until then.
    const isAhead = vacant && intentState(view, entry, entryAt, presence) === PENDING
    if (mode === SWEEP && isAhead) return isStill(view) ? MISSING : 0
    if (!giveWay(view, presence)) return 0
  }
  const dead = vacant || isDead(view, presence, stamp)
  if (mode === SWEEP && !dead) return EXISTS
  if (mode === DELETE_MATCHING && !dead) {
    const matches = hasCas(entry, entryAt, presence, view.wantedHigh, view.wantedLow)
    if (!matches) return isStill(view) ? EXISTS : 0
  }
  if (mode === APPLY_DELETE && versionIn(entry, entryAt) >= version) {
    return isStill(view) ? EXISTS : 0
  }
  const expiry = expiryIn(view.dataDoubles[view.entrySegment]!, entryAt, presence)
  const flushed = ((view.stamp - stamp) | 0) > 0
  let reason = flushed || expiry === 0 ? COUNTER.flushedEntries : COUNTER.expired
  if (!dead) reason = COUNTER.deletes
  else if (vacant) reason = COUNTER.vacanciesFreed
  if (!unlink(view, reason, version)) return 0
  return dead ? MISSING : DELETED
}

/**
 * Deletes the living entry that the last scan found, if it still is that one: by a writer that has
 * entered. 0 when it is another by now.
 */
export function removeSeen(view: MemoryView): typeof DELETED | 0 {
  return unlink(view, COUNTER.deletes, 0) ? DELETED : 0
}

/** Takes the entry in the registers out of its slot and counts it. */
function unlink(view: MemoryView, reason: number, version: number): boolean {
  const won = removeEntry(
    view,
    view.slotTable,
    view.slotAt,
    view.slotIndex,
    view.slotWord,
    view.entry,
    view.entryAt,
    reason,
    view.home,
    version,
  )
  if (won !== WON) return false
  countAt(view, reason)
  return true
}
