/**
 * Changing what is there: append, prepend, increment, touch; or deleting it on seeing what it is.
 * Each copies the old entry, makes a new one, and exchanges the slot word, which also proves that
 * the copy was not torn. The new entry keeps the flush stamp of the old one: it must not outlive a
 * flush that its source did not (I-EPOCH).
 *
 * An in-place increment would be cheaper and lose acknowledged increments.
 */
import { copyOut, load, openReads } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { HEADER, INTENT } from '../../native-layout/entry-header.ts'
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { COUNTER, ROW, sequenceOf } from '../../native-layout/thread-row.ts'
import { isDead, isVacant, versionIn } from '../memory/entry.ts'
import { giveWay } from '../memory/intent.ts'
import { dropNew } from '../memory/free-entry.ts'
import { replaceEntry, WON } from '../memory/publish.ts'
import { countAt, currentStamp, enter, field, leave } from '../memory/row.ts'
import { scan } from '../memory/scan.ts'
import { settle } from '../memory/slab-allocator.ts'
import { CONTENDED as LOST_SCAN, FOUND, isStill, stampOf } from '../memory/table.ts'
import type { MemoryView } from '../memory/view.ts'
import type { Draft } from '../memory/draft.ts'
import { build, complete, finish } from '../memory/write-entry.ts'
import { CLOSED_GATE, CONTENDED, DELETED, FULL, MISSING, STORED, type Outcome } from './outcomes.ts'
import { copyChain, expiryOf, isWhole, look, lookAtWords, Reading } from './read.ts'
import { missOver, removeSeen } from './remove.ts'

/**
 * Called when all is ready for the exchange, with the scan in the registers.
 * @returns STORED to go on, or the outcome to end with
 */
export type Ready = (view: MemoryView) => Outcome

/** Old value in, new value out. */
export interface Change {
  /**
   * Makes the draft's bytes, codec and expiry from the old entry.
   * @returns STORED to go on, DELETED to have the old entry deleted in the same exchange, or the
   * outcome to end with
   */
  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome
  /** Whether version and value stay as they are (touch): no mutation of the value. */
  readonly keepsVersion: boolean
  readonly ready?: Ready
}

const reading = new Reading()

/** Applies a change to the entry of the staged key. MISSING when there is none. */
export function changeEntry(view: MemoryView, draft: Draft, change: Change): Outcome {
  if (openReads(view.control, CONTROL.GATE) !== 0) return CLOSED_GATE
  enter(view)
  let outcome: Outcome | 0 = 0
  for (let tries = 0; outcome === 0 && tries < MAX_RETRIES; tries++) {
    outcome = attempt(view, draft, change)
    if (outcome !== STORED) dropNew(view)
  }
  if (outcome === 0) {
    outcome = CONTENDED
    countAt(view, COUNTER.contended)
  }
  draft.content = draft.storedAt = 0
  leave(view)
  settle(view)
  return outcome
}

function attempt(view: MemoryView, draft: Draft, change: Change): Outcome | 0 {
  view.stamp = currentStamp(view, view.key.space)
  const seen = scan(view)
  if (seen === LOST_SCAN) return 0
  if (seen !== FOUND) return MISSING
  const old = copyOld(view)
  if (old === undefined) return 0
  const stamp = stampOf(view.entry, view.entryAt, reading.presence)
  if (((stamp - view.stamp) | 0) > 0) return 0
  if ((reading.presence & INTENT) !== 0 && !giveWay(view, reading.presence)) return 0
  const isAbsent = isVacant(view.entry, view.entryAt, reading.presence)
  if (isAbsent || isDead(view, reading.presence, stamp)) return missOver(view)
  draft.codec = reading.codec
  draft.expiry = reading.expiry
  draft.flags = reading.flags
  draft.marks = reading.marks
  draft.casHigh = change.keepsVersion ? reading.casHigh : 0
  draft.casLow = change.keepsVersion ? reading.casLow : 0
  draft.content = reading.content
  const isNew = reading.storedAt !== 0 && !change.keepsVersion
  draft.storedAt = isNew ? view.now() : reading.storedAt
  draft.stamp = stamp
  const made = change.make(old, reading, draft)
  if (made === DELETED) return removeSeen(view)
  if (made !== STORED) return made
  const sequence = sequenceOf(view.state)
  const word = view.slotWord
  const incarnation = load(view.entry, view.entryAt + HEADER.INCARNATION)
  if (!build(view, draft)) {
    countAt(view, COUNTER.refusedForMemory)
    return FULL
  }
  if (sequenceOf(view.state) !== sequence && !isSameEntry(view, word, incarnation)) return 0
  if (change.keepsVersion) finish(view, draft, reading.version)
  else complete(view, draft)
  const ready = change.ready?.(view) ?? STORED
  if (ready !== STORED) return ready
  return replaceEntry(view, draft) === WON ? STORED : 0
}

/** A consistent copy of the entry in the registers, or undefined when it changed meanwhile. */
function copyOld(view: MemoryView): Uint8Array | undefined {
  const at = look(view, reading)
  if (reading.length < 0 || reading.length > view.longestValue) return undefined
  const old = new Uint8Array(reading.length)
  let copied = true
  if (isWhole(view, reading, at)) {
    copyOut(view.entry, at >>> 2, old, 0, reading.length)
  } else copied = copyChain(view, reading, at, old)
  reading.version = versionIn(view.entry, view.entryAt)
  reading.expiry = expiryOf(view, reading.presence)
  lookAtWords(view, reading)
  return isStill(view) && copied ? old : undefined
}

/**
 * After an eviction inside the operation: the bracket is new, so the slot is read anew (R5). Only
 * the very filling that was copied will do: a touch and a mark keep the version.
 */
function isSameEntry(view: MemoryView, word: number, incarnation: number): boolean {
  if (scan(view) !== FOUND || view.slotWord !== word) return false
  const now = load(view.entry, view.entryAt + HEADER.INCARNATION)
  return now === incarnation && isStill(view) && field(view, ROW.NEW) !== 0
}
