/**
 * get, getk, set and their quiet forms of the binary protocol executed from where they were found:
 * see plain.ts. A hit is answered from where the look ahead saw it, if it can be; all else by
 * binary-retrieve.ts and binary-store.ts, of the key that is staged.
 */
import { LONGEST_AHEAD } from '../../engine/look-ahead.ts'
import { seriesOfOpcode } from './binary-commands.ts'
import { FLAG_BYTES, frame, HEADER_BYTES, REPLY_MAGIC } from './binary-frame.ts'
import { answerStaged } from './binary-retrieve.ts'
import { storeStaged } from './binary-store.ts'
import type { ClientSession } from './client-session.ts'
import type { Pipeline } from './pipeline.ts'
import { STORE_SET } from './store.ts'
import { isUseDue } from './use.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const HEADER = HEADER_BYTES
const MAGIC = REPLY_MAGIC
const FLAGS_SIZE = FLAG_BYTES

const OPCODES = 256
const OPCODE_AT = 1
const OPAQUE_AT = 12
/** With a key in the reply; without a reply where there is nothing to tell. */
const HAS_KEY = new Uint8Array(OPCODES)
HAS_KEY[0x0c] = HAS_KEY[0x0d] = 1
const IS_QUIET = new Uint8Array(OPCODES)
IS_QUIET[0x09] = IS_QUIET[0x0d] = IS_QUIET[0x11] = 1
const SERIES = new Int32Array(OPCODES)
for (const opcode of [0x00, 0x01, 0x09, 0x0c, 0x0d, 0x11]) SERIES[opcode] = seriesOfOpcode(opcode)
/** Of a reply beside its value, with what copies by words write beyond. */
const REPLY_ROOM = HEADER + FLAGS_SIZE + LONGEST_AHEAD + 8

/** Where the request that was taken is counted. */
export function seriesOfFrame(pipeline: Pipeline, bytes: Uint8Array): number {
  return SERIES[bytes[pipeline.from + OPCODE_AT]!]!
}

/** Answers a hit where it was seen. @returns false: nothing was replied */
export function sendSeenFrame(session: ClientSession, pipeline: Pipeline): boolean {
  const { from, key, view: source } = pipeline
  const { reader } = pipeline.ahead
  if (key < 0 || !reader.open(key)) return false
  const { length, marks } = reader
  if (isUseDue(session, marks)) return false
  const { out } = session
  const start = out.reserve(REPLY_ROOM + length)
  const { view } = out
  const opcode = source.getUint8(from + OPCODE_AT)
  let at = start + HEADER + FLAGS_SIZE
  if (HAS_KEY[opcode] !== 0) at = reader.copyKey(key, view, at)
  const keyBytes = at - start - HEADER - FLAGS_SIZE
  // Big-endian: magic, opcode, key bytes; flag bytes, datatype, status; body bytes; opaque; CAS.
  view.setInt32(start, (MAGIC << 24) | (opcode << 16) | keyBytes)
  view.setInt32(start + 4, FLAGS_SIZE << 24)
  view.setInt32(start + 8, FLAGS_SIZE + keyBytes + length)
  view.setInt32(start + OPAQUE_AT, source.getInt32(from + OPAQUE_AT))
  view.setInt32(start + 16, reader.versionHigh)
  view.setInt32(start + 20, reader.versionLow)
  view.setInt32(start + HEADER, reader.flags)
  reader.copy(out.bytes, at, view)
  if (!reader.confirm()) return false
  out.length = at + length
  return true
}

/** What is no such hit. @param fits false: no entry can have the key */
export function executeFrame(
  session: ClientSession,
  pipeline: Pipeline,
  bytes: Uint8Array,
  fits: boolean,
  isSet: boolean,
): void {
  frame.read(bytes, pipeline.from)
  const { opcode } = frame
  session.isQuiet = IS_QUIET[opcode] !== 0
  if (!isSet) answerStaged(session, HAS_KEY[opcode] !== 0, fits)
  else {
    pipeline.show(session.raw.draft)
    storeStaged(session, STORE_SET, fits)
  }
}
