/**
 * The reader of the mutation feed: what a log, replication, near caches and events hang on.
 *
 * Each thread writes its mutations into a ring of its own, so records of different threads arrive
 * in no order: sort by version per key, and drop what an older stamp than the last FLUSH of its
 * namespace carries. A value is fetched by key when it is wanted. A ring that overflowed is
 * reported as RESYNC: what was lost is not known, so a follower copies everything anew. Nobody
 * waits for the reader.
 */
import { compareExchange, load, peek, store } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { ROW } from '../../native-layout/thread-row.ts'
import {
  CLAIMED,
  COMMITTED,
  DEL,
  EVICT,
  EXPIRE,
  FLUSH,
  PADDING,
  PUT,
  RECORD,
  recordStatus,
  recordWords,
  ringAt,
} from '../memory/commit.ts'
import { rowAddress, type MemoryView } from '../memory/view.ts'

/** One committed change, or RESYNC when some were lost. */
export interface Mutation {
  readonly kind: 'PUT' | 'DEL' | 'EXPIRE' | 'EVICT' | 'FLUSH' | 'RESYNC'
  /** Orders the mutations of one key; 0 for FLUSH and RESYNC. */
  readonly version: number
  /** Flush count that the entry carries; after a FLUSH: entries below it are gone. */
  readonly stamp: number
  /** Number of the namespace, 0 the default one (a FLUSH of 0 concerns all). */
  readonly space: number
  /** The key as text; empty for FLUSH and RESYNC. */
  readonly key: string
  /** Row of the thread that made the change. */
  readonly row: number
}

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
  #isOpen = true

  /** @internal */
  constructor(view: MemoryView) {
    this.#view = view
    this.#lost = new Int32Array(view.plan.maxThreads)
    for (let row = 0; row < view.plan.maxThreads; row++) {
      const at = rowAddress(view, row)
      store(view.control, at + ROW.FEED_TAIL, load(view.control, at + ROW.FEED_HEAD))
      this.#lost[row] = load(view.control, at + ROW.FEED_LOST)
    }
  }

  /**
   * The mutations that are known now, at most about `most`.
   * @returns an empty array when there are none
   */
  poll(most = 1024): Mutation[] {
    const mutations: Mutation[] = []
    if (!this.#isOpen) return mutations
    const rows = load(this.#view.control, CONTROL.ROWS)
    for (let row = 0; row < rows; row++) this.#pollRow(row, most, mutations)
    return mutations
  }

  /** Lets go of the feed: threads stop writing records, another reader may be opened. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    store(this.#view.control, CONTROL.LISTEN, 0)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #pollRow(row: number, most: number, into: Mutation[]): void {
    const { control, plan } = this.#view
    const at = rowAddress(this.#view, row)
    const lost = load(control, at + ROW.FEED_LOST)
    if (lost !== this.#lost[row]) {
      this.#lost[row] = lost
      into.push({ kind: 'RESYNC', version: 0, stamp: 0, space: 0, key: '', row })
    }
    const head = load(control, at + ROW.FEED_HEAD)
    let tail = load(control, at + ROW.FEED_TAIL)
    while (tail !== head && into.length < most) {
      const position = ringAt(this.#view, row) + ((tail >>> 0) % plan.ringWords)
      const word = load(control, position)
      const status = recordStatus(word)
      if (status === CLAIMED) break // Not decided yet: the other rows go on.
      if (status === COMMITTED) into.push(this.#read(position, row))
      else if (status !== PADDING && recordWords(word) === 0) break
      tail = (tail + recordWords(word)) | 0
    }
    store(control, at + ROW.FEED_TAIL, tail)
  }

  #read(position: number, row: number): Mutation {
    const { control } = this.#view
    const bytes = peek(control, position + RECORD.KEY)
    const key = Buffer.from(control.buffer as ArrayBuffer, (position + RECORD.BYTES) * 4, bytes)
    return {
      kind: KINDS[peek(control, position + RECORD.KIND)]!,
      version:
        peek(control, position + RECORD.HIGH) * 2 ** 32 +
        (peek(control, position + RECORD.LOW) >>> 0),
      stamp: peek(control, position + RECORD.STAMP),
      space: peek(control, position + RECORD.SPACE),
      key: key.toString(),
      row,
    }
  }
}

/** Becomes the reader of an engine's feed; undefined when there is one already. */
export function openFeed(view: MemoryView): MutationFeed | undefined {
  if (load(view.control, CONTROL.LISTEN) !== 0) return undefined
  const feed = new MutationFeed(view)
  return compareExchange(view.control, CONTROL.LISTEN, 0, view.row + 1) === 0 ? feed : undefined
}

/** A dead reader is nobody's reader. */
export function abandonFeed(view: MemoryView, deadRow: number): void {
  compareExchange(view.control, CONTROL.LISTEN, deadRow + 1, 0)
}
