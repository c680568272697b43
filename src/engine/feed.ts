/**
 * The reader of the mutation feed: what a log, replication, near caches and events hang on.
 *
 * Each thread writes its mutations into a ring of its own, so records of different threads arrive
 * in no order: sort by version per key. After a FLUSH entries are gone whose stamp is older than
 * `flushStamp` of their namespace, however late their records come. A value is fetched by key when
 * it is wanted. A ring that overflowed is reported as RESYNC: what was lost is not known, so a
 * follower copies everything anew. So is what a thread was doing at the moment the feed was opened,
 * once it is done. Nobody waits for the reader.
 */
import { compareExchange, copyOut, load, peek, store } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { kindOf, ROW, ROW_IDLE, sequenceOf } from '../../native-layout/thread-row.ts'
import {
  abandonFeed,
  advance,
  CLAIMED,
  COMMITTED,
  DEL,
  EVICT,
  EXPIRE,
  FLUSH,
  offsetIn,
  PUT,
  RECORD,
  recordStatus,
  recordWords,
  ringAt,
} from '../memory/commit.ts'
import { currentStamp } from '../memory/row.ts'
import { rowAddress, type MemoryView } from '../memory/view.ts'

/** One committed change, or RESYNC when some were lost. */
export interface Mutation {
  readonly kind: 'PUT' | 'DEL' | 'EXPIRE' | 'EVICT' | 'FLUSH' | 'RESYNC'
  /** Orders the mutations of one key; 0 for FLUSH and RESYNC. */
  readonly version: number
  /**
   * Flush count that the entry carries; of a FLUSH: the how manieth of all, or of the namespace.
   */
  readonly stamp: number
  /** Number of the namespace, 0 the default one (a FLUSH of 0 concerns all). */
  readonly space: number
  /** The key as text; empty for FLUSH and RESYNC. */
  readonly key: string
  /** The key's bytes, where a key is no text. */
  readonly keyBytes: Uint8Array
  /** Row of the thread that made the change. */
  readonly row: number
}

const NO_KEY = new Uint8Array(0)

const KINDS: Readonly<Record<number, Mutation['kind']>> = {
  [PUT]: 'PUT',
  [DEL]: 'DEL',
  [EXPIRE]: 'EXPIRE',
  [EVICT]: 'EVICT',
  [FLUSH]: 'FLUSH',
}

/** One reader per engine. Opened by `engine.mutations()`. */
export class MutationFeed {
  readonly #view: MemoryView
  readonly #lost: Int32Array
  /** Per row: state of the operation that was going on when the feed was opened, 0 none. */
  readonly #early: Int32Array
  #first = 0
  #isOpen = true

  /**
   * @internal
   * @param before state of each row when nobody listened yet: what was done since then may have
   * been recorded in one row and passed over in another
   */
  constructor(view: MemoryView, before: Int32Array) {
    this.#view = view
    this.#lost = new Int32Array(view.plan.maxThreads)
    this.#early = new Int32Array(view.plan.maxThreads)
    for (let row = 0; row < view.plan.maxThreads; row++) {
      const at = rowAddress(view, row)
      store(view.control, at + ROW.FEED_TAIL, load(view.control, at + ROW.FEED_HEAD))
      this.#lost[row] = load(view.control, at + ROW.FEED_LOST)
      const state = load(view.control, at + ROW.STATE)
      const wasIdle = kindOf(before[row]!) === ROW_IDLE && kindOf(state) === ROW_IDLE
      const isSame = wasIdle && sequenceOf(state) === sequenceOf(before[row]!)
      if (!isSame && row !== view.row) this.#early[row] = state
    }
  }

  /**
   * The mutations that are known now, at most about `most`; each call begins with another thread.
   * @returns an empty array when there are none
   */
  poll(most = 1024): Mutation[] {
    const mutations: Mutation[] = []
    if (!this.#isOpen) return mutations
    const rows = load(this.#view.control, CONTROL.ROWS)
    for (let n = 0; n < rows; n++) this.#pollRow((this.#first + n) % rows, most, mutations)
    this.#first = (this.#first + 1) % rows
    return mutations
  }

  /**
   * Entries of a namespace with an older stamp are gone (stamps wrap: older is a negative
   * difference in 32 bits).
   */
  flushStamp(space: number): number {
    return currentStamp(this.#view, space)
  }

  /** Lets go of the feed: threads stop writing records, another reader may be opened. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    abandonFeed(this.#view, this.#view.row)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #pollRow(row: number, most: number, into: Mutation[]): void {
    const { control } = this.#view
    const at = rowAddress(this.#view, row)
    const lost = load(control, at + ROW.FEED_LOST)
    if (lost !== this.#lost[row] || this.#endedEarly(row)) {
      this.#lost[row] = lost
      into.push({ kind: 'RESYNC', version: 0, stamp: 0, space: 0, key: '', keyBytes: NO_KEY, row })
    }
    const head = load(control, at + ROW.FEED_HEAD)
    let tail = load(control, at + ROW.FEED_TAIL)
    while (tail !== head && into.length < most) {
      const position = ringAt(this.#view, row) + offsetIn(this.#view, tail)
      const word = load(control, position)
      const status = recordStatus(word)
      if (status === CLAIMED) break // Not decided yet: the other rows go on.
      if (status === COMMITTED) into.push(this.#read(position, row))
      tail = advance(this.#view, tail, recordWords(word))
    }
    store(control, at + ROW.FEED_TAIL, tail)
  }

  /** Whether an operation has ended that may have begun before anybody listened. */
  #endedEarly(row: number): boolean {
    const early = this.#early[row]!
    if (early === 0) return false
    const state = load(this.#view.control, rowAddress(this.#view, row) + ROW.STATE)
    if (sequenceOf(state) === sequenceOf(early) && kindOf(state) !== ROW_IDLE) return false
    this.#early[row] = 0
    return true
  }

  #read(position: number, row: number): Mutation {
    const { control } = this.#view
    const bytes = peek(control, position + RECORD.KEY)
    const key = Buffer.alloc(bytes)
    copyOut(control, position + RECORD.BYTES, key, 0, bytes)
    return {
      kind: KINDS[peek(control, position + RECORD.KIND)]!,
      version:
        peek(control, position + RECORD.HIGH) * 2 ** 32 +
        (peek(control, position + RECORD.LOW) >>> 0),
      stamp: peek(control, position + RECORD.STAMP),
      space: peek(control, position + RECORD.SPACE),
      key: key.toString(),
      keyBytes: key,
      row,
    }
  }
}

/** Becomes the reader of an engine's feed; undefined when there is one already. */
export function openFeed(view: MemoryView): MutationFeed | undefined {
  const before = Int32Array.from({ length: view.plan.maxThreads }, (_, row) =>
    load(view.control, rowAddress(view, row) + ROW.STATE),
  )
  if (compareExchange(view.control, CONTROL.LISTEN, 0, view.row + 1) !== 0) return undefined
  return new MutationFeed(view, before)
}
