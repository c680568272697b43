/**
 * mg: a read that may also win. Without T, N, R and on an entry that is not stale it writes nothing
 * to shared memory; where it must write (a new expiry, a token handed out), reading and writing
 * are one exchange, so that of many clients exactly one sees W.
 */
import {
  ADD,
  CONTENDED,
  EXISTS,
  GONE,
  HIT,
  MARK_FETCHED,
  MARK_STALE,
  MARK_WIN,
  MAX_RETRIES,
  MISSING,
  type Outcome,
  type Reading,
  STORED,
} from '../../engine/raw-access.ts'
import { GetChange, giveCas, winsOn } from './changes.ts'
import { casHighOf, casLowOf, type ClientSession, OVER_AT_ONCE } from './client-session.ts'
import { COUNT } from './counters.ts'
import { putLong } from './decimal.ts'
import { WATCH_FETCHERS } from './host.ts'
import { line } from './line.ts'
import { LETTER, meta, putEcho, putEchoes, readMeta } from './meta-flags.ts'
import { countPrefix, PREFIX_GET, PREFIX_HIT } from './prefixes.ts'
import { noteUse } from './use.ts'
import { logFetch } from './watch-lines.ts'

const FIRST_FLAG = 2
const NOTHING = new Uint8Array(0)

/** What a reply says of an entry: how it was before the command. */
class Hit {
  length = 0
  flags = 0
  casHigh = 0
  casLow = 0
  marks = 0
  expiry = 0
  isFetched = false
  hasWon = false
  isCreated = false
}
const hit = new Hit()

export function executeMetaGet(session: ClientSession): void {
  if (line.count < 2) {
    session.say('ERROR\r\n')
    return
  }
  const problem = readMeta(session, FIRST_FLAG)
  if (problem !== undefined) {
    session.say(problem)
    return
  }
  finish(session, session.raw.stage(meta.key, meta.keyFrom, meta.keyTo) ? answer(session) : MISSING)
}

/** The same of a line without errors. @param fits whether any entry can have the staged key */
export function answerFound(session: ClientSession, fits: boolean): void {
  readMeta(session, FIRST_FLAG)
  finish(session, fits ? answer(session) : MISSING)
}

/** Looks, and writes where it must; STORED when the hit was answered. */
function answer(session: ClientSession): Outcome {
  const { raw } = session
  let mustWrite = meta.has[LETTER.T] === 1
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    let isMiss = false
    if (mustWrite) {
      const outcome = change(session)
      if (outcome !== MISSING) return outcome
      isMiss = true
    } else {
      const found = raw.open()
      if (found === HIT) {
        const { reading } = raw
        mustWrite = winsOn(reading.marks, reading.expiry, meta.recacheBefore)
        if (!mustWrite && read(session)) return STORED
      } else isMiss = found === GONE
    }
    if (!isMiss) continue
    if (meta.vivifyExpiry === undefined) return MISSING
    const outcome = vivify(session)
    if (outcome !== undefined) return outcome
    mustWrite = meta.has[LETTER.T] === 1
  }
  return CONTENDED
}

/** Counts, and answers what is no hit. */
function finish(session: ClientSession, outcome: Outcome): void {
  const isHit = outcome === STORED
  session.count(COUNT.cmd_meta)
  if (meta.has[LETTER.T] === 1) {
    session.count(COUNT.cmd_touch)
    session.count(isHit ? COUNT.touch_hits : COUNT.touch_misses)
  } else {
    session.count(COUNT.cmd_get)
    session.count(isHit ? COUNT.get_hits : COUNT.get_misses)
  }
  const { key, keyFrom, keyTo } = meta
  countPrefix(session, key, keyFrom, keyTo, PREFIX_GET)
  if (isHit) countPrefix(session, key, keyFrom, keyTo, PREFIX_HIT)
  if ((session.watched & WATCH_FETCHERS) !== 0) {
    logFetch(session, key, keyFrom, keyTo, isHit ? hit.length : -1)
  }
  if (isHit) return
  if (outcome !== MISSING) {
    session.say(session.refusal(outcome))
    return
  }
  if (meta.has[LETTER.q] === 1) return
  session.say('EN')
  putEchoes(session, FIRST_FLAG)
  session.say('\r\n')
}

/** Answers from shared memory; false when the entry changed meanwhile. */
function read(session: ClientSession): boolean {
  const { raw, out } = session
  const { reading } = raw
  const start = out.length
  describe(reading)
  hit.isFetched = (reading.marks & MARK_FETCHED) !== 0 || raw.heat() > 0
  if (putHead(session)) {
    const at = out.reserve(reading.length + 2)
    raw.copy(out.bytes, at, out.view)
    out.length = at + reading.length
    out.text('\r\n')
  }
  const isUnnoticed = meta.has[LETTER.u] === 1
  if (isUnnoticed ? raw.confirmQuietly() : raw.confirm()) {
    if (!isUnnoticed) noteUse(session, reading)
    return true
  }
  out.length = start
  return false
}

function describe(reading: Reading): void {
  hit.length = reading.length
  hit.flags = reading.flags
  hit.casHigh = casHighOf(reading)
  hit.casLow = casLowOf(reading)
  hit.marks = reading.marks
  hit.expiry = reading.expiry
  hit.hasWon = hit.isCreated = false
}

/** Answers with one exchange that also gives the new expiry or the win. */
function change(session: ClientSession): Outcome {
  const { raw, out } = session
  const { expiry, recacheBefore, touchesFirst } = meta
  const isUnnoticed = meta.has[LETTER.u] === 1
  const done = new GetChange(session, { expiry, recacheBefore, touchesFirst, isUnnoticed })
  const outcome = raw.change(done)
  if (outcome !== STORED) return outcome
  hit.length = done.value.length
  hit.flags = done.flags
  hit.casHigh = done.casHigh
  hit.casLow = done.casLow
  hit.marks = done.marks
  hit.expiry = done.oldExpiry
  hit.hasWon = done.hasWon
  hit.isCreated = false
  hit.isFetched = (done.marks & MARK_FETCHED) !== 0 || raw.heat() > 0
  if (putHead(session)) {
    out.copy(done.value, 0, done.value.length)
    out.text('\r\n')
  }
  return STORED
}

/** Makes the empty entry that N asks for; undefined when somebody else was first. */
function vivify(session: ClientSession): Outcome | undefined {
  const { raw, out } = session
  const { draft } = raw
  draft.bytes = NOTHING
  draft.from = draft.length = draft.codec = draft.flags = 0
  draft.expiry = meta.createdExpiry
  draft.marks = session.marks(MARK_WIN | MARK_FETCHED)
  giveCas(draft, meta.own)
  const outcome = raw.store(ADD)
  if (outcome !== STORED) return outcome === EXISTS ? undefined : outcome
  hit.length = hit.flags = hit.marks = hit.expiry = 0
  hit.casHigh = meta.own?.high ?? Math.floor(draft.version / 2 ** 32)
  hit.casLow = meta.own?.low ?? draft.version | 0
  hit.hasWon = hit.isCreated = true
  hit.isFetched = false
  if (putHead(session)) out.text('\r\n')
  return STORED
}

/** Appends the line of a hit; whether the value is to follow. */
function putHead(session: ClientSession): boolean {
  const { out } = session
  const { wanted } = meta
  const isKnown = wanted !== undefined && wanted.high === hit.casHigh && wanted.low === hit.casLow
  const hasValue = meta.has[LETTER.v] === 1 && !isKnown
  if (hasValue) {
    out.text('VA ')
    out.number(hit.length)
  } else out.text('HD')
  let { expiry } = hit
  for (let word = FIRST_FLAG; word < line.count; word++) {
    const letter = line.bytes[line.starts[word]!]!
    if (letter === LETTER.T) expiry = meta.expiry!
    else if (letter === LETTER.N && hit.isCreated) expiry = meta.vivifyExpiry!
    else if (letter === LETTER.t) putRemaining(session, expiry)
    else putFlag(session, word, letter)
  }
  if (!hit.isCreated && (hit.marks & MARK_WIN) !== 0) out.text(' Z')
  if ((hit.marks & MARK_STALE) !== 0) out.text(' X')
  if (hit.hasWon) out.text(' W')
  out.text('\r\n')
  return hasValue
}

function putFlag(session: ClientSession, word: number, letter: number): void {
  const { out } = session
  switch (letter) {
    case LETTER.s:
      out.text(' s')
      out.number(hit.length)
      return
    case LETTER.f:
      out.text(' f')
      out.number(hit.flags >>> 0)
      return
    case LETTER.c:
      putCas(session, hit.casHigh, hit.casLow)
      return
    case LETTER.h:
      out.text(hit.isFetched ? ' h1' : ' h0')
      return
    case LETTER.l:
      out.text(' l')
      out.number(session.idleSeconds(hit.marks))
      return
    default:
      putEcho(session, word)
      return
  }
}

/** Appends ` c` and a CAS. */
export function putCas(session: ClientSession, high: number, low: number): void {
  const { out } = session
  out.text(' c')
  const at = out.reserve(20)
  out.length = putLong(out.bytes, at, high, low)
}

/** Appends ` t` and the seconds that remain, -1 without an expiry. */
export function putRemaining(session: ClientSession, expiry: number): void {
  const { out } = session
  out.text(' t')
  if (expiry === 0) out.text('-1')
  else out.number(expiry === OVER_AT_ONCE ? 0 : session.remaining(expiry))
}
