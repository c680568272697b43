/**
 * HTTP/1.1 as a client of heddle's cache routes speaks it: `GET` and `PUT` of one key, kept alive
 * and, with a depth, pipelined. A reply carries no key; the value tells whose it is.
 *
 *   GET /cache/KEY HTTP/1.1 ...    HTTP/1.1 200 ... content-length: BYTES ... <value>, or 404
 *   PUT /cache/KEY HTTP/1.1 ...    HTTP/1.1 201 or 204
 */
import { EXPIRING_SECONDS, isValue } from './workload.ts'
import {
  BROKEN,
  HIT,
  INCOMPLETE,
  LONGEST_LINE,
  MISS,
  REFUSED,
  STORED,
  WRONG_LENGTH,
  WRONG_VALUE,
  isText,
  requestsOf,
} from './wire-protocol.ts'
import type { ReplyNote, WireProtocol } from './wire-protocol.ts'

const GET_TEXT = Buffer.from('GET /cache/')
const PUT_TEXT = Buffer.from('PUT /cache/')
const VERSION = Buffer.from('HTTP/1.1 ')
const HEAD_END = Buffer.from('\r\n\r\n')
const LENGTH = Buffer.from('\r\ncontent-length:')
const STATUS_DIGITS = 3
const DIGIT_ZERO = 48
const SPACE = 32
const UPPER_A = 65
const UPPER_Z = 90
const TO_LOWER = 32
const NO_BODY_STATUS = 204
const OK_STATUS = 200
const MISS_STATUS = 404
const FIRST_ERROR_STATUS = 400

/** @param authorization the value of the header of that name */
export function httpText(host: string, authorization: string | undefined): WireProtocol {
  const who = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`
  const common = ` HTTP/1.1\r\nHost: ${host}\r\n${who}`
  const lasting = {
    head: PUT_TEXT,
    beforeLength: Buffer.from(`${common}Content-Length: `),
    afterLength: HEAD_END,
    afterValue: Buffer.alloc(0),
  }
  const ttl = `X-TTL: ${EXPIRING_SECONDS}\r\n`
  const expiring = {
    ...lasting,
    beforeLength: Buffer.from(`${common}${ttl}Content-Length: `),
  }
  return {
    name: 'http',
    ...requestsOf(GET_TEXT, Buffer.from(`${common}\r\n`), lasting, expiring),
    readGetReply(from, at, end, id, size, note) {
      const after = replyEnd(from, at, end)
      if (after < 0) return after
      const status = statusOf(from, at)
      const bodyAt = after - bodyBytes
      if (status === MISS_STATUS) note.outcome = MISS
      else if (status !== OK_STATUS) return refused(status, after, note)
      else if (bodyBytes !== size) note.outcome = WRONG_LENGTH
      else note.outcome = isValue(from, bodyAt, id, size) ? HIT : WRONG_VALUE
      return after
    },
    readSetReply(from, at, end, note) {
      const after = replyEnd(from, at, end)
      if (after < 0) return after
      const status = statusOf(from, at)
      if (status < OK_STATUS || status > NO_BODY_STATUS) return refused(status, after, note)
      note.outcome = STORED
      return after
    },
  }
}

/** Bytes of the body of the reply that `replyEnd` found last: one thread, one reply at a time. */
let bodyBytes = 0

/** The end of the reply at `at`, body included; INCOMPLETE or BROKEN. */
function replyEnd(from: Buffer, at: number, end: number): number {
  if (end - at < VERSION.length + STATUS_DIGITS) return INCOMPLETE
  if (!isText(from, at, VERSION)) return BROKEN
  const headEnd = from.subarray(0, end).indexOf(HEAD_END, at)
  if (headEnd < 0) return end - at > LONGEST_LINE ? BROKEN : INCOMPLETE
  const bodyAt = headEnd + HEAD_END.length
  const length = statusOf(from, at) === NO_BODY_STATUS ? 0 : lengthIn(from, at, headEnd)
  if (length < 0) return BROKEN // chunked, or closed at its end: heddle sends neither here
  bodyBytes = length
  return bodyAt + length > end ? INCOMPLETE : bodyAt + length
}

function statusOf(from: Buffer, at: number): number {
  return digits(from, at + VERSION.length, at + VERSION.length + STATUS_DIGITS)
}

function lengthIn(from: Buffer, at: number, headEnd: number): number {
  for (let i = at; i + LENGTH.length < headEnd; i++) {
    if (!isLowerText(from, i, LENGTH)) continue
    let begin = i + LENGTH.length
    while (from[begin] === SPACE) begin++
    let stop = begin
    while (stop < headEnd && from[stop]! >= DIGIT_ZERO && from[stop]! <= DIGIT_ZERO + 9) stop++
    return stop === begin ? -1 : digits(from, begin, stop)
  }
  return -1
}

function isLowerText(from: Buffer, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) {
    const byte = from[at + i]!
    const lower = byte >= UPPER_A && byte <= UPPER_Z ? byte + TO_LOWER : byte
    if (lower !== text[i]) return false
  }
  return true
}

function digits(from: Buffer, at: number, end: number): number {
  let value = 0
  for (let i = at; i < end; i++) value = value * 10 + from[i]! - DIGIT_ZERO
  return value
}

function refused(status: number, after: number, note: ReplyNote): number {
  if (!(status >= FIRST_ERROR_STATUS)) return BROKEN
  note.outcome = REFUSED
  return after
}
