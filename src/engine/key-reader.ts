/**
 * The calls that read keys: one half of what an engine and each of its namespaces offer. All are
 * synchronous; what comes back is a copy; a miss is `undefined`.
 */
import { liveEntries } from '../memory/row.ts'
import { badType, badValue, targetTooShort } from './errors.ts'
import { copyValue, copyValues, isMiss, readNearValues, readValues } from './get-many.ts'
import { keysIn } from './iterate.ts'
import type { NearSpace } from './near/near-cache.ts'
import { HIT, peekEntry } from './read.ts'
import { readValue } from './read-value.ts'
import type { Session } from './session.ts'
import { type Key, stageKey } from './stage-key.ts'

export type { Key }

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
  /** What this thread keeps of these keys. */
  readonly #near: NearSpace | undefined

  /** @internal */
  constructor(session: Session, space: number) {
    this.session = session
    this.space = space
    this.#near = session.near?.of(space)
  }

  /**
   * The value of a key.
   * @returns a copy of the value, or `undefined` on a miss; with the option `near` the value that
   * this thread keeps, of which objects and arrays are frozen
   * @throws HeddleError HEDDLE_BAD_TYPE, HEDDLE_KEY_TOO_LONG, HEDDLE_CLOSED
   */
  get<T = unknown>(key: Key): T | undefined {
    const near = this.#near
    if (near !== undefined) {
      const value = near.get(key as string)
      if (value !== undefined) return value as T
    }
    return readValue(this.session, this.space, key, near) as T | undefined
  }

  /**
   * Copies the stored bytes of a value into `target`, allocating nothing.
   * @returns bytes copied, -1 on a miss
   * @throws HeddleError HEDDLE_TARGET_TOO_SHORT, naming the length that is needed
   */
  getBytes(key: Key, target: Uint8Array): number {
    this.stage(key)
    if (!(target instanceof Uint8Array)) throw badType('target', target, 'a Uint8Array')
    const length = copyValue(this.session, target, 0)
    if (length > target.length) throw targetTooShort(target.length, length)
    return length
  }

  /** The value of a key and its version, or `undefined` on a miss. */
  gets<T = unknown>(key: Key): Versioned<T> | undefined {
    const value = readValue(this.session, this.space, key) as T | undefined
    return value === undefined ? undefined : { value, version: this.session.reading.version }
  }

  /**
   * The values of several keys, in their order: copies, `undefined` for a key that is not there.
   * Each is read at a moment of its own. In a large cache faster than as many gets, as the memory
   * of many keys is waited for together.
   * @throws HeddleError HEDDLE_BAD_TYPE, HEDDLE_KEY_TOO_LONG, HEDDLE_CLOSED
   */
  getMany<T = unknown>(keys: readonly Key[]): (T | undefined)[] {
    if (!Array.isArray(keys)) throw badType('keys', keys, 'an array of keys')
    const { session, space } = this
    const near = this.#near
    const values =
      near === undefined
        ? readValues(session, space, keys)
        : readNearValues(session, space, keys, near)
    return values as (T | undefined)[]
  }

  /**
   * Copies the stored bytes of several values into `target`, one after the other in the order of
   * the keys, allocating nothing.
   * @param lengths gets the bytes of each value, -1 for a key that is not there
   * @returns bytes of all values together
   * @throws HeddleError HEDDLE_TARGET_TOO_SHORT, naming the bytes that all values need; `lengths`
   * is filled in then, `target` in part. HEDDLE_BAD_VALUE when `lengths` has fewer elements than
   * there are keys; HEDDLE_BAD_TYPE, HEDDLE_KEY_TOO_LONG, HEDDLE_CLOSED
   */
  getManyBytes(keys: readonly Key[], target: Uint8Array, lengths: Int32Array): number {
    if (!Array.isArray(keys)) throw badType('keys', keys, 'an array of keys')
    if (!(target instanceof Uint8Array)) throw badType('target', target, 'a Uint8Array')
    if (!(lengths instanceof Int32Array)) throw badType('lengths', lengths, 'an Int32Array')
    if (lengths.length < keys.length) {
      throw badValue('lengths.length', lengths.length, `there are ${keys.length} keys`)
    }
    return copyValues(this.session, this.space, keys, target, lengths)
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
        const value = readValue(this.session, this.space, key) as T | undefined
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
    stageKey(session, key, this.space)
    session.used()
  }

  #peek(key: Key): number {
    this.stage(key)
    const { view, reading } = this.session
    for (let tries = 0; ; tries++) {
      const found = peekEntry(view, reading)
      if (found === HIT || isMiss(this.session, found, tries)) return found
    }
  }
}
