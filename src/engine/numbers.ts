/**
 * Counters: unsigned 64-bit numbers stored as decimal text, so that every protocol reads them.
 * Increments wrap at 2^64 and decrements stop at 0, as memcached's do.
 */
import type { Draft } from '../memory/draft.ts'
import { TAG_ASCII, TAG_BIGINT, TAG_BYTES, TAG_NUMBER, TAG_UTF8 } from './codec.ts'
import { STORED, UNFIT, type Outcome } from './outcomes.ts'
import type { Reading } from './read.ts'
import type { Change } from './update.ts'

export const MAX_COUNTER = 2n ** 64n - 1n
const SAFE_DIGITS = 15
const MOST_DIGITS = 20
const SHOWN_BYTES = 64
const SPACE = 32
const COUNTER_TAGS: readonly number[] = [TAG_BYTES, TAG_ASCII, TAG_UTF8, TAG_NUMBER, TAG_BIGINT]

/** A change by a fixed amount; `result` holds the new number after it was stored. */
export class CountChange implements Change {
  readonly keepsVersion = false
  readonly #by: bigint
  readonly #down: boolean
  result: number | bigint = 0
  /** What was stored instead of a number, the beginning of it. */
  found = ''

  constructor(by: number | bigint, down: boolean) {
    this.#by = BigInt(by)
    this.#down = down
  }

  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome {
    const before = COUNTER_TAGS.includes(reading.codec) ? parseCounter(old) : undefined
    if (before === undefined) {
      this.found = Buffer.from(old.subarray(0, SHOWN_BYTES)).toString()
      return UNFIT
    }
    const next = this.#down
      ? before > this.#by
        ? before - this.#by
        : 0n
      : BigInt.asUintN(64, before + this.#by)
    const text = next.toString()
    draft.bytes = Buffer.from(text, 'latin1')
    draft.from = 0
    draft.length = text.length
    if (reading.codec === TAG_NUMBER && next > BigInt(Number.MAX_SAFE_INTEGER)) {
      draft.codec = TAG_BIGINT
    }
    this.result = next <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(next) : next
    return STORED
  }
}

/**
 * The unsigned 64-bit number that decimal text stands for, or undefined. Spaces may follow: clients
 * of memcached's protocol leave them where a number got shorter.
 */
export function parseCounter(text: Uint8Array): bigint | undefined {
  let { length } = text
  while (length > 1 && text[length - 1] === SPACE) length--
  if (length === 0 || length > MOST_DIGITS) return undefined
  let small = 0
  for (let i = 0; i < length; i++) {
    const digit = text[i]! - 48
    if (digit < 0 || digit > 9) return undefined
    if (i < SAFE_DIGITS) small = small * 10 + digit
  }
  if (length <= SAFE_DIGITS) return BigInt(small)
  const large = BigInt(Buffer.from(text.subarray(0, length)).toString('latin1'))
  return large <= MAX_COUNTER ? large : undefined
}
