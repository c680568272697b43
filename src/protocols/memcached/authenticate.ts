/**
 * Who a memcached client is. Text: the first `set`, whatever its key, has `user password` as its
 * value, as in a memcached with -Y. Binary: SASL with the mechanism PLAIN. While a password is
 * verified, elsewhere, nothing of the connection is executed, so what follows keeps its order.
 */
import { BUSY, type Verdict } from '../../auth/authenticator.ts'
import type { Login } from '../../auth/login.ts'
import { Principal } from '../../auth/principal.ts'
import { frame, replyError, replyText, STATUS } from './binary-frame.ts'
import type { ClientSession, Continuation } from './client-session.ts'
import { readUnsigned } from './decimal.ts'
import { line } from './line.ts'
import { MOST_ANNOUNCED_BYTES } from './store.ts'

/** More of the request is needed: `authentication.wantedBytes` from its beginning. */
export const UNFINISHED = -1
/** Name and password take less. */
const MOST_TOKEN_BYTES = 1024
const MECHANISM = 'PLAIN'
const SPACE = 32
const RETURN = 13
const NEWLINE = 10
const SASL_FIRST = 0x20
const SASL_LAST = 0x22
const VERSION = 0x0b

/** What `authenticateLine` waits for. One per thread, as the line. */
export const authentication: { wantedBytes: number } = { wantedBytes: 0 }

/**
 * Reads the line of somebody who has not said who it is, and the value behind it.
 * @returns where the next command begins, or UNFINISHED
 */
export function authenticateLine(
  session: ClientSession,
  login: Login,
  from: number,
  to: number,
): number {
  const { bytes, starts, ends, next } = line
  const isSet = line.is(0, 'set') && line.count >= 5
  const length = isSet ? readUnsigned(bytes, starts[4]!, ends[4]!, MOST_ANNOUNCED_BYTES) : -1
  if (length < 0) {
    session.say('CLIENT_ERROR unauthenticated\r\n')
    return next
  }
  if (length > MOST_TOKEN_BYTES) {
    session.say('CLIENT_ERROR authentication token too long\r\n')
    session.isClosing = true
    return to
  }
  const end = next + length + 2
  if (end > to) {
    authentication.wantedBytes = end - from
    return UNFINISHED
  }
  if (bytes[end - 2] !== RETURN || bytes[end - 1] !== NEWLINE) {
    session.say('CLIENT_ERROR bad command line termination\r\n')
    return end
  }
  const [name, password] = wordsOf(bytes, next, end - 2)
  if (name === undefined || password === undefined) {
    session.say('CLIENT_ERROR bad authentication token format\r\n')
  } else verify(session, login, latin(name), password, answerLine)
  return end
}

function wordsOf(bytes: Uint8Array, from: number, to: number): Uint8Array[] {
  const words: Uint8Array[] = []
  for (let at = from; at < to; at++) {
    const start = at
    while (at < to && bytes[at] !== SPACE) at++
    if (at > start) words.push(bytes.subarray(start, at))
  }
  return words
}

function answerLine(session: ClientSession, verdict: Verdict): void {
  if (verdict instanceof Principal) session.say('STORED\r\n')
  else if (verdict === BUSY) session.say('SERVER_ERROR too many authentications are waiting\r\n')
  else session.say('CLIENT_ERROR authentication failure\r\n')
}

/** Whether the request that was read is one of SASL. */
export function isSasl(): boolean {
  return frame.opcode >= SASL_FIRST && frame.opcode <= SASL_LAST
}

/** Whether somebody who has not said who it is may ask this. */
export function isForNobody(): boolean {
  return (isSasl() || frame.opcode === VERSION) && frame.bodyBytes <= MOST_TOKEN_BYTES
}

export function executeSaslList(session: ClientSession): void {
  replyText(session, STATUS.OK, MECHANISM)
}

/** SASL PLAIN: [who to be] NUL name NUL password. Whoever begins is nobody until it is verified. */
export function executeSaslAuth(session: ClientSession): void {
  const { bytes, keyAt, valueAt, end, opcode, opaque } = frame
  const login = session.login!
  login.leave()
  const [toBe, name, password, ...more] = splitAtNul(bytes.subarray(valueAt, end))
  const isPlain = latin(bytes.subarray(keyAt, valueAt)) === MECHANISM
  const isAboutSelf = toBe?.length === 0 || (name !== undefined && toBe && isSame(toBe, name))
  const isWhole = name !== undefined && password !== undefined && more.length === 0
  if (!isPlain || !isWhole || !isAboutSelf) {
    replyError(session, STATUS.REFUSED)
    return
  }
  verify(session, login, latin(name), password, (_, verdict) => {
    frame.opcode = opcode // other requests of this thread came between
    frame.opaque = opaque
    if (verdict instanceof Principal) replyText(session, STATUS.OK, 'Authenticated')
    else if (verdict === BUSY) replyError(session, STATUS.TRY_AGAIN)
    else replyError(session, STATUS.REFUSED)
  })
}

/** A further step: PLAIN has none. */
export function executeSaslStep(session: ClientSession): void {
  replyError(session, STATUS.REFUSED)
}

function splitAtNul(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = []
  let start = 0
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && bytes[at] !== 0) continue
    parts.push(bytes.subarray(start, at))
    start = at + 1
  }
  return parts
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function verify(
  session: ClientSession,
  login: Login,
  name: string,
  password: Uint8Array,
  answer: (session: ClientSession, verdict: Verdict) => void,
): void {
  const waiting = new Verification(answer)
  const verdict = login.verify(name, password, (known) => {
    waiting.verdict = known
    session.isPaused = false
    session.facts.serveSoon(session.id)
  })
  if (verdict !== undefined) answer(session, verdict)
  else {
    session.isPaused = true
    session.more = waiting
  }
}

class Verification implements Continuation {
  verdict: Verdict | undefined
  readonly #answer: (session: ClientSession, verdict: Verdict) => void

  constructor(answer: (session: ClientSession, verdict: Verdict) => void) {
    this.#answer = answer
  }

  step(session: ClientSession): boolean {
    if (this.verdict === undefined) return false
    this.#answer(session, this.verdict)
    return true
  }
}
