/**
 * memcached's binary protocol as a client speaks it: get (opcode 0) and set (opcode 1). The opaque
 * field of a get carries the key's id, and the reply has to bring it back; a set's carries a mark.
 *
 *   byte  0      1       2-3         4       5     6-7       8-11         12-15   16-23
 *         magic  opcode  key length  extras  type  status    body length  opaque  cas
 *
 *   get   header, key                             header, flags (4), <value>      or status 1
 *   set   header, flags (4), expiry (4), key,     header                          or another status
 *         <value>
 */
import { EXPIRING_SECONDS, KEY_BYTES, isValue, writeKey, writeValue } from './workload.ts'
import {
  BROKEN,
  HIT,
  INCOMPLETE,
  MISS,
  REFUSED,
  STORED,
  WRONG_KEY,
  WRONG_LENGTH,
  WRONG_VALUE,
} from './wire-protocol.ts'
import type { ReplyNote, WireProtocol } from './wire-protocol.ts'

const REQUEST = 0x80
const RESPONSE = 0x81
const OPCODE_GET = 0
const OPCODE_SET = 1
const HEADER_BYTES = 24
const KEY_LENGTH_AT = 2
const EXTRAS_AT = 4
const STATUS_AT = 6
const BODY_AT = 8
const OPAQUE_AT = 12
const SET_EXTRAS = 8
const EXPIRY_AT = HEADER_BYTES + 4
const STATUS_OK = 0
const STATUS_NOT_FOUND = 1
const SET_MARK = 0x5e7
/** A body beyond this is no answer to anything that was asked. */
const MOST_BODY = 2 ** 24

export const memcachedBinary: WireProtocol = {
  name: 'binary',
  writeGet(into, at, id) {
    writeHeader(into, at, OPCODE_GET, 0, KEY_BYTES, id)
    return writeKey(into, at + HEADER_BYTES, id)
  },
  writeSet(into, at, id, size, generation, expires) {
    writeHeader(into, at, OPCODE_SET, SET_EXTRAS, SET_EXTRAS + KEY_BYTES + size, SET_MARK)
    into.writeUInt32BE(0, at + HEADER_BYTES)
    into.writeUInt32BE(expires ? EXPIRING_SECONDS : 0, at + EXPIRY_AT)
    const valueAt = writeKey(into, at + HEADER_BYTES + SET_EXTRAS, id)
    return writeValue(into, valueAt, id, size, generation)
  },
  readGetReply(from, at, end, id, size, note) {
    const after = replyEnd(from, at, end, OPCODE_GET)
    if (after < 0) return after
    if (from.readUInt32BE(at + OPAQUE_AT) !== id) note.outcome = WRONG_KEY
    else readBody(from, at, after, id, size, note)
    return after
  },
  readSetReply(from, at, end, note) {
    const after = replyEnd(from, at, end, OPCODE_SET)
    if (after < 0) return after
    if (from.readUInt32BE(at + OPAQUE_AT) !== SET_MARK) return BROKEN
    note.outcome = from.readUInt16BE(at + STATUS_AT) === STATUS_OK ? STORED : REFUSED
    return after
  },
}

function writeHeader(
  into: Buffer,
  at: number,
  opcode: number,
  extras: number,
  body: number,
  opaque: number,
): void {
  into.fill(0, at, at + HEADER_BYTES)
  into[at] = REQUEST
  into[at + 1] = opcode
  into.writeUInt16BE(KEY_BYTES, at + KEY_LENGTH_AT)
  into[at + EXTRAS_AT] = extras
  into.writeUInt32BE(body, at + BODY_AT)
  into.writeUInt32BE(opaque, at + OPAQUE_AT)
}

/** The end of the reply at `at`, INCOMPLETE or BROKEN. */
function replyEnd(from: Buffer, at: number, end: number, opcode: number): number {
  if (end > at && from[at] !== RESPONSE) return BROKEN
  if (end - at < HEADER_BYTES) return INCOMPLETE
  if (from[at + 1] !== opcode) return BROKEN
  const body = from.readUInt32BE(at + BODY_AT)
  if (body > MOST_BODY) return BROKEN
  const after = at + HEADER_BYTES + body
  return after > end ? INCOMPLETE : after
}

function readBody(
  from: Buffer,
  at: number,
  after: number,
  id: number,
  size: number,
  note: ReplyNote,
): void {
  const status = from.readUInt16BE(at + STATUS_AT)
  const keyBytes = from.readUInt16BE(at + KEY_LENGTH_AT)
  const valueAt = at + HEADER_BYTES + from[at + EXTRAS_AT]! + keyBytes
  if (status === STATUS_NOT_FOUND) note.outcome = MISS
  else if (status !== STATUS_OK) note.outcome = REFUSED
  else if (after - valueAt !== size) note.outcome = WRONG_LENGTH
  else note.outcome = isValue(from, valueAt, id, size) ? HIT : WRONG_VALUE
}
