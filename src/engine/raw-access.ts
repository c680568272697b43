/**
 * The engine as protocols use it: keys and values are ranges of byte arrays, outcomes are numbers,
 * and nothing that a client can cause throws. One per thread; reads copy straight into the reply.
 *
 * Reading is in three steps, so that a protocol can write its header before the value: `open` looks
 * at the entry, `copy` copies its value, `confirm` says whether both were of one entry. If not, the
 * protocol throws away what it wrote and opens again (at most MAX_RETRIES times).
 */
import { copyOut, copyWordsOut, load } from '#atomics'
import { PAGE } from '../../native-layout/page.ts'
import { heat } from '../memory/clock-bits.ts'
import { Draft } from '../memory/draft.ts'
import { versionIn } from '../memory/entry.ts'
import { classOfPage } from '../memory/page-demand.ts'
import { liveEntries } from '../memory/row.ts'
import { ABSENT, bucketOf, CONTENDED as LOST_SCAN, find, isStill } from '../memory/table.ts'
import { type MemoryView, pageAddress } from '../memory/view.ts'
import { MOST_COPIED_BY_WORDS } from './ahead-reader.ts'
import { contentTypeCount, contentTypeName, contentTypeNumber } from './content-types.ts'
import { type Engine, sessionOf } from './engine.ts'
import { flushAll, flushAt, flushSpace } from './flush.ts'
import { usesOf } from './hot-keys/report.ts'
import { keysIn } from './iterate.ts'
import { type Outcome, STORED } from './outcomes.ts'
import {
  copyChain,
  expiryOf,
  GONE,
  HIT,
  hit,
  isOver,
  isWhole,
  look,
  lookAtWords,
  LOST_RACE,
  miss,
  Reading,
} from './read.ts'
import { copyPart } from './read-part.ts'
import { deleteKey, deleteMatching, removeOver } from './remove.ts'
import { previewEntry } from './preview.ts'
import { isAsSeen, type Seen, seeKey } from './seen.ts'
import type { Session } from './session.ts'
import { hasSpaces, spaceFor } from './spaces.ts'
import { type StoreMode, storeDraft } from './store.ts'
import { transact, type Want } from './transaction.ts'
import { type Change, changeEntry } from './update.ts'

export { MAX_RETRIES } from '../../native-layout/limits.ts'
export { MARK_BITS, MARK_FETCHED, MARK_STALE, MARK_WIN } from '../../native-layout/entry-header.ts'
export { ADD, MATCH, REPLACE, SET } from './store.ts'
export * from './outcomes.ts'
export { DELETE_KEY, KEEP, PUT_FRESH } from './transaction.ts'
export { GONE, HIT, LOST_RACE }
export { Draft, Reading }
export type { Change, Seen, StoreMode, Want }

export class RawAccess {
  readonly session: Session
  readonly view: MemoryView
  /** What the last `open` found: length, flags, marks, version, expiry (absolute ms), casHigh... */
  readonly reading: Reading
  /** To be filled before `store`: bytes, from, length, codec, flags, expiry, marks, casHigh... */
  readonly draft: Draft
  #at = 0
  #isTorn = false

  constructor(engine: Engine) {
    this.session = sessionOf(engine)
    this.view = this.session.view
    this.reading = this.session.reading
    this.draft = this.session.draft
  }

  /**
   * Stages the key `source[from..to)` for the calls that follow.
   * @returns false when no entry of this engine can have a key that long
   */
  stage(source: Uint8Array, from: number, to: number, space = 0): boolean {
    this.session.begin()
    const isShort = this.view.key.loadBytes(source, from, to, space)
    const fits = isShort && this.view.key.length <= this.session.longestKey
    if (fits) this.session.used()
    return fits
  }

  /**
   * Looks at the entry of the staged key.
   * @returns HIT: `reading` describes it, to be confirmed; GONE: absent, counted as a miss;
   * LOST_RACE: open again
   */
  open(): typeof HIT | typeof GONE | typeof LOST_RACE {
    const { view, reading } = this
    const found = find(view)
    if (found === ABSENT) {
      miss(view)
      return GONE
    }
    if (found === LOST_SCAN) return LOST_RACE
    this.#at = look(view, reading)
    if (reading.length < 0 || reading.length > this.session.facts.maxItemBytes) return LOST_RACE
    lookAtWords(view, reading)
    reading.version = versionIn(view.entry, view.entryAt)
    reading.expiry = expiryOf(view, reading.presence)
    this.#isTorn = false
    if (!isOver(view, reading.presence)) return HIT
    if (!isStill(view)) return LOST_RACE
    if (!removeOver(view)) return LOST_RACE
    miss(view)
    return GONE
  }

  /**
   * Copies the value of the opened entry to `target[at]`; there is room for `reading.length`.
   * @param words of the same bytes as `target`: short values are copied by it
   */
  copy(target: Uint8Array, at: number, words?: DataView): void {
    const { view, reading } = this
    if (isWhole(view, reading, this.#at)) {
      if (words !== undefined && reading.length <= MOST_COPIED_BY_WORDS) {
        copyWordsOut(view.entry, this.#at >>> 2, words, at, reading.length)
        return
      }
      copyOut(view.entry, this.#at >>> 2, target, at, reading.length)
      return
    }
    this.#isTorn = !copyChain(view, reading, this.#at, target, at)
  }

  /** Copies bytes `from` to `to` of the opened value, both within its length, to `target[at]`. */
  copyPart(target: Uint8Array, at: number, from: number, to: number): void {
    this.#isTorn = !copyPart(this.view, this.reading, this.#at, from, to, target, at)
  }

  /** Whether what was opened and copied is one entry; then it counts as a hit and as a use. */
  confirm(): boolean {
    if (this.#isTorn || !isStill(this.view)) return false
    hit(this.view)
    return true
  }

  /** As `confirm`, but neither a hit nor a use. */
  confirmQuietly(): boolean {
    return !this.#isTorn && isStill(this.view)
  }

  /** Uses of the opened entry that the CLOCK hand has not forgotten, 0 to 3. Before `confirm`. */
  heat(): number {
    return heat(this.view.tableBytes[this.view.slotSegment]!, this.view.slotAt)
  }

  /** Bytes of the first chunk of the opened entry. */
  chunkBytes(): number {
    return this.view.entryShape * 4
  }

  /** Stores the draft under the staged key; `draft.version` is its version then. */
  store(mode: StoreMode): Outcome {
    const outcome = storeDraft(this.view, this.draft, mode, 0)
    this.session.wrote(outcome === STORED ? this.draft.length : 0)
    return outcome
  }

  /**
   * Replaces the entry of the staged key by what `change` makes of it, or deletes it if that says
   * DELETED. MISSING when absent.
   */
  change(change: Change): Outcome {
    const outcome = changeEntry(this.view, this.draft, change)
    this.session.wrote(outcome === STORED ? this.draft.length : 0)
    return outcome
  }

  /** Deletes the entry of the staged key: DELETED or MISSING. */
  remove(): Outcome {
    const outcome = deleteKey(this.view)
    this.session.wrote()
    return outcome
  }

  /** Deletes it only if it has this 64-bit CAS: also EXISTS. */
  removeMatching(casHigh: number, casLow: number): Outcome {
    const outcome = deleteMatching(this.view, casHigh, casLow)
    this.session.wrote()
    return outcome
  }

  /** The home bucket of the staged key. */
  bucket(): number {
    return bucketOf(this.view, this.view.key.digest)
  }

  /** What the staged key is, for a transaction later; undefined when too many races were lost. */
  see(): Seen | undefined {
    return seeKey(this.view)
  }

  /** Whether the staged key is as it was seen, and was all the while. */
  isAsSeen(seen: Seen): boolean {
    return isAsSeen(this.view, seen)
  }

  /** Changes several keys at one moment: see `transact` of transaction.ts. */
  transact(wants: readonly Want[]): Outcome {
    this.session.begin()
    const outcome = transact(this.view, wants)
    this.session.wrote()
    return outcome
  }

  /** Removes every entry: now, or by the first operation after an absolute time in ms. */
  flush(at = 0): void {
    this.session.begin()
    if (at === 0) flushAll(this.view)
    else flushAt(this.view, at)
  }

  /** Removes every entry of one namespace, from 1: the default one has no flush of its own. */
  flushSpace(space: number): Outcome {
    this.session.begin()
    return flushSpace(this.view, space)
  }

  /** Whether any namespace beside the default one was ever used. */
  hasSpaces(): boolean {
    return hasSpaces(this.view)
  }

  /**
   * The first bytes of the value of a key, `most` at most, without counting as a use; `reading`
   * describes the entry. Undefined: there is none.
   */
  preview(key: Uint8Array, space: number, most: number): Buffer | undefined {
    this.session.begin()
    if (!this.view.key.loadBytes(key, 0, key.length, space)) return undefined
    return previewEntry(this.view, this.reading, most)
  }

  /** Keys of one bucket of the table, as bytes of their own: for a walk of all keys. */
  keysIn(bucket: number, space = 0): Uint8Array[] {
    return keysIn(this.view, bucket, space)
  }

  /** The size class of a page (pages count from 1), from 0; -1 when it is not cut into chunks. */
  pageClass(page: number): number {
    return classOfPage(this.view, page)
  }

  /** Chunks of a page that were ever given out. */
  pageChunks(page: number): number {
    return load(this.view.control, pageAddress(this.view, page) + PAGE.CARVED)
  }

  /** Entries of a namespace; expired ones count until they are met. */
  entriesIn(space: number): number {
    return liveEntries(this.view, space)
  }

  /**
   * The number of a namespace, registered when it is new; -1 when there is no room for it.
   * @param isKnown nothing is registered: -1 for a new one
   */
  spaceOf(name: string, isKnown = false): number {
    return spaceFor(this.view, name, isKnown)
  }

  /** The number of a content type for a draft, registered when it is new. */
  contentTypeNumber(name: string): number {
    return contentTypeNumber(this.view, name)
  }

  /** The content type of a reading's number; undefined: it has none. */
  contentTypeName(number: number): string | undefined {
    return contentTypeName(this.view, number)
  }

  /** Content types that were registered, of CONTENT_TYPES that can be. */
  contentTypeCount(): number {
    return contentTypeCount(this.view)
  }

  /** Uses of the staged key, as far as they are noted; undefined where hot keys are not noted. */
  uses(): number | undefined {
    const memory = this.session.handle.hotKeys
    return memory && usesOf(this.session, memory)
  }

  /** Milliseconds since the epoch, from the engine's own time source. */
  now(): number {
    return this.view.now()
  }
}
