/**
 * Requests that lie whole in what arrived, found many at a time, so that what they will look up in
 * the cache can be looked at together (src/engine/look-ahead.ts).
 *
 * Only what nearly all requests are is found here: arrays of one to nine bulk strings whose
 * lengths have at most five digits. At anything else it stops, and the RequestParser goes on. One
 * per worker: filled and emptied within one `feed`.
 */
import { LookAhead, MOST_AHEAD } from '../../engine/look-ahead.ts'
import type { Draft, RawAccess } from '../../engine/raw-access.ts'
import type { Foresight } from '../protocol.ts'
import type { Args } from './args.ts'
import * as heads from './plain-heads.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { keyLengthIn, keyOffsetIn, keyPlaceOf, kindOf, NAME_FROM, NAME_TO } = heads
const { OTHER, PLAIN_GET, PLAIN_HEAD, PLAIN_SET } = heads

const ARRAY = 42
const BULK = 36
const RETURN = 13
const MOST_ARGS = 9
const NO_KEY = -1
/** Longer arguments, and fewer bytes than that, are left to the parser. */
const MOST_ARGUMENT_BYTES = 0xffff
const SHORTEST = 8
const NOTHING = new Uint8Array(0)
/** Longer values of a SET are timed: see dispatch.ts. */
const MOST_PLAIN_BYTES = 4096
export class Pipeline implements Foresight {
  readonly #raw: RawAccess
  readonly ahead: LookAhead
  /** Of each request: its arguments, their number, its key in the look-ahead, and where it ends. */
  readonly #ranges = new Int32Array(MOST_AHEAD * MOST_ARGS * 2)
  readonly #counts = new Int32Array(MOST_AHEAD)
  readonly #keys = new Int32Array(MOST_AHEAD)
  readonly #ends = new Int32Array(MOST_AHEAD)
  readonly #kinds = new Uint8Array(MOST_AHEAD)
  readonly #starts = new Int32Array(MOST_AHEAD)
  readonly #mostPlain: number
  #found = 0
  #taken = 0
  /** Where the ranges of the next request begin, and where those of another one would. */
  #range = 0
  #filled = 0
  #isTouched = false
  #isForeseen = false
  /** Of all of the bytes in which requests were found last: mostly the same as before. */
  #viewed: Uint8Array = NOTHING
  #view: DataView = new DataView(NOTHING.buffer)
  /** The key of the request that was taken: where it begins, its number, its namespace. */
  #bytes: Uint8Array = NOTHING
  #keyAt = 0
  #keyEnd = 0
  #key = NO_KEY
  #space = 0

  constructor(raw: RawAccess) {
    this.ahead = new LookAhead(raw)
    this.#raw = raw
    this.#mostPlain = Math.min(MOST_PLAIN_BYTES, raw.session.facts.maxItemBytes)
  }

  get hasMore(): boolean {
    return this.#taken < this.#found
  }

  /** What the next request is; `hasMore` was true. */
  get nextKind(): number {
    return this.#kinds[this.#taken]!
  }

  /** Whether the request that begins there was found. */
  hasNext(bytes: Uint8Array, at: number): boolean {
    if (bytes !== this.#viewed) return false
    while (this.hasMore && this.#starts[this.#taken]! < at) {
      this.#range += 2 * this.#counts[this.#taken++]!
    }
    return this.hasMore && this.#starts[this.#taken] === at
  }

  /** At the end of a feed: what was found and not taken will be found again, or was foreseen. */
  leave(): void {
    this.#bytes = NOTHING
    this.#key = NO_KEY
    if (!this.#isForeseen) this.#begin(0)
  }

  forget(): void {
    this.#isForeseen = false
    this.leave()
  }

  /** Keys are taken for those of database 0; in another one they are hashed again. */
  foresee(bytes: Uint8Array, from: number, to: number): boolean {
    this.#isForeseen = true
    this.#findMore(bytes, from, to)
    return this.#found < MOST_AHEAD
  }

  #begin(space: number): void {
    this.#found = this.#taken = this.#range = this.#filled = 0
    this.#isTouched = false
    this.#space = space
    this.ahead.begin(space)
  }

  /** Finds the requests that begin at `from`. @returns whether there is any */
  find(bytes: Uint8Array, from: number, to: number, space: number): boolean {
    this.#begin(space)
    this.#findMore(bytes, from, to)
    return this.#found > 0
  }

  #findMore(bytes: Uint8Array, from: number, to: number): void {
    if (bytes !== this.#viewed) this.#look(bytes)
    let at = from
    while (this.#found < MOST_AHEAD && at + SHORTEST < to) {
      let end = this.#findGet(at, to)
      if (end < 0) end = this.#findOne(bytes, at, to)
      if (end < 0) return
      at = end
    }
  }

  /** By far the most requests. @returns where it ends; -1 when it is something else */
  #findGet(from: number, to: number): number {
    const view = this.#view
    const place = keyPlaceOf(view, from, to)
    if (place < 0) return -1
    const keyFrom = from + keyOffsetIn(place)
    const keyTo = keyFrom + keyLengthIn(place)
    const index = this.#found++
    const range = this.#filled
    const ranges = this.#ranges
    ranges[range] = from + NAME_FROM
    ranges[range + 1] = from + NAME_TO
    ranges[range + 2] = keyFrom
    ranges[range + 3] = keyTo
    this.#filled = range + 4
    this.#keys[index] = this.ahead.add(view, keyFrom, keyTo)
    this.#counts[index] = 2
    this.#ends[index] = keyTo + 2
    this.#kinds[index] = PLAIN_GET
    this.#starts[index] = from
    return keyTo + 2
  }

  #touch(): void {
    if (this.#isTouched) return
    this.#isTouched = true
    this.ahead.touch()
  }

  #look(bytes: Uint8Array): void {
    this.#viewed = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** @returns where the request ends; -1 when it is not one for this place */
  #findOne(bytes: Uint8Array, from: number, to: number): number {
    if (bytes[from] !== ARRAY || bytes[from + 2] !== RETURN) return -1
    const count = bytes[from + 1]! - 48
    if (!(count >= 1 && count <= MOST_ARGS)) return -1
    const ranges = this.#ranges
    const first = this.#filled
    let range = first
    let at = from + 4
    let left = count
    let kind = from + PLAIN_HEAD <= to ? kindOf(this.#view, from) : OTHER
    if (kind !== OTHER) {
      ranges[range++] = from + NAME_FROM
      ranges[range++] = from + NAME_TO
      at = from + PLAIN_HEAD
      left--
    }
    for (; left > 0; left--) {
      if (at + 4 > to || bytes[at] !== BULK) return -1
      let length = bytes[at + 1]! - 48
      if (!(length >= 0 && length <= 9)) return -1
      at += 2
      if (bytes[at] !== RETURN) {
        if (length === 0) return -1
        do {
          const digit = bytes[at++]! - 48
          if (!(digit >= 0 && digit <= 9)) return -1
          length = length * 10 + digit
          if (length > MOST_ARGUMENT_BYTES || at >= to) return -1
        } while (bytes[at] !== RETURN)
      }
      at += 2
      const end = at + length
      if (end + 2 > to) return -1
      ranges[range] = at
      ranges[range + 1] = end
      range += 2
      at = end + 2
    }
    const index = this.#found++
    this.#keys[index] =
      count < 2 ? NO_KEY : this.ahead.add(this.#view, ranges[first + 2]!, ranges[first + 3]!)
    this.#counts[index] = count
    this.#ends[index] = at
    if (kind === PLAIN_SET && ranges[range - 1]! - ranges[range - 2]! > this.#mostPlain)
      kind = OTHER
    this.#kinds[index] = kind
    this.#starts[index] = from
    this.#filled = range
    return at
  }

  /** As `take`, of a GET or SET: its ranges stay here. */
  takePlain(bytes: Uint8Array): number {
    const index = this.#taken++
    this.#touch()
    this.#keyAt = this.#ranges[this.#range + 2]!
    this.#keyEnd = this.#ranges[this.#range + 3]!
    this.#key = this.#keys[index]!
    this.#bytes = bytes
    this.#range += 2 * this.#counts[index]!
    return this.#ends[index]!
  }

  /**
   * The number in the look-ahead of the key of the request that `takePlain` took.
   * @returns -1 when it has none there, or not of that namespace: a SELECT may have come since
   */
  keyIn(space: number): number {
    return this.#space === space ? this.#key : NO_KEY
  }

  /** Stages the key of the request that `takePlain` took; false: no entry can have it. */
  stagePlain(bytes: Uint8Array, space: number): boolean {
    const key = this.keyIn(space)
    if (key !== NO_KEY) return this.ahead.stage(key)
    return this.#raw.stage(bytes, this.#keyAt, this.#keyEnd, space)
  }

  /** Tells a draft how to read the bytes of the request that was taken. */
  show(draft: Draft): void {
    draft.viewed = this.#viewed
    draft.view = this.#view
  }

  /** Where the last argument of the taken request lies. */
  get valueFrom(): number {
    return this.#ranges[this.#range - 2]!
  }
  get valueTo(): number {
    return this.#ranges[this.#range - 1]!
  }

  /** Puts the next request into `args`; `hasMore` was true. @returns where it ends */
  take(args: Args, bytes: Uint8Array): number {
    const index = this.#taken++
    this.#touch()
    const count = this.#counts[index]!
    const ranges = this.#ranges
    let range = this.#range
    this.#keyAt = ranges[range + 2]!
    this.#key = this.#keys[index]!
    this.#bytes = bytes
    args.begin(bytes)
    for (let i = 0; i < count; i++) {
      args.add(ranges[range]!, ranges[range + 1]!)
      range += 2
    }
    this.#range = range
    return this.#ends[index]!
  }

  /** Whether what begins there is the key of the request that was taken. */
  holdsKey(bytes: Uint8Array, at: number, space: number): boolean {
    const isThere = this.#keyAt === at && this.#key !== NO_KEY
    return isThere && this.#bytes === bytes && this.#space === space
  }

  /** Stages the key of the request that was taken. */
  stage(): boolean {
    return this.ahead.stage(this.#key)
  }
}
