/** Authenticators for tests: over lines of a file, with cheap hashes and a clock of their own. */
import { type AuthEvents, Authenticator } from '../../src/auth/authenticator.ts'
import { parseAuthFile, type UserRecord } from '../../src/auth/auth-file.ts'
import { derive, type ScryptHash } from '../../src/auth/password-hash.ts'

/** Passwords `secret` and `hidden`, at the least cost that a file may have. */
export const SECRET: string = await hashed('secret')
export const HIDDEN: string = await hashed('hidden')

async function hashed(password: string): Promise<string> {
  const salt = Buffer.from('0123456789abcdef')
  const hash = await derive(Buffer.from(password), { ln: 10, r: 8, p: 1, salt })
  const [saltText, hashText] = [salt, hash].map((bytes) => {
    return bytes.toString('base64').replaceAll('=', '')
  })
  return `$scrypt$ln=10,r=8,p=1$${saltText}$${hashText}`
}

export function usersOf(text: string): UserRecord[] {
  return parseAuthFile(Buffer.from(text))
}

/** What an authenticator told, and what it computed. */
export class AuthBench implements AuthEvents {
  readonly authenticator: Authenticator
  readonly counts = { passed: 0, failed: 0, delayed: 0, refused: 0, denied: 0, underWay: 0 }
  /** The costs of each scrypt, in order. */
  readonly derived: string[] = []
  readonly salts: string[] = []
  readonly waits: number[] = []
  ms = 0
  readonly #timers: (() => void)[] = []
  /** Waiting takes no time unless this is set; then `wake` ends it. */
  isHeld = false

  constructor(text: string, mostRemembered?: number) {
    const wait = (ms: number): Promise<void> => {
      this.waits.push(ms)
      if (!this.isHeld) this.ms += ms
      return this.isHeld ? new Promise((done) => this.#timers.push(done)) : Promise.resolve()
    }
    const tools = {
      derive: (password: Uint8Array, hash: Omit<ScryptHash, 'hash'>) => {
        this.derived.push(`${hash.ln} ${hash.r} ${hash.p}`)
        this.salts.push(Buffer.from(hash.salt).toString('hex'))
        return derive(password, hash)
      },
      timer: { now: () => this.ms, wait },
      ...(mostRemembered === undefined ? {} : { mostRemembered }),
    }
    this.authenticator = new Authenticator(usersOf(text), this, tools)
  }

  passed(): void {
    this.counts.passed++
  }
  failed(): void {
    this.counts.failed++
  }
  delayed(): void {
    this.counts.delayed++
  }
  refused(): void {
    this.counts.refused++
  }
  denied(): void {
    this.counts.denied++
  }
  underWay(by: number): void {
    this.counts.underWay += by
  }

  wake(): void {
    for (const done of this.#timers.splice(0)) done()
  }

  /** The name of who was verified, or the verdict. */
  async ask(name: string, password: string, address = '10.0.0.1'): Promise<string> {
    const verdict = await this.authenticator.verify(name, Buffer.from(password), address)
    return typeof verdict === 'string' ? verdict : verdict.name
  }
}
