/**
 * Transactions: changes of several keys that happen at one moment, or not at all.
 *
 * Each key that is changed, was read, or is watched is held: its entry is replaced by one that is
 * the same and carries an intent (an absent key by a vacant entry). Then one exchange of the word
 * TX in the thread's row decides all of them at once, and what was decided is put in place. Until
 * then a writer that meets an intent aborts the transaction rather than wait for it; the caller
 * looks again and begins anew. So one key's operations stay lock-free, and transactions are
 * obstruction-free: two of them may abort each other, never block anybody.
 */
import { load } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { addCreations, creationsIn } from '../../native-layout/table-slot.ts'
import { COUNTER, ROW } from '../../native-layout/thread-row.ts'
import {
  DELETE_KEY,
  KEEP,
  packIntent,
  PUT_FRESH,
  txNumber,
} from '../../native-layout/transaction.ts'
import { Draft } from '../memory/draft.ts'
import { dropNew } from '../memory/free-entry.ts'
import { countAt, currentStamp, enter, field, leave, linkedEntries } from '../memory/row.ts'
import { settle } from '../memory/slab-allocator.ts'
import { bucketOf } from '../memory/table.ts'
import {
  abortTransaction,
  addItem,
  beginTransaction,
  commitTransaction,
  endTransaction,
  noteSlot,
} from '../memory/transaction.ts'
import { takeVersion } from '../memory/version.ts'
import type { MemoryView } from '../memory/view.ts'
import { build, finish } from '../memory/write-entry.ts'
import {
  CLOSED_GATE,
  CONFLICT,
  CONTENDED,
  EXISTS,
  FULL,
  MISSING,
  type Outcome,
  STORED,
} from './outcomes.ts'
import type { Seen } from './seen.ts'
import { HOLD, storeDraft, trimEntries } from './store.ts'
import { type Change, changeEntry, type Ready } from './update.ts'

export { DELETE_KEY, KEEP, PUT_FRESH }

/** What a transaction wants with one key. */
export interface Want {
  readonly key: Uint8Array
  readonly space: number
  /** What the key must still be; undefined: whatever it is. */
  readonly seen: Seen | undefined
  /** Nor may an absent key have come and gone since. */
  readonly isWatched: boolean
  readonly kind: typeof KEEP | typeof PUT_FRESH | typeof DELETE_KEY
  /** For PUT_FRESH: the value; not used for anything else until the transaction has ended. */
  readonly draft: Draft | undefined
}

const NOTHING = new Uint8Array(0)

/**
 * Does all that is wanted at one moment.
 * @param wants each key once
 * @returns STORED; CONFLICT when a key is not as it was seen, or another thread came in between:
 * look again; FULL, CONTENDED, CLOSED_GATE. Nothing has changed then.
 */
export function transact(view: MemoryView, wants: readonly Want[]): Outcome {
  if (load(view.control, CONTROL.GATE) !== 0) return CLOSED_GATE
  beginTransaction(view)
  const holder = new Holder(view)
  let outcome: Outcome = STORED
  for (const want of wants) {
    outcome = holder.hold(want)
    if (outcome !== STORED) break
  }
  if (outcome === STORED && !holder.hasRoom()) outcome = FULL
  if (outcome === STORED && !(holder.isInTime() && commitTransaction(view))) outcome = CONFLICT
  if (outcome !== STORED) abortTransaction(view)
  endTransaction(view)
  if (outcome !== STORED) holder.forgive(wants)
  countAt(view, outcome === STORED ? COUNTER.transactions : COUNTER.transactionsAborted)
  if (view.maxEntries !== 0) trimEntries(view)
  settle(view)
  return outcome
}

/** Holds one key after the other. */
class Holder {
  readonly #view: MemoryView
  readonly #number: number
  /** The flush stamp of each namespace, the same for all that is written. */
  readonly #stamps = new Map<number, number>()
  /** Creations of this transaction, by home bucket. */
  readonly #created = new Map<number, number>()
  /** The entry that carries the intent. */
  readonly #carrier = new Draft()
  /** Absent keys that are written and that are only kept, and keys that are deleted. */
  #added = 0
  #vacant = 0
  #gone = 0
  #want!: Want
  #stamp = 0
  #fresh = 0

  constructor(view: MemoryView) {
    this.#view = view
    this.#number = txNumber(field(view, ROW.TX))
  }

  /** Whether nothing was flushed since the first key was held. */
  isInTime(): boolean {
    for (const [space, stamp] of this.#stamps) {
      if (currentStamp(this.#view, space) !== stamp) return false
    }
    return true
  }

  /** Whether the bound on entries holds then, where none that lives is evicted for it. */
  hasRoom(): boolean {
    const view = this.#view
    const { maxEntries, policy } = view
    if (maxEntries === 0 || policy.name !== 'none' || this.#added <= this.#gone) return true
    const most = maxEntries + this.#vacant + this.#gone
    enter(view)
    while (linkedEntries(view) > most && policy.evict(view, -1, COUNTER.evictedForEntries));
    leave(view)
    const isWithin = linkedEntries(view) <= most
    if (!isWithin) countAt(view, COUNTER.refusedForMemory)
    return isWithin
  }

  hold(want: Want): Outcome {
    const outcome = this.#hold(want)
    if (outcome === STORED && want.kind === DELETE_KEY) this.#gone++
    return outcome
  }

  #hold(want: Want): Outcome {
    const view = this.#view
    this.#want = want
    if (!view.key.loadBytes(want.key, 0, want.key.length, want.space)) return FULL
    this.#stamp = this.#stamps.get(want.space) ?? currentStamp(view, want.space)
    this.#stamps.set(want.space, this.#stamp)
    if (!this.#describe()) return FULL
    for (let tries = 0; tries < MAX_RETRIES; tries++) {
      const held = changeEntry(view, this.#carrier, this.#change)
      if (held !== MISSING) return held
      if (want.seen !== undefined && want.seen.version !== 0) return CONFLICT
      const created = this.#create()
      if (created !== EXISTS) return created
      if (want.seen !== undefined) return CONFLICT
    }
    return CONTENDED
  }

  /** Makes the entry that is to be published, and the item of the row's list. */
  #describe(): boolean {
    const view = this.#view
    const { kind, draft } = this.#want
    enter(view)
    view.stamp = this.#stamp
    this.#fresh = 0
    let isDone = true
    if (kind === PUT_FRESH) {
      draft!.stamp = this.#stamp
      isDone = build(view, draft!)
      this.#fresh = field(view, ROW.NEW)
    }
    isDone &&= addItem(view)
    if (!isDone) dropNew(view)
    leave(view)
    if (!isDone) countAt(view, COUNTER.refusedForMemory)
    return isDone
  }

  /** Puts a vacant entry in the place of an absent key. */
  #create(): Outcome {
    const view = this.#view
    const carrier = this.#carrier
    carrier.bytes = NOTHING
    carrier.length = carrier.expiry = carrier.flags = carrier.marks = carrier.codec = 0
    carrier.casHigh = carrier.casLow = 0
    carrier.intent = this.#intent(true)
    const outcome = storeDraft(view, carrier, HOLD, 0, this.#readyToCreate)
    if (outcome !== STORED) return outcome
    this.#created.set(view.home, this.#createdIn(view.home) + 1)
    if (this.#want.kind === PUT_FRESH) this.#added++
    else this.#vacant++
    return STORED
  }

  #createdIn(home: number): number {
    return this.#created.get(home) ?? 0
  }

  /** After a conflict: its own creations do not count as those of others. */
  forgive(wants: readonly Want[]): void {
    if (this.#created.size === 0) return
    const { key } = this.#view
    for (const { key: bytes, space, seen, isWatched } of wants) {
      if (!isWatched || seen === undefined || !key.loadBytes(bytes, 0, bytes.length, space))
        continue
      const home = bucketOf(this.#view, key.digest)
      seen.creations = addCreations(seen.creations, this.#createdIn(home))
    }
  }

  #intent(isVacant: boolean): readonly [number, number, number] {
    const view = this.#view
    const kind = isVacant && this.#want.kind === DELETE_KEY ? KEEP : this.#want.kind
    const head = packIntent(view.row, kind, isVacant, field(view, ROW.TX_HIGH))
    return [head, this.#number, this.#fresh]
  }

  readonly #readyToCreate: Ready = (view) => {
    const { seen, isWatched } = this.#want
    if (isWatched && seen !== undefined) {
      const mine = this.#createdIn(view.home)
      if (creationsIn(view.homeWord) !== addCreations(seen.creations, mine)) return CONFLICT
    }
    return this.#ready(view, view.emptySlot)
  }

  /** The version is drawn after the look at what is there, and before the exchange (I-ORDER). */
  #ready(view: MemoryView, slotIndex: number): Outcome {
    const { space, kind, draft } = this.#want
    if (currentStamp(view, space) !== this.#stamp) return CONFLICT
    noteSlot(view, slotIndex)
    if (kind === PUT_FRESH) finish(view, draft!, takeVersion(view, view.home), this.#fresh)
    return STORED
  }

  /** The same entry, with an intent. */
  readonly #change: Change = {
    keepsVersion: true,
    make: (old, seenNow, draft) => {
      const { seen } = this.#want
      if (seen !== undefined) {
        if (seenNow.version !== seen.version || seenNow.expiry !== seen.expiry) return CONFLICT
      }
      draft.bytes = old
      draft.from = 0
      draft.length = old.length
      draft.intent = this.#intent(false)
      return STORED
    },
    ready: (view) => this.#ready(view, view.slotIndex),
  }
}
