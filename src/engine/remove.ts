/**
 * Removing: delete, and the freeing of entries whose time is over when a reader meets them.
 */
import { load } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { COUNTER } from '../../native-layout/thread-row.ts'
import { expiryIn, isDead } from '../memory/entry.ts'
import { classOf } from '../memory/magazine.ts'
import { handleIn, removeEntry, WON } from '../memory/publish.ts'
import { countAt, currentStamp, enter, leave } from '../memory/row.ts'
import { scan } from '../memory/scan.ts'
import { settle } from '../memory/slab-allocator.ts'
import { CONTENDED as LOST_SCAN, FOUND, stampOf } from '../memory/table.ts'
import type { MemoryView } from '../memory/view.ts'
import { presenceAt } from '../memory/write-entry.ts'
import { CLOSED_GATE, CONTENDED, DELETED, MISSING, type Outcome } from './outcomes.ts'

/** Deletes the entry of the staged key. DELETED only when it was alive. */
export function deleteKey(view: MemoryView): Outcome {
  if (load(view.control, CONTROL.GATE) !== 0) return CLOSED_GATE
  return remove(view, false)
}

/** Frees the entry of the staged key if its time is over; a living one stays. */
export function removeOver(view: MemoryView): void {
  remove(view, true)
}

function remove(view: MemoryView, onlyDead: boolean): Outcome {
  enter(view)
  let outcome: Outcome | 0 = 0
  let sizeClass = -1
  for (let tries = 0; outcome === 0 && tries < MAX_RETRIES; tries++) {
    view.stamp = currentStamp(view, view.key.space)
    const seen = scan(view)
    if (seen === LOST_SCAN) continue
    if (seen !== FOUND) {
      outcome = MISSING
      break
    }
    sizeClass = classOf(view, handleIn(view, view.slotWord))
    outcome = removeFound(view, onlyDead)
  }
  if (outcome === 0) {
    outcome = CONTENDED
    countAt(view, COUNTER.contended)
  }
  leave(view)
  if (sizeClass >= 0) settle(view, sizeClass)
  return outcome
}

function removeFound(view: MemoryView, onlyDead: boolean): Outcome | 0 {
  const { entry, entryAt } = view
  const presence = presenceAt(entry, entryAt)
  const stamp = stampOf(entry, entryAt, presence)
  const dead = isDead(view, presence, stamp)
  if (onlyDead && !dead) return MISSING
  const expiry = expiryIn(view.dataDoubles[view.entrySegment]!, entryAt, presence)
  const flushed = ((view.stamp - stamp) | 0) > 0
  const reason = !dead
    ? COUNTER.deletes
    : flushed || expiry === 0
      ? COUNTER.flushedEntries
      : COUNTER.expired
  const won = removeEntry(
    view,
    view.slotTable,
    view.slotAt,
    view.slotIndex,
    view.slotWord,
    entry,
    entryAt,
    reason,
    view.home,
  )
  if (won !== WON) return 0
  countAt(view, reason)
  return dead ? MISSING : DELETED
}
