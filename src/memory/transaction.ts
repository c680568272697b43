/**
 * A transaction of one thread: begun, given intents, committed by one exchange of the word TX in
 * the thread's row, put in place, ended. src/engine/transaction.ts links the intents.
 *
 * The entries that are to be published belong to the row while the transaction is open: each lies
 * in an item of the row's list INTENTS. Committed, they belong to the slots that name them. If the
 * thread dies, recovery aborts what is open and puts in place what is committed.
 */
import { compareExchange, load, peek, poke, store } from '#atomics'
import {
  CONTINUATION,
  HEADER,
  INTENT,
  packContinuation,
  presenceOf,
} from '../../native-layout/entry-header.ts'
import { classFor } from '../../native-layout/size-classes.ts'
import { COUNTER, kindOf, ROW, ROW_FREEING } from '../../native-layout/thread-row.ts'
import {
  HIGH_MASK,
  ITEM,
  ITEM_BYTES,
  NUMBER_MASK,
  packTx,
  TX_ABORTED,
  TX_COMMITTED,
  TX_NONE,
  TX_OPEN,
  txNumber,
  txState,
} from '../../native-layout/transaction.ts'
import type { ChunkHandle } from '../../native-layout/units.ts'
import { chainIn, isVacant } from './entry.ts'
import { DUE, intentState, MUTE, settleLocated } from './intent.ts'
import { LINKED, Located, locateSlot, RACED } from './locate.ts'
import { free, nextOf, wordsOf } from './magazine.ts'
import { freeOld } from './free-entry.ts'
import { removeEntry } from './publish.ts'
import { countAt, enter, field, leave, record, recordDelta, setKind } from './row.ts'
import { allocate } from './slab-allocator.ts'
import { chunkAddress, handleIn, type MemoryView } from './view.ts'

const found = new Located()

/** Opens a transaction; the last one of this row has ended. */
export function beginTransaction(view: MemoryView): void {
  const number = (txNumber(field(view, ROW.TX)) + 1) & NUMBER_MASK
  if (number === 0) {
    store(view.control, view.rowAt + ROW.TX_HIGH, (field(view, ROW.TX_HIGH) + 1) & HIGH_MASK)
  }
  view.isInTransaction = true
  store(view.control, view.rowAt + ROW.TX, packTx(number, TX_OPEN))
}

/**
 * Adds an item to the list: the entry in NEW, if there is one, belongs to the list from here on.
 * Inside a bracket.
 * @returns false when memory is used up
 */
export function addItem(view: MemoryView): boolean {
  const handle = allocate(view, classFor(view.classes, ITEM_BYTES), true)
  if (handle === 0) return false
  const words = wordsOf(view, handle)
  const at = chunkAddress(view, handle)
  poke(words, at + CONTINUATION.LENGTH_AND_TYPE, packContinuation(ITEM_BYTES))
  poke(words, at + CONTINUATION.OWNER, 0)
  poke(words, at + CONTINUATION.NEXT, field(view, ROW.INTENTS))
  poke(words, at + ITEM.SLOT, -1)
  poke(words, at + ITEM.FRESH, field(view, ROW.NEW))
  poke(words, at + HEADER.INCARNATION, peek(words, at + HEADER.INCARNATION) + 1)
  record(view, ROW.INTENTS, handle)
  record(view, ROW.NEW_CHAIN, 0)
  record(view, ROW.NEW, 0)
  record(view, ROW.NEW_PART, 0)
  return true
}

/** Notes in the newest item the slot in which its intent is about to be linked. */
export function noteSlot(view: MemoryView, slotIndex: number): void {
  const item = field(view, ROW.INTENTS)
  poke(wordsOf(view, item), chunkAddress(view, item) + ITEM.SLOT, slotIndex)
}

/** Commits what is open, all at once; false: somebody has aborted it. */
export function commitTransaction(view: MemoryView): boolean {
  return decide(view, TX_COMMITTED)
}

/** Aborts what is open, unless that was done. */
export function abortTransaction(view: MemoryView): void {
  decide(view, TX_ABORTED)
}

function decide(view: MemoryView, state: number): boolean {
  const number = txNumber(field(view, ROW.TX))
  const open = packTx(number, TX_OPEN)
  return compareExchange(view.control, view.rowAt + ROW.TX, open, packTx(number, state)) === open
}

/**
 * Ends a transaction that is decided: what is committed takes its place, vacant entries go, what
 * nobody published is freed. Outside a bracket.
 */
export function endTransaction(view: MemoryView): void {
  const tx = load(view.control, view.rowAt + ROW.TX)
  const isCommitted = txState(tx) === TX_COMMITTED
  for (let item = field(view, ROW.INTENTS); item !== 0; item = nextOf(view, item)) {
    tidy(view, peek(wordsOf(view, item), chunkAddress(view, item) + ITEM.SLOT))
  }
  while (field(view, ROW.INTENTS) !== 0) releaseItem(view, isCommitted)
  store(view.control, view.rowAt + ROW.TX, packTx(txNumber(tx), TX_NONE))
  view.isInTransaction = false
}

/** Leaves no intent in a slot that has to be put in place, and no vacant entry. */
function tidy(view: MemoryView, slot: number): void {
  if (slot < 0) return
  for (let isDone = false; !isDone; ) {
    enter(view)
    const seen = locateSlot(view, slot, found)
    isDone = seen === LINKED ? tidyLocated(view) : seen !== RACED
    leave(view)
  }
}

/** False: look again. */
function tidyLocated(view: MemoryView): boolean {
  const { table, slotAt, slotIndex, word, words, at, home } = found
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  if ((presence & INTENT) === 0) return true
  const state = intentState(view, words, at, presence)
  if (state === DUE) settleLocated(view, found)
  else if (state === MUTE && isVacant(words, at, presence)) {
    removeEntry(view, table, slotAt, slotIndex, word, words, at, COUNTER.vacanciesFreed, home)
  } else return true
  return false
}

/** Frees the newest item, and its entry if that was not published. */
function releaseItem(view: MemoryView, isPublished: boolean): void {
  enter(view)
  const item = field(view, ROW.INTENTS)
  const fresh = isPublished ? 0 : freshOf(view, item)
  record(view, ROW.OLD, fresh)
  record(view, ROW.OLD_CHAIN, fresh === 0 ? 0 : chainOf(view, handleIn(view, fresh)))
  record(view, ROW.NEW_PART, item)
  recordDelta(view, 0, 0, 0, 0, 0)
  setKind(view, ROW_FREEING)
  record(view, ROW.INTENTS, nextOf(view, item))
  if (fresh !== 0) freeOld(view)
  record(view, ROW.OLD, 0)
  free(view, item)
  record(view, ROW.NEW_PART, 0)
  leave(view)
}

function freshOf(view: MemoryView, item: ChunkHandle): number {
  return peek(wordsOf(view, item), chunkAddress(view, item) + ITEM.FRESH)
}

function chainOf(view: MemoryView, handle: ChunkHandle): ChunkHandle {
  const words = wordsOf(view, handle)
  const at = chunkAddress(view, handle)
  return chainIn(words, at, presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE)))
}

/**
 * Settles, before a dead thread's operation is finished, to whom an item and its entry belong that
 * it was adding to its list or taking from it.
 */
export function settleItem(view: MemoryView): void {
  const item = field(view, ROW.INTENTS)
  if (item === 0) return
  if (kindOf(view.state) === ROW_FREEING) {
    if (field(view, ROW.NEW_PART) === item) record(view, ROW.INTENTS, nextOf(view, item))
    return
  }
  if (field(view, ROW.NEW) !== 0 && freshOf(view, item) === field(view, ROW.NEW)) {
    record(view, ROW.NEW_CHAIN, 0)
    record(view, ROW.NEW, 0)
  }
  if (field(view, ROW.NEW_PART) === item) record(view, ROW.NEW_PART, 0)
}

/** Aborts or completes the transaction of a dead thread, whose last operation is finished. */
export function finishTransaction(view: MemoryView): void {
  const state = txState(load(view.control, view.rowAt + ROW.TX))
  if (state === TX_NONE) return
  if (state === TX_OPEN) {
    abortTransaction(view)
    countAt(view, COUNTER.transactionsAborted)
  }
  endTransaction(view)
}
