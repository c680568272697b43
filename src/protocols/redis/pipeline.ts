/**
 * Requests that lie whole in what arrived, found many at a time, so that what they will look up in
 * the cache can be looked at together (src/engine/look-ahead.ts).
 *
 * Only what nearly all requests are is found here: arrays of one to nine bulk strings whose
 * lengths have at most five digits. At anything else it stops, and the RequestParser goes on. One
 * per worker: filled and emptied within one `feed`.
 */
import { LookAhead, MOST_AHEAD } from '../../engine/look-ahead.ts'
import type { RawAccess } from '../../engine/raw-access.ts'
import type { Args } from './args.ts'

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
/** Letters of both cases differ in this bit alone. */
const LOWER = 32

/** What a request is. */
export const OTHER = 0
/** GET with its key. */
export const PLAIN_GET = 1
/** SET with a key and a short value, and nothing else. */
export const PLAIN_SET = 2

export class Pipeline {
  readonly #raw: RawAccess
  readonly #ahead: LookAhead
  /** Of each request: its arguments, their number, its key in the look-ahead, and where it ends. */
  readonly #ranges = new Int32Array(MOST_AHEAD * MOST_ARGS * 2)
  readonly #counts = new Int32Array(MOST_AHEAD)
  readonly #keys = new Int32Array(MOST_AHEAD)
  readonly #ends = new Int32Array(MOST_AHEAD)
  readonly #kinds = new Uint8Array(MOST_AHEAD)
  readonly #mostPlain: number
  #found = 0
  #taken = 0
  #range = 0
  /** The key of the request that was taken: where it begins, its number, its namespace. */
  #bytes: Uint8Array = NOTHING
  #keyAt = 0
  #keyEnd = 0
  #key = NO_KEY
  #space = 0

  constructor(raw: RawAccess) {
    this.#ahead = new LookAhead(raw)
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

  /** Lets go of the bytes; what was found and not taken will be found again. */
  clear(): void {
    this.#bytes = NOTHING
    this.#found = this.#taken = 0
    this.#key = NO_KEY
  }

  /** Finds the requests that begin at `from`. @returns whether there is any */
  find(bytes: Uint8Array, from: number, to: number, space: number): boolean {
    this.clear()
    this.#range = 0
    this.#space = space
    this.#ahead.begin(space)
    let at = from
    while (this.#found < MOST_AHEAD && at + SHORTEST < to) {
      const end = this.#findOne(bytes, at, to)
      if (end < 0) break
      at = end
    }
    this.#range = 0
    return this.#found > 0
  }

  /** @returns where the request ends; -1 when it is not one for this place */
  #findOne(bytes: Uint8Array, from: number, to: number): number {
    if (bytes[from] !== ARRAY || bytes[from + 2] !== RETURN) return -1
    const count = bytes[from + 1]! - 48
    if (!(count >= 1 && count <= MOST_ARGS)) return -1
    const ranges = this.#ranges
    const first = this.#range
    let range = first
    let at = from + 4
    for (let left = count; left > 0; left--) {
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
      count < 2 ? NO_KEY : this.#ahead.add(bytes, ranges[first + 2]!, ranges[first + 3]!)
    this.#counts[index] = count
    this.#ends[index] = at
    this.#kinds[index] = this.#kindOf(bytes, first, count)
    this.#range = range
    return at
  }

  #kindOf(bytes: Uint8Array, first: number, count: number): number {
    if (count !== 2 && count !== 3) return OTHER
    const ranges = this.#ranges
    const name = ranges[first]!
    if (ranges[first + 1]! - name !== 3) return OTHER
    if ((bytes[name + 1]! | LOWER) !== 101 || (bytes[name + 2]! | LOWER) !== 116) return OTHER
    const letter = bytes[name]! | LOWER
    if (letter === 103) return count === 2 ? PLAIN_GET : OTHER
    if (letter !== 115 || count !== 3) return OTHER
    return ranges[first + 5]! - ranges[first + 4]! <= this.#mostPlain ? PLAIN_SET : OTHER
  }

  /** As `take`, of a GET or SET: its ranges stay here. */
  takePlain(bytes: Uint8Array): number {
    const index = this.#taken++
    if (index === 0) this.#ahead.touch()
    this.#keyAt = this.#ranges[this.#range + 2]!
    this.#keyEnd = this.#ranges[this.#range + 3]!
    this.#key = this.#keys[index]!
    this.#bytes = bytes
    this.#range += 2 * this.#counts[index]!
    return this.#ends[index]!
  }

  /** Stages the key of the request that `takePlain` took; false: no entry can have it. */
  stagePlain(bytes: Uint8Array): boolean {
    if (this.#key !== NO_KEY) return this.#ahead.stage(this.#key)
    const from = this.#keyAt
    return this.#raw.stage(bytes, from, this.#keyEnd, this.#space)
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
    if (index === 0) this.#ahead.touch()
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
    return this.#ahead.stage(this.#key)
  }
}
