/** get, getk, gat, gatk, touch and their quiet forms: one key each; a quiet miss says nothing. */
import { CONTENDED, GONE, HIT, MAX_RETRIES, MISSING, STORED } from '../../engine/raw-access.ts'
import {
  FLAG_BYTES,
  frame,
  HEADER_BYTES,
  putCas,
  putHeader,
  putWord,
  replyError,
  STATUS,
} from './binary-frame.ts'
import { refuse } from './binary-store.ts'
import { TouchChange } from './changes.ts'
import { casHighOf, casLowOf, type ClientSession } from './client-session.ts'
import { WATCH_FETCHERS } from './host.ts'
import { LOST_RACES, noteGet, touchKey } from './retrieve.ts'
import { logFetch } from './watch-lines.ts'

/** get, getq, getk, getkq. */
export function executeGet(session: ClientSession, hasKey: boolean): void {
  const { bytes, keyAt, valueAt } = frame
  answerStaged(session, hasKey, session.raw.stage(bytes, keyAt, valueAt))
}

/** A key that is staged. @param fits false: no entry can have it */
export function answerStaged(session: ClientSession, hasKey: boolean, fits: boolean): void {
  const { bytes, keyAt, valueAt } = frame
  const found = fits ? readEntry(session, hasKey) : GONE
  if (found === GONE) replyMiss(session, hasKey)
  else if (found === LOST_RACES) refuse(session, CONTENDED)
  noteGet(session, bytes, keyAt, valueAt, found)
}

/** Writes the entry of the staged key; what is torn is written again. */
function readEntry(session: ClientSession, hasKey: boolean): number {
  const { raw, out } = session
  const { reading } = raw
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const found = raw.open()
    if (found === GONE) return GONE
    if (found !== HIT) continue
    const { length } = reading
    const at = putEntryHead(session, hasKey, reading.flags, length)
    putCas(out.bytes, out.length, casHighOf(reading), casLowOf(reading))
    raw.copy(out.bytes, at)
    if (!raw.confirm()) continue
    out.length = at + length
    return HIT
  }
  return LOST_RACES
}

/** Makes room for a reply and writes all but CAS and value; returns where the value begins. */
function putEntryHead(
  session: ClientSession,
  hasKey: boolean,
  flags: number,
  length: number,
): number {
  const { out } = session
  const keyBytes = hasKey ? frame.keyBytes : 0
  const bodyBytes = FLAG_BYTES + keyBytes + length
  const start = out.reserve(HEADER_BYTES + bodyBytes)
  let at = putHeader(out.bytes, start, STATUS.OK, FLAG_BYTES, keyBytes, bodyBytes)
  at = putWord(out.bytes, at, flags)
  return hasKey ? putKey(out.bytes, at) : at
}

function putKey(target: Uint8Array, start: number): number {
  const { bytes, keyAt, keyBytes } = frame
  for (let i = 0; i < keyBytes; i++) target[start + i] = bytes[keyAt + i]!
  return start + keyBytes
}

/** Not found: with the key in place of the text, where the request asked for it. */
function replyMiss(session: ClientSession, hasKey: boolean): void {
  if (session.isQuiet) return
  if (!hasKey) {
    replyError(session, STATUS.NOT_FOUND)
    return
  }
  const { out } = session
  const { keyBytes } = frame
  const start = out.reserve(HEADER_BYTES + keyBytes)
  const at = putHeader(out.bytes, start, STATUS.NOT_FOUND, 0, keyBytes, keyBytes)
  out.length = putKey(out.bytes, at)
}

/** touch, gat, gatq, gatk, gatkq. */
export function executeTouch(session: ClientSession, hasKey: boolean, hasValue: boolean): void {
  const { out } = session
  const { bytes, keyAt, valueAt } = frame
  const change = new TouchChange(session, session.expiry(frame.extra(0)))
  const outcome = touchKey(session, change, bytes, keyAt, valueAt)
  if (hasValue && (session.watched & WATCH_FETCHERS) !== 0) {
    logFetch(session, bytes, keyAt, valueAt, outcome === STORED ? change.value.length : -1)
  }
  if (outcome === MISSING) replyMiss(session, hasKey)
  else if (outcome !== STORED) refuse(session, outcome)
  else {
    const { value, flags, casHigh, casLow } = change
    const length = hasValue ? value.length : 0
    const at = putEntryHead(session, hasKey, flags, length)
    putCas(out.bytes, out.length, casHigh, casLow)
    if (hasValue) out.bytes.set(value, at)
    out.length = at + length
  }
}
