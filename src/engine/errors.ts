/**
 * The one error class of heddle and the stable codes it carries.
 *
 * Every refusal is a `HeddleError` with a `code` to branch on and, where they exist, the field that
 * was wrong, the value that was given and the limit it broke. A refused call has changed nothing in
 * the cache. The message repeats all three, with the value shortened, so that a log line alone is
 * enough to find the mistake.
 *
 * Rejected: one subclass per code. `instanceof` fails when two copies of a package are loaded, a
 * code string does not.
 */

import { count, describe, retainable } from './describe.ts'

/** Every code and the sentence that explains it. A code, once released, keeps its meaning. */
export const ERROR_CODES = {
  HEDDLE_BAD_OPTION: 'an option is unknown, out of range, or impossible on this machine',
  HEDDLE_BAD_TYPE: 'an argument or option has the wrong type',
  HEDDLE_BAD_VALUE:
    'an argument has the right type but no meaning here, or a value cannot be encoded',
  HEDDLE_UNDECODABLE: 'a stored value cannot be turned back into what was written',
  HEDDLE_KEY_TOO_LONG: 'a key is longer than 65,535 bytes of UTF-8',
  HEDDLE_VALUE_TOO_LARGE: 'an encoded value is larger than maxItemSize',
  HEDDLE_TARGET_TOO_SHORT: 'the target of getBytes is shorter than the value, or of getManyBytes',
  HEDDLE_FULL: 'no room, and nothing could be evicted; nothing was changed',
  HEDDLE_CONTENDED: 'an operation lost its race as often as it may retry; nothing was changed',
  HEDDLE_CLOSED: 'the engine was closed in this thread',
  HEDDLE_TOO_MANY_THREADS: 'as many threads are attached as the engine has rows for',
  HEDDLE_TOO_MANY_NAMESPACES: 'as many namespaces exist as the engine has room for',
  HEDDLE_FOREIGN_LAYOUT:
    'the memory was laid out by another version of heddle, or is not heddle memory',
  HEDDLE_NOT_FOUND: 'no engine of that name can be seen from this thread',
  HEDDLE_NAME_TAKEN: 'an engine of that name exists already',
  HEDDLE_NOT_A_NUMBER: 'the stored value is not an unsigned 64-bit decimal number',
  HEDDLE_GATE_CLOSED: 'writes are closed for the moment, by a restore or a change of role',
  HEDDLE_NO_MEMORY: 'the machine refused the memory',
  HEDDLE_NO_FEED: 'the engine was created without a mutation feed',
  HEDDLE_NO_HOT_KEYS: 'the engine was created without hotKeys',
} as const

/** A stable error code, such as `'HEDDLE_FULL'`. */
export type ErrorCode = keyof typeof ERROR_CODES

/** What an error is about, beside its message. */
export interface ErrorDetails {
  /** The option, argument or field that is at fault. */
  readonly field?: string
  /** What was given. */
  readonly value?: unknown
  /** What would have been allowed. */
  readonly limit?: number | string
  /** The error that led to this one. */
  readonly cause?: unknown
}

/** What every refused call throws. Branch on `code`; the message is for people and may change. */
export class HeddleError extends Error {
  /** A stable code, such as `'HEDDLE_FULL'`. */
  readonly code: ErrorCode
  /** The option, argument or field that is at fault, where there is one. */
  readonly field?: string
  /** What was given: a primitive (strings shortened), anything else described in words. */
  readonly value?: unknown
  /** The bound that was broken: bytes, a count, or the allowed words. */
  readonly limit?: number | string

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'HeddleError'
    this.code = code
    if (details.field !== undefined) this.field = details.field
    if ('value' in details) this.value = retainable(details.value)
    if (details.limit !== undefined) this.limit = details.limit
  }
}

/** An option that is unknown, out of range or impossible. `why` completes "memory is 12: ...". */
export function badOption(
  field: string,
  value: unknown,
  why: string,
  limit?: number | string,
): HeddleError {
  return refusal('HEDDLE_BAD_OPTION', field, value, why, limit)
}

/** A value of the wrong type. `expected` completes "key must be ...". */
export function badType(field: string, value: unknown, expected: string): HeddleError {
  const message = `${field} must be ${expected}, not ${describe(value)}`
  return new HeddleError('HEDDLE_BAD_TYPE', message, { field, value, limit: expected })
}

/** A value of the right type without a meaning here, or one that cannot be encoded. */
export function badValue(field: string, value: unknown, why: string, cause?: unknown): HeddleError {
  const message = `${field} is ${describe(value)}: ${why}`
  return new HeddleError('HEDDLE_BAD_VALUE', message, { field, value, cause })
}

/** A stored value that does not decode. */
export function undecodable(why: string, cause?: unknown): HeddleError {
  return new HeddleError('HEDDLE_UNDECODABLE', `The stored value cannot be decoded: ${why}`, {
    field: 'value',
    cause,
  })
}

/** The longest key, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 65_535

/** A key of `keyBytes` bytes, longer than any key may be. */
export function keyTooLong(keyBytes: number, limitBytes: number = MAX_KEY_BYTES): HeddleError {
  const message = `key has ${count(keyBytes)} bytes; the most is ${count(limitBytes)}`
  return new HeddleError('HEDDLE_KEY_TOO_LONG', message, {
    field: 'key',
    value: keyBytes,
    limit: limitBytes,
  })
}

/** A value of at least `valueBytes` encoded bytes where `limitBytes` are allowed. */
export function valueTooLarge(valueBytes: number, limitBytes: number): HeddleError {
  const message =
    `value has ${count(valueBytes)} bytes or more, but maxItemSize is ${count(limitBytes)}: ` +
    'create the engine with a larger maxItemSize, or store less'
  return new HeddleError('HEDDLE_VALUE_TOO_LARGE', message, {
    field: 'value',
    value: valueBytes,
    limit: limitBytes,
  })
}

/** A target of `targetBytes` bytes for a value (or what `what` says) of `valueBytes`. */
export function targetTooShort(
  targetBytes: number,
  valueBytes: number,
  what = 'the value needs',
): HeddleError {
  const message = `target has ${count(targetBytes)} bytes, but ${what} ${count(valueBytes)}`
  return new HeddleError('HEDDLE_TARGET_TOO_SHORT', message, {
    field: 'target',
    value: targetBytes,
    limit: valueBytes,
  })
}

/** No room for a write. `lacking` says what ran out: memory, slots or entries. */
export function full(lacking: string, limit: number): HeddleError {
  const message =
    `The cache is full: no ${lacking} left of ${count(limit)}, and nothing could be evicted. ` +
    'Nothing was changed'
  return new HeddleError('HEDDLE_FULL', message, { field: lacking, limit })
}

/** An operation that lost its race `attempts` times. */
export function contended(operation: string, attempts: number): HeddleError {
  const message =
    `${operation} lost its race against other threads ${count(attempts)} times. ` +
    'Nothing was changed: try again'
  return new HeddleError('HEDDLE_CONTENDED', message, {
    field: operation,
    value: attempts,
    limit: attempts,
  })
}

/** A call on an engine after `close()` in this thread. */
export function closed(engineName: string): HeddleError {
  const shown = describe(engineName)
  const message = `The engine ${shown} was closed in this thread: attach it again to use it`
  return new HeddleError('HEDDLE_CLOSED', message, { field: 'name', value: engineName })
}

/** One more thread than the engine has rows for. */
export function tooManyThreads(maxThreads: number): HeddleError {
  const message =
    `${count(maxThreads)} threads are attached and maxThreads is ${count(maxThreads)}: ` +
    'close the engine in a thread that no longer needs it, or create it with a larger ' +
    'maxThreads (126 is the most)'
  return new HeddleError('HEDDLE_TOO_MANY_THREADS', message, {
    field: 'maxThreads',
    limit: maxThreads,
  })
}

/** One more namespace than the engine has room for. */
export function tooManyNamespaces(namespaceName: string, maxNamespaces: number): HeddleError {
  const message =
    `namespace ${describe(namespaceName)} would be one more than maxNamespaces, ` +
    `which is ${count(maxNamespaces)}: ` +
    'create the engine with a larger maxNamespaces (1,024 is the most)'
  const details = { field: 'maxNamespaces', value: namespaceName, limit: maxNamespaces }
  return new HeddleError('HEDDLE_TOO_MANY_NAMESPACES', message, details)
}

/** Memory that another version of heddle laid out, or that is not heddle memory at all. */
export function foreignLayout(why: string): HeddleError {
  const message = `The engine cannot be attached: ${why}`
  return new HeddleError('HEDDLE_FOREIGN_LAYOUT', message, { field: 'engine' })
}

/** No engine of that name in the environment data of this thread. */
export function notFound(engineName: string): HeddleError {
  const message =
    `No engine named ${describe(engineName)} can be seen from this thread. ` +
    'Create it before the worker is started, or pass engine.handle to the worker. ' +
    'Shared memory ends at the process: from another process, use the heddle server'
  return new HeddleError('HEDDLE_NOT_FOUND', message, { field: 'name', value: engineName })
}

/** A second engine by a name that is in use. */
export function nameTaken(engineName: string): HeddleError {
  const shown = describe(engineName)
  const message = `An engine named ${shown} exists already: attach to it, or choose another name`
  return new HeddleError('HEDDLE_NAME_TAKEN', message, { field: 'name', value: engineName })
}

/** An increment of something that is not an unsigned 64-bit decimal number. */
export function notANumber(value: unknown): HeddleError {
  const message =
    `The stored value is ${describe(value)}, not an unsigned 64-bit decimal number. ` +
    'Nothing was changed'
  return new HeddleError('HEDDLE_NOT_A_NUMBER', message, {
    field: 'value',
    value,
    limit: '0 to 18446744073709551615',
  })
}

/** An append to a stored value that is neither text nor bytes. */
export function notText(): HeddleError {
  const message = 'The stored value is neither text nor bytes: nothing can be added to it'
  return new HeddleError('HEDDLE_BAD_VALUE', `${message}. Nothing was changed`, {
    field: 'value',
    limit: 'a string or a Uint8Array',
  })
}

/** A write while the write gate is closed. */
export function gateClosed(operation: string): HeddleError {
  const message =
    `${operation} is a write, and writes are closed for the moment. ` +
    'Nothing was changed: try again later'
  return new HeddleError('HEDDLE_GATE_CLOSED', message, { field: operation })
}

/** Memory that the machine did not give. */
export function noMemory(bytes: number, cause?: unknown): HeddleError {
  const message =
    `The machine refused ${count(bytes)} bytes of shared memory: ` +
    'create the engine with less memory'
  return new HeddleError('HEDDLE_NO_MEMORY', message, { field: 'memory', value: bytes, cause })
}

/** A reader of the mutation feed of an engine that has none. */
export function noFeed(engineName: string): HeddleError {
  const shown = describe(engineName)
  const message = `The engine ${shown} has no mutation feed: create it with feedBytes`
  return new HeddleError('HEDDLE_NO_FEED', message, { field: 'feedBytes', value: 0 })
}

/** A question for hot keys of an engine that notes none. */
export function noHotKeys(engineName: string): HeddleError {
  const shown = describe(engineName)
  const message = `The engine ${shown} notes no hot keys: create it with hotKeys: true`
  return new HeddleError('HEDDLE_NO_HOT_KEYS', message, { field: 'hotKeys', value: false })
}

function refusal(
  code: ErrorCode,
  field: string,
  value: unknown,
  why: string,
  limit?: number | string,
): HeddleError {
  const details: ErrorDetails = limit === undefined ? { field, value } : { field, value, limit }
  return new HeddleError(code, `${field} is ${describe(value)}: ${why}`, details)
}
