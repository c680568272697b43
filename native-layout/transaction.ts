/**
 * A transaction over several keys: its record, which is one word of its thread's row, and the
 * intents that its entries carry while it is open.
 *
 *   TX      31                              2 1     0
 *          +---------------------------------+-------+
 *          | number, low 30 bits             | state |   NONE OPEN COMMITTED ABORTED
 *          +---------------------------------+-------+
 *   HEAD    31          10 9        8    7 6        0
 *          +--------------+--------+------+----------+
 *          | number, high | vacant | kind | row      |   first of three words of an entry
 *          +--------------+--------+------+----------+
 *   NUMBER  number, low 30 bits
 *   FRESH   slot word of the entry that takes its place; 0 for DELETE and KEEP
 *
 * An entry with an intent holds what the key held before. While its transaction is open, or after
 * that was aborted, the intent says nothing; once it is committed, by one exchange of TX, the entry
 * stands for what its intent says. A vacant one stands for an absent key.
 *
 * The numbers of a row never recur: 52 bits. So an intent that was left behind says nothing for
 * good.
 */
import { check, tile } from './units.ts'
import { CONTINUATION } from './entry-header.ts'

export const TX_NONE = 0
export const TX_OPEN = 1
export const TX_COMMITTED = 2
export const TX_ABORTED = 3
const STATE_BITS = 2
const NUMBER_BITS = 32 - STATE_BITS
export const NUMBER_MASK = 2 ** NUMBER_BITS - 1

export function packTx(number: number, state: number): number {
  return (number << STATE_BITS) | state
}
export function txNumber(tx: number): number {
  return tx >>> STATE_BITS
}
export function txState(tx: number): number {
  return tx & ((1 << STATE_BITS) - 1)
}

/** The words of an intent. */
export const INTENT_WORD = tile(
  [
    ['HEAD', 1],
    ['NUMBER', 1],
    ['FRESH', 1],
  ],
  3,
)

/** The entry stays as it is: its key was read, or watched. */
export const KEEP = 0
/** FRESH takes its place. */
export const PUT_FRESH = 1
/** The key is deleted. */
export const DELETE_KEY = 2

const ROW_BITS = 7
const KIND_SHIFT = ROW_BITS
const KIND_BITS = 2
const VACANT_SHIFT = KIND_SHIFT + KIND_BITS
const HIGH_SHIFT = VACANT_SHIFT + 1
export const HIGH_MASK = 2 ** (32 - HIGH_SHIFT) - 1
check(HIGH_SHIFT === 10, 'the fields of an intent do not tile its head')

export function packIntent(row: number, kind: number, isVacant: boolean, high: number): number {
  return (high << HIGH_SHIFT) | (isVacant ? 1 << VACANT_SHIFT : 0) | (kind << KIND_SHIFT) | row
}
export function intentRow(head: number): number {
  return head & ((1 << ROW_BITS) - 1)
}
export function intentKind(head: number): number {
  return (head >>> KIND_SHIFT) & ((1 << KIND_BITS) - 1)
}
export function isVacantIntent(head: number): boolean {
  return ((head >>> VACANT_SHIFT) & 1) !== 0
}
export function intentHigh(head: number): number {
  return head >>> HIGH_SHIFT
}

/**
 * The chunk that describes one intent in its row's list: a continuation whose next one is the
 * intent described before it.
 */
export const ITEM = {
  /** Slot of the entry that carries the intent, written before the exchange that links it. */
  SLOT: CONTINUATION.BYTES,
  /** Slot word of the unpublished entry, 0 none. It is the row's until the transaction commits. */
  FRESH: CONTINUATION.BYTES + 1,
} as const
export const ITEM_BYTES = (CONTINUATION.BYTES + 2) * 4
