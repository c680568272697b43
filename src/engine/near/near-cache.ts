/**
 * A thread's near cache: values as it decoded them, in its own heap, beside where each lies in
 * shared memory. A hit is a look into a `Map`, and the question whether the entry that the value
 * was decoded from is what its key holds now. Nobody tells anybody; so nothing can come too late.
 *
 * What is kept of an entry (`NearRecord`) was read and validated once. While the slot holds the
 * same word and the chunk has the same incarnation, that entry is linked, and all of it is as it
 * was: a linked entry never changes, it is replaced. The slot is asked first: that load is the
 * linearization point. The incarnation comes after it. Incarnations only grow (I-GROWS): the same
 * when the value was read and now, it was the same when the slot was asked. The rest may change
 * without the slot: a flush shows in the flush counts, time in the clock; and an entry with an
 * intent, which a transaction changes by a word elsewhere, is never kept (I-NEAR).
 *
 * The low word of the version is asked, too: the incarnation alone recurs after 2^31 fillings of
 * the very chunk, which is a bound for a read, but not for what may be kept for days.
 *
 * Replacement is CLOCK over the records, in the order in which they came. When all places are
 * taken, a key comes in only if it was missed before, not long ago (the doorkeeper of TinyLFU,
 * G. Einziger, R. Friedman, B. Manes, 2017): a walk over many keys does not wash the hot ones out.
 *
 * Rejected: messages that invalidate (late, or waited for), a lease per value (stale until it
 * ends), a version per bucket (any write there invalidates all of it).
 */
import * as atomics from '#atomics'
import * as block from '../../../native-layout/control-block.ts'
import * as header from '../../../native-layout/entry-header.ts'
import * as rows from '../../../native-layout/thread-row.ts'
import * as clockBits from '../../memory/clock-bits.ts'
import * as row from '../../memory/row.ts'
import type { MemoryView } from '../../memory/view.ts'
import { TAG_BYTES, TAG_CUSTOM, TAG_JSON } from '../codec.ts'
import type { Reading } from '../read.ts'
import type { Session } from '../session.ts'
import { freezeGraph, freezeTree } from './deep-freeze.ts'
import type { ResolvedNear } from './near-options.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { openReads, peek } = atomics
const { CONTROL, FLUSH_TICK_MS } = block
const { HEADER, INTENT } = header
const { COUNTER } = rows
const { isHottest } = clockBits
const { countAt, currentStamp } = row

/** What is kept of an entry: its value, and what says that the entry is still there. */
class NearRecord {
  value: unknown
  slotTable: Int32Array
  slotAt = 0
  slotWord = 0
  entry: Int32Array
  entryAt = 0
  incarnation = 0
  /** Low word. */
  version = 0
  /** It is of a namespace that is flushed alone, or has an expiry, or its uses may be noted. */
  isSpecial = false
  /** Since the hand passed. */
  isUsed = false
  slotSegment = 0
  /** Flush stamp. */
  stamp = 0
  /** Absolute expiry in ms, 0 none. */
  expiry = 0
  key: string
  space: NearSpace

  constructor(view: MemoryView, key: string, space: NearSpace) {
    this.slotTable = view.slotTable
    this.entry = view.entry
    this.key = key
    this.space = space
  }
}

/** What a thread keeps of one namespace. */
export class NearSpace {
  readonly space: number
  readonly records = new Map<string, NearRecord>()
  readonly near: NearCache
  readonly view: MemoryView

  constructor(near: NearCache, view: MemoryView, space: number) {
    this.near = near
    this.view = view
    this.space = space
  }

  /**
   * The value of a key if it is kept and the entry that it was decoded from is what the key holds
   * now: a hit, counted and marked as one. Else `undefined`: read.
   */
  get(key: string): unknown {
    const record = this.records.get(key)
    if (record === undefined) return undefined
    const { near, view } = this
    const { control } = view
    // The flush count is read after the tick: see `begin` of the session.
    const isPending = openReads(control, CONTROL.FLUSH_TICK) !== 0
    const { slotTable, slotAt, entry, entryAt } = record
    if (openReads(slotTable, slotAt) !== record.slotWord) return undefined
    if (peek(entry, entryAt + HEADER.INCARNATION) !== record.incarnation) return undefined
    if (peek(entry, entryAt + HEADER.VERSION_LOW) !== record.version) return undefined
    if (isPending || peek(control, CONTROL.EPOCH) !== near.epoch || record.isSpecial) {
      if (!near.isInForce(record)) return undefined
    }
    record.isUsed = true
    if (!isHottest(slotTable, slotAt)) near.mark(record)
    countAt(view, COUNTER.hits)
    return record.value
  }
}

/** Digests that the doorkeeper remembers for each place. */
const SEEN_PER_ENTRY = 4

export class NearCache {
  readonly options: ResolvedNear
  readonly session: Session
  readonly view: MemoryView
  /** Uses of keys are noted now and then. */
  readonly isSampled: boolean
  /** Flush count of everybody: no record has a stamp from before it. */
  epoch = 0
  readonly spaces: NearSpace[] = []
  readonly records: NearRecord[] = []
  hand = 0
  /** Digests of keys that were missed lately, where they fall. */
  readonly seen: Int32Array

  constructor(session: Session, options: ResolvedNear) {
    this.session = session
    this.view = session.view
    this.isSampled = session.handle.hotKeys !== undefined
    this.options = options
    this.seen = new Int32Array(2 ** Math.ceil(Math.log2(options.entries * SEEN_PER_ENTRY)))
  }

  /** What is kept of a namespace. */
  of(space: number): NearSpace {
    for (let at = this.spaces.length; at <= space; at++) {
      this.spaces.push(new NearSpace(this, this.view, at))
    }
    return this.spaces[space]!
  }

  /**
   * Whether no flush and no expiry has made a record's entry void. After the slot was asked. False
   * also when this use is to be noted: read it.
   */
  isInForce(record: NearRecord): boolean {
    const { view } = this
    const tick = openReads(view.control, CONTROL.FLUSH_TICK)
    if (tick !== 0 && view.startedAt + tick * FLUSH_TICK_MS <= view.now()) return false
    if (this.#noticesFlush()) return false
    if (((currentStamp(view, record.space.space) - record.stamp) | 0) > 0) return false
    if (record.expiry !== 0 && record.expiry <= view.now()) return false
    return !this.isSampled || this.session.usedUnstaged()
  }

  /** Marks a use of a record's entry, which has not been used so often that none would show. */
  mark(record: NearRecord): void {
    const { view } = this
    view.slotSegment = record.slotSegment
    view.slotAt = record.slotAt
    view.policy.touched(view)
  }

  /** After a flush of everything nothing that is kept is in force. */
  #noticesFlush(): boolean {
    const epoch = peek(this.view.control, CONTROL.EPOCH)
    if (epoch === this.epoch) return false
    this.clear()
    this.epoch = epoch
    return true
  }

  /** Whether values like that of a reading are kept: not bytes, nor what the user's code makes. */
  keeps({ codec, length }: Reading): boolean {
    return codec !== TAG_BYTES && codec < TAG_CUSTOM && length <= this.options.maxItemBytes
  }

  /**
   * Freezes the value of the entry in the registers, which was just validated, and keeps it if it
   * can. No code of the user's may have run since.
   */
  keep(space: NearSpace, key: string, value: unknown, reading: Reading): void {
    if (typeof value === 'object' && value !== null && !isFrozen(value, reading.codec)) return
    if ((reading.presence & INTENT) !== 0) return
    const { view } = this
    this.#noticesFlush()
    if (((currentStamp(view, space.space) - reading.stamp) | 0) > 0) return
    const record = space.records.get(key) ?? this.#place(space, key)
    if (record === undefined) return
    record.value = value
    record.slotTable = view.slotTable
    record.slotAt = view.slotAt
    record.slotWord = view.slotWord
    record.entry = view.entry
    record.entryAt = view.entryAt
    record.incarnation = view.entryIncarnation
    record.version = reading.version | 0
    record.isSpecial = space.space !== 0 || reading.expiry !== 0 || this.isSampled
    record.slotSegment = view.slotSegment
    record.stamp = reading.stamp
    record.expiry = reading.expiry
  }

  /** A record for a key that is not kept yet; undefined: it is not let in. */
  #place(space: NearSpace, key: string): NearRecord | undefined {
    const { records } = this
    let record: NearRecord
    if (records.length < this.options.entries) {
      record = new NearRecord(this.view, key, space)
      records.push(record)
    } else {
      if (!this.#wasMissedBefore()) return undefined
      record = this.#victim()
      record.space.records.delete(record.key)
      record.key = key
      record.space = space
    }
    space.records.set(key, record)
    return record
  }

  #wasMissedBefore(): boolean {
    const { digest } = this.view.key
    const at = digest & (this.seen.length - 1)
    const before = this.seen[at] === digest
    this.seen[at] = digest
    return before
  }

  /** The first record that was not used since the hand passed it. */
  #victim(): NearRecord {
    for (;;) {
      const record = this.records[this.hand]!
      this.hand = (this.hand + 1) % this.records.length
      if (!record.isUsed) return record
      record.isUsed = false
    }
  }

  /** Keeps nothing any more. */
  clear(): void {
    for (const { records } of this.spaces) records.clear()
    this.records.length = 0
    this.hand = 0
  }
}

/** Freezes an object that a codec made; false when it cannot be frozen. */
function isFrozen(value: object, codec: number): boolean {
  if (codec !== TAG_JSON) return freezeGraph(value)
  freezeTree(value)
  return true
}
