/**
 * The chunk header and the entry in front of it: four words that every chunk has, and optional
 * words that an entry has only when a bit says so.
 *
 *   word 0  incarnation: 2i - 1 while incarnation i is free or half filled, 2i when complete
 *   word 1  version, low 32 bits                 (free chunk: handle of the next free chunk)
 *           31            16 15      11 10   8 7          0
 *          +----------------+----------+------+------------+
 *   word 2 | version high 16| spare 5  | type | key length |   255: the lengths are in LONG
 *          +----------------+----------+------+------------+
 *   word 3 | value length 16| codec tag 4 | presence 12    |
 *          +----------------+-------------+----------------+
 *   then the optional words in the order of their bits, the key (padded to a word), the value.
 *
 *   incarnation  written by the chunk's one owner; survives in free chunks and only grows, also
 *                when its page is cut anew. Readers close their copy with it (I-COMPLETE).
 *   version      48 bits, taken late from the striped counter (I-ORDER).
 *   presence     which optional words follow; EXPIRY first, so that it is 8-byte aligned.
 *
 * A chunk that continues a value (type CONTINUATION) has the handle of the entry's first chunk in
 * word 3, that of the next continuation in word 1, the bytes it holds in word 2, then the bytes.
 *
 * 16 bytes for an entry without options. The CLOCK bits are in the bucket, not here: a reader that
 * stalls between its validation and its mark would otherwise write into a stranger's bytes.
 */
import { check, tile } from './units.ts'

export const HEADER = tile(
  [
    ['INCARNATION', 1],
    ['VERSION_LOW', 1],
    ['KEY_AND_VERSION', 1],
    ['VALUE_AND_PRESENCE', 1],
  ],
  4,
)
/** In a free chunk: handle of the next free chunk. */
export const NEXT_FREE = HEADER.VERSION_LOW

/** Words of a continuation chunk; the bytes start at `CONTINUATION.BYTES`. */
export const CONTINUATION = {
  NEXT: HEADER.VERSION_LOW,
  LENGTH_AND_TYPE: HEADER.KEY_AND_VERSION,
  OWNER: HEADER.VALUE_AND_PRESENCE,
  BYTES: HEADER.WORDS,
} as const

export const TYPE_VALUE = 0
export const TYPE_CONTINUATION = 7
const TYPE_SHIFT = 8
const TYPE_MASK = 7

/** Presence bits, and the words each adds. The order is the order in memory. */
export const OPTIONAL = [
  ['EXPIRY', 2], //     absolute ms since the epoch, a double
  ['LONG', 2], //       key length, value length
  ['EPOCH', 1], //      flush stamp; absent while the cache was never flushed
  ['SPACE', 1], //      namespace number
  ['CHAIN', 2], //      first continuation, bytes of the value held in this chunk
  ['FLAGS', 1], //      memcached client flags
  ['CAS', 2], //        explicit client CAS; nothing internal trusts it
  ['STORED', 2], //     when the value was stored, absolute ms: high word, low word
  ['MARKS', 1], //      last access in seconds (29), fetched, win, stale
  ['CONTENT', 1], //    number of its content type, see src/engine/content-types.ts
  ['STRUCTURE', 1], //  subtype of a list, set, hash, sorted set; cluster slot, 16 bits
  ['INTENT', 3], //     what a transaction has in mind: see transaction.ts
] as const
export const PRESENCE_BITS = OPTIONAL.length
check(PRESENCE_BITS === 12, 'presence bits do not tile their field')

export const EXPIRY = 1 << 0
export const LONG = 1 << 1
export const EPOCH = 1 << 2
export const SPACE = 1 << 3
export const CHAIN = 1 << 4
export const FLAGS = 1 << 5
export const CAS = 1 << 6
export const STORE_TIME = 1 << 7
export const MARKS = 1 << 8
export const CONTENT = 1 << 9
export const INTENT = 1 << 11

/** Bits of MARKS: what memcached's meta commands ask about an entry. */
export const MARK_STALE = 1
export const MARK_WIN = 2
export const MARK_FETCHED = 4
export const MARK_BITS = 3

/** Words before the key for each presence mask: header and optional words. */
export const WORDS_BEFORE_KEY = new Uint8Array(1 << PRESENCE_BITS)
for (let mask = 0; mask < WORDS_BEFORE_KEY.length; mask++) {
  let words: number = HEADER.WORDS
  for (let bit = 0; bit < PRESENCE_BITS; bit++) if (mask & (1 << bit)) words += OPTIONAL[bit]![1]
  WORDS_BEFORE_KEY[mask] = words
}

/** Offset in words of an optional field, given the presence mask that has its bit. */
export function offsetOf(field: number, presence: number): number {
  return WORDS_BEFORE_KEY[presence & (field - 1)]!
}

const PRESENCE_MASK = (1 << PRESENCE_BITS) - 1
const CODEC_SHIFT = PRESENCE_BITS
const CODEC_MASK = 15
export const SHORT_KEY_LIMIT = 255
export const SHORT_VALUE_LIMIT = 65_535

export function packKeyAndVersion(keyLength: number, type: number, versionHigh: number): number {
  return (versionHigh << 16) | (type << TYPE_SHIFT) | Math.min(keyLength, SHORT_KEY_LIMIT)
}
export function packValueAndPresence(length: number, codec: number, presence: number): number {
  return (Math.min(length, SHORT_VALUE_LIMIT) << 16) | (codec << CODEC_SHIFT) | presence
}
export function shortKeyLength(word: number): number {
  return word & SHORT_KEY_LIMIT
}
export function typeOf(word: number): number {
  return (word >>> TYPE_SHIFT) & TYPE_MASK
}
export function versionHighOf(word: number): number {
  return word >>> 16
}
export function shortValueLength(word: number): number {
  return word >>> 16
}
export function codecOf(word: number): number {
  return (word >>> CODEC_SHIFT) & CODEC_MASK
}
export function presenceOf(word: number): number {
  return word & PRESENCE_MASK
}

/** LENGTH_AND_TYPE of a continuation: at most 128 KiB of bytes, shifted past the type field. */
export function packContinuation(length: number): number {
  return (length << 11) | (TYPE_CONTINUATION << TYPE_SHIFT)
}
export function continuationLength(word: number): number {
  return word >>> 11
}
export function isContinuation(word: number): boolean {
  return typeOf(word) === TYPE_CONTINUATION
}

export function isComplete(incarnation: number): boolean {
  return (incarnation & 1) === 0
}
/** The chunk version of a slot word: low bits of the incarnation, complete or not. */
export function chunkVersion(incarnation: number, versionBits: number): number {
  return ((incarnation + 1) >>> 1) & ((1 << versionBits) - 1)
}
/** Added to a complete incarnation to reach the next half-filled one of the same version. */
export function refillStep(versionBits: number): number {
  return 2 * 2 ** versionBits - 1
}

check(EXPIRY < LONG && HEADER.WORDS % 2 === 0, 'the expiry is not aligned to 8 bytes')
