/**
 * memcached's text protocol as a client speaks it: `get` and `set` of one key.
 *
 *   get KEY\r\n                         VALUE KEY FLAGS BYTES\r\n<value>\r\nEND\r\n   or   END\r\n
 *   set KEY 0 0 BYTES\r\n<value>\r\n    STORED\r\n   or an error line
 */
import { DIGIT_ZERO, LINE_BREAK, SPACE, readError, setReplies } from './memcached-line.ts'
import { EXPIRING_SECONDS, KEY_BYTES, isKey, isValue } from './workload.ts'
import {
  BROKEN,
  HIT,
  INCOMPLETE,
  MISS,
  WRONG_KEY,
  WRONG_LENGTH,
  WRONG_VALUE,
  isLine,
  isText,
  lineEnd,
  requestsOf,
} from './wire-protocol.ts'
import type { ReplyNote, WireProtocol } from './wire-protocol.ts'

const GET_TEXT = Buffer.from('get ')
const SET_TEXT = Buffer.from('set ')
const VALUE_TEXT = Buffer.from('VALUE ')
const END_LINE = Buffer.from('END\r\n')
const STORED_LINE = Buffer.from('STORED\r\n')
const NOT_STORED_LINE = Buffer.from('NOT_STORED\r\n')
const LASTING = {
  head: SET_TEXT,
  beforeLength: Buffer.from(' 0 0 '),
  afterLength: LINE_BREAK,
  afterValue: LINE_BREAK,
}
const EXPIRING = { ...LASTING, beforeLength: Buffer.from(` 0 ${EXPIRING_SECONDS} `) }
/** The end of the key in the line of a hit. */
const AFTER_KEY = VALUE_TEXT.length + KEY_BYTES

export const memcachedText: WireProtocol = {
  name: 'memcached',
  ...requestsOf(GET_TEXT, LINE_BREAK, LASTING, EXPIRING),
  readGetReply(from, at, end, id, size, note) {
    const afterLine = lineEnd(from, at, end)
    if (afterLine < 0) return afterLine
    if (isLine(from, at, afterLine, END_LINE)) {
      note.outcome = MISS
      return afterLine
    }
    if (!isText(from, at, VALUE_TEXT)) return readError(from, at, afterLine, note)
    return readHit(from, at, afterLine, end, id, size, note)
  },
  readSetReply: setReplies(STORED_LINE, NOT_STORED_LINE),
}

/** The line may name another key or length; the value that it announces is read all the same. */
function readHit(
  from: Buffer,
  at: number,
  afterLine: number,
  end: number,
  id: number,
  size: number,
  note: ReplyNote,
): number {
  const announced = announcedBytes(from, at, afterLine)
  if (announced < 0) return BROKEN
  const after = afterLine + announced + LINE_BREAK.length + END_LINE.length
  if (after > end) return INCOMPLETE
  const afterValue = afterLine + announced
  if (!isText(from, afterValue, LINE_BREAK)) return BROKEN
  if (!isText(from, afterValue + LINE_BREAK.length, END_LINE)) return BROKEN
  const isRightKey = afterLine - at > AFTER_KEY && from[at + AFTER_KEY] === SPACE
  if (!isRightKey || !isKey(from, at + VALUE_TEXT.length, id)) note.outcome = WRONG_KEY
  else if (announced !== size) note.outcome = WRONG_LENGTH
  else note.outcome = isValue(from, afterLine, id, size) ? HIT : WRONG_VALUE
  return after
}

/** The last number of the line `VALUE KEY FLAGS BYTES\r\n`, or -1. */
function announcedBytes(from: Buffer, at: number, afterLine: number): number {
  let scale = 1
  let value = 0
  let i = afterLine - LINE_BREAK.length - 1
  for (; i > at && from[i] !== SPACE; i--) {
    const digit = from[i] - DIGIT_ZERO
    if (!(digit >= 0 && digit <= 9) || scale > 1e9) return -1
    value += digit * scale
    scale *= 10
  }
  return scale === 1 ? -1 : value
}
