/**
 * What an entry with an intent means to whoever meets it: nothing, while its transaction is open or
 * after that was aborted; what the intent says, once the transaction is committed.
 *
 * A reader is never in the way of a transaction. A writer does not wait for an open one: it aborts
 * it by one exchange, and the transaction begins again. What is committed and not in place yet is
 * put in place by whoever meets it. After M. Herlihy, V. Luchangco, M. Moir, W. Scherer, "Software
 * transactional memory for dynamic-sized data structures" (PODC 2003): there an object names its
 * old and its new version; here the entry is the old one, so that readers need not look twice.
 */
import { compareExchange, load, peek } from '#atomics'
import { HEADER, INTENT, offsetOf, presenceOf } from '../../native-layout/entry-header.ts'
import { COUNTER, ROW } from '../../native-layout/thread-row.ts'
import {
  DELETE_KEY,
  INTENT_WORD,
  intentHigh,
  intentKind,
  intentRow,
  isVacantIntent,
  KEEP,
  packTx,
  TX_ABORTED,
  TX_COMMITTED,
  TX_OPEN,
  txNumber,
  txState,
} from '../../native-layout/transaction.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import type { Located } from './locate.ts'
import { removeEntry, settleEntry, WON } from './publish.ts'
import { count, renew } from './row.ts'
import { rowAddress, type MemoryView } from './view.ts'

/** The intent says nothing: the entry is what it holds, or absent if it is vacant. */
export const MUTE = 0
/** Its transaction is open: whoever changes the entry aborts it first. */
export const PENDING = 1
/** Its transaction is committed: the entry stands for what the intent says. */
export const DUE = 2

/** What the intent of an entry means now. A reader validates the entry afterwards. */
export function intentState(
  view: MemoryView,
  words: Int32Array,
  at: WordIndex,
  presence: number,
): number {
  const from = at + offsetOf(INTENT, presence)
  const head = peek(words, from + INTENT_WORD.HEAD)
  const row = intentRow(head)
  if (row >= view.plan.maxThreads) return MUTE // Recycled bytes.
  const rowAt = rowAddress(view, row)
  const tx = load(view.control, rowAt + ROW.TX)
  if (txNumber(tx) !== peek(words, from + INTENT_WORD.NUMBER)) return MUTE
  const state = txState(tx)
  if (state !== TX_OPEN && state !== TX_COMMITTED) return MUTE
  if (load(view.control, rowAt + ROW.TX_HIGH) !== intentHigh(head)) return MUTE
  if (state === TX_OPEN) return PENDING
  return intentKind(head) === KEEP ? MUTE : DUE
}

/** The entry itself is what the key holds. */
export const HOLDS = 0
/** The key is absent. */
export const VACANT = 1
/** The key holds the entry that the intent names. */
export const REPLACED = 2

/** What an entry with an intent says of its key, to be validated afterwards. */
export function intentMeaning(
  view: MemoryView,
  words: Int32Array,
  at: WordIndex,
  presence: number,
): number {
  const head = peek(words, at + offsetOf(INTENT, presence) + INTENT_WORD.HEAD)
  if (intentState(view, words, at, presence) !== DUE) return isVacantIntent(head) ? VACANT : HOLDS
  return intentKind(head) === DELETE_KEY ? VACANT : REPLACED
}

/**
 * Makes way for a change of the entry in the registers, which has an intent. Inside a bracket.
 * @returns false when something was put in place, or the race was lost: scan again
 */
export function giveWay(view: MemoryView, presence: number): boolean {
  const { entry, entryAt } = view
  let state = intentState(view, entry, entryAt, presence)
  for (let looks = 0; state === PENDING && looks < view.patience; looks++) {
    state = intentState(view, entry, entryAt, presence)
  }
  if (state === PENDING) return abortHolder(view, entry, entryAt, presence)
  if (state !== DUE) return true
  settle(view, view.slotTable, view.slotAt, view.slotIndex, view.slotWord, entry, entryAt)
  return false
}

/** Puts in place what a located entry stands for. False when others were faster. */
export function settleLocated(view: MemoryView, found: Located): boolean {
  const { table, slotAt, slotIndex, word, words, at, home } = found
  return settle(view, table, slotAt, slotIndex, word, words, at, home)
}

function settle(
  view: MemoryView,
  table: Int32Array,
  slotAt: WordIndex,
  slotIndex: number,
  word: number,
  words: Int32Array,
  at: WordIndex,
  home = view.home,
): boolean {
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  const from = at + offsetOf(INTENT, presence)
  const isDelete = intentKind(peek(words, from + INTENT_WORD.HEAD)) === DELETE_KEY
  const fresh = peek(words, from + INTENT_WORD.FRESH)
  const won = isDelete
    ? removeEntry(view, table, slotAt, slotIndex, word, words, at, COUNTER.deletes, home)
    : settleEntry(view, table, slotAt, slotIndex, word, words, at, fresh, home)
  if (won === WON) count(view, isDelete ? 'deletes' : 'sets')
  renew(view)
  return won === WON
}

function abortHolder(
  view: MemoryView,
  words: Int32Array,
  at: WordIndex,
  presence: number,
): boolean {
  const from = at + offsetOf(INTENT, presence)
  const row = intentRow(peek(words, from + INTENT_WORD.HEAD))
  if (row >= view.plan.maxThreads) return false // Recycled bytes, since its state was asked for.
  const txAt = rowAddress(view, row) + ROW.TX
  const number = peek(words, from + INTENT_WORD.NUMBER)
  const open = packTx(number, TX_OPEN)
  if (compareExchange(view.control, txAt, open, packTx(number, TX_ABORTED)) !== open) return false
  count(view, 'transactionsAborted')
  return true
}
