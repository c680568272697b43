/**
 * memcached's meta commands as a client speaks them: `mg` and `ms` of one key. The reply to a get
 * names its key, since it is asked to.
 *
 *   mg KEY v k\r\n                    VA BYTES kKEY\r\n<value>\r\n   or   EN\r\n   or   EN kKEY\r\n
 *   ms KEY BYTES\r\n<value>\r\n       HD\r\n   or   NS\r\n   or an error line (expiry: T seconds)
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
import type { WireProtocol } from './wire-protocol.ts'

const LASTING = {
  head: Buffer.from('ms '),
  beforeLength: Buffer.from(' '),
  afterLength: LINE_BREAK,
  afterValue: LINE_BREAK,
}
const EXPIRING = { ...LASTING, afterLength: Buffer.from(` T${EXPIRING_SECONDS}\r\n`) }
const HIT_TEXT = Buffer.from('VA ')
const KEY_FLAG = Buffer.from(' k')
const MISS_LINE = Buffer.from('EN\r\n')
const MISS_AND_KEY = Buffer.from('EN k')
const STORED_LINE = Buffer.from('HD\r\n')
const NOT_STORED_LINE = Buffer.from('NS\r\n')
const MOST_DIGITS = 9

export const memcachedMeta: WireProtocol = {
  name: 'meta',
  ...requestsOf(Buffer.from('mg '), Buffer.from(' v k\r\n'), LASTING, EXPIRING),
  readGetReply(from, at, end, id, size, note) {
    const afterLine = lineEnd(from, at, end)
    if (afterLine < 0) return afterLine
    if (isLine(from, at, afterLine, MISS_LINE)) {
      note.outcome = MISS
      return afterLine
    }
    if (isText(from, at, MISS_AND_KEY)) {
      note.outcome = isOwnKey(from, at + MISS_AND_KEY.length - KEY_FLAG.length, afterLine, id)
        ? MISS
        : WRONG_KEY
      return afterLine
    }
    if (!isText(from, at, HIT_TEXT)) return readError(from, at, afterLine, note)
    const flagAt = from.indexOf(SPACE, at + HIT_TEXT.length)
    const announced = digitsOf(from, at + HIT_TEXT.length, flagAt)
    if (announced < 0 || flagAt >= afterLine) return BROKEN
    const after = afterLine + announced + LINE_BREAK.length
    if (after > end) return INCOMPLETE
    if (!isText(from, afterLine + announced, LINE_BREAK)) return BROKEN
    if (!isOwnKey(from, flagAt, afterLine, id)) note.outcome = WRONG_KEY
    else if (announced !== size) note.outcome = WRONG_LENGTH
    else note.outcome = isValue(from, afterLine, id, size) ? HIT : WRONG_VALUE
    return after
  },
  readSetReply: setReplies(STORED_LINE, NOT_STORED_LINE),
}

/** Whether ` kKEY\r\n` is all that is left of the line. */
function isOwnKey(from: Buffer, flagAt: number, afterLine: number, id: number): boolean {
  const keyAt = flagAt + KEY_FLAG.length
  if (afterLine - keyAt !== KEY_BYTES + LINE_BREAK.length) return false
  return isText(from, flagAt, KEY_FLAG) && isKey(from, keyAt, id)
}

/** The number in these bytes, or -1. */
function digitsOf(from: Buffer, at: number, end: number): number {
  if (at >= end || end - at > MOST_DIGITS) return -1
  let value = 0
  for (let i = at; i < end; i++) {
    const digit = from[i]! - DIGIT_ZERO
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value
}
