/**
 * What memcached's commands make of an old entry: a use noted, a new expiry, bytes added, a mark.
 * Each decides and writes in one exchange, so that of two clients one wins, and keeps what the
 * reply needs. What the entry is made of comes from the old one unless a change says otherwise.
 */
import { TAG_BYTES } from '../../engine/codec.ts'
import {
  type Change,
  type Draft,
  EXISTS,
  MARK_FETCHED,
  MARK_STALE,
  MARK_WIN,
  type Outcome,
  type Reading,
  STORED,
  TOO_LARGE,
} from '../../engine/raw-access.ts'
import { casHighOf, casLowOf, type ClientSession } from './client-session.ts'
import { asBigInt } from './decimal.ts'

const NOTHING = new Uint8Array(0)

function keepValue(old: Uint8Array, draft: Draft): void {
  draft.bytes = old
  draft.from = 0
  draft.length = old.length
}

/** The entry was used now. */
export class UseChange implements Change {
  readonly keepsVersion = true
  readonly #session: ClientSession

  constructor(session: ClientSession) {
    this.#session = session
  }

  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome {
    keepValue(old, draft)
    draft.marks = this.#session.marks((reading.marks & (MARK_WIN | MARK_STALE)) | MARK_FETCHED)
    return STORED
  }
}

/** touch, gat, gats: a new expiry, and the entry as it was when it got it. */
export class TouchChange implements Change {
  readonly keepsVersion = true
  readonly #session: ClientSession
  readonly #expiry: number
  value: Uint8Array = NOTHING
  flags = 0
  casHigh = 0
  casLow = 0

  constructor(session: ClientSession, expiry: number) {
    this.#session = session
    this.#expiry = expiry
  }

  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome {
    keepValue(old, draft)
    draft.expiry = this.#expiry
    draft.marks = this.#session.marks((reading.marks & (MARK_WIN | MARK_STALE)) | MARK_FETCHED)
    this.value = old
    this.flags = reading.flags
    this.casHigh = casHighOf(reading)
    this.casLow = casLowOf(reading)
    return STORED
  }
}

/** A CAS that the old entry must have; absent: any. */
export interface WantedCas {
  readonly high: number
  readonly low: number
}

/** Whether an entry has another CAS than the wanted one. */
export function isOther(reading: Reading, wanted: WantedCas | undefined): boolean {
  if (wanted === undefined) return false
  return casHighOf(reading) !== wanted.high || casLowOf(reading) !== wanted.low
}

/** append, prepend: as a new entry, so neither stale nor handed out. */
export class ConcatChange implements Change {
  readonly keepsVersion = false
  readonly #session: ClientSession
  readonly #bytes: Uint8Array
  readonly #isBefore: boolean
  readonly #wanted: WantedCas | undefined
  readonly #own: WantedCas | undefined
  /** Length of the new value. */
  length = 0

  /** @param own the CAS the new entry gets; undefined: its version */
  constructor(
    session: ClientSession,
    bytes: Uint8Array,
    isBefore: boolean,
    wanted: WantedCas | undefined,
    own: WantedCas | undefined,
  ) {
    this.#session = session
    this.#bytes = bytes
    this.#isBefore = isBefore
    this.#wanted = wanted
    this.#own = own
  }

  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome {
    if (isOther(reading, this.#wanted)) return EXISTS
    const added = this.#bytes
    draft.length = this.length = old.length + added.length
    if (draft.length > this.#session.maxItemBytes) return TOO_LARGE
    const joined = Buffer.allocUnsafe(draft.length)
    joined.set(old, this.#isBefore ? added.length : 0)
    joined.set(added, this.#isBefore ? 0 : old.length)
    draft.bytes = joined
    draft.from = 0
    // What was text or a number may be neither now.
    draft.codec = TAG_BYTES
    draft.marks = this.#session.marks(0)
    giveCas(draft, this.#own)
    return STORED
  }
}

/** Gives the new entry a CAS of its own, or none. */
export function giveCas(draft: Draft, own: WantedCas | undefined): void {
  draft.casHigh = own?.high ?? 0
  draft.casLow = own?.low ?? 0
}

/** What `mg` asks of an entry beyond reading it. */
export interface GetRequest {
  /** A new expiry; undefined: as it was. */
  readonly expiry: number | undefined
  /** Entries that expire before this time, ms, are to be written anew by who asks first. */
  readonly recacheBefore: number
  /** Whether it is the new expiry that counts for that. */
  readonly touchesFirst: boolean
  /** A read that is no use: neither fetched nor last access change. */
  readonly isUnnoticed: boolean
}

/** `mg` where it must write: a new expiry, or the win of who shall write a new value. */
export class GetChange implements Change {
  readonly keepsVersion = true
  readonly #session: ClientSession
  readonly #request: GetRequest
  value: Uint8Array = NOTHING
  hasWon = false
  /** The entry as it was. */
  flags = 0
  marks = 0
  casHigh = 0
  casLow = 0
  oldExpiry = 0

  constructor(session: ClientSession, request: GetRequest) {
    this.#session = session
    this.#request = request
  }

  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome {
    keepValue(old, draft)
    const { expiry, isUnnoticed, recacheBefore, touchesFirst } = this.#request
    this.value = old
    this.flags = reading.flags
    this.marks = reading.marks
    this.casHigh = casHighOf(reading)
    this.casLow = casLowOf(reading)
    this.oldExpiry = reading.expiry
    if (expiry !== undefined) draft.expiry = expiry
    const seen = touchesFirst ? draft.expiry : reading.expiry
    this.hasWon = winsOn(reading.marks, seen, recacheBefore)
    const kept = reading.marks & (MARK_WIN | MARK_STALE | MARK_FETCHED)
    const bits = kept | (this.hasWon ? MARK_WIN : 0)
    draft.marks = isUnnoticed
      ? (reading.marks & ~(MARK_WIN | MARK_STALE | MARK_FETCHED)) | bits
      : this.#session.marks(bits | MARK_FETCHED)
    return STORED
  }
}

/** Whether who reads this entry now is to write a new value. */
export function winsOn(marks: number, expiry: number, recacheBefore: number): boolean {
  if ((marks & MARK_WIN) !== 0) return false
  if ((marks & MARK_STALE) !== 0) return true
  return expiry !== 0 && expiry < recacheBefore
}

/** `md` with I or x: the entry stays, as stale, or without its value. */
export interface DemoteRequest {
  readonly isStale: boolean
  readonly losesValue: boolean
  readonly expiry: number | undefined
  /** Client flags of an entry that loses its value. */
  readonly flags: number
  readonly wanted: WantedCas | undefined
  readonly own: WantedCas | undefined
}

export class DemoteChange implements Change {
  readonly keepsVersion = false
  readonly #session: ClientSession
  readonly #request: DemoteRequest

  constructor(session: ClientSession, request: DemoteRequest) {
    this.#session = session
    this.#request = request
  }

  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome {
    const { isStale, losesValue, expiry, flags, wanted, own } = this.#request
    if (isOther(reading, wanted)) return EXISTS
    keepValue(old, draft)
    if (losesValue) {
      draft.bytes = NOTHING
      draft.length = 0
      draft.codec = TAG_BYTES
      draft.flags = flags | 0
      draft.content = draft.storedAt = 0
      draft.expiry = expiry ?? 0
      draft.marks = this.#session.marks(0)
    }
    if (isStale) {
      if (expiry !== undefined) draft.expiry = expiry
      draft.marks = (draft.marks & ~MARK_WIN) | MARK_STALE
    }
    // An entry that only loses its value keeps the CAS that it had.
    draft.casHigh = isStale ? 0 : casHighOf(reading)
    draft.casLow = isStale ? 0 : casLowOf(reading)
    if (own !== undefined) giveCas(draft, own)
    return STORED
  }
}

/** Whether a CAS is smaller than the one that an entry has. */
export function isOlder(wanted: WantedCas, reading: Reading): boolean {
  const own = asBigInt(casHighOf(reading), casLowOf(reading))
  return asBigInt(wanted.high, wanted.low) < own
}
