/**
 * Finds requests for one key in what arrived, many at a time: `get`, `set`, `mg`, `ms`, and what
 * is the same in the binary protocol. So what they will look up in the cache can be looked at
 * together (src/engine/look-ahead.ts), and they can be executed without taking their lines or
 * frames apart again (plain.ts).
 *
 * Only what nearly all requests are is found here: lines in their plain form, values that are all
 * there. At anything else it stops, and the command line is read (line.ts). One per thread and
 * engine: filled and emptied within one `feed`.
 */
import { LookAhead, MOST_AHEAD } from '../../engine/look-ahead.ts'
import type { Draft, RawAccess } from '../../engine/raw-access.ts'
import type { Foresight } from '../protocol.ts'
import * as frames from './find-frame.ts'
import * as metas from './find-meta.ts'
import * as found from './found.ts'
import { MAX_KEY_BYTES } from './line.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { findFrame } = frames
const { findMetaGet, findMetaSet } = metas
const { ASKED, ASKED_FROM, ASKED_TO, COLUMNS, END, FLAGS, KEY_FROM, KEY_TO, KIND } = found
const { BINARY_GET, SECONDS, TEXT_GET, TEXT_SET, VALUE_BYTES, VALUE_FROM } = found
const { endOfLine, endOfValue, readNumber } = found
const LONGEST_KEY = MAX_KEY_BYTES

/** `get `, `set `, `mg ` and `ms ` as little-endian words. */
const GET = 0x20746567
const SET = 0x20746573
const META_BYTES = 0xffffff
const MG = 0x20676d
const MS = 0x20736d
const WORD_BYTES = 4
const SPACE = 32
/** The byte that a binary request begins with has this bit, and no letter has it. */
const NO_LETTER = 0x80
/** Longer values are left to the line. */
const MOST_VALUE_BYTES = 4096
const NO_KEY = -1
const NOTHING = new Uint8Array(0)

export class Pipeline implements Foresight {
  /** What the request is that was taken, and where it begins. */
  kind = TEXT_GET
  from = 0
  /** The number of its key in the look-ahead, -1 when it has none there. */
  key = NO_KEY
  readonly #raw: RawAccess
  readonly ahead: LookAhead
  readonly #mostValueBytes: number
  /** Of each request a row of found.ts; where that of the taken one begins. */
  readonly #rows = new Int32Array(MOST_AHEAD * COLUMNS)
  #row = 0
  readonly #keys = new Int32Array(MOST_AHEAD)
  readonly #starts = new Int32Array(MOST_AHEAD)
  #isTouched = false
  #isForeseen = false
  #found = 0
  #taken = 0
  #viewed: Uint8Array = NOTHING
  /** Of the bytes in which requests were found last. */
  view: DataView = new DataView(NOTHING.buffer)

  constructor(raw: RawAccess) {
    this.#raw = raw
    this.ahead = new LookAhead(raw)
    this.#mostValueBytes = Math.min(MOST_VALUE_BYTES, raw.session.facts.maxItemBytes)
  }

  get hasMore(): boolean {
    return this.#taken < this.#found
  }

  /** Whether the request that begins there was found, and is of this protocol. */
  hasNext(bytes: Uint8Array, at: number, isBinary: boolean): boolean {
    if (bytes !== this.#viewed) return false
    while (this.hasMore && this.#starts[this.#taken]! < at) this.#taken++
    return this.hasMore && this.#starts[this.#taken] === at && this.#isNext(isBinary)
  }

  /** What was found may be of the other protocol: a line, or a value, can look like a frame. */
  #isNext(isBinary: boolean): boolean {
    return this.#rows[this.#taken * COLUMNS + KIND]! >= BINARY_GET === isBinary
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

  /** Whether the request that begins there is one for `take`: finds it, and what follows it. */
  findAt(bytes: Uint8Array, from: number, to: number, isBinary: boolean): boolean {
    if (this.hasNext(bytes, from, isBinary)) return true
    // What was foreseen of others is not given up for one request.
    if (this.hasMore) return false
    this.#begin()
    this.#findMore(bytes, from, to)
    return this.#found > 0 && this.#isNext(isBinary)
  }

  #begin(): void {
    this.#found = this.#taken = 0
    this.#isTouched = false
    this.ahead.begin(0)
  }

  #findMore(bytes: Uint8Array, from: number, to: number): void {
    if (bytes !== this.#viewed) {
      this.#viewed = bytes
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
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
    const row = index * COLUMNS
    this.#row = row
    this.from = this.#starts[index]!
    this.key = this.#keys[index]!
    this.kind = this.#rows[row + KIND]!
    return this.#rows[row + END]!
  }

  get keyFrom(): number {
    return this.#rows[this.#row + KEY_FROM]!
  }
  get keyTo(): number {
    return this.#rows[this.#row + KEY_TO]!
  }
  get valueFrom(): number {
    return this.#rows[this.#row + VALUE_FROM]!
  }
  get valueBytes(): number {
    return this.#rows[this.#row + VALUE_BYTES]!
  }
  get flags(): number {
    return this.#rows[this.#row + FLAGS]!
  }
  get seconds(): number {
    return this.#rows[this.#row + SECONDS]!
  }
  get askedFrom(): number {
    return this.#rows[this.#row + ASKED_FROM]!
  }
  get askedTo(): number {
    return this.#rows[this.#row + ASKED_TO]!
  }
  get asked(): number {
    return this.#rows[this.#row + ASKED]!
  }

  /** Stages the key of the request that was taken; false: no entry can have it. */
  stage(bytes: Uint8Array): boolean {
    if (this.key !== NO_KEY) return this.ahead.stage(this.key)
    return this.#raw.stage(bytes, this.keyFrom, this.keyTo)
  }

  /** Tells a draft how to read the bytes in which the requests lie. */
  show(draft: Draft): void {
    draft.viewed = this.#viewed
    draft.view = this.view
  }

  /** @returns where the request ends; -1 when it is not one for this place */
  #findOne(bytes: Uint8Array, from: number, to: number): number {
    const word = this.view.getInt32(from, true)
    const row = this.#found * COLUMNS
    const rows = this.#rows
    let end: number
    if (word === GET || word === SET) {
      const keyFrom = from + WORD_BYTES
      const keyTo = this.#findKey(bytes, keyFrom, to, row)
      if (keyTo < 0) return -1
      if (word === GET) {
        rows[row + KIND] = TEXT_GET
        end = rows[row + END] = endOfLine(bytes, keyTo, to)
      } else end = this.#findSet(bytes, keyTo, to, row)
    } else if ((word & NO_LETTER) !== 0) {
      end = findFrame(this.view, from, to, rows, row, this.#mostValueBytes)
    } else end = this.#findMeta(bytes, from, to, word & META_BYTES, row)
    if (end < 0) return -1
    const keyFrom = rows[row + KEY_FROM]!
    this.#keys[this.#found++] = this.ahead.add(this.view, keyFrom, rows[row + KEY_TO]!)
    return end
  }

  /** @returns where the key ends, or -1 */
  #findKey(bytes: Uint8Array, from: number, to: number, row: number): number {
    let at = from
    while (at < to && bytes[at]! > SPACE) at++
    if (at === from || at - from > LONGEST_KEY) return -1
    this.#rows[row + KEY_FROM] = from
    this.#rows[row + KEY_TO] = at
    return at
  }

  #findMeta(bytes: Uint8Array, from: number, to: number, word: number, row: number): number {
    if (word !== MG && word !== MS) return -1
    const keyTo = this.#findKey(bytes, from + WORD_BYTES - 1, to, row)
    if (keyTo < 0) return -1
    if (word === MG) return findMetaGet(bytes, keyTo, to, this.#rows, row)
    return findMetaSet(bytes, keyTo, to, this.#rows, row, this.#mostValueBytes)
  }

  /** Reads what follows the key of a set. @returns where the value's line ends, or -1 */
  #findSet(bytes: Uint8Array, from: number, to: number, row: number): number {
    const rows = this.#rows
    let at = readNumber(bytes, from, to, rows, row + FLAGS)
    if (at >= 0) at = readNumber(bytes, at, to, rows, row + SECONDS)
    if (at >= 0) at = readNumber(bytes, at, to, rows, row + VALUE_BYTES)
    const valueFrom = at < 0 ? -1 : endOfLine(bytes, at, to)
    const valueBytes = rows[row + VALUE_BYTES]!
    if (valueFrom < 0 || valueBytes > this.#mostValueBytes) return -1
    const end = endOfValue(bytes, valueFrom + valueBytes, to)
    rows[row + KIND] = TEXT_SET
    rows[row + VALUE_FROM] = valueFrom
    rows[row + END] = end
    return end
  }
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
