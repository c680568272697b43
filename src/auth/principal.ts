/**
 * Who somebody is, once that was verified, and what they may do. There is one object per user and
 * worker; connections and requests of the user hold it.
 *
 * Rights are three bits and a list of key prefixes. Whoever administers reaches every key (MONITOR
 * shows them all), so an administrator reads and writes too, and has no prefixes. A user that was
 * taken out of the file, or changed in it, is withdrawn: the object has no rights from then on, and
 * whoever holds it is told, so that its connections end.
 */
export const READ = 1
export const WRITE = 2
export const ADMIN = 4
export const EVERYTHING: number = READ | WRITE | ADMIN

/** What a route or a command needs: `none` is for every caller. */
export type Right = 'none' | 'read' | 'write' | 'admin'

const BITS: Readonly<Record<Right, number>> = { none: 0, read: READ, write: WRITE, admin: ADMIN }

export interface Rights {
  /** READ, WRITE, ADMIN. */
  readonly bits: number
  /** Keys begin with one of them; none: every key. */
  readonly prefixes: readonly Uint8Array[]
}

const NO_RIGHTS: Rights = { bits: 0, prefixes: [] }

export class Principal {
  readonly name: string
  #rights: Rights
  #isWithdrawn = false
  readonly #onWithdrawn = new Set<() => void>()

  constructor(name: string, rights: Rights) {
    this.name = name
    this.#rights = rights
  }

  get rights(): Rights {
    return this.#rights
  }

  get isWithdrawn(): boolean {
    return this.#isWithdrawn
  }

  /** Whether no prefix limits it. */
  get reachesAll(): boolean {
    return !this.#isWithdrawn && this.#rights.prefixes.length === 0
  }

  /** Whether it has all of these bits. */
  has(bits: number): boolean {
    return !this.#isWithdrawn && (this.#rights.bits & bits) === bits
  }

  /** Whether the key `bytes[from..to)` is one of its keys. */
  reaches(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#isWithdrawn) return false
    const { prefixes } = this.#rights
    if (prefixes.length === 0) return true
    for (const prefix of prefixes) if (beginsWith(bytes, from, to, prefix)) return true
    return false
  }

  /** @param key of the entry that the right is wanted for; undefined: for all of them */
  may(right: Right, key?: Uint8Array): boolean {
    if (this.#isWithdrawn || !this.has(BITS[right])) return false
    if (right === 'none') return true
    return key === undefined ? this.reachesAll : this.reaches(key, 0, key.length)
  }

  /** Calls back once when it is withdrawn. @returns what takes the call back */
  whenWithdrawn(then: () => void): () => void {
    this.#onWithdrawn.add(then)
    return () => {
      this.#onWithdrawn.delete(then)
    }
  }

  withdraw(): void {
    this.#isWithdrawn = true
    this.#rights = NO_RIGHTS
    const told = [...this.#onWithdrawn]
    this.#onWithdrawn.clear()
    for (const tell of told) tell()
  }
}

function beginsWith(bytes: Uint8Array, from: number, to: number, prefix: Uint8Array): boolean {
  if (to - from < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (bytes[from + i] !== prefix[i]) return false
  return true
}
