/**
 * Emptying a page that is being drained: its living entries move to other chunks of their class as
 * long as there are free ones, the rest are evicted.
 *
 * A move is a replacement by a copy that keeps its version; the exchange of the slot word proves
 * that the copy was not torn. Readers notice nothing.
 */
import { compareExchange, copyIn, peek, poke } from '#atomics'
import {
  CHAIN,
  CONTINUATION,
  HEADER,
  isComplete,
  offsetOf,
  presenceOf,
} from '../../native-layout/entry-header.ts'
import { COUNTER, ROW, ROW_BUSY, ROW_REPLACE, sequenceOf } from '../../native-layout/thread-row.ts'
import type { ChunkHandle, PageNumber, WordIndex } from '../../native-layout/units.ts'
import { chainIn, expiryIn, isEntry, spaceIn } from './entry.ts'
import { deadReason, evictLocated } from './evict-entry.ts'
import { chunkIn, locate, Located } from './locate.ts'
import { classOf, nextOf } from './magazine.ts'
import { dropNew, freeOld } from './free-entry.ts'
import { handleAt } from './page-claim.ts'
import { applyDelta, count, field, record, recordDelta, renew, setKind } from './row.ts'
import { abandonDrain, setDrainer } from './page-moves.ts'
import { popFree } from './slab-allocator.ts'
import { stampOf } from './table.ts'
import { chunkAddress, pageOf, segmentOf, type MemoryView, handleIn } from './view.ts'
import { markComplete } from './complete-entry.ts'
import { ownParts } from './write-entry.ts'

const resident = new Located()

setDrainer({ clear })

/** Unlinks or moves what one chunk of the draining page holds. Inside a bracket. */
function clear(view: MemoryView, page: PageNumber, ordinal: number): void {
  if (!chunkIn(view, page, ordinal, resident)) return
  const { words, at } = resident
  if (!isComplete(peek(words, at + HEADER.INCARNATION))) return
  let handle = handleAt(view, page, ordinal)
  if (!isEntry(words, at)) {
    handle = peek(words, at + CONTINUATION.OWNER)
    const owner = pageOf(view, handle)
    if (chunkAddress(view, handle) < 0) return
    if (!chunkIn(view, owner, handle & view.ordinalMask, resident)) return
  }
  if (!locate(view, handle, resident)) return
  const dead = deadReason(view, resident)
  if (dead >= 0) {
    evictLocated(view, resident, dead)
    return
  }
  if (moveResident(view, page)) return
  if (view.policy.name === 'none') abandonDrain(view, page)
  else evictLocated(view, resident, COUNTER.evictedForPages)
}

/** Moves the located entry out of the page; false when there is no free chunk for it. */
function moveResident(view: MemoryView, page: PageNumber): boolean {
  const presence = presenceOf(peek(resident.words, resident.at + HEADER.VALUE_AND_PRESENCE))
  if (field(view, ROW.NEW) !== 0 || field(view, ROW.NEW_CHAIN) !== 0) return false
  const sizeClass = classOf(view, handleIn(view, resident.word))
  const chain = chainIn(resident.words, resident.at, presence)
  // Where entries may be evicted, moving a long one would take the room that was made for another.
  if (chain !== 0 && view.policy.name !== 'none') return false
  const handle = copyParts(view, page, chain) ? popFree(view, sizeClass, false) : 0
  if (handle === 0 || pageOf(view, handle) === page) {
    dropNew(view)
    return false
  }
  copyChunk(view, sizeClass, handle)
  if (chain !== 0) adoptParts(view, handle, presence)
  const stamp = stampOf(resident.words, resident.at, presence)
  record(view, ROW.SLOT, resident.slotIndex)
  record(view, ROW.OLD, resident.word)
  record(view, ROW.OLD_CHAIN, chain)
  recordDelta(view, 0, 0, spaceIn(resident.words, resident.at, presence), stamp, stamp)
  setKind(view, ROW_REPLACE)
  const { table, slotAt, word } = resident
  if (compareExchange(table, slotAt, word, field(view, ROW.NEW)) === word) {
    freeOld(view)
    applyDelta(view, sequenceOf(view.state))
    record(view, ROW.NEW, 0)
    record(view, ROW.NEW_CHAIN, 0)
    count(view, 'entriesMoved')
  } else {
    setKind(view, ROW_BUSY)
    dropNew(view)
  }
  renew(view)
  return true
}

/** Copies the continuations of a value, the last one first, into free chunks outside the page. */
function copyParts(view: MemoryView, page: PageNumber, first: ChunkHandle): boolean {
  const parts: ChunkHandle[] = []
  for (let part = first; part !== 0; part = nextOf(view, part)) {
    // Recycled bytes may lead anywhere: the exchange at the end would fail, so stop here.
    if (chunkAddress(view, part) < 0 || parts.length === MOST_PARTS) return false
    parts.push(part)
  }
  for (const part of parts.reverse()) {
    const sizeClass = classOf(view, part)
    const at = chunkAddress(view, part)
    const handle = at < 0 ? 0 : popFree(view, sizeClass, true)
    if (handle === 0 || pageOf(view, handle) === page) return false
    copyPart(view, part, at, handle, view.classes.bytes[sizeClass]!)
    record(view, ROW.NEW_CHAIN, handle)
    record(view, ROW.NEW_PART, 0)
  }
  return true
}
const MOST_PARTS = 1 << 17

function copyPart(
  view: MemoryView,
  part: ChunkHandle,
  from: WordIndex,
  handle: ChunkHandle,
  bytes: number,
): void {
  const source = segmentOf(view, pageOf(view, part))
  const segment = segmentOf(view, pageOf(view, handle))
  const words = view.data[segment]!
  const at = chunkAddress(view, handle)
  const rest = bytes - CONTINUATION.BYTES * 4
  const start = (from + CONTINUATION.BYTES) * 4
  const target = view.dataBytes[segment]!
  copyIn(target, (at + CONTINUATION.BYTES) * 4, view.dataBytes[source]!, start, rest)
  const length = peek(view.data[source]!, from + CONTINUATION.LENGTH_AND_TYPE)
  poke(words, at + CONTINUATION.LENGTH_AND_TYPE, length)
  poke(words, at + CONTINUATION.OWNER, 0)
  poke(words, at + CONTINUATION.NEXT, field(view, ROW.NEW_CHAIN))
  poke(words, at + HEADER.INCARNATION, peek(words, at + HEADER.INCARNATION) + 1)
}

/** Links the copied continuations to the copied first chunk. */
function adoptParts(view: MemoryView, handle: ChunkHandle, presence: number): void {
  const words = view.data[segmentOf(view, pageOf(view, handle))]!
  const at = chunkAddress(view, handle)
  poke(words, at + offsetOf(CHAIN, presence), field(view, ROW.NEW_CHAIN))
  ownParts(view, handle)
}

/** Copies header and bytes into the new chunk and completes it under its own incarnation. */
function copyChunk(view: MemoryView, sizeClass: number, handle: number): void {
  const segment = segmentOf(view, pageOf(view, handle))
  const words = view.data[segment]!
  const at = chunkAddress(view, handle)
  const rest = view.classes.bytes[sizeClass]! - HEADER.WORDS * 4
  const from = view.dataBytes[resident.segment]!
  const start = (resident.at + HEADER.WORDS) * 4
  copyIn(view.dataBytes[segment]!, (at + HEADER.WORDS) * 4, from, start, rest)
  for (let word = HEADER.VERSION_LOW; word < HEADER.WORDS; word++) {
    poke(words, at + word, peek(resident.words, resident.at + word))
  }
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  const expiry = expiryIn(view.dataDoubles[segment]!, at, presence)
  const incarnation = peek(words, at + HEADER.INCARNATION) + 1
  markComplete(view, field(view, ROW.NEW), words, at, incarnation, expiry)
}
