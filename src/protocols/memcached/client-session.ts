/**
 * What the commands of one connection share: the engine, the server, the reply buffer of the
 * moment, and what remains of a command whose answer did not fit.
 *
 * Also the rules of time: what an expiry argument means, and the stamp that an entry carries to
 * say when it was last used (see MARKS in native-layout/entry-header.ts).
 */
import type { Login } from '../../auth/login.ts'
import {
  CLOSED_GATE,
  FULL,
  MARK_BITS,
  type Outcome,
  type RawAccess,
  type Reading,
} from '../../engine/raw-access.ts'
import { type KeyGroup, keyGroupOf } from '../key-group.ts'
import { ReplyBuffer } from '../reply-buffer.ts'
import type { ServerFacts } from './host.ts'

/** What remains of a command; each call writes until `out` is full. */
export interface Continuation {
  /** @returns whether the command is answered */
  step(session: ClientSession): boolean
}

const MOST_RELATIVE_SECONDS = 60 * 60 * 24 * 30
/** No command was found. */
export const NO_SERIES = -1
/** An absolute expiry that is over at any time. */
export const OVER_AT_ONCE = 1
const NOTHING = new ReplyBuffer(1)
NOTHING.bytes = Buffer.alloc(0)

export const BAD_FORMAT = 'CLIENT_ERROR bad command line format\r\n'
export const TOO_LARGE_REPLY = 'SERVER_ERROR object too large for cache\r\n'
export const NO_MEMORY_REPLY = 'SERVER_ERROR out of memory storing object\r\n'

export class ClientSession {
  readonly raw: RawAccess
  /** For requests with many keys: of all connections of the thread. */
  readonly keyGroup: KeyGroup
  readonly facts: ServerFacts
  readonly id: number
  /** Where replies go, during a feed. */
  out: ReplyBuffer = NOTHING
  /** The command says `noreply`. */
  isQuiet = false
  isClosing = false
  /** A password is being verified: nothing is executed until then. */
  isPaused = false
  /** Who it is; undefined where there are no users. */
  readonly login: Login | undefined
  /** Where the command that is executed is counted. */
  series = NO_SERIES
  /** It gets log lines from now on, and its commands are no longer read. */
  isWatcher = false
  more: Continuation | undefined = undefined
  /** Kinds of log lines that somebody wants, read once per command. */
  watched = 0
  /** The time of this feed, ms. */
  now = 0
  /** The same in seconds since the engine began, from 1. */
  stamp = 0
  /** Whether the policy keeps count of uses, so that a first read need not write. */
  readonly keepsHeat: boolean
  readonly maxItemBytes: number

  constructor(raw: RawAccess, facts: ServerFacts, id: number) {
    this.raw = raw
    this.keyGroup = keyGroupOf(raw)
    this.facts = facts
    this.id = id
    this.login = facts.openLogin(id)
    this.keepsHeat = raw.view.policy.countsUses
    this.maxItemBytes = raw.session.facts.maxItemBytes
  }

  begin(out: ReplyBuffer): void {
    this.out = out
    this.now = this.raw.now()
    const seconds = Math.floor((this.now - this.raw.view.startedAt) / 1000)
    this.stamp = Math.max(0, seconds) + 1
  }

  end(): void {
    this.out = NOTHING
  }

  count(counter: number): void {
    this.facts.board.add(counter, 1)
  }

  /** A reply, unless the command asked for none. */
  reply(text: string): void {
    if (!this.isQuiet) this.out.text(text)
  }

  /** A reply that no `noreply` holds back. */
  say(text: string): void {
    this.out.text(text)
  }

  /** What `outcome` means where nothing was changed for want of room or luck. */
  refusal(outcome: Outcome): string {
    if (outcome === FULL) return NO_MEMORY_REPLY
    if (outcome === CLOSED_GATE) return 'SERVER_ERROR writes are closed for the moment\r\n'
    return 'SERVER_ERROR the key is written too often at the moment, try again\r\n'
  }

  /**
   * The absolute expiry in ms that an exptime argument means: 0 never, negative at once, up to 30
   * days from now, beyond that a Unix time.
   */
  expiry(seconds: number): number {
    if (seconds === 0) return 0
    if (seconds < 0) return OVER_AT_ONCE
    if (seconds <= MOST_RELATIVE_SECONDS) return this.now + seconds * 1000
    return seconds * 1000
  }

  /** Marks of an entry that is used now. */
  marks(bits: number): number {
    return (this.stamp << MARK_BITS) | bits
  }

  /** Seconds since the entry was last used; 0 when nothing is known (written in process). */
  idleSeconds(marks: number): number {
    const used = marks >>> MARK_BITS
    return used === 0 ? 0 : Math.max(0, this.stamp - used)
  }

  /** Seconds until an expiry, rounded up; 0 when it is over. */
  remaining(expiry: number): number {
    return Math.max(0, Math.ceil((expiry - this.now) / 1000))
  }
}

const TWO_32 = 2 ** 32

/** Whether the entry carries a CAS that a client chose. */
export function hasOwnCas(reading: Reading): boolean {
  return (reading.casHigh | reading.casLow) !== 0
}
/** The CAS of an entry as two words: the client's own, or else its version. */
export function casHighOf(reading: Reading): number {
  return hasOwnCas(reading) ? reading.casHigh : Math.floor(reading.version / TWO_32) | 0
}
export function casLowOf(reading: Reading): number {
  return hasOwnCas(reading) ? reading.casLow : reading.version | 0
}
