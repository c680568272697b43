/**
 * The one place where a committed mutation is known: the mutation ring of each row.
 *
 *   word 0   words of the record | status    CLAIMED, COMMITTED, ABORTED, PADDING
 *        1   kind                            PUT DEL EXPIRE EVICT FLUSH
 *        2 3 version, low and high
 *        4   stamp of the entry, or the count of this flush: all flushes, or the namespace's
 *        5   namespace
 *        6   key length, then the key
 *
 * A record is claimed before the compare-and-exchange that may commit it and closed after it, in
 * the thread's own ring, so a dead thread's open record is closed by its recovery. Nobody waits: a
 * record that finds no room is counted when its mutation has happened (before, a reader could
 * resynchronize too early), and the reader of the feed reports it. While nobody listens all of this
 * is one load.
 *
 * A value is not copied here: the reader fetches it by key when it wants it, and skips it if a
 * newer version is there, so a hot key costs one copy a frame. Versions order the records of one
 * key, also deletions, which draw a version of their own.
 */
import * as atomics from '#atomics'
import * as controlBlock from '../../native-layout/control-block.ts'
import * as entryHeader from '../../native-layout/entry-header.ts'
import * as limits from '../../native-layout/limits.ts'
import * as threadRow from '../../native-layout/thread-row.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import * as entry from './entry.ts'
import * as row from './row.ts'
import * as table from './table.ts'
import * as version from './version.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { compareExchange, load, peek, poke, store } = atomics
const { CONTROL, SPACE, SPACES_AT } = controlBlock
const { HEADER, presenceOf } = entryHeader
const { MAX_KEY_BYTES } = limits
const { ROW } = threadRow
const { keyAt, keyLength, spaceIn, versionIn } = entry
const { field, record } = row
const { stampOf } = table
const { takeVersion } = version

export const PUT = 1
export const DEL = 2
export const EXPIRE = 3
export const EVICT = 4
export const FLUSH = 5

export const CLAIMED = 1
export const COMMITTED = 2
export const ABORTED = 3
export const PADDING = 4
const STATUS_BITS = 3
const RECORD_WORDS = 7

export const RECORD = { HEAD: 0, KIND: 1, LOW: 2, HIGH: 3, STAMP: 4, SPACE: 5, KEY: 6, BYTES: 7 }

export function packRecordHead(words: number, status: number): number {
  return (words << STATUS_BITS) | status
}
export function recordWords(head: number): number {
  return head >>> STATUS_BITS
}
export function recordStatus(head: number): number {
  return head & ((1 << STATUS_BITS) - 1)
}
/**
 * Positions in a ring run to twice its length, so that a full ring differs from an empty one, and
 * never meet the end of 32 bits.
 */
export function advance(view: MemoryView, position: number, words: number): number {
  const next = position + words
  return next >= 2 * view.plan.ringWords ? next - 2 * view.plan.ringWords : next
}
/** Where in its ring a position lies. */
export function offsetIn(view: MemoryView, position: number): number {
  return position % view.plan.ringWords
}

export function ringAt(view: MemoryView, row: number): WordIndex {
  return view.plan.ringsAt + row * view.plan.ringWords
}

/**
 * Opens a record for the mutation that is about to be tried, if somebody listens.
 * @param version of a removal whose version came from elsewhere; 0: a removal draws its own
 */
export function claimMutation(
  view: MemoryView,
  kind: number,
  words: Int32Array,
  at: WordIndex,
  home: number,
  version = 0,
): void {
  if (peek(view.control, CONTROL.LISTEN) === 0) return
  const bytes = keyLength(words, at)
  // Recycled bytes: the exchange that follows cannot succeed, so there is nothing to tell.
  if (bytes < 0 || bytes > MAX_KEY_BYTES) return
  const position = reserve(view, RECORD_WORDS + ((bytes + 3) >>> 2))
  if (position < 0) return
  const drawn = version || (kind === PUT ? versionIn(words, at) : takeVersion(view, home))
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  writeFields(view, position, kind, drawn, stampOf(words, at, presence))
  poke(view.control, position + RECORD.SPACE, spaceIn(words, at, presence))
  poke(view.control, position + RECORD.KEY, bytes)
  const key = keyAt(words, at)
  for (let i = (bytes + 3) >>> 2; i-- > 0; ) {
    poke(view.control, position + RECORD.BYTES + i, peek(words, key + i))
  }
  open(view, position, RECORD_WORDS + ((bytes + 3) >>> 2))
}

/** Opens a record for a flush that would raise the count of `space` (0: of all) to `stamp`. */
export function claimFlush(view: MemoryView, space: number, stamp: number): void {
  if (load(view.control, CONTROL.LISTEN) === 0) return
  const position = reserve(view, RECORD_WORDS)
  if (position < 0) return
  writeFields(view, position, FLUSH, 0, stamp)
  poke(view.control, position + RECORD.SPACE, space)
  poke(view.control, position + RECORD.KEY, 0)
  open(view, position, RECORD_WORDS)
}

export function commitMutation(view: MemoryView): void {
  close(view, COMMITTED)
}
export function abortMutation(view: MemoryView): void {
  close(view, ABORTED)
}

/**
 * Closes what a dead thread left open when it was changing nothing but a flush count: the flush
 * happened if the count is there. It may be another thread's, which has its own record then: a
 * FLUSH that is told twice does nothing the second time.
 */
export function settleFlush(view: MemoryView): void {
  const position = field(view, ROW.CLAIMED)
  if (position <= 0 || peek(view.control, position + RECORD.KIND) !== FLUSH) {
    close(view, position === NO_ROOM ? COMMITTED : ABORTED) // What kind it was is not known.
    return
  }
  const space = peek(view.control, position + RECORD.SPACE)
  const now = load(view.control, flushCountAt(space))
  const isDone = ((now - peek(view.control, position + RECORD.STAMP)) | 0) >= 0
  close(view, isDone ? COMMITTED : ABORTED)
}

/** Word index of the flush count of a namespace, or of all (0). */
export function flushCountAt(space: number): WordIndex {
  return space === 0 ? CONTROL.EPOCH : SPACES_AT + space * SPACE.WORDS + SPACE.EPOCH
}

/** Lets go of the feed if its reader has this row: called before a row changes hands. */
export function abandonFeed(view: MemoryView, row: number): void {
  compareExchange(view.control, CONTROL.LISTEN, row + 1, 0)
}

function writeFields(
  view: MemoryView,
  position: WordIndex,
  kind: number,
  version: number,
  stamp: number,
): void {
  poke(view.control, position + RECORD.KIND, kind)
  poke(view.control, position + RECORD.LOW, version | 0)
  poke(view.control, position + RECORD.HIGH, Math.floor(version / 2 ** 32))
  poke(view.control, position + RECORD.STAMP, stamp)
}

/** In CLAIMED: a mutation without a record, to be counted as lost if it happens. */
const NO_ROOM = -1

/** Word index of room for a record that does not wrap; NO_ROOM when the ring is full. */
function reserve(view: MemoryView, words: number): WordIndex {
  const { ringWords } = view.plan
  const ring = ringAt(view, view.row)
  let head = field(view, ROW.FEED_HEAD)
  const behind = head - load(view.control, view.rowAt + ROW.FEED_TAIL)
  const used = behind < 0 ? behind + 2 * ringWords : behind
  const offset = offsetIn(view, head)
  const padding = offset + words > ringWords ? ringWords - offset : 0
  if (used + padding + words > ringWords) {
    record(view, ROW.CLAIMED, NO_ROOM)
    return NO_ROOM
  }
  if (padding > 0) {
    store(view.control, ring + offset, packRecordHead(padding, PADDING))
    head = advance(view, head, padding)
    store(view.control, view.rowAt + ROW.FEED_HEAD, head)
  }
  return ring + offsetIn(view, head)
}

function open(view: MemoryView, position: WordIndex, words: number): void {
  poke(view.control, position, packRecordHead(words, CLAIMED))
  record(view, ROW.CLAIMED, position)
  store(view.control, view.rowAt + ROW.FEED_HEAD, advance(view, field(view, ROW.FEED_HEAD), words))
}

function close(view: MemoryView, status: number): void {
  const position = field(view, ROW.CLAIMED)
  if (position === 0) return
  if (position === NO_ROOM) {
    if (status === COMMITTED) {
      store(view.control, view.rowAt + ROW.FEED_LOST, (field(view, ROW.FEED_LOST) + 1) | 0)
    }
    record(view, ROW.CLAIMED, 0)
    return
  }
  const head = peek(view.control, position)
  if (recordStatus(head) === CLAIMED) {
    store(view.control, position, packRecordHead(recordWords(head), status))
  }
  record(view, ROW.CLAIMED, 0)
}
