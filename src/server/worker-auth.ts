/** Users as one worker knows them: who verifies, what is counted of it, and who hears of it. */
import type { UserRecord } from '../auth/auth-file.ts'
import { type AuthEvents, Authenticator, BUSY, type Verdict, WRONG } from '../auth/authenticator.ts'
import { callerOf } from '../auth/http-credentials.ts'
import { Login } from '../auth/login.ts'
import type { Principal } from '../auth/principal.ts'
import type { Gate } from '../protocols/http/gate.ts'
import { Problem } from '../protocols/http/problem.ts'
import { COUNT } from '../protocols/memcached/counters.ts'
import { addressGroup } from './address-counts.ts'
import type { FromWorker } from './messages.ts'
import { eventLine, LOG_EVENT_LINES } from './server-log.ts'
import type { WorkerFacts } from './worker-facts.ts'

const TOO_MANY = 'too many credentials are being verified: try again'

export class WorkerAuth implements AuthEvents {
  readonly #authenticator: Authenticator
  readonly #facts: WorkerFacts
  readonly #send: (message: FromWorker) => void
  /** What HTTP asks. */
  readonly gate: Gate

  constructor(
    users: readonly UserRecord[],
    facts: WorkerFacts,
    send: (message: FromWorker) => void,
  ) {
    this.#facts = facts
    this.#send = send
    const authenticator = new Authenticator(users, this)
    this.#authenticator = authenticator
    this.gate = {
      hasUsers: true,
      denied: () => this.denied(),
      callerOf: (authorization, address) => {
        const verdict = callerOf(authenticator, authorization, addressGroup(address))
        return verdict instanceof Promise ? verdict.then(knownIn) : knownIn(verdict)
      },
    }
  }

  /** Who a new connection is: nobody yet. It ends when its user is taken out or changed. */
  openLogin(slot: number): Login {
    const board = this.#facts.connectionBoard
    const id = board.idOf(slot)
    const end = () => this.#send({ kind: 'kill', slot, id })
    return new Login(this.#authenticator, sourceOf(board.addressOf(slot)), end)
  }

  replace(users: readonly UserRecord[]): void {
    this.#authenticator.replace(users)
  }

  /** Another worker was told something wrong from there. */
  heardFailure(address: string): void {
    this.#authenticator.heardFailure(address)
  }

  passed(): void {
    this.#facts.board.add(COUNT.auth_cmds, 1)
  }

  failed(address: string): void {
    const { board, lines } = this.#facts
    board.add(COUNT.auth_cmds, 1)
    board.add(COUNT.auth_errors, 1)
    lines.add(LOG_EVENT_LINES, eventLine('auth.failed', { address }))
    this.#send({ kind: 'authFailed', address })
  }

  delayed(): void {
    this.#facts.board.add(COUNT.auth_delayed, 1)
  }

  refused(): void {
    this.#facts.board.add(COUNT.auth_refused, 1)
  }

  denied(): void {
    this.#facts.board.add(COUNT.access_denied, 1)
  }

  underWay(by: number): void {
    this.#facts.backgroundTasks += by
  }
}

/** @throws Problem when too many credentials are being looked at, so that these were not */
function knownIn(verdict: Verdict): Principal | undefined {
  if (verdict === BUSY) throw new Problem(503, TOO_MANY, { 'Retry-After': '1' })
  return verdict === WRONG ? undefined : verdict
}

/** The board knows `tcp:127.0.0.1:53210`, `tcp6:[::1]:53210` and `unix:/path`. */
function sourceOf(address: string): string {
  const [, host] = /^tcp6?:\[?(.*?)\]?:[0-9]+$/.exec(address) ?? []
  return host === undefined ? address : addressGroup(host)
}
