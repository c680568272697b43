/**
 * set, add, replace, append, prepend, cas. First the line says how many bytes follow (`readStore`),
 * then, when they are all there, the value is stored from where it lies (`executeStore`).
 */
import {
  ADD,
  EXISTS,
  FULL,
  MATCH,
  MISSING,
  type Outcome,
  REPLACE,
  SET,
  STORED,
  TOO_LARGE,
} from '../../engine/raw-access.ts'
import { ConcatChange } from './changes.ts'
import { BAD_FORMAT, type ClientSession, TOO_LARGE_REPLY } from './client-session.ts'
import { COUNT } from './counters.ts'
import { long, readLong, readSigned, readUnsigned } from './decimal.ts'
import { WATCH_MUTATIONS } from './host.ts'
import { line } from './line.ts'
import { countPrefix, PREFIX_SET } from './prefixes.ts'
import { logStore } from './watch-lines.ts'

export const STORE_SET = 0
export const STORE_ADD = 1
export const STORE_REPLACE = 2
export const STORE_APPEND = 3
export const STORE_PREPEND = 4
export const STORE_CAS = 5
const NAMES: readonly string[] = ['set', 'add', 'replace', 'append', 'prepend', 'cas']

/** The largest length that a line may announce. */
export const MOST_ANNOUNCED_BYTES: number = 2 ** 31 - 3
const MOST_FLAGS = 2 ** 32 - 1

/** The line was answered and no value is to be read. */
export const NO_VALUE = -1
/** The value that follows is to be skipped: `parsed.length` bytes and a line end. */
export const SKIP_VALUE = -2

/** What a storage command says. One per thread, as the line. */
class ParsedStore {
  flags = 0
  seconds = 0
  length = 0
  casHigh = 0
  casLow = 0
}
export const parsed: ParsedStore = new ParsedStore()

/**
 * Reads the line of a storage command.
 * @returns how many bytes of value follow, NO_VALUE, or SKIP_VALUE
 */
export function readStore(session: ClientSession, kind: number): number {
  const words = kind === STORE_CAS ? 6 : 5
  if (line.count < words || line.count > words + 1) {
    session.say('ERROR\r\n')
    return NO_VALUE
  }
  session.isQuiet = line.endsInNoreply()
  if (!line.isKey(1) || !readNumbers(kind)) {
    session.reply(BAD_FORMAT)
    return NO_VALUE
  }
  if (parsed.length <= session.maxItemBytes) return parsed.length
  refuseSize(session, kind, line.bytes, line.starts[1]!, line.ends[1]!)
  session.reply(TOO_LARGE_REPLY)
  return SKIP_VALUE
}

function readNumbers(kind: number): boolean {
  const { bytes, starts, ends } = line
  parsed.flags = readUnsigned(bytes, starts[2]!, ends[2]!, MOST_FLAGS)
  parsed.seconds = readSigned(bytes, starts[3]!, ends[3]!)
  parsed.length = readUnsigned(bytes, starts[4]!, ends[4]!, MOST_ANNOUNCED_BYTES)
  if (parsed.flags < 0 || Number.isNaN(parsed.seconds) || parsed.length < 0) return false
  parsed.casHigh = parsed.casLow = 0
  if (kind !== STORE_CAS) return true
  if (!readLong(bytes, starts[5]!, ends[5]!)) return false
  parsed.casHigh = long.high
  parsed.casLow = long.low
  return true
}

/** A value larger than an item may be: it is not read, and what a set was to replace goes. */
export function refuseSize(
  session: ClientSession,
  kind: number,
  bytes: Uint8Array,
  keyFrom: number,
  keyTo: number,
): void {
  const { raw } = session
  session.count(COUNT.store_too_large)
  if (kind === STORE_SET && raw.stage(bytes, keyFrom, keyTo)) raw.remove()
}

/** Stores the value `bytes[from, from + length)`, all of it there, under the key of the line. */
export function executeStore(
  session: ClientSession,
  kind: number,
  bytes: Uint8Array,
  from: number,
): void {
  const keyFrom = line.starts[1]!
  const keyTo = line.ends[1]!
  const fits = session.raw.stage(bytes, keyFrom, keyTo)
  const outcome = storeFound(session, kind, bytes, keyFrom, keyTo, from, fits)
  session.reply(replyTo(session, kind, outcome))
}

/** Stores a value under the staged key. @param fits false: no entry can have that */
export function storeFound(
  session: ClientSession,
  kind: number,
  bytes: Uint8Array,
  keyFrom: number,
  keyTo: number,
  from: number,
  fits: boolean,
): Outcome {
  const { raw } = session
  let outcome: Outcome = TOO_LARGE
  if (fits) {
    outcome =
      kind === STORE_APPEND || kind === STORE_PREPEND
        ? concat(session, kind === STORE_PREPEND, bytes, from)
        : storeWhole(session, kind, bytes, from)
  }
  session.count(COUNT.cmd_set)
  if (outcome === STORED) session.count(COUNT.total_items)
  if (kind === STORE_CAS) countCas(session, outcome)
  if (outcome === FULL) session.count(COUNT.store_no_memory)
  if (outcome === FULL && kind === STORE_SET) raw.remove()
  countPrefix(session, bytes, keyFrom, keyTo, PREFIX_SET)
  if ((session.watched & WATCH_MUTATIONS) !== 0) {
    const status = replyTo(session, kind, outcome).trimEnd().toLowerCase()
    logStore(session, bytes, keyFrom, keyTo, NAMES[kind]!, status, parsed.length)
  }
  return outcome
}

function storeWhole(
  session: ClientSession,
  kind: number,
  bytes: Uint8Array,
  from: number,
): Outcome {
  const { raw } = session
  const { draft } = raw
  draft.bytes = bytes
  draft.from = from
  draft.length = parsed.length
  draft.codec = 0
  draft.flags = parsed.flags | 0
  draft.expiry = session.expiry(parsed.seconds)
  draft.marks = session.marks(0)
  draft.casHigh = draft.casLow = 0
  if (kind === STORE_SET) return raw.store(SET)
  if (kind === STORE_ADD) return raw.store(ADD)
  if (kind === STORE_REPLACE) return raw.store(REPLACE)
  draft.wantedHigh = parsed.casHigh
  draft.wantedLow = parsed.casLow
  return raw.store(MATCH)
}

function concat(
  session: ClientSession,
  isBefore: boolean,
  bytes: Uint8Array,
  from: number,
): Outcome {
  const value = bytes.subarray(from, from + parsed.length)
  const { casHigh: high, casLow: low } = parsed
  const wanted = (high | low) === 0 ? undefined : { high, low }
  return session.raw.change(new ConcatChange(session, value, isBefore, wanted, undefined))
}

export function countCas(session: ClientSession, outcome: Outcome): void {
  if (outcome === STORED) session.count(COUNT.cas_hits)
  else if (outcome === EXISTS) session.count(COUNT.cas_badval)
  else if (outcome === MISSING) session.count(COUNT.cas_misses)
}

export function replyTo(session: ClientSession, kind: number, outcome: Outcome): string {
  if (outcome === STORED) return 'STORED\r\n'
  if (outcome === TOO_LARGE) return TOO_LARGE_REPLY
  if (kind === STORE_CAS) {
    if (outcome === EXISTS) return 'EXISTS\r\n'
    if (outcome === MISSING) return 'NOT_FOUND\r\n'
  } else if (outcome === EXISTS || outcome === MISSING) return 'NOT_STORED\r\n'
  return session.refusal(outcome)
}
