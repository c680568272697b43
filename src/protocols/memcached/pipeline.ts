/**
 * Finds `get` of one key and `set` in what arrived, many at a time, so that what they will look up
 * in the cache can be looked at together (src/engine/look-ahead.ts), and so that they can be
 * executed without taking their lines apart again (plain.ts).
 *
 * Only what nearly all requests are is found here: lines in their plain form, values that are all
 * there. At anything else it stops, and the command line is read (line.ts). One per thread and
 * engine: filled and emptied within one `feed`.
 */
import { LookAhead, MOST_AHEAD } from '../../engine/look-ahead.ts'
import type { Draft, RawAccess } from '../../engine/raw-access.ts'
import type { Foresight } from '../protocol.ts'
import { MAX_KEY_BYTES } from './line.ts'

/** `get ` and `set ` as little-endian words. */
const GET = 0x20746567
const SET = 0x20746573
const WORD_BYTES = 4
const SPACE = 32
const NEWLINE = 10
const RETURN = 13
const ZERO = 48
/** Of flags and expiry; longer numbers are left to the line. */
const MOST_DIGITS = 9
/** Longer values are left to the line. */
const MOST_VALUE_BYTES = 4096
const NO_KEY = -1
const NOTHING = new Uint8Array(0)

export class Pipeline implements Foresight {
  /** Of the request that was taken. */
  isGet = true
  /** The number of its key in the look-ahead, -1 when it has none there. */
  key = NO_KEY
  keyFrom = 0
  keyTo = 0
  flags = 0
  seconds = 0
  valueFrom = 0
  valueBytes = 0
  readonly #raw: RawAccess
  readonly ahead: LookAhead
  readonly #mostValueBytes: number
  /** Of each request: key, end, and for a set its numbers and where its value lies. */
  readonly #ranges = new Int32Array(MOST_AHEAD * FIELDS)
  readonly #keys = new Int32Array(MOST_AHEAD)
  readonly #starts = new Int32Array(MOST_AHEAD)
  #isTouched = false
  #isForeseen = false
  #found = 0
  #taken = 0
  /** The number that `#number` read. */
  #value = 0
  #viewed: Uint8Array = NOTHING
  #view: DataView = new DataView(NOTHING.buffer)

  constructor(raw: RawAccess) {
    this.#raw = raw
    this.ahead = new LookAhead(raw)
    this.#mostValueBytes = Math.min(MOST_VALUE_BYTES, raw.session.facts.maxItemBytes)
  }

  get hasMore(): boolean {
    return this.#taken < this.#found
  }

  /** Whether the request that begins there was found. */
  hasNext(bytes: Uint8Array, at: number): boolean {
    if (bytes !== this.#viewed) return false
    while (this.hasMore && this.#starts[this.#taken]! < at) this.#taken++
    return this.hasMore && this.#starts[this.#taken] === at
  }

  /** At the end of a feed: what was found and not taken will be found again, or was foreseen. */
  leave(): void {
    if (!this.#isForeseen) this.#begin()
  }

  forget(): void {
    this.#isForeseen = false
    this.#begin()
  }

  foresee(bytes: Uint8Array, from: number, to: number): boolean {
    this.#isForeseen = true
    this.#findMore(bytes, from, to)
    return this.#found < MOST_AHEAD
  }

  /** Finds the requests that begin at `from`. @returns whether there is any */
  find(bytes: Uint8Array, from: number, to: number): boolean {
    // What was foreseen of others is not given up for one request.
    if (this.hasMore) return false
    this.#begin()
    this.#findMore(bytes, from, to)
    return this.#found > 0
  }

  #begin(): void {
    this.#found = this.#taken = 0
    this.#isTouched = false
    this.ahead.begin(0)
  }

  #findMore(bytes: Uint8Array, from: number, to: number): void {
    if (bytes !== this.#viewed) {
      this.#viewed = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    for (let at = from; this.#found < MOST_AHEAD && at + WORD_BYTES < to; ) {
      this.#starts[this.#found] = at
      at = this.#findOne(bytes, at, to)
      if (at < 0) return
    }
  }

  /** Takes the next request; `hasMore` was true. @returns where it ends */
  take(): number {
    const index = this.#taken++
    if (!this.#isTouched) this.ahead.touch()
    this.#isTouched = true
    const ranges = this.#ranges
    const at = index * FIELDS
    this.keyFrom = ranges[at]!
    this.keyTo = ranges[at + 1]!
    this.valueFrom = ranges[at + 3]!
    this.isGet = this.valueFrom === 0
    this.valueBytes = ranges[at + 4]!
    this.flags = ranges[at + 5]!
    this.seconds = ranges[at + 6]!
    this.key = this.#keys[index]!
    return ranges[at + 2]!
  }

  /** Stages the key of the request that was taken; false: no entry can have it. */
  stage(bytes: Uint8Array): boolean {
    if (this.key !== NO_KEY) return this.ahead.stage(this.key)
    return this.#raw.stage(bytes, this.keyFrom, this.keyTo)
  }

  /** Tells a draft how to read the bytes in which the requests lie. */
  show(draft: Draft): void {
    draft.viewed = this.#viewed
    draft.view = this.#view
  }

  /** @returns where the request ends; -1 when it is not one for this place */
  #findOne(bytes: Uint8Array, from: number, to: number): number {
    const word = this.#view.getInt32(from, true)
    if (word !== GET && word !== SET) return -1
    const keyFrom = from + WORD_BYTES
    let at = keyFrom
    while (at < to && bytes[at]! > SPACE) at++
    const length = at - keyFrom
    if (length === 0 || length > MAX_KEY_BYTES) return -1
    const field = this.#found * FIELDS
    const ranges = this.#ranges
    ranges[field] = keyFrom
    ranges[field + 1] = at
    const end = word === GET ? endOfLine(bytes, at, to) : this.#readSet(bytes, at, to, field)
    if (end < 0) return -1
    ranges[field + 2] = end
    if (word === GET) ranges[field + 3] = 0
    this.#keys[this.#found++] = this.ahead.add(this.#view, keyFrom, keyFrom + length)
    return end
  }

  /** Reads what follows the key of a set. @returns where the value's line ends, or -1 */
  #readSet(bytes: Uint8Array, from: number, to: number, field: number): number {
    const ranges = this.#ranges
    let at = from
    for (let number = 0; number < 3; number++) {
      at = this.#number(bytes, at, to)
      if (at < 0) return -1
      ranges[field + NUMBERS[number]!] = this.#value
    }
    const valueFrom = endOfLine(bytes, at, to)
    if (valueFrom < 0 || this.#value > this.#mostValueBytes) return -1
    ranges[field + 3] = valueFrom
    const end = valueFrom + this.#value + 2
    return end <= to && bytes[end - 2] === RETURN && bytes[end - 1] === NEWLINE ? end : -1
  }

  /** Reads a space and a number of a few digits into `#value`; returns where it ends, or -1. */
  #number(bytes: Uint8Array, from: number, to: number): number {
    if (from >= to || bytes[from] !== SPACE) return -1
    let at = from + 1
    let value = 0
    for (; at < to; at++) {
      const digit = bytes[at]! - ZERO
      if (!(digit >= 0 && digit <= 9)) break
      value = value * 10 + digit
    }
    this.#value = value
    const digits = at - from - 1
    return digits > 0 && digits <= MOST_DIGITS ? at : -1
  }
}
/** Key from, key to, end; value from (0: a get), length, flags, expiry in seconds. */
const FIELDS = 7
/** Which of them the numbers of a line are, in their order. */
const NUMBERS = [5, 6, 4] as const

/** Where the next line begins, if this one ends at `at`; -1 */
function endOfLine(bytes: Uint8Array, at: number, to: number): number {
  if (at < to && bytes[at] === NEWLINE) return at + 1
  return at + 1 < to && bytes[at] === RETURN && bytes[at + 1] === NEWLINE ? at + 2 : -1
}

const pipelines = new WeakMap<RawAccess, Pipeline>()

/** The one of a thread's way into an engine. */
export function pipelineOf(raw: RawAccess): Pipeline {
  let pipeline = pipelines.get(raw)
  if (pipeline === undefined) {
    pipeline = new Pipeline(raw)
    pipelines.set(raw, pipeline)
  }
  return pipeline
}
