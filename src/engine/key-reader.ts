/**
 * The calls that read keys: one half of what an engine and each of its namespaces offer. All are
 * synchronous; what comes back is a copy; a miss is `undefined`.
 */
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { liveEntries } from '../memory/row.ts'
import { badType, contended, keyTooLong, targetTooShort } from './errors.ts'
import { keysIn } from './iterate.ts'
import { HIT, LOST_RACE, OVER, peekEntry, readBytes } from './read.ts'
import { readValue } from './read-value.ts'
import { removeOver } from './remove.ts'
import type { Session } from './session.ts'

/** A key: text (stored as UTF-8) or bytes, up to 65,535 bytes. */
export type Key = string | Uint8Array

/** A value and the version that `compareAndSet` compares. */
export interface Versioned<T> {
  readonly value: T
  /** Larger for each later value of the key; a safe integer. */
  readonly version: number
}

export class KeyReader {
  /** @internal */
  protected readonly session: Session
  /** @internal */
  protected readonly space: number

  /** @internal */
  constructor(session: Session, space: number) {
    this.session = session
    this.space = space
  }

  /**
   * The value of a key.
   * @returns a copy of the value, or `undefined` on a miss
   * @throws HeddleError HEDDLE_BAD_TYPE, HEDDLE_KEY_TOO_LONG, HEDDLE_CLOSED
   */
  get<T = unknown>(key: Key): T | undefined {
    this.stage(key)
    return readValue(this.session) as T | undefined
  }

  /**
   * Copies the stored bytes of a value into `target`, allocating nothing.
   * @returns bytes copied, -1 on a miss
   * @throws HeddleError HEDDLE_TARGET_TOO_SHORT, naming the length that is needed
   */
  getBytes(key: Key, target: Uint8Array): number {
    this.stage(key)
    if (!(target instanceof Uint8Array)) throw badType('target', target, 'a Uint8Array')
    const { view, reading } = this.session
    for (let tries = 0; ; tries++) {
      const found = readBytes(view, reading, target)
      if (found === HIT) break
      if (this.#isMiss(found, tries)) return -1
    }
    if (reading.length > target.length) throw targetTooShort(target.length, reading.length)
    return reading.length
  }

  /** The value of a key and its version, or `undefined` on a miss. */
  gets<T = unknown>(key: Key): Versioned<T> | undefined {
    this.stage(key)
    const value = readValue(this.session) as T | undefined
    return value === undefined ? undefined : { value, version: this.session.reading.version }
  }

  /** The values of several keys, in their order. */
  getMany<T = unknown>(keys: readonly Key[]): (T | undefined)[] {
    if (!Array.isArray(keys)) throw badType('keys', keys, 'an array of keys')
    const values = new Array<T | undefined>(keys.length)
    for (let i = 0; i < keys.length; i++) values[i] = this.get<T>(keys[i]!)
    return values
  }

  /** Whether the key is there. Counts neither as hit nor as use. */
  has(key: Key): boolean {
    return this.#peek(key) === HIT
  }

  /** Milliseconds that the key still lives: `Infinity` without expiry, `undefined` on a miss. */
  ttl(key: Key): number | undefined {
    if (this.#peek(key) !== HIT) return undefined
    const { expiry } = this.session.reading
    return expiry === 0 ? Number.POSITIVE_INFINITY : Math.max(0, expiry - this.session.view.now())
  }

  /** All keys, while others write: each key that lives throughout is met once. */
  *keys(): IterableIterator<string> {
    const { view } = this.session
    for (let bucket = 0; bucket < view.buckets; bucket++) {
      this.session.check()
      for (const key of keysIn(view, bucket, this.space)) yield Buffer.from(key).toString()
    }
  }

  /** All keys with their values, while others write. */
  *entries<T = unknown>(): IterableIterator<[string, T]> {
    const { view } = this.session
    for (let bucket = 0; bucket < view.buckets; bucket++) {
      this.session.check()
      for (const key of keysIn(view, bucket, this.space)) {
        const value = this.get<T>(key)
        if (value !== undefined) yield [Buffer.from(key).toString(), value]
      }
    }
  }

  /** Entries stored since the last `clear`; expired ones count until they are met. */
  get size(): number {
    this.session.begin()
    return liveEntries(this.session.view, this.space)
  }

  /** @internal Checks a key and stages it in the view. */
  protected stage(key: Key): void {
    const { session } = this
    session.begin()
    const scratch = session.view.key
    if (typeof key === 'string') {
      if (!scratch.loadString(key, this.space)) throw keyTooLong(Buffer.byteLength(key))
    } else if (key instanceof Uint8Array) {
      if (!scratch.loadBytes(key, 0, key.length, this.space)) throw keyTooLong(key.length)
    } else throw badType('key', key, 'a string or a Uint8Array')
    if (scratch.length > session.longestKey) throw keyTooLong(scratch.length, session.longestKey)
    session.used()
  }

  #peek(key: Key): number {
    this.stage(key)
    const { view, reading } = this.session
    for (let tries = 0; ; tries++) {
      const found = peekEntry(view, reading)
      if (found === HIT || this.#isMiss(found, tries)) return found
    }
  }

  /** Whether the key is gone for good; false: its entry was given a longer life, read again. */
  #isMiss(found: number, tries: number): boolean {
    if (found === LOST_RACE || tries === MAX_RETRIES) throw contended('read', MAX_RETRIES)
    return found !== OVER || removeOver(this.session.view)
  }
}
