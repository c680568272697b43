/** One key of a transaction that is worked out: what was read, and what is to become of it. */
import {
  Draft,
  HIT,
  type RawAccess,
  type Reading,
  type Seen,
  type Want,
} from '../../engine/raw-access.ts'

const NOTHING = new Uint8Array(0)
/** As often a key may be written while it is read. */
const READ_TRIES = 100

/** One key of a transaction. */
export class Entry {
  readonly key: Uint8Array
  readonly space: number
  /** Bucket in which a walk tells a key that is not in the table yet. */
  readonly bucket: number
  /** What was read is this; undefined: it was not read, but written blindly. */
  seen: Seen | undefined = undefined
  isKnown = false
  isChanged = false
  isThere = false
  bytes = NOTHING
  codec = 0
  flags = 0
  expiry = 0
  marks = 0
  content = 0
  storedAt = 0
  heat = 0
  chunkBytes = 0

  constructor(key: Uint8Array, space: number, bucket: number) {
    this.key = key
    this.space = space
    this.bucket = bucket
  }
}

/** Reads a key as everybody sees it; false when it was written too often meanwhile. */
export function readEntry(raw: RawAccess, entry: Entry): boolean {
  for (let tries = 0; tries < READ_TRIES; tries++) {
    raw.stage(entry.key, 0, entry.key.length, entry.space)
    const seen = raw.see()
    if (seen === undefined) continue
    entry.seen = seen
    if (seen.version === 0) return true
    if (raw.open() !== HIT) continue
    const { length, codec, flags, marks, content, storedAt, expiry, version } = raw.reading
    const bytes = new Uint8Array(length)
    raw.copy(bytes, 0)
    const heat = raw.heat()
    const chunkBytes = raw.chunkBytes()
    if (!raw.confirm()) continue
    entry.seen = { version, expiry, creations: 0 }
    Object.assign(entry, { bytes, codec, flags, marks, content, storedAt, expiry })
    Object.assign(entry, { heat, chunkBytes, isThere: true })
    return true
  }
  return false
}

/** Whether keys are as they were seen, and were all the while. */
export function areAsSeen(
  raw: RawAccess,
  keys: Iterable<Pick<Entry, 'key' | 'space' | 'seen'>>,
): boolean {
  for (const { key, space, seen } of keys) {
    raw.stage(key, 0, key.length, space)
    if (!raw.isAsSeen(seen!)) return false
  }
  return true
}

/** A key and its database: how watched keys are named, too. */
export function nameOf(key: Uint8Array, space: number): string {
  return `${space} ${Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')}`
}

export function keyOf({ key }: Entry): Uint8Array {
  return key
}

/** What a read of the entry finds. */
export function describe(entry: Entry, reading: Reading): void {
  reading.length = entry.bytes.length
  reading.codec = entry.codec
  reading.flags = entry.flags
  reading.marks = entry.marks
  reading.content = entry.content
  reading.storedAt = entry.storedAt
  reading.expiry = entry.expiry
  reading.version = entry.seen?.version ?? 0
  reading.casHigh = reading.casLow = 0
}

/** The key holds what the draft says. */
export function put(entry: Entry, draft: Draft): void {
  entry.isKnown = entry.isChanged = entry.isThere = true
  entry.bytes = Uint8Array.from(draft.bytes.subarray(draft.from, draft.from + draft.length))
  const { codec, flags, expiry, marks, content, storedAt } = draft
  Object.assign(entry, { codec, flags, expiry, marks, content, storedAt })
  draft.content = draft.storedAt = 0 // They count for one operation.
}

export function isSame(one: Seen, other: Seen): boolean {
  return one.version === other.version && one.expiry === other.expiry
}

export function draftOf(entry: Entry): Draft {
  const { bytes, codec, flags, expiry, marks, content, storedAt } = entry
  const draft = new Draft()
  draft.bytes = bytes
  draft.length = bytes.length
  return Object.assign(draft, { codec, flags, expiry, marks, content, storedAt })
}

/**
 * Transactions that hold their keys in one order abort each other less. The last one first: what
 * was held last is put in place, and told, first.
 */
export function inOrder(one: Want, other: Want): number {
  return other.space - one.space || Buffer.compare(other.key, one.key)
}
