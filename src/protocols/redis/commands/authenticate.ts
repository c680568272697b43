/**
 * Verifying what AUTH and HELLO said. It takes its time elsewhere; until then the connection
 * executes nothing, so its further commands come after the answer, in their order.
 */
import type { Login } from '../../../auth/login.ts'
import { BUSY, type Verdict, WRONG } from '../../../auth/authenticator.ts'
import { USER } from '../board.ts'
import type { Continuation, RedisClient } from '../client.ts'

export const WRONG_PASSWORD = 'WRONGPASS invalid username-password pair or user is disabled.'
const TOO_MANY = 'ERR too many authentications are waiting, try again later'

/**
 * Replies that it was wrong, or calls back when it was right.
 * @param then replies; arguments of the command are gone by then
 */
export function authenticate(
  client: RedisClient,
  login: Login,
  name: string,
  password: Uint8Array,
  then: (client: RedisClient) => void,
): void {
  const waiting = new Verification(then)
  const verdict = login.verify(name, password, (known) => {
    waiting.verdict = known
    client.isPaused = false
    client.host.serveSoon(client.slot)
  })
  if (verdict !== undefined) answer(client, verdict, then)
  else {
    client.isPaused = true
    client.more = waiting
  }
}

class Verification implements Continuation {
  verdict: Verdict | undefined
  readonly #then: (client: RedisClient) => void

  constructor(then: (client: RedisClient) => void) {
    this.#then = then
  }

  step(client: RedisClient): boolean {
    if (this.verdict === undefined) return false
    answer(client, this.verdict, this.#then)
    return true
  }
}

function answer(client: RedisClient, verdict: Verdict, then: (client: RedisClient) => void): void {
  const { reply, host, login } = client
  if (verdict === WRONG) reply.error(WRONG_PASSWORD)
  else if (verdict === BUSY) reply.error(TOO_MANY)
  else if (login?.principal !== verdict)
    reply.error(WRONG_PASSWORD) // withdrawn meanwhile
  else {
    host.board.setText(client.slot, USER, verdict.name)
    then(client)
  }
}
