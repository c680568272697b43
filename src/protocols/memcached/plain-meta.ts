/**
 * `mg` and `ms` executed from where they were found: see plain.ts. A hit that says nothing but what
 * its entry is, and hands out no token, is answered from where the look ahead saw it; all else is
 * answered by meta-get.ts.
 */
import { LONGEST_AHEAD } from '../../engine/look-ahead.ts'
import { MARK_STALE, MARK_WIN, type Outcome, STORED } from '../../engine/raw-access.ts'
import { LengthLines, LINE_END, LINE_ROOM, MOST_SHORT } from '../length-lines.ts'
import type { ClientSession } from './client-session.ts'
import { COUNT } from './counters.ts'
import { putLong, putNumber } from './decimal.ts'
import { bitOf } from './find-meta.ts'
import { line } from './line.ts'
import { answerFound, putCas } from './meta-get.ts'
import { LETTER } from './meta-flags.ts'
import type { Pipeline } from './pipeline.ts'
import { replyTo, STORE_SET } from './store.ts'
import { isUseDue } from './use.ts'

const SPACE = 32
const RETURN_BYTES = 2
/** `HD`, and a space with a letter behind it, as little-endian half words. */
const HD = 0x4448
const C = LETTER.c
const F = LETTER.f
const K = LETTER.k
const O = LETTER.O
const S = LETTER.s
const VALUE = bitOf(LETTER.v)
const QUIET = bitOf(LETTER.q)
const HEADS = new LengthLines('VA ')
/** Such an entry hands out tokens, or says that it is stale. */
const TOKENS = MARK_WIN | MARK_STALE
const NUMBER_ROOM = 22
/** Of a reply beside its value: all flags there are, with what copies by words write beyond. */
const REPLY_ROOM = LINE_ROOM + LONGEST_AHEAD + 3 * NUMBER_ROOM + 40 + 2 * RETURN_BYTES + 8

/** Answers a hit where it was seen. @returns false: nothing was replied */
export function sendSeenMeta(
  session: ClientSession,
  pipeline: Pipeline,
  bytes: Uint8Array,
): boolean {
  const { key, asked } = pipeline
  const { reader } = pipeline.ahead
  if (key < 0 || !reader.open(key)) return false
  const { length, marks } = reader
  if (length > MOST_SHORT || (marks & TOKENS) !== 0 || isUseDue(session, marks)) return false
  const { out } = session
  const start = out.reserve(REPLY_ROOM + length)
  const { view } = out
  const hasValue = (asked & VALUE) !== 0
  let at: number
  if (hasValue) at = HEADS.put(view, start, length) - RETURN_BYTES
  else {
    view.setUint16(start, HD, true)
    at = start + 2
  }
  if ((asked & ~(VALUE | QUIET)) !== 0) at = putAsked(out.bytes, view, at, pipeline, bytes)
  view.setUint16(at, LINE_END, true)
  at += RETURN_BYTES
  if (hasValue) {
    reader.copy(out.bytes, at, view)
    at += length
    // Behind the value what was copied by words may go on.
    view.setUint16(at, LINE_END, true)
    at += RETURN_BYTES
  }
  if (!reader.confirm()) return false
  out.length = at
  return true
}

/** Writes what the flags ask for, in their order; returns where it ends. */
function putAsked(
  target: Uint8Array,
  view: DataView,
  start: number,
  pipeline: Pipeline,
  bytes: Uint8Array,
): number {
  const { key, askedTo } = pipeline
  const { reader } = pipeline.ahead
  let at = start
  for (let from = pipeline.askedFrom; from < askedTo; from += 2) {
    const letter = bytes[from + 1]!
    if (letter === LETTER.v || letter === LETTER.q) continue
    view.setUint16(at, SPACE | (letter << 8), true)
    at += 2
    if (letter === K) at = reader.copyKey(key, view, at)
    else if (letter === F) at = putNumber(target, at, reader.flags >>> 0)
    else if (letter === S) at = putNumber(target, at, reader.length)
    else if (letter === C) at = putLong(target, at, reader.versionHigh, reader.versionLow)
    else {
      // An opaque token.
      for (; from + 2 < askedTo && bytes[from + 2] !== SPACE; from++)
        target[at++] = bytes[from + 2]!
    }
  }
  return at
}

/** What is no such hit: its line is read again. @param fits false: no entry can have the key */
export function executeMetaGet(
  session: ClientSession,
  pipeline: Pipeline,
  bytes: Uint8Array,
  end: number,
  fits: boolean,
): void {
  line.read(bytes, pipeline.from, end)
  answerFound(session, fits)
}

/** Replies to an `ms` whose value was stored, or was not. */
export function executeMetaSet(
  session: ClientSession,
  pipeline: Pipeline,
  bytes: Uint8Array,
  outcome: Outcome,
): void {
  session.count(COUNT.cmd_meta)
  const { out } = session
  const { asked, askedTo } = pipeline
  if (outcome !== STORED) {
    out.text(replyTo(session, STORE_SET, outcome))
    return
  }
  if ((asked & QUIET) !== 0) return
  out.text('HD')
  for (let from = pipeline.askedFrom; from < askedTo; ) {
    const letter = bytes[from + 1]!
    let next = from + 2
    while (next < askedTo && bytes[next] !== SPACE) next++
    if (letter === C) putVersion(session)
    else if (letter === S) {
      out.text(' s')
      out.number(pipeline.valueBytes)
    } else if (letter === K) {
      out.text(' k')
      out.copy(bytes, pipeline.keyFrom, pipeline.keyTo)
    } else if (letter === O) out.copy(bytes, from, next)
    from = next
  }
  out.text('\r\n')
}

/** The CAS of what was stored. */
function putVersion(session: ClientSession): void {
  const { version } = session.raw.draft
  putCas(session, Math.floor(version / 2 ** 32), version | 0)
}
