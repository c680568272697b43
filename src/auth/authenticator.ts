/**
 * Who has which password: one object per worker, over the users of the file.
 *
 * Verifying is scrypt in libuv's pool, one at a time per worker; whoever asks gets a promise. What
 * was verified is remembered under a keyed hash of name and password, in a bounded table, and the
 * same credentials asked for twice at once are verified once: a thousand clients that come back
 * together cost one scrypt. A user that does not exist costs the same as one that does, always the
 * same one, chosen by a keyed hash of the name.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { UserRecord } from './auth-file.ts'
import { Attempts, type AttemptTimer } from './attempts.ts'
import { decoyHash, derive, type ScryptHash } from './password-hash.ts'
import { Principal } from './principal.ts'
import { digestOf } from './token.ts'

/** The credentials are wrong; or too many are being looked at, so that these were not. */
export const WRONG = 'wrong'
export const BUSY = 'busy'
export type Verdict = Principal | typeof WRONG | typeof BUSY

/** What an authenticator tells its worker. */
export interface AuthEvents {
  /** Somebody was verified; somebody was not. */
  passed(): void
  failed(address: string): void
  /** An attempt has to wait; one is turned away, since too many wait. */
  delayed(): void
  refused(): void
  /** Somebody asked for what is not theirs to do, or not yet. */
  denied(): void
  /** One more, or one less, is being verified: the thread has to come back to its event loop. */
  underWay(by: number): void
}

/** What tests replace. */
export interface AuthTools {
  readonly derive: typeof derive
  readonly timer?: AttemptTimer
  readonly mostRemembered?: number
}

interface User {
  readonly record: UserRecord
  readonly principal: Principal
}

const MOST_REMEMBERED = 4096
/** Attempts that wait for the one that is being verified. */
const MOST_QUEUED = 256

export class Authenticator {
  #users = new Map<string, User>()
  #tokens = new Map<string, Principal>()
  readonly #events: AuthEvents
  readonly #tools: AuthTools
  readonly #attempts: Attempts
  readonly #mostRemembered: number
  /** Of this worker alone; it never leaves it. */
  readonly #key = randomBytes(32)
  readonly #remembered = new Map<string, Principal>()
  readonly #underWay = new Map<string, Promise<Verdict>>()
  #decoy: ScryptHash = decoyHash()
  #queued = 0
  #tail: Promise<unknown> = Promise.resolve()

  constructor(records: readonly UserRecord[], events: AuthEvents, tools: AuthTools = { derive }) {
    this.#events = events
    this.#tools = tools
    this.#mostRemembered = tools.mostRemembered ?? MOST_REMEMBERED
    this.#attempts = new Attempts(() => events.delayed(), tools.timer)
    this.replace(records)
  }

  /** The users in the order of the file. */
  users(): readonly UserRecord[] {
    return Array.from(this.#users.values(), ({ record }) => record)
  }

  /** The users are these now: who was taken out, or changed, is withdrawn. */
  replace(records: readonly UserRecord[]): void {
    const before = this.#users
    const users = new Map<string, User>()
    const tokens = new Map<string, Principal>()
    for (const record of records) {
      const old = before.get(record.name)
      const isSame = old?.record.fingerprint === record.fingerprint
      const principal = isSame ? old.principal : new Principal(record.name, record.rights)
      users.set(record.name, { record, principal })
      for (const token of record.tokens) tokens.set(this.#mark('token', '', token), principal)
    }
    this.#users = users
    this.#tokens = tokens
    for (const { principal } of before.values()) {
      if (users.get(principal.name)?.principal !== principal) principal.withdraw()
    }
    for (const [mark, { isWithdrawn }] of this.#remembered) {
      if (isWithdrawn) this.#remembered.delete(mark)
    }
  }

  /**
   * Who has this name and password. At once when that was verified before.
   * @param password is kept until it is verified
   */
  verify(name: string, password: Uint8Array, address: string): Verdict | Promise<Verdict> {
    const mark = this.#mark('password', name, password)
    const known = this.#remembered.get(mark)
    if (known !== undefined) {
      this.#remember(mark, known)
      this.#events.passed()
      return known
    }
    let verdict = this.#underWay.get(mark)
    if (verdict === undefined) {
      verdict = this.#attempt(address, () => this.#check(name, password)).then((found) => {
        this.#underWay.delete(mark)
        if (found instanceof Principal) this.#remember(mark, found)
        return found
      })
      this.#underWay.set(mark, verdict)
    }
    return verdict
  }

  /** Who has this token. One hash says it, since tokens are long; only wrong ones are slow. */
  verifyToken(token: string, address: string): Verdict | Promise<Verdict> {
    const principal = this.#tokens.get(this.#mark('token', '', digestOf(token)))
    if (principal === undefined) return this.#attempt(address, () => Promise.resolve(WRONG))
    this.#events.passed()
    return principal
  }

  /** Somebody asked for what is not theirs to do, or not yet. */
  denied(): void {
    this.#events.denied()
  }

  /** Another worker was told something wrong from there. */
  heardFailure(address: string): void {
    this.#attempts.failed(address)
  }

  async #attempt(address: string, check: () => Promise<Verdict>): Promise<Verdict> {
    this.#events.underWay(1)
    try {
      if (this.#queued >= MOST_QUEUED || !(await this.#attempts.enter(address))) {
        this.#events.refused()
        return BUSY
      }
      let verdict: Verdict = WRONG
      try {
        verdict = await this.#inTurn(check)
      } finally {
        this.#attempts.leave(address, verdict === WRONG)
      }
      if (verdict === WRONG) this.#events.failed(address)
      else this.#events.passed()
      return verdict
    } finally {
      this.#events.underWay(-1)
    }
  }

  /** One after the other: each takes a core and megabytes. */
  async #inTurn(check: () => Promise<Verdict>): Promise<Verdict> {
    this.#queued++
    const turn = this.#tail.then(check)
    this.#tail = turn.catch(() => {})
    try {
      return await turn
    } finally {
      this.#queued--
    }
  }

  /** The same work whether the user exists or not, and whatever the file has of them. */
  async #check(name: string, password: Uint8Array): Promise<Verdict> {
    const user = this.#users.get(name)
    const stored = (user ?? this.#standIn(name))?.record.password
    const asked = stored?.kind === 'scrypt' ? stored : this.#decoy
    const derived = await this.#tools.derive(password, asked)
    const digest = createHash('sha256').update(password).digest()
    const [is, shouldBe] =
      stored?.kind === 'plain' ? [digest, stored.digest] : [derived, asked.hash]
    const isRight = timingSafeEqual(is, shouldBe)
    if (!isRight || user === undefined || stored?.kind === 'none') return WRONG
    return user.principal.isWithdrawn ? WRONG : user.principal
  }

  /** A user in whose place one that does not exist is verified, in vain. */
  #standIn(name: string): User | undefined {
    const users = [...this.#users.values()]
    const number = createHmac('sha256', this.#key).update(`decoy ${name}`).digest().readUInt32BE()
    return users[number % users.length]
  }

  #remember(mark: string, principal: Principal): void {
    if (principal.isWithdrawn) return
    this.#remembered.delete(mark)
    this.#remembered.set(mark, principal)
    if (this.#remembered.size <= this.#mostRemembered) return
    const [oldest = ''] = this.#remembered.keys()
    this.#remembered.delete(oldest)
  }

  /** What credentials are remembered by: nothing that could be computed outside of this worker. */
  #mark(kind: string, name: string, secret: Uint8Array): string {
    const head = `${kind} ${name.length} ${name} `
    return createHmac('sha256', this.#key).update(head).update(secret).digest('base64')
  }
}
