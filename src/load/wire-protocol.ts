/**
 * The small interface between the generator and a wire protocol: it writes a request into a
 * batch, and reads one reply with the request that it answers, checking key, length and every
 * byte of the value. Implementations: memcached-text.ts, memcached-meta.ts, memcached-binary.ts,
 * redis-resp.ts, http-text.ts.
 */
import { decimalWidth, writeDigits, writeKey, writeValue } from './workload.ts'

export const PROTOCOLS = ['memcached', 'meta', 'binary', 'redis', 'http'] as const
export type ProtocolName = (typeof PROTOCOLS)[number]

/** What a reply turned out to be; the counters of a run are indexed by these. */
export const HIT = 0
export const MISS = 1
export const STORED = 2
/** A whole error line in the server's words: out of memory, busy, unknown command. */
export const REFUSED = 3
export const WRONG_KEY = 4
export const WRONG_LENGTH = 5
export const WRONG_VALUE = 6
/** A hit where nothing can be, or a miss where something must be. */
export const UNEXPECTED_HIT = 7
export const UNEXPECTED_MISS = 8
export const OUTCOMES = 9
export const OUTCOME_NAMES = [
  ...['hits', 'misses', 'stored', 'error replies', 'wrong keys', 'wrong lengths', 'wrong values'],
  ...['hits of keys never stored', 'misses of stored keys'],
] as const

/** Returned by readReply instead of the reply's end. */
export const INCOMPLETE = -1
/** Not this protocol, or not an answer to this request: the connection is of no more use. */
export const BROKEN = -2

/** The most bytes of a request or reply beyond its value. */
export const OVERHEAD_BYTES = 1024
export const LONGEST_LINE = 2048

/** Where readReply leaves what the reply was. One per thread, used again for each reply. */
export interface ReplyNote {
  outcome: number
}

export interface WireProtocol {
  readonly name: ProtocolName
  /** Both return the end of the request in the batch. */
  writeGet(into: Buffer, at: number, id: number): number
  writeSet(
    into: Buffer,
    at: number,
    id: number,
    size: number,
    generation: number,
    /** It lives for EXPIRING_SECONDS. */
    expires: boolean,
  ): number
  /**
   * Reads the reply at `at` to a get or a set of `id`.
   * @returns its end, INCOMPLETE or BROKEN
   */
  readGetReply(
    from: Buffer,
    at: number,
    end: number,
    id: number,
    size: number,
    note: ReplyNote,
  ): number
  readSetReply(from: Buffer, at: number, end: number, note: ReplyNote): number
}

const LINE_FEED = 10

/** A set: head, key, text, the value's length in decimal, text, the value, text. */
export interface SetWords {
  readonly head: Uint8Array
  readonly beforeLength: Uint8Array
  readonly afterLength: Uint8Array
  readonly afterValue: Uint8Array
}

/** Writers of requests that are text: a get is a head, the key and a tail. */
export function requestsOf(
  getHead: Uint8Array,
  getTail: Uint8Array,
  lasting: SetWords,
  expiring: SetWords,
): Pick<WireProtocol, 'writeGet' | 'writeSet'> {
  return {
    writeGet(into, at, id) {
      const next = writeKey(into, writeText(into, at, getHead), id)
      return writeText(into, next, getTail)
    },
    writeSet(into, at, id, size, generation, expires) {
      const words = expires ? expiring : lasting
      let next = writeKey(into, writeText(into, at, words.head), id)
      next = writeText(into, next, words.beforeLength)
      next = writeDigits(into, next, size, decimalWidth(size))
      next = writeText(into, next, words.afterLength)
      next = writeValue(into, next, id, size, generation)
      return writeText(into, next, words.afterValue)
    },
  }
}

/** Whether the line that ends at `afterLine` is this one, its line break included. */
export function isLine(from: Buffer, at: number, afterLine: number, line: Uint8Array): boolean {
  return afterLine - at === line.length && isText(from, at, line)
}

/** The place after the line that begins at `at`, INCOMPLETE, or BROKEN when it is too long. */
export function lineEnd(from: Buffer, at: number, end: number): number {
  const stop = Math.min(end, at + LONGEST_LINE)
  for (let i = at; i < stop; i++) if (from[i] === LINE_FEED) return i + 1
  return end - at >= LONGEST_LINE ? BROKEN : INCOMPLETE
}

/** True when the bytes at `at` are this text; the caller knows that there are enough of them. */
export function isText(from: Buffer, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (from[at + i] !== text[i]) return false
  return true
}

export function writeText(into: Buffer, at: number, text: Uint8Array): number {
  for (let i = 0; i < text.length; i++) into[at + i] = text[i]
  return at + text.length
}
