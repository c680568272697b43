/**
 * ms: all ways to store. An error in its flags does not stop the value from following, so the value
 * is skipped then; an error in key or length means that nobody knows what follows.
 */
import {
  ADD,
  CONTENDED,
  EXISTS,
  FULL,
  GONE,
  HIT,
  MARK_STALE,
  MARK_WIN,
  MATCH,
  MAX_RETRIES,
  MISSING,
  type Outcome,
  REPLACE,
  SET,
  STORED,
  TOO_LARGE,
} from '../../engine/raw-access.ts'
import { ConcatChange, giveCas, isOlder, type WantedCas } from './changes.ts'
import {
  BAD_FORMAT,
  casHighOf,
  casLowOf,
  type ClientSession,
  TOO_LARGE_REPLY,
} from './client-session.ts'
import { COUNT } from './counters.ts'
import { readUnsigned } from './decimal.ts'
import { WATCH_MUTATIONS } from './host.ts'
import { line } from './line.ts'
import { LETTER, meta, putEcho, readMeta } from './meta-flags.ts'
import { putCas } from './meta-get.ts'
import { countPrefix, PREFIX_SET } from './prefixes.ts'
import { countCas, MOST_ANNOUNCED_BYTES, NO_VALUE, parsed, SKIP_VALUE } from './store.ts'
import { logStore } from './watch-lines.ts'

const FIRST_FLAG = 3
const MODE_ADD = 69
const MODE_APPEND = 65
const MODE_PREPEND = 80
const MODE_REPLACE = 82
const MODE_SET = 83
const MODE_NAMES: Readonly<Record<number, string>> = {
  [MODE_ADD]: 'add',
  [MODE_APPEND]: 'append',
  [MODE_PREPEND]: 'prepend',
  [MODE_REPLACE]: 'replace',
  [MODE_SET]: 'set',
}

/** Reads the line: bytes of value that follow, NO_VALUE, or SKIP_VALUE. */
export function readMetaSet(session: ClientSession): number {
  if (line.count < 3) {
    session.say(line.count < 2 ? 'ERROR\r\n' : BAD_FORMAT)
    return NO_VALUE
  }
  parsed.length = readUnsigned(line.bytes, line.starts[2]!, line.ends[2]!, MOST_ANNOUNCED_BYTES)
  if (!line.isKey(1) || parsed.length < 0) {
    session.say(BAD_FORMAT)
    return NO_VALUE
  }
  let problem = readMeta(session, FIRST_FLAG)
  if (problem === undefined && meta.mode === 0) meta.mode = MODE_SET
  if (problem === undefined && MODE_NAMES[meta.mode] === undefined) {
    problem = 'CLIENT_ERROR invalid mode for ms M token\r\n'
  }
  if (problem === undefined && parsed.length > session.maxItemBytes) {
    session.count(COUNT.store_too_large)
    const { raw } = session
    if (raw.stage(meta.key, meta.keyFrom, meta.keyTo)) raw.remove()
    problem = TOO_LARGE_REPLY
  }
  if (problem === undefined) return parsed.length
  session.say(problem)
  return SKIP_VALUE
}

/** Stores the value `bytes[from, from + length)`. */
export function executeMetaSet(session: ClientSession, bytes: Uint8Array, from: number): void {
  const { raw, out } = session
  session.count(COUNT.cmd_meta)
  session.count(COUNT.cmd_set)
  const { key, keyFrom, keyTo, mode } = meta
  let length = parsed.length
  let outcome: Outcome = TOO_LARGE
  if (raw.stage(key, keyFrom, keyTo)) {
    if (mode === MODE_APPEND || mode === MODE_PREPEND) {
      const change = concat(session, bytes, from)
      outcome = change.outcome
      length = change.length
    } else outcome = storeWhole(session, bytes, from)
  }
  countPrefix(session, key, keyFrom, keyTo, PREFIX_SET)
  if (outcome === STORED) session.count(COUNT.total_items)
  if (meta.wanted !== undefined && (mode === MODE_SET || mode === MODE_REPLACE)) {
    countCas(session, outcome)
  }
  if (outcome === FULL) {
    session.count(COUNT.store_no_memory)
    raw.remove()
  }
  const code = codeOf(outcome)
  if ((session.watched & WATCH_MUTATIONS) !== 0) {
    const status = STATUS[code ?? ''] ?? 'no_memory'
    logStore(session, key, keyFrom, keyTo, MODE_NAMES[mode]!, status, parsed.length)
  }
  if (code === undefined) {
    session.say(outcome === TOO_LARGE ? TOO_LARGE_REPLY : session.refusal(outcome))
    return
  }
  if (outcome === STORED && meta.has[LETTER.q] === 1) return
  out.text(code)
  for (let word = FIRST_FLAG; word < line.count; word++) {
    const letter = line.bytes[line.starts[word]!]
    if (letter === LETTER.c) putStoredCas(session, outcome)
    else if (letter === LETTER.s) out.text(` s${length}`)
    else putEcho(session, word)
  }
  out.text('\r\n')
}

const STATUS: Readonly<Record<string, string>> = {
  HD: 'stored',
  EX: 'exists',
  NF: 'not_found',
  NS: 'not_stored',
}

function codeOf(outcome: Outcome): string | undefined {
  const isCas = meta.wanted !== undefined && meta.mode !== MODE_ADD
  const isConcat = meta.mode === MODE_APPEND || meta.mode === MODE_PREPEND
  if (outcome === STORED) return 'HD'
  if (outcome === EXISTS) return isCas ? 'EX' : 'NS'
  if (outcome === MISSING) return isCas && !isConcat ? 'NF' : 'NS'
  return undefined
}

/** ` c` and the CAS of what was stored; 0 when nothing was. */
export function putStoredCas(session: ClientSession, outcome: Outcome): void {
  if (outcome !== STORED) putCas(session, 0, 0)
  else if (meta.own !== undefined && (meta.own.high | meta.own.low) !== 0) {
    putCas(session, meta.own.high, meta.own.low)
  } else {
    const { version } = session.raw.draft
    putCas(session, Math.floor(version / 2 ** 32), version | 0)
  }
}

/** Fills the draft; not yet what marks and CAS say. */
function fillDraft(session: ClientSession, bytes: Uint8Array, from: number, expiry: number): void {
  const { draft } = session.raw
  draft.bytes = bytes
  draft.from = from
  draft.length = parsed.length
  draft.codec = 0
  draft.flags = meta.clientFlags | 0
  draft.expiry = expiry
  draft.marks = session.marks(0)
  giveCas(draft, meta.own)
}

function storeWhole(session: ClientSession, bytes: Uint8Array, from: number): Outcome {
  const { raw } = session
  const { wanted, mode } = meta
  fillDraft(session, bytes, from, meta.expiry ?? 0)
  if (mode === MODE_ADD) return raw.store(ADD)
  if (wanted !== undefined && (wanted.high | wanted.low) !== 0 && meta.has[LETTER.I] === 1) {
    return storeStale(session, wanted, bytes, from)
  }
  if (wanted === undefined) return raw.store(mode === MODE_REPLACE ? REPLACE : SET)
  raw.draft.wantedHigh = wanted.high
  raw.draft.wantedLow = wanted.low
  return raw.store(MATCH)
}

/**
 * A CAS that may be older than the entry's: then the value is taken as a stale one, which keeps
 * the entry's expiry, and its token if that was handed out.
 */
function storeStale(
  session: ClientSession,
  wanted: WantedCas,
  bytes: Uint8Array,
  from: number,
): Outcome {
  const { raw } = session
  const { draft, reading } = raw
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const found = raw.open()
    if (found === GONE) return MISSING
    if (found !== HIT || !raw.confirmQuietly()) continue
    const high = casHighOf(reading)
    const low = casLowOf(reading)
    const { expiry, marks } = reading
    fillDraft(session, bytes, from, meta.expiry ?? 0)
    if (high !== wanted.high || low !== wanted.low) {
      if (!isOlder(wanted, reading)) return EXISTS
      draft.expiry = expiry
      draft.marks = session.marks((marks & MARK_WIN) | MARK_STALE)
    }
    draft.wantedHigh = high
    draft.wantedLow = low
    const outcome = raw.store(MATCH)
    if (outcome !== EXISTS) return outcome
  }
  return CONTENDED
}

/** Appends or prepends; with N, what is absent is made. */
function concat(
  session: ClientSession,
  bytes: Uint8Array,
  from: number,
): { outcome: Outcome; length: number } {
  const { raw } = session
  const { length } = parsed
  const value = bytes.subarray(from, from + length)
  const wanted =
    meta.wanted !== undefined && (meta.wanted.high | meta.wanted.low) === 0
      ? undefined
      : meta.wanted
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const isBefore = meta.mode === MODE_PREPEND
    const change = new ConcatChange(session, value, isBefore, wanted, meta.own)
    const outcome = raw.change(change)
    if (outcome !== MISSING || meta.vivifyExpiry === undefined) {
      return { outcome, length: outcome === STORED ? change.length : length }
    }
    fillDraft(session, bytes, from, meta.vivifyExpiry)
    const added = raw.store(ADD)
    if (added !== EXISTS) return { outcome: added, length }
  }
  return { outcome: CONTENDED, length }
}
