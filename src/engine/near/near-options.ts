/** The option `near` of `createEngine` and `attachEngine`: how much a thread keeps for itself. */
import { checkOptions } from '../call-options.ts'
import { badType } from '../errors.ts'
import { sizeWithin, whole } from '../option-checks.ts'
import { KIB, MIB } from '../sizes.ts'

/**
 * What a thread keeps decoded in its own heap, beside the shared memory. What `get` returns from
 * there is never stale, whatever other threads do; objects and arrays are frozen, deeply. Each
 * thread that attaches chooses for itself.
 */
export interface NearOptions {
  /** The most values that this thread keeps: 1 to 4,194,304. */
  readonly entries: number
  /**
   * Values with more bytes than that, as stored, are not kept: bytes, or text such as `'64kb'`, up
   * to 128 MiB. With `entries` it bounds the heap that the near cache takes.
   * @defaultValue 64 KiB
   */
  readonly maxItemSize?: number | string | undefined
}

/** The option, checked; units in the names. */
export interface ResolvedNear {
  readonly entries: number
  readonly maxItemBytes: number
}

const NAMES: readonly string[] = ['entries', 'maxItemSize']
const MOST_ENTRIES = 2 ** 22
const DEFAULT_ITEM_BYTES = 64 * KIB
const MOST_ITEM_BYTES = 128 * MIB

/**
 * Undefined without a near cache.
 * @throws HeddleError HEDDLE_BAD_OPTION, HEDDLE_BAD_TYPE
 */
export function resolveNear(given: unknown): ResolvedNear | undefined {
  if (given === undefined) return undefined
  if (typeof given !== 'object' || given === null) {
    throw badType('near', given, 'an object with entries')
  }
  checkOptions(given, NAMES)
  const { entries, maxItemSize = DEFAULT_ITEM_BYTES } = given as NearOptions
  return {
    entries: whole({ 'near.entries': entries }, 'near.entries', 1, MOST_ENTRIES),
    maxItemBytes: sizeWithin('near.maxItemSize', maxItemSize, 1, MOST_ITEM_BYTES),
  }
}
