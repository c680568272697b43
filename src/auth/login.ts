/**
 * Who a connection is: nobody at first, then whoever it said and was verified to be. While that
 * takes its time the protocol executes nothing of the connection; its owner is woken afterwards.
 */
import { type Authenticator, BUSY, type Verdict } from './authenticator.ts'
import { Principal } from './principal.ts'

export class Login {
  readonly #authenticator: Authenticator
  readonly #address: string
  readonly #end: () => void
  #principal: Principal | undefined
  #isOver = false
  /** All users it has been: what one was allowed may go on, as a subscription does. */
  readonly #hooks = new Map<Principal, () => void>()

  /**
   * @param address of the client, without its port
   * @param end ends the connection: its user was taken out of the file, or changed in it
   */
  constructor(authenticator: Authenticator, address: string, end: () => void) {
    this.#authenticator = authenticator
    this.#address = address
    this.#end = end
  }

  get authenticator(): Authenticator {
    return this.#authenticator
  }

  get principal(): Principal | undefined {
    return this.#principal
  }

  get isAuthenticated(): boolean {
    return this.#principal !== undefined
  }

  /**
   * Verifies a name and a password, and is that user from then on; who it was stays when they are
   * wrong.
   * @param password is copied
   * @param then called later with the verdict, unless the connection is gone by then
   * @returns the verdict, when it is known at once
   */
  verify(
    name: string,
    password: Uint8Array,
    then: (verdict: Verdict) => void,
  ): Verdict | undefined {
    const secret = Buffer.from(password)
    const verdict = this.#authenticator.verify(name, secret, this.#address)
    if (!(verdict instanceof Promise)) {
      secret.fill(0)
      this.#become(verdict)
      return verdict
    }
    const tell = (known: Verdict): void => {
      secret.fill(0)
      if (this.#isOver) return
      this.#become(known)
      then(known)
    }
    verdict.then(tell, () => tell(BUSY))
    return undefined
  }

  /** RESET: nobody again. */
  leave(): void {
    for (const forget of this.#hooks.values()) forget()
    this.#hooks.clear()
    this.#principal = undefined
  }

  /** The connection is gone. */
  dispose(): void {
    this.#isOver = true
    this.leave()
  }

  #become(verdict: Verdict): void {
    if (!(verdict instanceof Principal) || verdict.isWithdrawn) return
    this.#principal = verdict
    if (!this.#hooks.has(verdict)) this.#hooks.set(verdict, verdict.whenWithdrawn(this.#end))
  }
}
