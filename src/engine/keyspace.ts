/**
 * The calls that write keys: the other half of what an engine and each of its namespaces offer.
 *
 * Bad input is refused with a HeddleError before anything is changed. The work is done by the files
 * beside this one; here arguments become a staged key and a draft, and outcomes become values.
 */
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { ConcatChange, TouchChange } from './changes.ts'
import {
  checkCount,
  checkFunction,
  checkIterable,
  checkOptions,
  COUNT_OPTIONS,
  type CountOptions,
  WRITE_OPTIONS,
  type WriteOptions,
} from './call-options.ts'
import { isTraced, traceGetOrSet } from './channels.ts'
import { encodeValue, releaseValue, TAG_ASCII, TAG_BYTES, TAG_UTF8 } from './codec.ts'
import {
  badType,
  badValue,
  contended,
  full,
  gateClosed,
  notANumber,
  notText,
  valueTooLarge,
} from './errors.ts'
import { flushSpace } from './flush.ts'
import { type Key, KeyReader } from './key-reader.ts'
import { CountChange } from './numbers.ts'
import { resolveTtl } from './options.ts'
import {
  CLOSED_GATE,
  CONTENDED,
  DELETED,
  EXISTS,
  FULL,
  MISSING,
  type Outcome,
  STORED,
  TOO_LARGE,
} from './outcomes.ts'
import { deleteKey } from './remove.ts'
import { ADD, COMPARE, REPLACE, SET, type StoreMode, storeDraft } from './store.ts'
import { type Change, changeEntry } from './update.ts'

export type { CountOptions, WriteOptions }

export class Keyspace extends KeyReader {
  /**
   * Stores a value. Without a ttl it gets the engine's, also where the old value had another.
   * @param options time to live in milliseconds, or `{ ttl }`
   * @throws HeddleError HEDDLE_FULL (eviction 'none'), HEDDLE_VALUE_TOO_LARGE, HEDDLE_BAD_VALUE
   */
  set(key: Key, value: unknown, options?: WriteOptions): void {
    this.#store(key, value, options, SET, 0)
  }

  /**
   * Stores several values, one after the other: what was stored before an error stays.
   * @param entries arrays of a key and a value; a Map is such an iterable
   */
  setMany(entries: Iterable<readonly [Key, unknown]>, options?: WriteOptions): void {
    checkIterable('entries', entries)
    let at = 0
    for (const entry of entries) {
      if (!Array.isArray(entry) || entry.length !== 2) {
        throw badType(`entries[${at}]`, entry, 'an array of a key and a value')
      }
      this.set(entry[0], entry[1], options)
      at++
    }
  }

  /** Stores a value only if the key is absent. Exact under races: one of several callers wins. */
  add(key: Key, value: unknown, options?: WriteOptions): boolean {
    return this.#store(key, value, options, ADD, 0) === STORED
  }

  /** Stores a value only if the key is there. Its time to live starts anew, as with `set`. */
  replace(key: Key, value: unknown, options?: WriteOptions): boolean {
    return this.#store(key, value, options, REPLACE, 0) === STORED
  }

  /**
   * Stores a value only if the key still has the version that `gets` returned. Its time to live
   * starts anew, as with `set`.
   * @returns 'stored'; 'exists' when it has another version; 'missing' when the key is absent
   */
  compareAndSet(
    key: Key,
    value: unknown,
    version: number,
    options?: WriteOptions,
  ): 'stored' | 'exists' | 'missing' {
    if (!Number.isSafeInteger(version)) throw badType('version', version, 'a version from gets()')
    const outcome = this.#store(key, value, options, COMPARE, version)
    return outcome === STORED ? 'stored' : outcome === EXISTS ? 'exists' : 'missing'
  }

  /**
   * Adds text or bytes at the end of a stored string or byte array; false when the key is absent.
   * The entry keeps the time it has left.
   */
  append(key: Key, value: string | Uint8Array): boolean {
    return this.#concat(key, value, false)
  }

  /** Adds text or bytes at the beginning. The entry keeps the time it has left. */
  prepend(key: Key, value: string | Uint8Array): boolean {
    return this.#concat(key, value, true)
  }

  /** Removes a key; whether it was there. */
  delete(key: Key): boolean {
    this.stage(key)
    const outcome = deleteKey(this.session.view)
    this.session.wrote()
    if (outcome !== MISSING && outcome !== DELETED) this.#fail(outcome, 'delete')
    return outcome === DELETED
  }

  /**
   * Gives a key a new time to live; false when it is absent.
   * @param ttl left out: the engine's `ttl`, and without one the entry does not expire any more
   */
  touch(key: Key, ttl?: number): boolean {
    this.session.check()
    const expiry = this.#expiry(ttl)
    this.stage(key)
    return this.#change(new TouchChange(expiry), 'touch') === STORED
  }

  /** `touch`, and the value. */
  getAndTouch<T = unknown>(key: Key, ttl?: number): T | undefined {
    return this.touch(key, ttl) ? this.get<T>(key) : undefined
  }

  /**
   * Adds to a counter, an unsigned 64-bit number; wraps at 2^64. No acknowledged increment is lost.
   * A counter that is there keeps the time it has left.
   * @returns the new number (a bigint above 2^53 - 1)
   * @throws HeddleError HEDDLE_NOT_A_NUMBER
   */
  increment(key: Key, options: CountOptions = {}): number | bigint {
    checkOptions(options, COUNT_OPTIONS)
    const { by = 1, initial = by } = options
    return this.#count(key, options, false, by, initial)!
  }

  /** Takes from a counter; stops at 0. `undefined` when the key is absent and has no `initial`. */
  decrement(key: Key, options: CountOptions = {}): number | bigint | undefined {
    checkOptions(options, COUNT_OPTIONS)
    return this.#count(key, options, true, options.by ?? 1, options.initial)
  }

  /**
   * Replaces a value by what `fn` makes of it, atomically: `fn` runs again when another thread was
   * faster, and leaves the entry alone by returning `undefined`. The time to live of what is stored
   * starts anew, as with `set`.
   * @param fn synchronous
   * @returns what was stored, or `undefined`
   */
  update<T = unknown>(
    key: Key,
    fn: (old: T | undefined) => T | undefined,
    options?: WriteOptions,
  ): T | undefined {
    checkFunction('fn', fn)
    for (let tries = 0; tries < MAX_RETRIES; tries++) {
      const old = this.gets<T>(key)
      const fresh = fn(old?.value)
      if (fresh === undefined) return undefined
      const done =
        old === undefined
          ? this.add(key, fresh, options)
          : this.compareAndSet(key, fresh, old.version, options) === 'stored'
      if (done) return fresh
    }
    throw contended('update', MAX_RETRIES)
  }

  /**
   * The value of a key; on a miss `fn` makes it, and it is stored. Other threads may do so too.
   * @param fn synchronous: a Promise is not awaited, and cannot be stored
   */
  getOrSet<T = unknown>(key: Key, fn: () => T, options?: WriteOptions): T {
    checkFunction('fn', fn)
    const there = this.get<T>(key)
    if (there !== undefined) return there
    const make = (): T => {
      const fresh = fn()
      this.set(key, fresh, options)
      return fresh
    }
    const { name } = this.session.facts
    return isTraced() ? traceGetOrSet({ engine: name, space: this.space, key }, make) : make()
  }

  /** Removes every entry at once, whatever their number. */
  clear(): void {
    this.session.begin()
    const outcome = flushSpace(this.session.view, this.space)
    if (outcome !== STORED) throw contended('clear', MAX_RETRIES)
  }

  #expiry(options: WriteOptions): number {
    if (typeof options === 'object') checkOptions(options, WRITE_OPTIONS)
    const given = typeof options === 'object' ? options.ttl : options
    const ttl = given === undefined ? this.session.facts.ttlMs : resolveTtl('ttl', given)
    return ttl === 0 ? 0 : this.session.view.now() + ttl
  }

  #store(
    key: Key,
    value: unknown,
    options: WriteOptions,
    mode: StoreMode,
    version: number,
  ): Outcome {
    const { session } = this
    const { encoder, draft } = session
    session.check()
    const expiry = options === undefined && session.facts.ttlMs === 0 ? 0 : this.#expiry(options)
    encodeValue(encoder, value)
    this.stage(key)
    draft.bytes = encoder.bytes
    draft.from = 0
    draft.length = encoder.length
    draft.codec = encoder.tag
    draft.expiry = expiry
    draft.flags = 0
    draft.marks = 0
    draft.casHigh = 0
    draft.casLow = 0
    const outcome = storeDraft(session.view, draft, mode, version)
    if (encoder.bytes !== encoder.scratch) {
      releaseValue(encoder)
      draft.bytes = encoder.bytes
    }
    session.wrote(outcome === STORED ? draft.length : 0)
    if (outcome > MISSING) this.#fail(outcome, 'set')
    return outcome
  }

  #change(change: Change, operation: string): Outcome {
    const { session } = this
    const outcome = changeEntry(session.view, session.draft, change)
    session.wrote(outcome === STORED ? session.draft.length : 0)
    if (outcome > MISSING) this.#fail(outcome, operation, change)
    return outcome
  }

  #concat(key: Key, value: string | Uint8Array, before: boolean): boolean {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    if (!(bytes instanceof Uint8Array)) throw badType('value', value, 'a string or a Uint8Array')
    const isAscii = typeof value === 'string' && bytes.length === value.length
    const tag = isAscii ? TAG_ASCII : typeof value === 'string' ? TAG_UTF8 : TAG_BYTES
    if (typeof value === 'string' && !isAscii && !value.isWellFormed()) {
      throw badValue('value', value, 'text with lone surrogates has no bytes')
    }
    this.stage(key)
    const { maxItemBytes } = this.session.facts
    return this.#change(new ConcatChange(bytes, tag, before, maxItemBytes), 'append') === STORED
  }

  #count(
    key: Key,
    options: CountOptions,
    down: boolean,
    by: number | bigint,
    initial: number | bigint | undefined,
  ): number | bigint | undefined {
    checkCount('by', by)
    if (initial !== undefined) checkCount('initial', initial)
    for (let tries = 0; tries < MAX_RETRIES; tries++) {
      this.stage(key)
      const change = new CountChange(by, down)
      if (this.#change(change, 'increment') === STORED) return change.result
      if (initial === undefined) return undefined
      const stored = typeof initial === 'bigint' && initial < 2n ** 53n ? Number(initial) : initial
      if (this.add(key, stored, options.ttl)) return stored
    }
    throw contended('increment', MAX_RETRIES)
  }

  #fail(outcome: Outcome, operation: string, change?: Change): never {
    const { session } = this
    const { plan } = session.handle
    if (outcome === FULL) throw full('memory', plan.memoryBytes)
    if (outcome === CONTENDED) throw contended(operation, MAX_RETRIES)
    if (outcome === CLOSED_GATE) throw gateClosed(operation)
    if (outcome === TOO_LARGE) throw valueTooLarge(session.draft.length, session.facts.maxItemBytes)
    throw change instanceof CountChange ? notANumber(change.found) : notText()
  }
}
