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
  GROUP_MOST,
  kindOf,
  LEASE_DEAD,
  leaseStatus,
  PAIR,
  ROW,
  ROW_CLEARED,
  ROW_CLEARING,
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
    if (unlinking(view, rowAddress(view, row), fresh) !== 0) return PUBLISHED
  }
  return isIntact(view, fresh) ? UNPUBLISHED : PUBLISHED
}

/** The kind of a row whose record says that it unlinks this word; 0: it does not. */
function unlinking(view: MemoryView, at: WordIndex, word: number): number {
  const kind = kindOf(load(view.control, at + ROW.STATE))
  if (kind === ROW_REPLACE || kind === ROW_REMOVE || kind === ROW_FREEING) {
    return load(view.control, at + ROW.OLD) === word ? kind : 0
  }
  if (kind !== ROW_CLEARING && kind !== ROW_CLEARED) return 0
  const pairs = Math.min(load(view.control, at + ROW.GROUP), GROUP_MOST)
  for (let n = 0, pair = at + ROW.PAIRS; n < pairs; n++, pair += PAIR.WORDS) {
    if (load(view.control, pair + PAIR.WORD) === word) return kind
  }
  return 0
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
  return removalWonOf(view, field(view, ROW.SLOT), field(view, ROW.OLD))
}

/** The same of one removal of a group. */
export function removalWonOf(view: MemoryView, slot: number, old: number): number {
  if (load(tableOf(view, slot), wordOf(view, slot, BUCKET.A + (slot & 15))) === old) {
    return UNPUBLISHED
  }
  for (const row of otherRows(view)) {
    const at = rowAddress(view, row)
    const kind = unlinking(view, at, old)
    if (kind === 0) continue
    if (kind === ROW_FREEING || kind === ROW_CLEARED) return UNPUBLISHED
    if (leaseStatus(load(view.control, at + ROW.LEASE)) !== LEASE_DEAD) return POSTPONED
    if (kind === ROW_REPLACE) return POSTPONED // That dead row is recovered first.
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
