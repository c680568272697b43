/**
 * Recovery: finishing or undoing what a dead thread was doing, inside the dead thread's own row.
 *
 * Any thread may do it, one at a time (RECOVERER), and another may start over after any step: each
 * decision is written down before anything is freed. Nobody waits for it; it may itself have to
 * wait for the one operation of a living thread, and then it is tried again later.
 *
 *   BUSY              the new entry and its continuations go back
 *   REPLACE           was the new entry published? the old one is freed : the new one goes back
 *   REMOVE            did the removal win? go on as FREEING : as BUSY
 *   FREEING           the removed entry is freed and counted
 *   RESERVE           the reservation is taken back
 *   CREATE            an announcement is finished; published? it is counted : it goes back
 *   CLEARING          which removals of the group won? on as CLEARED with these
 *   CLEARED           what is not on its page's stack yet is freed, and all is counted
 *
 * Then its transaction is ended: aborted if it was open, put in place if it was committed.
 */
import { compareExchange, load, peek, poke, store } from '#atomics'
import { CLASS } from '../../native-layout/control-block.ts'
import { PAGE } from '../../native-layout/page.ts'
import {
  announcerOf,
  BUCKET,
  clearAnnouncement,
  fillingOf,
  isReserved,
  packEmpty,
} from '../../native-layout/table-slot.ts'
import {
  kindOf,
  LEASE_FREE,
  MAGAZINE,
  nextLease,
  packRowState,
  PAIR,
  ROW,
  ROW_BUSY,
  ROW_CLEARED,
  ROW_CLEARING,
  ROW_CREATE,
  ROW_FREEING,
  ROW_IDLE,
  ROW_REMOVE,
  ROW_REPLACE,
  ROW_RESERVE,
  sequenceOf,
} from '../../native-layout/thread-row.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import { abandonFeed, abortMutation, commitMutation, settleFlush } from './commit.ts'
import { free, holdsOnTop, magazineAt, nextOf, unpark } from './magazine.ts'
import { freeChain } from './free-entry.ts'
import { giveBackTop, lowerFresh } from './page-claim.ts'
import { finishFreeing, finishMoving, finishPage } from './recover-chunks.ts'
import {
  POSTPONED,
  PUBLISHED,
  removalWon,
  removalWonOf,
  tableOf,
  UNPUBLISHED,
  wasPublished,
  wordOf,
} from './recover-verdict.ts'
import { applyDelta, field, raiseHint, record } from './row.ts'
import { pairAt, recordGroupDelta } from './remove-group.ts'
import { finishTransaction, settleItem } from './transaction.ts'
import { classAddress, pageAddress, rowAddress, type MemoryView, handleIn } from './view.ts'

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
  // It may have moved FRESH on past a page that came free between its look and its step.
  lowerFresh(view, 1)
  settleItem(view)
  if (!finishOperation(view)) return false
  settleState(view, ROW_IDLE)
  finishTransaction(view)
  returnChunks(view)
  return true
}

function settleState(view: MemoryView, kind: number): void {
  view.state = packRowState(sequenceOf(view.state), kind)
  store(view.control, view.rowAt + ROW.STATE, view.state)
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
    case ROW_CLEARING:
      return finishClearing(view)
    case ROW_CLEARED:
      return finishCleared(view)
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
  settleFlush(view)
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

function finishReplace(view: MemoryView): boolean {
  if (field(view, ROW.NEW) === 0) return true
  if (wasPublished(view) === UNPUBLISHED) return undo(view)
  finishOld(view)
  return counted(view)
}

function finishOld(view: MemoryView): void {
  freeChain(view, ROW.OLD_CHAIN)
  const old = field(view, ROW.OLD)
  if (old !== 0 && !holdsOnTop(view, handleIn(view, old))) free(view, handleIn(view, old))
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

/** Did the removal win? Not if the entry is still linked, or somebody else unlinked it. */
function finishRemove(view: MemoryView): boolean {
  const verdict = removalWon(view)
  if (verdict === POSTPONED) return false
  if (verdict === UNPUBLISHED) return undo(view)
  settleState(view, ROW_FREEING)
  return finishFreed(view)
}

/** A lost removal stays lost, so each verdict may be written down before all are known. */
function finishClearing(view: MemoryView): boolean {
  let won = 0
  for (let n = field(view, ROW.GROUP); n-- > 0; ) {
    const pair = pairAt(view, n)
    const word = peek(view.control, pair + PAIR.WORD)
    if (word === 0) continue
    const verdict = removalWonOf(view, peek(view.control, pair + PAIR.SLOT), word)
    if (verdict === POSTPONED) return false
    if (verdict === UNPUBLISHED) poke(view.control, pair + PAIR.WORD, 0)
    else won++
  }
  if (won === 0) return undo(view)
  recordGroupDelta(view)
  settleState(view, ROW_CLEARED)
  return finishCleared(view)
}

function finishCleared(view: MemoryView): boolean {
  for (let n = field(view, ROW.GROUP); n-- > 0; ) {
    const pair = pairAt(view, n)
    const word = peek(view.control, pair + PAIR.WORD)
    if (word === 0) continue
    if (!holdsOnTop(view, handleIn(view, word))) free(view, handleIn(view, word))
    poke(view.control, pair + PAIR.WORD, 0)
  }
  counted(view)
  return undo(view)
}

/**
 * A page that is claimed for a moment is asked again so often before its chunk stays in the row.
 */
const CLAIM_TRIES = 64

/** Gives the magazines back to their pages; what cannot be given now stays in the row. */
export function returnChunks(view: MemoryView): void {
  unpark(view)
  for (let sizeClass = 0; sizeClass < view.classes.bytes.length; sizeClass++) {
    const magazine = magazineAt(view, sizeClass)
    recount(view, magazine)
    for (let tries = 0; tries < CLAIM_TRIES; tries++) {
      while (giveBackTop(view, sizeClass));
      if (peek(view.control, magazine + MAGAZINE.TOP) === 0) break
    }
    raiseHint(view, classAddress(sizeClass) + CLASS.FREED)
  }
}

/** A thread that dies between the two words of a magazine leaves its count one off. */
function recount(view: MemoryView, magazine: WordIndex): void {
  const most = view.plan.pages << view.ordinalBits
  let chunks = 0
  let at = peek(view.control, magazine + MAGAZINE.TOP)
  for (; at !== 0 && chunks < most; at = nextOf(view, at)) chunks++
  poke(view.control, magazine + MAGAZINE.COUNT, chunks)
}

/** Hands a recovered or detached row to the next thread. */
export function freeLease(view: MemoryView, row: number): void {
  const { control } = view
  const at = rowAddress(view, row)
  const lease = load(control, at + ROW.LEASE)
  abandonFeed(view, row)
  // Nobody may take the next lessee for this one, nor recover the row once it is free.
  store(control, at + ROW.TID, 0)
  compareExchange(control, at + ROW.LEASE, lease, nextLease(lease, LEASE_FREE))
  store(control, at + ROW.RECOVERER, 0)
}
