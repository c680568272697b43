/**
 * Looking ahead: the keys of requests that arrived together, or of one call that reads many, are
 * hashed first, and then what their look-ups are going to read is touched for all of them, step by
 * step. The cache misses of one key
 * depend on each other, those of different keys do not: so they are waited for together.
 *
 * Nothing is concluded from what is read here; each request looks its key up anew, when it is its
 * turn, and finds the lines in the cache. A key is staged from here without being hashed again.
 */
import { peek } from '#atomics'
import { WAYS } from '../../native-layout/limits.ts'
import { BUCKET, BUCKET_SHIFT, isLive, tagOf } from '../../native-layout/table-slot.ts'
import { secondSeed, seedOf, xxh32 } from '../memory/hash.ts'
import { bucketOf, secondOf, tagFor } from '../memory/table.ts'
import {
  chunkAddress,
  handleIn,
  type MemoryView,
  pageOf,
  segmentOf,
  shapeOf,
} from '../memory/view.ts'
import type { Session } from './session.ts'

/** As many keys are looked at together; the processor has no more misses under way. */
export const MOST_AHEAD = 64
/** Longer keys are left out. */
const KEY_WORDS = 16
const LINE_WORDS = 16

export class LookAhead {
  readonly #session: Session
  readonly #view: MemoryView
  readonly #words = new Int32Array(MOST_AHEAD * KEY_WORDS)
  readonly #lengths = new Int32Array(MOST_AHEAD)
  readonly #digests = new Int32Array(MOST_AHEAD)
  readonly #homes = new Int32Array(MOST_AHEAD)
  readonly #tags = new Int32Array(MOST_AHEAD)
  /** Where its entry seems to be: the segment, and the word in it; -1 when there is none. */
  readonly #segments = new Int32Array(MOST_AHEAD)
  readonly #entries = new Int32Array(MOST_AHEAD)
  /** A word in the last line that is touched of it. */
  readonly #ends = new Int32Array(MOST_AHEAD)
  readonly #ways = new Int32Array(MOST_AHEAD)
  #space = 0
  #count = 0
  /** Of all that was touched: reads that nothing came of could be optimized away. */
  sum = 0

  constructor({ session }: { readonly session: Session }) {
    this.#session = session
    this.#view = session.view
  }

  begin(space: number): void {
    this.#space = space
    this.#count = 0
  }

  /**
   * Takes the key from byte `from` to `to` of a view; fewer than MOST_AHEAD were taken before.
   * @returns its number; -1 when it is too long
   */
  add(source: DataView, from: number, to: number): number {
    const length = to - from
    if (length >= KEY_WORDS * 4) return -1
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
    const seed = this.#space === 0 ? view.seed : seedOf(view.seed, this.#space)
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
  }

  #touchBuckets(): void {
    const { tables, tableShift, tableMask } = this.#view
    const homes = this.#homes
    let sum = 0
    for (let i = 0; i < this.#count; i++) {
      const home = homes[i]!
      const table = tables[home >>> tableShift]!
      const at = (home & tableMask) << BUCKET_SHIFT
      sum ^= peek(table, at) ^ peek(table, at + LINE_WORDS)
    }
    this.sum ^= sum
  }

  #locate(): void {
    const view = this.#view
    for (let i = 0; i < this.#count; i++) {
      const home = this.#homes[i]!
      const table = view.tables[home >>> view.tableShift]!
      const at = (home & view.tableMask) << BUCKET_SHIFT
      const tag = this.#tags[i]!
      let way = 0
      while (way < WAYS && tagOf(peek(table, at + BUCKET.B + way)) !== tag) way++
      const word = way === WAYS ? 0 : peek(table, at + BUCKET.A + way)
      this.#entries[i] = -1
      this.#ways[i] = -1
      if (!isLive(word)) continue
      const handle = handleIn(view, word)
      const page = pageOf(view, handle)
      const entryAt = chunkAddress(view, handle)
      this.#ways[i] = way
      this.#entries[i] = entryAt
      this.#ends[i] = entryAt + Math.min(shapeOf(view, page), 2 * LINE_WORDS) - 1
      this.#segments[i] = segmentOf(view, page)
    }
  }

  #touchEntries(): void {
    const { data } = this.#view
    const entries = this.#entries
    const ends = this.#ends
    const segments = this.#segments
    let sum = 0
    for (let i = 0; i < this.#count; i++) {
      const at = entries[i]!
      if (at < 0) continue
      const words = data[segments[i]!]!
      sum ^= peek(words, at) ^ peek(words, ends[i]!)
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
    key.space = this.#space
    key.digest = this.#digests[index]!
    key.likelyWay = this.#ways[index]!
    const fits = length <= this.#session.longestKey
    if (fits) this.#session.used()
    return fits
  }
}
