/**
 * The row of a thread: its in-flight record, from which another thread can finish or undo what it
 * was doing, its magazines, its counters. Written by its owner alone (and by whoever recovers it).
 *
 *   STATE   31                                     4 3      0
 *          +----------------------------------------+--------+
 *          | sequence (28)                          | kind   |
 *          +----------------------------------------+--------+
 *   LEASE  | thread (28)                            | status |   FREE, LIVE, DEAD
 *          +----------------------------------------+--------+
 *
 * The record's fields are written before the step they describe (I-RECORD-FIRST); a field is 0 when
 * it describes nothing. Handles are chunk handles, NEW and OLD are live slot words.
 */
import { check, tile } from './units.ts'

/** Entries that one record removes as a group: what a sweep unlinks before it frees anything. */
export const GROUP_MOST = 32
/** A slot index, the live word that is taken out of it (0: somebody else was faster). */
export const PAIR = tile([
  ['SLOT', 1],
  ['WORD', 1],
])

export const ROW = tile([
  ['STATE', 1], //         compared by quarantines: an operation is in progress unless IDLE
  ['LEASE', 1],
  ['RECOVERER', 1], //     the thread that finishes this dead row, see packRecoverer
  ['TID', 1], //           the kernel's id of the thread, 0 unknown
  ['IDENTITY', 1], //      start time of the thread, against reuse of its number
  ['NEW', 1], //           the unpublished entry
  ['OLD', 1], //           the entry to unlink
  ['SLOT', 1], //          slot index of NEW's or OLD's place
  ['HOME', 1], //          home bucket of the creation
  ['EXPECTED', 1], //      reserved word that NEW replaces
  ['NEW_PART', 1], //      continuation popped and not yet in NEW_CHAIN
  ['NEW_CHAIN', 1], //     continuations of NEW, the first one
  ['OLD_CHAIN', 1], //     continuations of OLD still to be freed
  ['FREEING', 1], //       continuation being freed
  ['MOVING', 1], //        chunk between quarantine, magazine and page
  ['PARKED', 1], //        chunks whose quarantine runs
  ['PARKING', 1], //       chunks that wait for the next quarantine
  ['GRAB_PAGE', 1], //     page whose claim this row takes
  ['GRAB_FROM', 1], //     first chunk of the batch being taken from it
  ['GRAB_TO', 1], //       last chunk of that batch
  ['GRAB_CARVED', 1], //   CARVED after the batch, when it is carved; 0: from the stack
  ['TOOK', 1], //          chunks of that batch
  ['SCAN_PAGE', 1], //     page whose expiry bound is being renewed
  ['CLAIMED', 1], //       word index of the open record of the mutation ring
  ['DELTA_ENTRIES', 1], // +1, 0, -1 of the commit in progress
  ['DELTA_BYTES', 1], //   bytes of NEW less bytes of OLD
  ['SPACE', 1], //         namespace of NEW and OLD, and their stamps, for the live count
  ['STAMP_NEW', 1],
  ['STAMP_OLD', 1],
  ['HAS', 1], //           1: NEW counts, 2: OLD counts, 4: only bytes do; 0: nothing changes
  ['FEED_HEAD', 1], //     where the next record of the mutation ring goes, modulo twice its words
  ['FEED_TAIL', 1], //     where the reader of the feed goes on; the reader's word
  ['FEED_LOST', 1], //     mutations whose records found no room
  ['TX', 1], //            number and state of its last transaction: see transaction.ts
  ['TX_HIGH', 1], //       high bits of that number
  ['INTENTS', 1], //       chunk that describes the newest intent of the transaction, 0 none
  ['GROUP', 1], //         pairs of the group being removed
  ['GROUP_TOP', 1], //     first chunk of the chain in which the group goes to its page's stack
  ['PAIRS', GROUP_MOST * PAIR.WORDS],
])

export const ROW_IDLE = 0
export const ROW_BUSY = 1
export const ROW_REPLACE = 2
export const ROW_REMOVE = 3
export const ROW_FREEING = 4
export const ROW_CREATE = 5
export const ROW_RESERVE = 6
export const ROW_DROPPING = 7
export const ROW_CLEARING = 8 // a group is being taken out of its slots
export const ROW_CLEARED = 9 //  it was: what was won goes to the page, then it is counted
const KIND_MASK = 15
const SEQUENCE_SHIFT = 4

export function packRowState(sequence: number, kind: number): number {
  return (sequence << SEQUENCE_SHIFT) | kind
}
export function kindOf(state: number): number {
  return state & KIND_MASK
}
export function sequenceOf(state: number): number {
  return state >>> SEQUENCE_SHIFT
}
/** The state that ends the operation: next sequence, IDLE. */
export function nextIdle(state: number): number {
  return packRowState(sequenceOf(state) + 1, ROW_IDLE)
}

export const LEASE_FREE = 0
export const LEASE_LIVE = 1
export const LEASE_DEAD = 2
const LEASE_BITS = 4
const LEASE_MASK = 15
export function leaseStatus(lease: number): number {
  return lease & LEASE_MASK
}
/** The thread of a lease, or of the last one: ids are never used twice in a process. */
export function leaseThread(lease: number): number {
  return lease >> LEASE_BITS
}
export function packLease(threadId: number, status: number): number {
  return (threadId << LEASE_BITS) | status
}
/** The same thread's lease with another status. */
export function nextLease(lease: number, status: number): number {
  return (lease & ~LEASE_MASK) | status
}

const RECOVERER_ROW_MASK = 127
/** A recoverer: its row and its thread, so that a later thread in that row is another. */
export function packRecoverer(row: number, thread: number): number {
  return (thread << 7) | (row + 1)
}
export function recovererRow(recoverer: number): number {
  return (recoverer & RECOVERER_ROW_MASK) - 1
}

/**
 * A counter cell: two halves and which of them counts. An operation writes the other half with its
 * own sequence and then turns SELECT, so recovery sees whether it was applied (I-COUNT-ONCE).
 */
export const CELL = tile(
  [
    ['SELECT', 1], //   0 or 1: the half that counts
    ['PAD', 1],
    ['SEQUENCE', 1], // of the operation that wrote half 0
    ['COUNT', 1],
    ['BYTES', 2], //    a double (totals); in a namespace's cell its first word is the stamp counted
    ['SECOND', 4], //   the same four words, half 1
  ],
  10,
)
export const CELL_HALF_WORDS = 4
export const CELL_WORDS = CELL.WORDS
check(ROW.WORDS % 2 === 0, 'the cells after the record are not aligned to 8 bytes')
check(CELL.SECOND - CELL.SEQUENCE === CELL_HALF_WORDS, 'the halves of a cell differ')

/** Statistics: doubles, plain, owner only. Lost when their thread is killed between two steps. */
export const COUNTERS = [
  'hits',
  'misses',
  'sets',
  'deletes',
  'touches',
  'evictedForMemory',
  'evictedForSlots',
  'evictedForEntries',
  'evictedForPages',
  'expired',
  'flushedEntries',
  'flushes',
  'casRetries',
  'contended',
  'helps',
  'recoveries',
  'pagesMoved',
  'entriesMoved',
  'refusedForMemory',
  'refusedForSlots',
  'created',
  'parked',
  'transactions',
  'transactionsAborted',
  'vacanciesFreed',
] as const
export type CounterName = (typeof COUNTERS)[number]
/** Index of each counter in a row's array of doubles. */
export const COUNTER = Object.fromEntries(COUNTERS.map((name, at) => [name, at])) as Readonly<
  Record<CounterName, number>
>

/** A magazine: handle of its top chunk, number of chunks in it. One per size class. */
export const MAGAZINE = tile([
  ['TOP', 1],
  ['COUNT', 1],
])

/**
 * The parts of a row, in words, for an engine.
 * @param classes number of size classes
 * @param spaces number of namespaces beside the default one
 */
export function rowLayout(classes: number, spaces: number): RowLayout {
  const cells = ROW.WORDS
  const counters = cells + CELL_WORDS * (2 + spaces) // totals, default namespace, the others
  const magazines = counters + 2 * COUNTERS.length
  const words = Math.ceil((magazines + MAGAZINE.WORDS * classes) / 16) * 16
  return { totals: cells, spaces: cells + CELL_WORDS, counters, magazines, words }
}
export interface RowLayout {
  /** Offset of the cell that counts linked entries and bytes. */
  readonly totals: number
  /** Offset of the first namespace's cell (the default namespace). */
  readonly spaces: number
  readonly counters: number
  readonly magazines: number
  /** Width of a row, a multiple of a cache line. */
  readonly words: number
}
