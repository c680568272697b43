/**
 * The first bytes of GET and SET as nearly all clients send them, compared as little-endian 32-bit
 * words: `*2`, `$3`, `GET`, `$24` and what stands between are four loads. Everything else is OTHER,
 * and left to who looks at bytes.
 */
import { LONGEST_AHEAD } from '../../engine/look-ahead.ts'
import { LINE_END } from '../length-lines.ts'

/** `*2` and a line end, and so on; letters in lower case. */
const ARRAY_OF_2 = 0x0a0d322a
const ARRAY_OF_3 = 0x0a0d332a
const BULK_OF_3 = 0x0a0d3324
const GET = 0x0d746567
const SET = 0x0d746573
const LOWER = 0x202020
/** The bytes before the key of a GET or a SET, or rather before its length. */
export const PLAIN_HEAD = 13
/** Where the name of the command lies in them. */
export const NAME_FROM = 8
export const NAME_TO = 11
/** A line feed and the dollar sign of a bulk string. */
const NEXT_BULK = 0x240a
/** The bytes before a key whose length has one digit, and those of a GET of an empty key. */
const KEY_OFFSET = 17
const SHORTEST_GET = 19
const ZERO = 48

/** What a request is. */
export const OTHER = 0
/** GET with its key. */
export const PLAIN_GET = 1
/** SET with a key and a short value, and nothing else. */
export const PLAIN_SET = 2

/** What the request is that begins there; PLAIN_HEAD bytes of it are there. */
export function kindOf(view: DataView, from: number): number {
  const head = view.getInt32(from, true)
  if (head !== ARRAY_OF_2 && head !== ARRAY_OF_3) return OTHER
  if (view.getInt32(from + 4, true) !== BULK_OF_3) return OTHER
  const name = view.getInt32(from + 8, true) | LOWER
  if (name === GET) return head === ARRAY_OF_2 ? PLAIN_GET : OTHER
  return name === SET && head === ARRAY_OF_3 ? PLAIN_SET : OTHER
}

const LENGTH_BITS = 8
/**
 * Where the key of a GET lies that begins at `from` and is all there, if the key is one that can be
 * looked ahead at: offset and length in one number. -1: it is something else.
 */
export function keyPlaceOf(view: DataView, from: number, to: number): number {
  if (from + SHORTEST_GET > to || view.getInt32(from, true) !== ARRAY_OF_2) return -1
  if (view.getInt32(from + 4, true) !== BULK_OF_3) return -1
  if ((view.getInt32(from + 8, true) | LOWER) !== GET) return -1
  const next = view.getInt32(from + 12, true)
  if ((next & 0xffff) !== NEXT_BULK) return -1
  let length = ((next >>> 16) & 0xff) - ZERO
  let offset = KEY_OFFSET
  const digit = (next >>> 24) - ZERO
  if (digit >= 0 && length > 0) {
    length = 10 * length + digit
    offset++
  }
  if (!(length >= 0 && length <= LONGEST_AHEAD && digit <= 9)) return -1
  if (from + offset + length + 2 > to) return -1
  if (view.getUint16(from + offset - 2, true) !== LINE_END) return -1
  return (offset << LENGTH_BITS) | length
}
export function keyOffsetIn(place: number): number {
  return place >>> LENGTH_BITS
}
export function keyLengthIn(place: number): number {
  return place & ((1 << LENGTH_BITS) - 1)
}
