/** What a new entry is made of; `write-entry.ts` builds it. */
import type { WordIndex } from '../../native-layout/units.ts'

/** What an entry is made of, beside the staged key: where its value's bytes come from. */
export class Draft {
  bytes: Uint8Array = new Uint8Array(0)
  /** Of all of `viewed`: a short value is read by it if these are the bytes that it comes from. */
  view: DataView | undefined = undefined
  viewed: Uint8Array | undefined = undefined
  from = 0
  length = 0
  codec = 0
  /** Absolute, ms; 0 none. */
  expiry = 0
  /** memcached client flags; 0 takes no word. */
  flags = 0
  /** Explicit client CAS, 64 bits in two words; both 0: none. */
  casHigh = 0
  casLow = 0
  /** The CAS that the entry to be replaced must have, for MATCH. */
  wantedHigh = 0
  wantedLow = 0
  /** See MARKS in native-layout/entry-header.ts; 0 takes no word. */
  marks = 0
  /**
   * Number of the content type, and when the value was stored, absolute ms; 0 takes no word. They
   * count for one operation, which sets them to 0: few protocols know them.
   */
  content = 0
  storedAt = 0
  /** The flush stamp that the entry carries. */
  stamp = 0
  /** The three words of an intent, see native-layout/transaction.ts. */
  intent: readonly [head: number, number: number, fresh: number] | undefined = undefined
  /** The version that the entry got, once it is stored. */
  version = 0
  /** Whether there was none before it that lived. */
  isCreated = false
  // Where the entry was put.
  words!: Int32Array
  at: WordIndex = 0
  presence = 0
}
