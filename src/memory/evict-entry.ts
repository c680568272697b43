/**
 * Unlinking an entry on the way to something else: for memory, for room in the table, because its
 * time is over. Ends the sequence of the operation and begins the next one (`renew`), so the caller
 * holds no slot word across it and scans again.
 */
import { peek } from '#atomics'
import { HEADER, INTENT, presenceOf } from '../../native-layout/entry-header.ts'
import { CANDIDATES, WAYS } from '../../native-layout/limits.ts'
import { BUCKET, BUCKET_SHIFT, isLive } from '../../native-layout/table-slot.ts'
import { COUNTER } from '../../native-layout/thread-row.ts'
import { heat } from './clock-bits.ts'
import { chainIn, expiryIn, spaceIn } from './entry.ts'
import {
  DUE,
  HOLDS,
  intentMeaning,
  intentState,
  MUTE,
  PENDING,
  settleLocated,
  VACANT,
} from './intent.ts'
import { chunkIn, LINKED, Located, locateSlot } from './locate.ts'
import { removeEntry, WON } from './publish.ts'
import { nextOf } from './magazine.ts'
import { stampPage } from './page-demand.ts'
import { countAt, currentStamp, renew } from './row.ts'
import { candidate, secondOf, stampOf } from './table.ts'
import { chunkAddress, pageOf, type MemoryView, handleIn } from './view.ts'

const found = new Located()

/**
 * Removes the located entry; false when somebody else was faster. One with the intent of an open
 * transaction stays, and what is committed is put in place instead.
 */
export function evictLocated(view: MemoryView, entry: Located, reason: number): boolean {
  if ((entry.presence & INTENT) !== 0) {
    const state = intentState(view, entry.words, entry.at, entry.presence)
    if (state === DUE) settleLocated(view, entry)
    if (state !== MUTE) return false
  }
  const parts = reason === COUNTER.evictedForMemory ? partPages(view, entry) : NO_PARTS
  const won =
    removeEntry(
      view,
      entry.table,
      entry.slotAt,
      entry.slotIndex,
      entry.word,
      entry.words,
      entry.at,
      reason,
      entry.home,
    ) === WON
  if (won) {
    countAt(view, reason)
    if (reason === COUNTER.evictedForMemory) {
      stampPage(view, pageOf(view, handleIn(view, entry.word)), entry.shape << 2)
      for (const page of parts) stampPage(view, page, view.classes.largest)
    }
  }
  renew(view)
  return won
}

const NO_PARTS: readonly number[] = []

/** Pages of an entry's continuations, which it gives way in, too. */
function partPages(view: MemoryView, entry: Located): readonly number[] {
  let part = chainIn(entry.words, entry.at, entry.presence)
  if (part === 0) return NO_PARTS
  const pages: number[] = []
  while (part !== 0 && chunkAddress(view, part) >= 0 && pages.length < MOST_PARTS) {
    pages.push(pageOf(view, part))
    part = nextOf(view, part)
  }
  return pages
}
const MOST_PARTS = 64

/** Why a located entry is absent though linked: the counter to raise, or -1 while it lives. */
export function deadReason(view: MemoryView, entry: Located): number {
  const presence = presenceOf(peek(entry.words, entry.at + HEADER.VALUE_AND_PRESENCE))
  const stamp = stampOf(entry.words, entry.at, presence)
  const space = spaceIn(entry.words, entry.at, presence)
  if (space > view.plan.maxNamespaces || space < 0) return -1
  if ((presence & INTENT) !== 0) {
    const meaning = intentMeaning(view, entry.words, entry.at, presence)
    if (meaning !== HOLDS) return meaning === VACANT ? COUNTER.vacanciesFreed : -1
  }
  if (((currentStamp(view, space) - stamp) | 0) > 0) return COUNTER.flushedEntries
  const expiry = expiryIn(view.dataDoubles[entry.segment]!, entry.at, presence)
  return expiry !== 0 && expiry <= view.now() ? COUNTER.expired : -1
}

/**
 * Makes room for the staged key, all of whose candidate slots are taken: a dead entry goes first,
 * then the coldest.
 * @returns false when no slot holds an entry that could go; true: something changed, scan again
 */
export function evictCandidate(view: MemoryView, onlyDead: boolean): boolean {
  const digest = view.key.digest
  const second = secondOf(view)
  let coldest = 4
  let coldestAt = -1
  let coldestBucket = 0
  for (let n = 0; n < CANDIDATES; n++) {
    const bucket = candidate(view, digest, second, n)
    const segment = bucket >>> view.tableShift
    const at = ((bucket & view.tableMask) << BUCKET_SHIFT) + BUCKET.A
    for (let way = 0; way < WAYS; way++) {
      const word = peek(view.tables[segment]!, at + way)
      if (!isLive(word) || !seemsFree(view, word)) continue
      const dead = deadReason(view, found) >= 0
      const temperature = dead ? -1 : heat(view.tableBytes[segment]!, at + way)
      if (temperature >= coldest || (onlyDead && !dead)) continue
      coldest = temperature
      coldestAt = way
      coldestBucket = bucket
    }
  }
  if (coldestAt < 0) return false
  if (locateSlot(view, (coldestBucket << 4) | coldestAt, found) !== LINKED) return true
  const dead = deadReason(view, found)
  if (dead < 0 && onlyDead) return true
  evictLocated(view, found, dead >= 0 ? dead : COUNTER.evictedForSlots)
  return true
}

/**
 * A look at the entry of a slot word without proof that it is linked still; false when an open
 * transaction has it.
 */
function seemsFree(view: MemoryView, word: number): boolean {
  const handle = handleIn(view, word)
  if (!chunkIn(view, pageOf(view, handle), handle & view.ordinalMask, found)) return false
  const { words, at } = found
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  return (presence & INTENT) === 0 || intentState(view, words, at, presence) !== PENDING
}
