/**
 * Operations of an engine as data, and how one is performed: what the call gave, in a form in which
 * it can be compared with what a Map gives.
 */
import { type Engine, HeddleError, type Namespace } from '../../src/index.ts'

export const MOST_BYTES = 50_000

/** A value, short to print. */
export type Kind = readonly ['plain', unknown] | readonly ['text' | 'bytes', number]

export type Operation = { readonly key: string; readonly inSpace: boolean } & (
  | { kind: 'set' | 'setMany' | 'getOrSet'; value: Kind; ttl: number | undefined }
  | { kind: 'add' | 'replace'; value: Kind; ttl: number | undefined }
  | { kind: 'update'; value: Kind | undefined; ttl: number | undefined }
  | { kind: 'compareAndSet'; value: Kind; isStale: boolean }
  | { kind: 'increment' | 'decrement'; by: bigint; initial: bigint | undefined }
  | { kind: 'touch' | 'getAndTouch'; ttl: number | undefined }
  | { kind: 'get' | 'getBytes' | 'delete' }
  | { kind: 'advance'; ms: number }
)

/** What a call gave: its result, what it showed on the way, or the code of its refusal. */
export interface Outcome {
  readonly result?: unknown
  readonly seen?: unknown
  readonly code?: string | undefined
}

export function whole([kind, of]: Kind): unknown {
  if (kind === 'text') return 'v'.repeat(of as number)
  return kind === 'bytes' ? new Uint8Array(of as number).fill(7) : of
}

/** Counters are numbers or, above 2^53, bigints: compared as what they count. */
export function comparable(value: unknown): unknown {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
}

/** The bytes that `getBytes` gives of text and bytes; undefined of other values. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value === 'string') return Buffer.from(value)
  return value instanceof Uint8Array ? value : undefined
}

/** Bytes as text that is compared quickly. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** @param version of the entry, for compareAndSet */
export function perform(
  cache: Engine | Namespace,
  op: Exclude<Operation, { kind: 'advance' }>,
  version: number,
): Outcome {
  try {
    return call(cache, op, version)
  } catch (error) {
    if (error instanceof HeddleError) return { code: error.code }
    throw error
  }
}

function call(
  cache: Engine | Namespace,
  op: Exclude<Operation, { kind: 'advance' }>,
  version: number,
): Outcome {
  const { key } = op
  switch (op.kind) {
    case 'set':
      cache.set(key, whole(op.value), op.ttl)
      return {}
    case 'setMany':
      cache.setMany([[key, whole(op.value)]], op.ttl)
      return {}
    case 'add':
    case 'replace':
      return { result: cache[op.kind](key, whole(op.value), op.ttl) }
    case 'getOrSet':
      return { result: comparable(cache.getOrSet(key, () => whole(op.value), op.ttl)) }
    case 'update': {
      let seen: unknown
      const change = (old: unknown) => {
        seen = comparable(old)
        return op.value && whole(op.value)
      }
      cache.update(key, change, op.ttl)
      return { seen }
    }
    case 'compareAndSet': {
      const wanted = op.isStale ? version - 1 : version
      return { result: cache.compareAndSet(key, whole(op.value), wanted) }
    }
    case 'increment':
    case 'decrement': {
      const { by, initial } = op
      const options = initial === undefined ? { by } : { by, initial }
      return { result: comparable(cache[op.kind](key, options)) }
    }
    case 'touch':
      return { result: cache.touch(key, op.ttl) }
    case 'getAndTouch':
      return { result: comparable(cache.getAndTouch(key, op.ttl)) }
    case 'get':
      return { result: comparable(cache.get(key)) }
    case 'getBytes':
      return getBytes(cache, key)
    default:
      return { result: cache.delete(key) }
  }
}

/** Bytes of text and bytes; of other values they are the codec's own. */
function getBytes(cache: Engine | Namespace, key: string): Outcome {
  const value = cache.get(key)
  const target = Buffer.alloc(MOST_BYTES)
  const length = cache.getBytes(key, target)
  const expected = bytesOf(value)
  if (value !== undefined && expected === undefined) return { result: 'other' }
  if (length > 0) {
    const tooShort = new Uint8Array(length - 1)
    try {
      cache.getBytes(key, tooShort)
      return { result: 'copied to what is too short' }
    } catch (error) {
      if ((error as HeddleError).code !== 'HEDDLE_TARGET_TOO_SHORT') throw error
    }
  }
  return { result: length, seen: expected && textOf(target.subarray(0, length)) }
}
