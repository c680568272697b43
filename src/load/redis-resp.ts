/**
 * The Redis protocol (RESP) as a client speaks it: `GET` and `SET` of one key, as arrays of bulk
 * strings. A reply carries no key; the value tells whose it is.
 *
 *   *2 $3 GET $24 KEY                   $BYTES\r\n<value>\r\n   or   $-1\r\n
 *   *3 $3 SET $24 KEY $BYTES <value>    +OK\r\n   or   -ERR ...\r\n   (with expiry: EX seconds)
 */
import { EXPIRING_SECONDS, KEY_BYTES, isValue } from './workload.ts'
import {
  BROKEN,
  HIT,
  INCOMPLETE,
  MISS,
  REFUSED,
  STORED,
  WRONG_LENGTH,
  WRONG_VALUE,
  isLine,
  isText,
  lineEnd,
  requestsOf,
} from './wire-protocol.ts'
import type { ReplyNote, WireProtocol } from './wire-protocol.ts'

const GET_TEXT = Buffer.from(`*2\r\n$3\r\nGET\r\n$${KEY_BYTES}\r\n`)
const LINE_BREAK = Buffer.from('\r\n')
const LASTING = {
  head: Buffer.from(`*3\r\n$3\r\nSET\r\n$${KEY_BYTES}\r\n`),
  beforeLength: Buffer.from('\r\n$'),
  afterLength: LINE_BREAK,
  afterValue: LINE_BREAK,
}
const SECONDS = String(EXPIRING_SECONDS)
const EXPIRING = {
  ...LASTING,
  head: Buffer.from(`*5\r\n$3\r\nSET\r\n$${KEY_BYTES}\r\n`),
  afterValue: Buffer.from(`\r\n$2\r\nEX\r\n$${SECONDS.length}\r\n${SECONDS}\r\n`),
}
const OK_LINE = Buffer.from('+OK\r\n')
const NULL_LINES = ['$-1\r\n', '_\r\n'].map((line) => Buffer.from(line))
const DOLLAR = 36
const MINUS = 45
const DIGIT_ZERO = 48

export const redisResp: WireProtocol = {
  name: 'redis',
  ...requestsOf(GET_TEXT, LINE_BREAK, LASTING, EXPIRING),
  readGetReply(from, at, end, id, size, note) {
    const afterLine = lineEnd(from, at, end)
    if (afterLine < 0) return afterLine
    for (const line of NULL_LINES) {
      if (isLine(from, at, afterLine, line)) {
        note.outcome = MISS
        return afterLine
      }
    }
    if (from[at] !== DOLLAR) return readError(from, at, afterLine, note)
    const announced = announcedBytes(from, at + 1, afterLine - LINE_BREAK.length)
    if (announced < 0) return BROKEN
    const after = afterLine + announced + LINE_BREAK.length
    if (after > end) return INCOMPLETE
    if (!isText(from, afterLine + announced, LINE_BREAK)) return BROKEN
    if (announced !== size) note.outcome = WRONG_LENGTH
    else note.outcome = isValue(from, afterLine, id, size) ? HIT : WRONG_VALUE
    return after
  },
  readSetReply(from, at, end, note) {
    const afterLine = lineEnd(from, at, end)
    if (afterLine < 0) return afterLine
    if (isLine(from, at, afterLine, OK_LINE)) {
      note.outcome = STORED
      return afterLine
    }
    return readError(from, at, afterLine, note)
  },
}

function announcedBytes(from: Buffer, at: number, end: number): number {
  if (at >= end || end - at > 9) return -1
  let value = 0
  for (let i = at; i < end; i++) {
    const digit = from[i] - DIGIT_ZERO
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value
}

function readError(from: Buffer, at: number, afterLine: number, note: ReplyNote): number {
  if (from[at] !== MINUS) return BROKEN
  note.outcome = REFUSED
  return afterLine
}
