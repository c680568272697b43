/**
 * Looking ahead: the keys of requests that arrived together, or of one call that reads many, are
 * hashed first, and then what their look-ups are going to read is touched for all of them, step by
 * step. The cache misses of one key
 * depend on each other, those of different keys do not: so they are waited for together.
 *
 * Nothing is concluded from what is read here: each request looks its key up anew, when it is its
 * turn, and finds the lines in the cache. A key is staged from here without being hashed again, or
 * read from where its entry was seen without being staged (ahead-reader.ts).
 */
import * as atomics from '#atomics'
import * as limits from '../../native-layout/limits.ts'
import * as slots from '../../native-layout/table-slot.ts'
import * as hash from '../memory/hash.ts'
import { asciiWords } from '../memory/key-scratch.ts'
import * as table from '../memory/table.ts'
import * as views from '../memory/view.ts'
import type { MemoryView } from '../memory/view.ts'
import { AheadKeys, AheadReader, KEY_WORDS, MOST_AHEAD } from './ahead-reader.ts'
import type { Session } from './session.ts'

export { MOST_AHEAD } from './ahead-reader.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { peek } = atomics
const { WAYS } = limits
const { BUCKET, BUCKET_SHIFT, isLive, TAG_SHIFT } = slots
const { secondSeed, seedOf, xxh32 } = hash
const { bucketOf, secondOf, tagFor } = table
const { chunkAddress, handleIn, pageOf, segmentOf, shapeOf } = views

/** Longer keys, in bytes, are left out. */
export const LONGEST_AHEAD: number = KEY_WORDS * 4 - 1
const LINE_WORDS = 16
/** A page of the system on most machines, 4 KiB; so many of an entry's are touched. */
const SYSTEM_PAGE_WORDS = 1024
const MOST_PAGES = 16

export class LookAhead {
  readonly #session: Session
  readonly #view: MemoryView
  readonly #keys = new AheadKeys()
  readonly #words: Int32Array = this.#keys.words
  readonly #lengths: Int32Array = this.#keys.lengths
  readonly #homes: Int32Array = this.#keys.homes
  readonly #ways: Int32Array = this.#keys.ways
  readonly #digests = new Int32Array(MOST_AHEAD)
  readonly #tags = new Int32Array(MOST_AHEAD)
  /** Where its entry seems to be: the segment, and the word in it; -1 when there is none. */
  readonly #segments = new Int32Array(MOST_AHEAD)
  readonly #entries = new Int32Array(MOST_AHEAD)
  /** A word in the last line that is touched of it. */
  readonly #ends = new Int32Array(MOST_AHEAD)
  /** Where the pages end that are touched of it; whether any has more than its first. */
  readonly #pageEnds = new Int32Array(MOST_AHEAD)
  #hasLong = false
  /** Reads from where entries were seen. */
  readonly reader: AheadReader
  #count = 0
  /** Of all that was touched: reads that nothing came of could be optimized away. */
  sum = 0
  constructor({ session }: { readonly session: Session }) {
    this.#session = session
    this.#view = session.view
    this.reader = new AheadReader(session, this.#keys)
  }

  begin(space: number): void {
    this.#keys.space = space
    this.#count = 0
  }

  /**
   * Takes the key from byte `from` to `to` of a view; fewer than MOST_AHEAD were taken before.
   * @returns its number; -1 when it is too long
   */
  add(source: DataView, from: number, to: number): number {
    const length = to - from
    if (length > LONGEST_AHEAD) return -1
    const index = this.#count++
    const words = this.#words
    const first = index * KEY_WORDS
    let word = first
    let at = from
    for (const whole = to - 3; at < whole; at += 4) words[word++] = source.getInt32(at, true)
    if (at < to) {
      let last = 0
      for (let shift = 0; at < to; shift += 8) last |= source.getUint8(at++) << shift
      words[word] = last
    }
    this.#lengths[index] = length
    this.#hash(index, first, length)
    return index
  }

  /**
   * Takes a text; fewer than MOST_AHEAD were taken before.
   * @returns false when it is too long, or not ASCII: stage it, and `take`
   */
  addText(key: string): boolean {
    const { length } = key
    if (length > LONGEST_AHEAD) return false
    const index = this.#count
    const first = index * KEY_WORDS
    if (!asciiWords(key, this.#words, first)) return false
    this.#count++
    this.#lengths[index] = length
    this.#hash(index, first, length)
    return true
  }

  /**
   * Takes the staged key; fewer than MOST_AHEAD were taken before. One that is too long is looked
   * ahead at, but has to be staged anew: `isKept`.
   */
  take(): void {
    const view = this.#view
    const { key } = view
    const index = this.#count++
    const first = index * KEY_WORDS
    const isKept = key.wordCount <= KEY_WORDS
    if (isKept) for (let i = 0; i < key.wordCount; i++) this.#words[first + i] = key.words[i]!
    this.#lengths[index] = isKept ? key.length : -1
    this.#digests[index] = key.digest
    this.#homes[index] = bucketOf(view, key.digest)
    this.#tags[index] = tagFor(secondOf(view))
  }

  /** Whether a key that was taken can be staged from here. */
  isKept(index: number): boolean {
    return this.#lengths[index]! >= 0
  }

  #hash(index: number, first: number, length: number): void {
    const view = this.#view
    const seed = this.#keys.space === 0 ? view.seed : seedOf(view.seed, this.#keys.space)
    const digest = xxh32(this.#words, first, length, seed)
    this.#digests[index] = digest
    this.#homes[index] = bucketOf(view, digest)
    const second = view.wideTable ? xxh32(this.#words, first, length, secondSeed(seed)) : digest
    this.#tags[index] = tagFor(second)
  }

  /** Touches what the look-ups of the keys will read. */
  touch(): void {
    if (this.#count < 2) {
      this.#ways[0] = -1
      return
    }
    this.#touchBuckets()
    this.#locate()
    this.#touchEntries()
    if (this.#hasLong) this.#touchPages()
  }

  /** Loops as short as they can be: the processor looks a few hundred instructions ahead. */
  #touchBuckets(): void {
    const { tables, tableShift, tableMask } = this.#view
    const homes = this.#homes
    const count = this.#count
    const only = tables[0]!
    let sum = 0
    if (tables.length === 1) {
      for (let i = 0; i < count; i++) {
        const at = homes[i]! << BUCKET_SHIFT
        sum ^= peek(only, at) ^ peek(only, at + LINE_WORDS)
      }
    } else {
      for (let i = 0; i < count; i++) {
        const home = homes[i]!
        const table = tables[home >>> tableShift]!
        const at = (home & tableMask) << BUCKET_SHIFT
        sum ^= peek(table, at) ^ peek(table, at + LINE_WORDS)
      }
    }
    this.sum ^= sum
  }

  #locate(): void {
    const view = this.#view
    this.#hasLong = false
    const { tables, tableShift, tableMask } = view
    const homes = this.#homes
    const tags = this.#tags
    const ways = this.#ways
    const entries = this.#entries
    const count = this.#count
    for (let i = 0; i < count; i++) {
      const home = homes[i]!
      const table = tables[home >>> tableShift]!
      const at = (home & tableMask) << BUCKET_SHIFT
      const firstTag = at + BUCKET.B
      const tag = tags[i]!
      let way = 0
      while (way < WAYS && peek(table, firstTag + way) >>> TAG_SHIFT !== tag) way++
      const word = way === WAYS ? 0 : peek(table, at + BUCKET.A + way)
      if (!isLive(word)) {
        entries[i] = -1
        ways[i] = -1
        this.#pageEnds[i] = 0
        continue
      }
      const handle = handleIn(view, word)
      const page = pageOf(view, handle)
      const entryAt = chunkAddress(view, handle)
      ways[i] = way
      entries[i] = entryAt
      const shape = shapeOf(view, page)
      if (shape > SYSTEM_PAGE_WORDS) this.#hasLong = true
      this.#ends[i] = entryAt + Math.min(shape, 2 * LINE_WORDS) - 1
      this.#pageEnds[i] = entryAt + Math.min(shape, MOST_PAGES * SYSTEM_PAGE_WORDS)
      this.#segments[i] = segmentOf(view, page)
    }
  }

  #touchEntries(): void {
    const { data } = this.#view
    const entries = this.#entries
    const ends = this.#ends
    const segments = this.#segments
    const count = this.#count
    const only = data[0]!
    let sum = 0
    if (data.length === 1) {
      for (let i = 0; i < count; i++) {
        const at = entries[i]!
        if (at >= 0) sum ^= peek(only, at) ^ peek(only, ends[i]!)
      }
    } else {
      for (let i = 0; i < count; i++) {
        const at = entries[i]!
        if (at < 0) continue
        const words = data[segments[i]!]!
        sum ^= peek(words, at) ^ peek(words, ends[i]!)
      }
    }
    this.sum ^= sum
  }

  /** Of long entries a line of each page of the system: where that lies is a miss of its own. */
  #touchPages(): void {
    const { data } = this.#view
    let sum = 0
    for (let i = 0; i < this.#count; i++) {
      const at = this.#entries[i]!
      const words = data[this.#segments[i]!]!
      const end = this.#pageEnds[i]!
      for (let word = at + SYSTEM_PAGE_WORDS; word < end; word += SYSTEM_PAGE_WORDS) {
        sum ^= peek(words, word)
      }
    }
    this.sum ^= sum
  }

  /** As `RawAccess.stage`, for a key that was taken. */
  stage(index: number): boolean {
    this.#session.begin()
    const { key } = this.#view
    const length = this.#lengths[index]!
    const count = (length + 3) >>> 2
    const first = index * KEY_WORDS
    for (let i = 0; i < count; i++) key.words[i] = this.#words[first + i]!
    key.length = length
    key.wordCount = count
    key.space = this.#keys.space
    key.digest = this.#digests[index]!
    key.likelyWay = this.#ways[index]!
    const fits = length <= this.#session.longestKey
    if (fits) this.#session.used()
    return fits
  }
}
