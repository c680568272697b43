/**
 * Reading from where an entry was seen: the path of nearly all reads of requests that arrived
 * together. The key that was looked ahead at (look-ahead.ts) is compared from where it is kept,
 * so that nothing is staged, no tag is scanned again, and no register filled that nobody asks for.
 *
 * The loads and their checks are those of `find` and of `RawAccess.open`, in their order: `open`,
 * then `copy`, then `confirm`. What was seen decides nothing but where to look. At anything but a
 * short value in one chunk that is there, or when the use is to be noted, the answer is no, and the
 * key is staged and read as ever.
 */
import * as atomics from '#atomics'
import * as block from '../../native-layout/control-block.ts'
import * as header from '../../native-layout/entry-header.ts'
import * as slots from '../../native-layout/table-slot.ts'
import * as table from '../memory/table.ts'
import * as views from '../memory/view.ts'
import type { MemoryView } from '../memory/view.ts'
import * as reads from './read.ts'
import type { Session } from './session.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { copyOut, copyWordsOut, openReads, peek } = atomics
const { CONTROL } = block
const { codecOf, CONTENT, EPOCH, EXPIRY, FLAGS, HEADER, MARKS, offsetOf, presenceOf } = header
const { shortKeyLength, shortValueLength, SHORT_VALUE_LIMIT, STORE_TIME, TYPE_VALUE } = header
const { typeOf, versionHighOf, WORDS_BEFORE_KEY } = header
const { BUCKET, BUCKET_SHIFT, handleOf, isLive } = slots
const { isStill } = table
const { chunkInPage, segmentOf, shapeOf } = views
const { hit, isOver } = reads

/** As many keys are looked at together; the processor has no more misses under way. */
export const MOST_AHEAD = 64
/** Of the longest key that is looked ahead at. */
export const KEY_WORDS = 16
/** Entries with other optional words are read as ever. */
const PLAIN = EXPIRY | EPOCH | FLAGS | MARKS | STORE_TIME | CONTENT
/** Longer values are copied by the runtime. */
export const MOST_COPIED_BY_WORDS = 128

/** Keys that were looked ahead at. */
export class AheadKeys {
  space = 0
  /** KEY_WORDS of each, and its bytes. */
  readonly words = new Int32Array(MOST_AHEAD * KEY_WORDS)
  readonly lengths = new Int32Array(MOST_AHEAD)
  readonly homes = new Int32Array(MOST_AHEAD)
  /** Way of the home bucket where its entry was seen, or -1. */
  readonly ways = new Int32Array(MOST_AHEAD)
}

export class AheadReader {
  /** Of what `open` found: bytes of the value, its codec, marks and flags, its first word. */
  length = 0
  codec = 0
  marks = 0
  flags = 0
  #valueAt = 0
  readonly #session: Session
  readonly #view: MemoryView
  readonly #keys: AheadKeys

  constructor(session: Session, keys: AheadKeys) {
    this.#session = session
    this.#view = session.view
    this.#keys = keys
  }

  /**
   * Looks at the entry of a key that was taken, where it was seen: `length`, `codec`, `marks` and
   * `flags` describe it, to be confirmed.
   * @returns false when it is not there or not plain: stage the key
   */
  open(index: number): boolean {
    const view = this.#view
    const { homes, space, ways } = this.#keys
    const way = ways[index]!
    if (way < 0 || space !== 0 || this.#session.isClosed) return false
    // The count of flushes is read after it, as by `begin` of the session.
    if (openReads(view.control, CONTROL.FLUSH_TICK) !== 0) return false
    const home = homes[index]!
    const tableNumber = home >>> view.tableShift
    const slotTable = view.tables[tableNumber]!
    const slotAt = ((home & view.tableMask) << BUCKET_SHIFT) + BUCKET.A + way
    const word = peek(slotTable, slotAt)
    if (!isLive(word)) return false
    const handle = handleOf(word, view.versionBits)
    const page = handle >>> view.ordinalBits
    const shape = page > 0 && page <= view.pages ? shapeOf(view, page) : 0
    const entryAt = chunkInPage(view, page, handle & view.ordinalMask, shape)
    if (entryAt < 0) return false
    const segment = segmentOf(view, page)
    const entry = view.data[segment]!
    const incarnation = openReads(entry, entryAt) // The bytes are read after it.
    const version = ((incarnation + 1) >>> 1) & view.versionMask
    if ((incarnation & 1) !== 0 || version !== (word & view.versionMask)) return false
    view.slotTable = slotTable
    view.slotSegment = tableNumber
    view.slotAt = slotAt
    view.slotWord = word
    view.entrySegment = segment
    view.entry = entry
    view.entryAt = entryAt
    view.entryShape = shape
    view.entryIncarnation = incarnation
    return this.#describe(view, index, entry, entryAt, shape)
  }

  /** Whether the entry, perhaps of recycled bytes, is plain and has the key. */
  #describe(
    view: MemoryView,
    index: number,
    entry: Int32Array,
    entryAt: number,
    shape: number,
  ): boolean {
    const { lengths, words } = this.#keys
    const keyLength = lengths[index]!
    const second = peek(entry, entryAt + HEADER.KEY_AND_VERSION)
    if (shortKeyLength(second) !== keyLength || typeOf(second) !== TYPE_VALUE) return false
    const last = peek(entry, entryAt + HEADER.VALUE_AND_PRESENCE)
    const presence = presenceOf(last)
    const length = shortValueLength(last)
    if ((presence & ~PLAIN) !== 0 || length === SHORT_VALUE_LIMIT) return false
    const count = (keyLength + 3) >>> 2
    const before = WORDS_BEFORE_KEY[presence]!
    if (before + count + ((length + 3) >>> 2) > shape) return false
    const keyAt = entryAt + before
    const first = index * KEY_WORDS
    for (let i = 0; i < count; i++) {
      if (peek(entry, keyAt + i) !== words[first + i]) return false
    }
    this.length = length
    this.codec = codecOf(last)
    this.marks = (presence & MARKS) === 0 ? 0 : peek(entry, entryAt + offsetOf(MARKS, presence))
    this.flags = (presence & FLAGS) === 0 ? 0 : peek(entry, entryAt + offsetOf(FLAGS, presence))
    this.#valueAt = keyAt + count
    return !isOver(view, presence)
  }

  /** The version of the opened entry as two words: its CAS, since it has no other. */
  get versionHigh(): number {
    const { entry, entryAt } = this.#view
    return versionHighOf(peek(entry, entryAt + HEADER.KEY_AND_VERSION))
  }
  get versionLow(): number {
    const { entry, entryAt } = this.#view
    return peek(entry, entryAt + HEADER.VERSION_LOW)
  }

  /**
   * Copies the value of the opened entry to `target[at]`; there is room for `length`.
   * @param words of the same bytes as `target`
   */
  copy(target: Uint8Array, at: number, words: DataView): void {
    const { entry } = this.#view
    if (this.length > MOST_COPIED_BY_WORDS) copyOut(entry, this.#valueAt, target, at, this.length)
    else copyWordsOut(entry, this.#valueAt, words, at, this.length)
  }

  /** Copies a key to `target[at]`, and up to three bytes behind it; returns where it ends. */
  copyKey(index: number, target: DataView, at: number): number {
    const { lengths, words } = this.#keys
    const first = index * KEY_WORDS
    const length = lengths[index]!
    for (let i = 0; i < length; i += 4) target.setInt32(at + i, words[first + (i >>> 2)]!, true)
    return at + length
  }

  /**
   * Whether what was opened and copied is one entry; then it counts as a hit and as a use.
   * @returns false also when this use is to be noted: stage the key
   */
  confirm(): boolean {
    const view = this.#view
    if (!isStill(view) || !this.#session.usedUnstaged()) return false
    hit(view)
    return true
  }
}
