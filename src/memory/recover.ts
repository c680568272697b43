/**
 * Recovery: finishing or undoing what a dead thread was doing, inside the dead thread's own row.
 *
 * Any thread may do it, one at a time (RECOVERER), and another may start over after any step: each
 * decision is written down before anything is freed. Nobody waits for it; it may itself have to wait
 * for the one operation of a living thread, and then it is tried again later.
 *
 *   BUSY              the new entry and its continuations go back
 *   REPLACE           was the new entry published? the old one is freed : the new one goes back
 *   REMOVE            did the removal win? go on as FREEING : as BUSY
 *   FREEING           the removed entry is freed and counted
 *   RESERVE           the reservation is taken back
 *   CREATE            an announcement is finished; published? it is counted : it goes back
 */
import { compareExchange, load, peek, poke, store } from '#atomics'
import { CLASS, CONTROL } from '../../native-layout/control-block.ts'
import { chunkVersion, HEADER, isComplete } from '../../native-layout/entry-header.ts'
import {
  packPageState,
  PAGE,
  PAGE_CUTTING,
  PAGE_FREE,
  pageGenerationOf,
  pageStateOf,
} from '../../native-layout/page.ts'
import {
  announcerOf,
  BUCKET,
  BUCKET_SHIFT,
  clearAnnouncement,
  fillingOf,
  isReserved,
  packEmpty,
} from '../../native-layout/table-slot.ts'
import {
  kindOf,
  LEASE_DEAD,
  LEASE_FREE,
  leaseStatus,
  MAGAZINE,
  nextLease,
  packRowState,
  ROW,
  ROW_BUSY,
  ROW_CREATE,
  ROW_FREEING,
  ROW_IDLE,
  ROW_REMOVE,
  ROW_REPLACE,
  ROW_RESERVE,
  sequenceOf,
} from '../../native-layout/thread-row.ts'
import { abortMutation, commitMutation } from './commit.ts'
import { classOf, free, holdsOnTop, magazineAt, nextOf, pushFree, setNext, unpark } from './magazine.ts'
import { giveBackTop, isStackTop, lowerFresh } from './page-claim.ts'
import { handleIn } from './publish.ts'
import { applyDelta, field, raiseHint, record } from './row.ts'
import { chunkAddress, classAddress, pageAddress, pageOf, rowAddress, segmentOf, type MemoryView } from './view.ts'

const POSTPONED = -1
const UNPUBLISHED = 0
const PUBLISHED = 1

/**
 * Recovers one dead row.
 * @param view a view of the recovering thread, used for the dead row's sake: `useRow` is restored
 * @returns false when a living thread's operation has to end first; call again later
 */
export function recoverRow(view: MemoryView, dead: number): boolean {
  const mine = view.row
  const state = view.state
  view.useRow(dead)
  try {
    return finishRow(view)
  } finally {
    view.useRow(mine)
    view.state = state
  }
}

function finishRow(view: MemoryView): boolean {
  view.state = load(view.control, view.rowAt + ROW.STATE)
  finishPage(view)
  finishMoving(view)
  finishFreeing(view)
  const scanned = field(view, ROW.SCAN_PAGE)
  if (scanned !== 0) {
    store(view.control, pageAddress(view, scanned) + PAGE.EXPIRY, 0)
    record(view, ROW.SCAN_PAGE, 0)
  }
  if (!finishOperation(view)) return false
  settleState(view, ROW_IDLE)
  returnChunks(view)
  return true
}

function settleState(view: MemoryView, kind: number): void {
  view.state = packRowState(sequenceOf(view.state), kind)
  store(view.control, view.rowAt + ROW.STATE, view.state)
}

/** A page that the dead thread had claimed: the batch it was taking, the page it was cutting. */
function finishPage(view: MemoryView): void {
  const { control } = view
  const page = field(view, ROW.GRAB_PAGE)
  if (page === 0) return
  const at = pageAddress(view, page)
  if (load(control, at + PAGE.CLAIM) !== view.row + 1) return
  const state = load(control, at + PAGE.STATE)
  const from = field(view, ROW.GRAB_FROM)
  if (pageStateOf(state) === PAGE_CUTTING) {
    store(control, view.shapesAt + page, 0)
    store(control, at + PAGE.STATE, packPageState(pageGenerationOf(state), 0, PAGE_FREE))
    lowerFresh(view, page)
  } else if (pageStateOf(state) === PAGE_FREE) {
    store(control, view.shapesAt + page, 0)
    lowerFresh(view, page)
  } else if (from !== 0) finishBatch(view, page, from)
  const moving = field(view, ROW.MOVING)
  if (moving !== 0 && pageOf(view, moving) === page && isStackTop(view, moving)) {
    record(view, ROW.MOVING, 0)
  }
  record(view, ROW.GRAB_FROM, 0)
  store(control, at + PAGE.CLAIM, 0)
  record(view, ROW.GRAB_PAGE, 0)
}

/** Was the batch taken? Under the claim the stack's top (or the carving mark) tells. */
function finishBatch(view: MemoryView, page: number, from: number): void {
  const carvedAfter = field(view, ROW.GRAB_CARVED)
  const taken =
    carvedAfter !== 0
      ? peek(view.control, pageAddress(view, page) + PAGE.CARVED) === carvedAfter
      : !isStackTop(view, from)
  const magazine = magazineAt(view, classOf(view, from))
  if (!taken || peek(view.control, magazine + MAGAZINE.TOP) === from) return
  setNext(view, field(view, ROW.GRAB_TO), 0)
  poke(view.control, magazine + MAGAZINE.COUNT, field(view, ROW.TOOK))
  poke(view.control, magazine + MAGAZINE.TOP, from)
}

/** A chunk between quarantine, magazine and page: if it is on top of none, it goes on the magazine. */
function finishMoving(view: MemoryView): void {
  if (field(view, ROW.PARKED) === field(view, ROW.PARKING)) record(view, ROW.PARKING, 0)
  const moving = field(view, ROW.MOVING)
  if (moving === 0) return
  const top = peek(view.control, magazineAt(view, classOf(view, moving)) + MAGAZINE.TOP)
  if (top !== moving && field(view, ROW.PARKED) !== moving) pushFree(view, moving)
  record(view, ROW.MOVING, 0)
}

/** A continuation that was being freed: advance its list if that was not done, then free it. */
function finishFreeing(view: MemoryView): void {
  const freeing = field(view, ROW.FREEING)
  if (freeing === 0) return
  for (const list of [ROW.OLD_CHAIN, ROW.NEW_CHAIN]) {
    if (field(view, list) === freeing) record(view, list, nextOf(view, freeing))
  }
  if (!holdsOnTop(view, freeing)) free(view, freeing)
  record(view, ROW.FREEING, 0)
}

function finishOperation(view: MemoryView): boolean {
  switch (kindOf(view.state)) {
    case ROW_REPLACE:
      return finishReplace(view)
    case ROW_CREATE:
      return finishCreate(view)
    case ROW_RESERVE:
      releaseReservation(view)
      return undo(view)
    case ROW_REMOVE:
      return finishRemove(view)
    case ROW_FREEING:
      return finishFreed(view)
    case ROW_BUSY:
      return undo(view)
    default:
      abortMutation(view)
      return true
  }
}

/** Nothing was published: what the operation held goes back. Decided first, then done. */
function undo(view: MemoryView): boolean {
  settleState(view, ROW_BUSY)
  abortMutation(view)
  // Recorded and still in its magazine: settled first, before anything is pushed on top of it.
  if (isOnTop(view, ROW.NEW)) record(view, ROW.NEW, 0)
  const part = field(view, ROW.NEW_PART)
  if (part !== 0) {
    if (part !== field(view, ROW.NEW_CHAIN) && !holdsOnTop(view, part)) free(view, part)
    record(view, ROW.NEW_PART, 0)
  }
  freeChain(view, ROW.NEW_CHAIN)
  const fresh = field(view, ROW.NEW)
  if (fresh !== 0) {
    const handle = handleIn(view, fresh)
    if (!holdsOnTop(view, handle)) free(view, handle)
    record(view, ROW.NEW, 0)
  }
  return true
}

function isOnTop(view: MemoryView, name: number): boolean {
  const word = field(view, name)
  return word !== 0 && holdsOnTop(view, handleIn(view, word))
}

function freeChain(view: MemoryView, list: number): void {
  for (let part = field(view, list); part !== 0; part = field(view, list)) {
    record(view, ROW.FREEING, part)
    record(view, list, nextOf(view, part))
    free(view, part)
    record(view, ROW.FREEING, 0)
  }
}

function finishReplace(view: MemoryView): boolean {
  if (field(view, ROW.NEW) === 0) return true
  if (wasPublished(view) === UNPUBLISHED) return undo(view)
  finishOld(view)
  return counted(view)
}

function finishOld(view: MemoryView): void {
  freeChain(view, ROW.OLD_CHAIN)
  const old = handleIn(view, field(view, ROW.OLD))
  if (!holdsOnTop(view, old)) free(view, old)
}

function counted(view: MemoryView): boolean {
  applyDelta(view, sequenceOf(view.state))
  commitMutation(view)
  return true
}

function finishFreed(view: MemoryView): boolean {
  finishOld(view)
  counted(view)
  return undo(view)
}

function finishCreate(view: MemoryView): boolean {
  const homeAt = wordOf(view, field(view, ROW.HOME) << 4, BUCKET.HOME)
  const homes = tableOf(view, field(view, ROW.HOME) << 4)
  const home = load(homes, homeAt)
  if (announcerOf(home) === view.row + 1) {
    const slot = field(view, ROW.SLOT)
    compareExchange(
      tableOf(view, slot),
      wordOf(view, slot, BUCKET.A + (slot & 15)),
      field(view, ROW.EXPECTED),
      field(view, ROW.NEW),
    )
    compareExchange(homes, homeAt, home, clearAnnouncement(home))
  }
  if (wasPublished(view) === PUBLISHED) return counted(view)
  releaseReservation(view)
  return undo(view)
}

/** Takes a reservation back that was never announced. */
function releaseReservation(view: MemoryView): void {
  const slot = field(view, ROW.SLOT)
  const table = tableOf(view, slot)
  const at = wordOf(view, slot, BUCKET.A + (slot & 15))
  const expected = field(view, ROW.EXPECTED)
  if (load(table, at) === expected && isReserved(expected)) {
    compareExchange(table, at, expected, packEmpty(fillingOf(expected)))
  }
}

function tableOf(view: MemoryView, slot: number): Int32Array {
  return view.tables[(slot >>> 4) >>> view.tableShift]!
}
function wordOf(view: MemoryView, slot: number, word: number): number {
  return (((slot >>> 4) & view.tableMask) << BUCKET_SHIFT) + word
}

/**
 * Was the new entry ever linked? It is in its slot; or another row's record says that it saw it there;
 * or its header is no longer complete with its version, so that somebody has freed it since.
 */
function wasPublished(view: MemoryView): number {
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

/** Whether the chunk of a live word is complete with the word's version. */
function isIntact(view: MemoryView, word: number): boolean {
  const handle = handleIn(view, word)
  const at = chunkAddress(view, handle)
  if (at < 0) return false
  const words = view.data[segmentOf(view, pageOf(view, handle))]!
  const incarnation = load(words, at + HEADER.INCARNATION)
  const version = chunkVersion(incarnation, view.versionBits)
  return isComplete(incarnation) && version === (word & view.versionMask)
}

function otherRows(view: MemoryView): number[] {
  const rows = load(view.control, CONTROL.ROWS)
  return Array.from({ length: rows }, (_, row) => row).filter((row) => row !== view.row)
}

/** Did the removal win? Not if the entry is still linked, or somebody else unlinked it. */
function finishRemove(view: MemoryView): boolean {
  const verdict = removalWon(view)
  if (verdict === POSTPONED) return false
  if (verdict === UNPUBLISHED) return undo(view)
  settleState(view, ROW_FREEING)
  return finishFreed(view)
}

function removalWon(view: MemoryView): number {
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
  }
  return isIntact(view, old) ? PUBLISHED : UNPUBLISHED
}

/** Gives the magazines back to their pages; what cannot be given now stays in the row. */
export function returnChunks(view: MemoryView): void {
  unpark(view)
  for (let sizeClass = 0; sizeClass < view.classes.bytes.length; sizeClass++) {
    const magazine = magazineAt(view, sizeClass)
    while (peek(view.control, magazine + MAGAZINE.TOP) !== 0 && giveBackTop(view, sizeClass));
    raiseHint(view, classAddress(sizeClass) + CLASS.FREED)
  }
}

/** Hands a recovered or detached row to the next thread. */
export function freeLease(view: MemoryView, row: number): void {
  const at = rowAddress(view, row) + ROW.LEASE
  const lease = load(view.control, at)
  store(view.control, rowAddress(view, row) + ROW.RECOVERER, 0)
  compareExchange(view.control, at, lease, nextLease(lease, LEASE_FREE))
}
