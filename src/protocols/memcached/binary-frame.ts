/**
 * Requests and replies of the binary protocol: a header of 24 bytes, then extras, key and value.
 *
 * ```
 *  0      1       2          4       5         6        8        12      16     24
 *  magic  opcode  key bytes  extras  datatype  vbucket  body     opaque  CAS    extras key value
 *                                              status   bytes
 * ```
 *
 * All numbers are big-endian; vbucket and datatype of a request say nothing here, as in memcached.
 * There is one `frame` per thread, as there is one `line` of the text protocol: a request is read
 * and executed before the next is read, and nothing of it becomes a string.
 */
import type { ClientSession } from './client-session.ts'

export const REQUEST_MAGIC = 0x80
export const REPLY_MAGIC = 0x81
export const HEADER_BYTES = 24
/** Flags of an entry, in front of its value. */
export const FLAG_BYTES = 4

export const STATUS = {
  OK: 0,
  NOT_FOUND: 1,
  EXISTS: 2,
  TOO_LARGE: 3,
  INVALID: 4,
  NOT_STORED: 5,
  NOT_A_NUMBER: 6,
  REFUSED: 0x20,
  UNKNOWN: 0x81,
  NO_MEMORY: 0x82,
  /** Not memcached's: nothing was changed for want of luck, and the next try may succeed. */
  TRY_AGAIN: 0x86,
} as const

const TEXTS: Readonly<Record<number, string>> = {
  [STATUS.NOT_FOUND]: 'Not found',
  [STATUS.EXISTS]: 'Data exists for key.',
  [STATUS.TOO_LARGE]: 'Too large.',
  [STATUS.INVALID]: 'Invalid arguments',
  [STATUS.NOT_STORED]: 'Not stored.',
  [STATUS.NOT_A_NUMBER]: 'Non-numeric server-side value for incr or decr',
  [STATUS.REFUSED]: 'Auth failure.',
  [STATUS.UNKNOWN]: 'Unknown command',
  [STATUS.NO_MEMORY]: 'Out of memory',
}

/** Four bytes as a signed word. */
export function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

/** Writes a word as four bytes; returns where it ends. */
export function putWord(target: Uint8Array, at: number, word: number): number {
  target[at] = word >>> 24
  target[at + 1] = word >>> 16
  target[at + 2] = word >>> 8
  target[at + 3] = word
  return at + 4
}

export class BinaryFrame {
  bytes: Uint8Array = new Uint8Array(0)
  opcode = 0
  /** What the client wants to see again in the reply. */
  opaque = 0
  casHigh = 0
  casLow = 0
  extraBytes = 0
  keyBytes = 0
  bodyBytes = 0
  /** Where extras, key and value begin, and where the next request does. */
  extrasAt = 0
  keyAt = 0
  valueAt = 0
  end = 0
  /** How much of a request must be there to go on with it, from its beginning. */
  wantedBytes = 0

  /** Reads the header that begins at `from`; it is all there. */
  read(bytes: Uint8Array, from: number): void {
    this.bytes = bytes
    this.opcode = bytes[from + 1]!
    this.keyBytes = (bytes[from + 2]! << 8) | bytes[from + 3]!
    this.extraBytes = bytes[from + 4]!
    this.bodyBytes = readWord(bytes, from + 8) >>> 0
    this.opaque = readWord(bytes, from + 12)
    this.casHigh = readWord(bytes, from + 16)
    this.casLow = readWord(bytes, from + 20)
    this.extrasAt = from + HEADER_BYTES
    this.keyAt = this.extrasAt + this.extraBytes
    this.valueAt = this.keyAt + this.keyBytes
    this.end = this.extrasAt + this.bodyBytes
  }

  /** Bytes of value; negative when the lengths contradict each other. */
  get valueBytes(): number {
    return this.bodyBytes - this.extraBytes - this.keyBytes
  }

  /** Whether the request names the CAS that the entry must have. */
  get hasCas(): boolean {
    return (this.casHigh | this.casLow) !== 0
  }

  /** A word of the extras, unsigned. */
  extra(index: number): number {
    return readWord(this.bytes, this.extrasAt + 4 * index) >>> 0
  }
}

/** The request that this thread is executing. */
export const frame: BinaryFrame = new BinaryFrame()

/**
 * Writes the header of a reply to the present request; returns where its body begins. There is room
 * for the header at least.
 */
export function putHeader(
  target: Uint8Array,
  start: number,
  status: number,
  extraBytes: number,
  keyBytes: number,
  bodyBytes: number,
): number {
  target[start] = REPLY_MAGIC
  target[start + 1] = frame.opcode
  target[start + 2] = keyBytes >>> 8
  target[start + 3] = keyBytes
  target[start + 4] = extraBytes
  target[start + 5] = 0
  target[start + 6] = status >>> 8
  target[start + 7] = status
  putWord(target, start + 8, bodyBytes)
  putWord(target, start + 12, frame.opaque)
  return putCas(target, start, 0, 0)
}

/** Puts a CAS into the header that begins at `start`; returns where the header ends. */
export function putCas(target: Uint8Array, start: number, high: number, low: number): number {
  putWord(target, start + 16, high)
  return putWord(target, start + 20, low)
}

/** A success without a body, unless the request is a quiet one. */
export function replyDone(session: ClientSession, casHigh: number, casLow: number): void {
  if (session.isQuiet) return
  const { out } = session
  const start = out.reserve(HEADER_BYTES)
  putHeader(out.bytes, start, STATUS.OK, 0, 0, 0)
  out.length = putCas(out.bytes, start, casHigh, casLow)
}

/** A reply with ASCII text as its body: an error, which no request holds back, or the version. */
export function replyText(session: ClientSession, status: number, text: string): void {
  const { out } = session
  out.length = putHeader(out.bytes, out.reserve(HEADER_BYTES), status, 0, 0, text.length)
  out.text(text)
}

/** An error, also of quiet requests. */
export function replyError(session: ClientSession, status: number): void {
  replyText(session, status, TEXTS[status]!)
}
