/**
 * Leases: which thread writes to which row. Attaching takes a free row with whatever chunks it
 * still holds; detaching gives them back; a dead thread's row is recovered by one thread at a time.
 */
import { compareExchange, load, store } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { MAX_RETRIES, MAX_THREADS } from '../../native-layout/limits.ts'
import {
  kindOf,
  LEASE_DEAD,
  LEASE_FREE,
  LEASE_LIVE,
  leaseStatus,
  leaseThread,
  nextLease,
  packLease,
  ROW,
  ROW_IDLE,
  packRecoverer,
  recovererRow,
} from '../../native-layout/thread-row.ts'
import { abandonFeed } from './commit.ts'
import { freeLease, recoverRow, returnChunks } from './recover.ts'
import { count } from './row.ts'
import { rowAddress, type MemoryView } from './view.ts'

/** A thread as its row names it. */
export interface Lessee {
  readonly row: number
  readonly threadId: number
  readonly tid: number
  readonly startTime: number
}

/** Takes a free row; -1 when all are in use. */
export function takeLease(view: MemoryView, who: Omit<Lessee, 'row'>): number {
  const { control, plan } = view
  for (let row = 0; row < plan.maxThreads; row++) {
    const at = rowAddress(view, row)
    const lease = load(control, at + ROW.LEASE)
    if (leaseStatus(lease) !== LEASE_FREE) continue
    const taken = packLease(who.threadId, LEASE_LIVE)
    if (compareExchange(control, at + ROW.LEASE, lease, taken) !== lease) continue
    store(control, at + ROW.IDENTITY, who.startTime)
    store(control, at + ROW.TID, who.tid) // Last: a row without it counts as alive.
    raiseRows(view, row + 1)
    view.useRow(row)
    view.state = load(control, at + ROW.STATE)
    return row
  }
  return -1
}

/**
 * Takes the row of a dead thread over, for a thread that finds no free one: perhaps nobody else is
 * left who could recover it. Named as its recoverer, it changes the lease and then asks whether it
 * is named still; who recovers asks for the lease after naming itself, so one sees the other.
 * @returns the row, finished and in use by this thread; -1 when none can be had
 */
export function adoptLease(view: MemoryView, who: Omit<Lessee, 'row'>): number {
  const { control } = view
  const rows = load(control, CONTROL.ROWS)
  const name = packRecoverer(ROWLESS, who.threadId)
  const mine = packLease(who.threadId, LEASE_LIVE)
  for (let row = 0; row < rows; row++) {
    const at = rowAddress(view, row)
    const lease = load(control, at + ROW.LEASE)
    if (leaseStatus(lease) !== LEASE_DEAD || !takeRecovery(view, at, name)) continue
    store(control, at + ROW.TID, 0) // The dead thread's is no longer that of the lease.
    const isTaken = compareExchange(control, at + ROW.LEASE, lease, mine) === lease
    const isMine = isTaken && load(control, at + ROW.RECOVERER) === name
    if (isMine && finishAdopted(view, row, who)) {
      compareExchange(control, at + ROW.RECOVERER, name, 0)
      count(view, 'recoveries')
      return row
    }
    if (isTaken) compareExchange(control, at + ROW.LEASE, mine, nextLease(mine, LEASE_DEAD))
    compareExchange(control, at + ROW.RECOVERER, name, 0)
  }
  return -1
}

function finishAdopted(view: MemoryView, row: number, who: Omit<Lessee, 'row'>): boolean {
  const { control } = view
  const at = rowAddress(view, row)
  store(control, at + ROW.IDENTITY, who.startTime)
  store(control, at + ROW.TID, who.tid)
  abandonFeed(view, row)
  view.useRow(row)
  if (mendOwn(view)) return true
  view.row = -1
  return false
}

function raiseRows(view: MemoryView, rows: number): void {
  for (let tries = 0; tries <= MAX_THREADS; tries++) {
    const seen = load(view.control, CONTROL.ROWS)
    if (seen >= rows || compareExchange(view.control, CONTROL.ROWS, seen, rows) === seen) return
  }
}

/** Gives the thread's chunks and its row back. */
export function giveLease(view: MemoryView): void {
  returnChunks(view)
  freeLease(view, view.row)
}

/** The threads whose rows are in use, the dead that nobody has recovered among them. */
export function lessees(view: MemoryView): Lessee[] {
  const list: Lessee[] = []
  const rows = load(view.control, CONTROL.ROWS)
  for (let row = 0; row < rows; row++) {
    const at = rowAddress(view, row)
    const lease = load(view.control, at + ROW.LEASE)
    if (leaseStatus(lease) === LEASE_FREE) continue
    list.push({
      row,
      threadId: leaseThread(lease),
      tid: load(view.control, at + ROW.TID),
      startTime: load(view.control, at + ROW.IDENTITY),
    })
  }
  return list
}

/** Marks a row as that of a dead thread, if it is still that thread's. */
export function declareDead(view: MemoryView, row: number, threadId: number): void {
  const at = rowAddress(view, row)
  const lease = load(view.control, at + ROW.LEASE)
  if (leaseStatus(lease) !== LEASE_LIVE) return
  if (leaseThread(lease) !== threadId) return
  compareExchange(view.control, at + ROW.LEASE, lease, nextLease(lease, LEASE_DEAD))
}

/**
 * Recovers every dead row that can be recovered now.
 * @returns rows that are still dead: a living thread's operation has to end first
 */
export function recoverDead(view: MemoryView): number {
  const { control } = view
  let left = 0
  for (let again = true; again; ) {
    again = false
    left = 0
    const rows = load(control, CONTROL.ROWS)
    for (let row = 0; row < rows; row++) {
      const at = rowAddress(view, row)
      const lease = load(control, at + ROW.LEASE)
      if (leaseStatus(lease) !== LEASE_DEAD) continue
      // Read again under the claim: the row may have been recovered and taken by a new thread.
      const name = recovererIn(view, view.row)
      const mine = takeRecovery(view, at, name) && load(control, at + ROW.LEASE) === lease
      if (mine && recoverRow(view, row)) {
        count(view, 'recoveries')
        freeLease(view, row)
        again = true
      } else {
        compareExchange(control, at + ROW.RECOVERER, name, 0)
        left++
      }
    }
  }
  return left
}

/** Whether an exception has ended an operation of this thread in its midst: a full stack, say. */
export function isTorn(view: MemoryView): boolean {
  return kindOf(view.state) !== ROW_IDLE || view.isSettling || view.isInTransaction
}

/**
 * Finishes or undoes what an exception left half done in the thread's own row, as after a death.
 * @returns false when a living thread's operation has to end first
 */
export function mendOwn(view: MemoryView): boolean {
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    if (!recoverRow(view, view.row)) continue
    view.state = load(view.control, view.rowAt + ROW.STATE)
    view.isSettling = view.isInTransaction = false
    return true
  }
  return false
}

/** In place of its row, in the name of a recoverer that has none yet. */
const ROWLESS = MAX_THREADS
function recovererIn(view: MemoryView, row: number): number {
  return packRecoverer(row, leaseThread(load(view.control, rowAddress(view, row) + ROW.LEASE)))
}

/**
 * One recoverer a row; that of a dead recoverer is taken over. So is that of one without a row: it
 * asks again before it touches anything, and nobody could know whether it lives.
 */
function takeRecovery(view: MemoryView, at: number, name: number): boolean {
  const seen = load(view.control, at + ROW.RECOVERER)
  const row = recovererRow(seen)
  if (seen !== 0 && seen !== name && row !== ROWLESS) {
    const lease = load(view.control, rowAddress(view, row) + ROW.LEASE)
    // Another thread in that row knows nothing of the recovery: its recoverer is gone.
    if (leaseStatus(lease) === LEASE_LIVE && packRecoverer(row, leaseThread(lease)) === seen) {
      return false
    }
  }
  return compareExchange(view.control, at + ROW.RECOVERER, seen, name) === seen
}
