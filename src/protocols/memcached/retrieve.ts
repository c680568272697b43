/**
 * get, gets, gat, gats: any number of keys, answered until the reply buffer is full and resumed
 * when it was written. A value is copied from shared memory into the reply and nowhere else.
 *
 * A hit writes nothing, unless the entry says that its last use was more than a minute ago, as in
 * memcached: then it is written anew with the present time.
 */
import { GONE, HIT, MAX_RETRIES, MISSING, type Outcome, STORED } from '../../engine/raw-access.ts'
import { TouchChange } from './changes.ts'
import {
  BAD_FORMAT,
  casHighOf,
  casLowOf,
  type ClientSession,
  type Continuation,
} from './client-session.ts'
import { COUNT } from './counters.ts'
import { putLong, putNumber, putText, readSigned } from './decimal.ts'
import { WATCH_FETCHERS } from './host.ts'
import { line, MAX_KEY_BYTES, MAX_WORDS } from './line.ts'
import { countPrefix, PREFIX_GET, PREFIX_HIT } from './prefixes.ts'
import { countSeen, lookAt, sendSeen } from './seen.ts'
import { noteUse } from './use.ts'
import { logFetch } from './watch-lines.ts'

const SPACE = 32
/** Room for a reply line beside its key: VALUE, flags, length, CAS. */
const HEADER_BYTES = 80
/** Then others come first: most keys may be misses, which fill no buffer. */
const KEYS_PER_TURN = 4096
export const END = 'END\r\n'
const LOST = 'SERVER_ERROR the key is written too often at the moment, try again\r\n'

/** get, gets. */
export function executeGet(session: ClientSession, hasCas: boolean): void {
  if (line.count < 2) {
    session.say('ERROR\r\n')
    return
  }
  if (line.hasControl || line.longest > MAX_KEY_BYTES) session.say(BAD_FORMAT)
  else answer(session, 1, hasCas, undefined)
}

/** gat, gats. */
export function executeGetAndTouch(session: ClientSession, hasCas: boolean): void {
  if (line.count < 2) {
    session.say('ERROR\r\n')
    return
  }
  const seconds = readSigned(line.bytes, line.starts[1]!, line.ends[1]!)
  if (Number.isNaN(seconds)) {
    session.say('CLIENT_ERROR invalid exptime argument\r\n')
    return
  }
  if (line.hasControl || line.longest > MAX_KEY_BYTES) session.say(BAD_FORMAT)
  else answer(session, 2, hasCas, session.expiry(seconds))
}

/** Answers the keys from a word on; those whose replies do not fit are kept for later. */
function answer(
  session: ClientSession,
  first: number,
  hasCas: boolean,
  expiry: number | undefined,
): void {
  const { bytes, end, starts, ends, count } = line
  const { out } = session
  let at = end
  if (count > MAX_WORDS) {
    at = answerKeys(session, bytes, starts[first]!, end, hasCas, expiry)
  } else {
    const group = expiry === undefined ? lookAt(session, first, hasCas) : undefined
    for (let word = first; word < count; word++) {
      if (out.isFull) {
        at = starts[word]!
        break
      }
      const key = group?.numberOf(word - first) ?? -1
      if (key >= 0 && sendSeen(session, group!.ahead, key)) countSeen(session)
      else answerKey(session, bytes, starts[word]!, ends[word]!, hasCas, expiry)
    }
  }
  if (at < end) {
    // Not slice: of shared memory that would be shared memory again.
    session.more = new MoreKeys(Buffer.from(bytes.subarray(at, end)), hasCas, expiry)
  } else out.text(END)
}

class MoreKeys implements Continuation {
  readonly #keys: Uint8Array
  readonly #hasCas: boolean
  readonly #expiry: number | undefined
  #at = 0

  constructor(keys: Uint8Array, hasCas: boolean, expiry: number | undefined) {
    this.#keys = keys
    this.#hasCas = hasCas
    this.#expiry = expiry
  }

  step(session: ClientSession): boolean {
    const keys = this.#keys
    this.#at = answerKeys(session, keys, this.#at, keys.length, this.#hasCas, this.#expiry)
    if (this.#at < keys.length) return false
    session.out.text(END)
    return true
  }
}

/** Answers keys until the buffer is full or the turn is over; returns how far it came. */
function answerKeys(
  session: ClientSession,
  bytes: Uint8Array,
  from: number,
  to: number,
  hasCas: boolean,
  expiry: number | undefined,
): number {
  const { out } = session
  let at = from
  for (let turn = 0; ; turn++) {
    while (at < to && bytes[at] === SPACE) at++
    if (at === to || out.isFull || turn === KEYS_PER_TURN) return at
    const start = at
    while (at < to && bytes[at] !== SPACE) at++
    answerKey(session, bytes, start, at, hasCas, expiry)
  }
}

function answerKey(
  session: ClientSession,
  bytes: Uint8Array,
  from: number,
  to: number,
  hasCas: boolean,
  expiry: number | undefined,
): void {
  if (expiry !== undefined) {
    answerTouched(session, bytes, from, to, hasCas, expiry)
    return
  }
  answerStaged(session, bytes, from, to, hasCas, session.raw.stage(bytes, from, to))
}

/** A key that is staged. @param fits false: no entry can have it */
export function answerStaged(
  session: ClientSession,
  bytes: Uint8Array,
  from: number,
  to: number,
  hasCas: boolean,
  fits: boolean,
): void {
  const found = fits ? readKey(session, bytes, from, to, hasCas) : GONE
  if (found === LOST_RACES) session.out.text(LOST)
  noteGet(session, bytes, from, to, found)
}

/** Counts and logs that a key was looked up: HIT (`raw.reading` describes it), GONE, LOST_RACES. */
export function noteGet(
  session: ClientSession,
  bytes: Uint8Array,
  from: number,
  to: number,
  found: number,
): void {
  const { reading } = session.raw
  session.count(COUNT.cmd_get)
  if (found === HIT) {
    session.count(COUNT.get_hits)
    noteUse(session, reading)
  } else if (found === GONE) session.count(COUNT.get_misses)
  countPrefix(session, bytes, from, to, PREFIX_GET)
  if (found === HIT) countPrefix(session, bytes, from, to, PREFIX_HIT)
  if ((session.watched & WATCH_FETCHERS) !== 0) {
    logFetch(session, bytes, from, to, found === HIT ? reading.length : -1)
  }
}

/** Writes the VALUE line and the value of the staged key; what is torn is written again. */
function readKey(
  session: ClientSession,
  key: Uint8Array,
  from: number,
  to: number,
  hasCas: boolean,
): number {
  const { raw, out } = session
  const { reading } = raw
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const found = raw.open()
    if (found === GONE) return GONE
    if (found !== HIT) continue
    const start = out.reserve(HEADER_BYTES + (to - from) + reading.length)
    const target = out.bytes
    let at = putValueLine(target, start, key, from, to, reading.flags, reading.length)
    if (hasCas) {
      target[at++] = SPACE
      at = putLong(target, at, casHighOf(reading), casLowOf(reading))
    }
    at = putLineEnd(target, at)
    raw.copy(target, at, out.view)
    if (!raw.confirm()) continue
    out.length = putLineEnd(target, at + reading.length)
    return HIT
  }
  return LOST_RACES
}
/** The entry changed whenever it was read. */
export const LOST_RACES = -1

/** `VALUE key flags length`; returns where it ends. */
function putValueLine(
  target: Uint8Array,
  start: number,
  key: Uint8Array,
  from: number,
  to: number,
  flags: number,
  length: number,
): number {
  let at = putText(target, start, 'VALUE ')
  for (let i = from; i < to; i++) target[at++] = key[i]!
  target[at++] = SPACE
  at = putNumber(target, at, flags >>> 0)
  target[at++] = SPACE
  return putNumber(target, at, length)
}

function putLineEnd(target: Uint8Array, at: number): number {
  target[at] = 13
  target[at + 1] = 10
  return at + 2
}

function answerTouched(
  session: ClientSession,
  key: Uint8Array,
  from: number,
  to: number,
  hasCas: boolean,
  expiry: number,
): void {
  const { out } = session
  const change = new TouchChange(session, expiry)
  const outcome = touchKey(session, change, key, from, to)
  if ((session.watched & WATCH_FETCHERS) !== 0) {
    logFetch(session, key, from, to, outcome === STORED ? change.value.length : -1)
  }
  if (outcome === MISSING) return
  if (outcome !== STORED) {
    out.text(session.refusal(outcome))
    return
  }
  const { value } = change
  const start = out.reserve(HEADER_BYTES + (to - from) + value.length)
  const target = out.bytes
  let at = putValueLine(target, start, key, from, to, change.flags, value.length)
  if (hasCas) {
    target[at++] = SPACE
    at = putLong(target, at, change.casHigh, change.casLow)
  }
  at = putLineEnd(target, at)
  target.set(value, at)
  out.length = putLineEnd(target, at + value.length)
}

/** Gives the entry of the key `bytes[from, to)` a new expiry, and counts that. */
export function touchKey(
  session: ClientSession,
  change: TouchChange,
  bytes: Uint8Array,
  from: number,
  to: number,
): Outcome {
  const { raw } = session
  session.count(COUNT.cmd_touch)
  const outcome = raw.stage(bytes, from, to) ? raw.change(change) : MISSING
  if (outcome === MISSING) session.count(COUNT.touch_misses)
  else if (outcome === STORED) session.count(COUNT.touch_hits)
  return outcome
}
