/**
 * Checks of the options of single calls. A misspelt `tll` would be an entry that never expires,
 * and a number where an object belongs, as in `increment(key, 5)`, would be silently ignored: both
 * are refused before anything is changed.
 */
import { badOption, badType } from './errors.ts'
import { MAX_COUNTER } from './numbers.ts'
import { closestOption } from './option-names.ts'

/**
 * How long an entry lives: milliseconds, or an object with them. Left out: the engine's `ttl`, and
 * without one for ever; `Infinity`: for ever, whatever the engine's.
 */
export type WriteOptions = number | { readonly ttl?: number | undefined } | undefined

/** Options of `increment` and `decrement`. */
export interface CountOptions {
  /** How much, 0 to 2^64 - 1. @defaultValue 1 */
  readonly by?: number | bigint | undefined
  /** Stored and returned when the key is absent. `increment` starts from 0 when it is left out. */
  readonly initial?: number | bigint | undefined
  /** Milliseconds that a counter created by this call lives. Left out: the engine's `ttl`. */
  readonly ttl?: number | undefined
}

export const WRITE_OPTIONS: readonly string[] = ['ttl']
export const COUNT_OPTIONS: readonly string[] = ['by', 'initial', 'ttl']
export const FLUSH_OPTIONS: readonly string[] = ['at']
export const ATTACH_OPTIONS: readonly string[] = ['codec', 'now', 'near']

/**
 * Refuses options that are no object, and names that are no option.
 * @param known the options of the call
 * @throws HeddleError HEDDLE_BAD_TYPE, HEDDLE_BAD_OPTION
 */
export function checkOptions(options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw badType('options', options, `an object with ${known.join(', ')}`)
  }
  for (const name in options) {
    if (known.includes(name)) continue
    const closest = closestOption(name, known)
    const value = (options as Record<string, unknown>)[name]
    const why = `no such option; ${closest === undefined ? 'there is' : 'did you mean'} `
    throw badOption(name, value, why + (closest ?? known.join(', ')), known.join(', '))
  }
}

/** Refuses what cannot be called. */
export function checkFunction(field: string, candidate: unknown): void {
  if (typeof candidate !== 'function') throw badType(field, candidate, 'a function')
}

/** Refuses what gives no entries, and text, which would give its characters. */
export function checkIterable(field: string, candidate: unknown): void {
  const isObject = typeof candidate === 'object' && candidate !== null
  if (isObject && Symbol.iterator in candidate) return
  throw badType(field, candidate, 'an iterable of arrays of a key and a value')
}

/** Refuses what is no amount to count by. */
export function checkCount(field: string, value: number | bigint): void {
  const fits =
    typeof value === 'bigint'
      ? value >= 0n && value <= MAX_COUNTER
      : Number.isSafeInteger(value) && value >= 0
  if (!fits) throw badType(field, value, 'an integer from 0 to 18446744073709551615')
}
