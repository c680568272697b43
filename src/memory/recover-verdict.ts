/**
 * The two questions of a recovery: was the dead thread's new entry ever published, and did its
 * removal win? Both are answered from the slot, the records of the other rows, and the chunk's
 * header, in an order that no step of a living thread can slip through.
 */
import { load } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { chunkVersion, HEADER, isComplete } from '../../native-layout/entry-header.ts'
import {
  PAGE,
  PAGE_ACTIVE,
  PAGE_DRAINING,
  pageGenerationOf,
  pageStateOf,
} from '../../native-layout/page.ts'
import { BUCKET, BUCKET_SHIFT } from '../../native-layout/table-slot.ts'
import {
  kindOf,
  LEASE_DEAD,
  leaseStatus,
  ROW,
  ROW_FREEING,
  ROW_REMOVE,
  ROW_REPLACE,
} from '../../native-layout/thread-row.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import { field } from './row.ts'
import {
  chunkAddress,
  pageAddress,
  pageOf,
  rowAddress,
  segmentOf,
  type MemoryView,
  handleIn,
} from './view.ts'

/** A living thread has to end its operation first. */
export const POSTPONED = -1
export const UNPUBLISHED = 0
export const PUBLISHED = 1

export function tableOf(view: MemoryView, slot: number): Int32Array {
  return view.tables[(slot >>> 4) >>> view.tableShift]!
}
export function wordOf(view: MemoryView, slot: number, word: number): number {
  return (((slot >>> 4) & view.tableMask) << BUCKET_SHIFT) + word
}

/**
 * Was the new entry ever linked? It is in its slot; or another row's record says that it saw it
 * there; or its header is no longer complete with its version, so that somebody has freed it since.
 */
export function wasPublished(view: MemoryView): number {
  const fresh = field(view, ROW.NEW)
  const slot = field(view, ROW.SLOT)
  if (load(tableOf(view, slot), wordOf(view, slot, BUCKET.A + (slot & 15))) === fresh) {
    return PUBLISHED
  }
  for (const row of otherRows(view)) {
    const at = rowAddress(view, row)
    if (isArmed(load(view.control, at + ROW.STATE)) && load(view.control, at + ROW.OLD) === fresh) {
      return PUBLISHED
    }
  }
  return isIntact(view, fresh) ? UNPUBLISHED : PUBLISHED
}

function isArmed(state: number): boolean {
  const kind = kindOf(state)
  return kind === ROW_REPLACE || kind === ROW_REMOVE || kind === ROW_FREEING
}

/**
 * Whether the chunk of a live word is complete with the word's version. Its page may have been cut
 * anew since: then the chunk is not carved yet, or its versions are later ones (I-REST).
 */
function isIntact(view: MemoryView, word: number): boolean {
  const handle = handleIn(view, word)
  const page = pageAddress(view, pageOf(view, handle))
  const state = load(view.control, page + PAGE.STATE)
  if (pageStateOf(state) !== PAGE_ACTIVE && pageStateOf(state) !== PAGE_DRAINING) return false
  if ((handle & view.ordinalMask) >= load(view.control, page + PAGE.CARVED)) return false
  const at = chunkAddress(view, handle)
  if (at < 0) return false
  const words = view.data[segmentOf(view, pageOf(view, handle))]!
  const incarnation = load(words, at + HEADER.INCARNATION)
  const version = chunkVersion(incarnation, view.versionBits)
  const now = load(view.control, page + PAGE.STATE)
  if (pageGenerationOf(now) !== pageGenerationOf(state)) return false
  return isComplete(incarnation) && version === (word & view.versionMask)
}

function otherRows(view: MemoryView): number[] {
  const rows = load(view.control, CONTROL.ROWS)
  return Array.from({ length: rows }, (_, row) => row).filter((row) => row !== view.row)
}

/** Did the removal recorded in this row win? Not if the entry is still linked, or another won. */
export function removalWon(view: MemoryView): number {
  const old = field(view, ROW.OLD)
  const slot = field(view, ROW.SLOT)
  if (load(tableOf(view, slot), wordOf(view, slot, BUCKET.A + (slot & 15))) === old) {
    return UNPUBLISHED
  }
  for (const row of otherRows(view)) {
    const at = rowAddress(view, row)
    const state = load(view.control, at + ROW.STATE)
    if (!isArmed(state) || load(view.control, at + ROW.OLD) !== old) continue
    if (kindOf(state) === ROW_FREEING) return UNPUBLISHED
    if (leaseStatus(load(view.control, at + ROW.LEASE)) !== LEASE_DEAD) return POSTPONED
    if (kindOf(state) === ROW_REPLACE) return POSTPONED // That dead row is recovered first.
    // Two dead removers of one entry: recovered at the same time, both would find it untouched.
    if (load(view.control, at + ROW.RECOVERER) !== 0) return POSTPONED
    // The other one saw an intent that was due, this one saw it mute: when no slot had it any more.
    if (putsInPlace(view, at) && !putsInPlace(view, view.rowAt)) return UNPUBLISHED
  }
  return isIntact(view, old) ? PUBLISHED : UNPUBLISHED
}

/** Whether the removal that a row records is that of `settleEntry`: as many entries as before. */
function putsInPlace(view: MemoryView, rowAt: WordIndex): boolean {
  return load(view.control, rowAt + ROW.DELTA_ENTRIES) === 0
}
