/**
 * incr, decr, ma: the new number made of the old value, as text. Numbers have 64 bits: counting up
 * wraps, counting down stops at 0. A value that gets shorter is filled up with spaces, as memcached
 * does; one that an embedding program wrote as a number is not, since it would be no number then.
 */
import { TAG_BIGINT, TAG_BYTES, TAG_NUMBER } from '../../engine/codec.ts'
import {
  ADD,
  type Change,
  CONTENDED,
  type Draft,
  EXISTS,
  MAX_RETRIES,
  MISSING,
  type Outcome,
  type Reading,
  STORED,
  UNFIT,
} from '../../engine/raw-access.ts'
import { giveCas, isOther, type WantedCas } from './changes.ts'
import type { ClientSession } from './client-session.ts'

/** incr, decr, ma. */
export interface CountRequest {
  readonly by: bigint
  readonly isDown: boolean
  readonly expiry: number | undefined
  readonly wanted: WantedCas | undefined
  readonly own: WantedCas | undefined
}

/** What a counter that is absent begins with. */
export interface FirstCount {
  readonly number: bigint
  readonly expiry: number
  readonly own: WantedCas | undefined
}

const MOST_NUMBER = BigInt(Number.MAX_SAFE_INTEGER)
const MASK_64 = 2n ** 64n - 1n
/** What C's isspace takes for a space in front of a number or behind it. */
function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13)
}

/** The number that a value begins with, as memcached reads it; -1n when it is none. */
export function counterIn(value: Uint8Array): bigint {
  let at = 0
  while (at < value.length && isBlank(value[at]!)) at++
  if (value[at] === 43) at++
  const first = at
  let number = 0n
  for (let part = 0, digits = 0; ; at++) {
    const digit = at < value.length ? value[at]! - 48 : -1
    const isDigit = digit >= 0 && digit <= 9
    if (isDigit) {
      part = part * 10 + digit
      digits++
    }
    if (!isDigit || digits === 15) {
      number = number * 10n ** BigInt(digits) + BigInt(part)
      part = digits = 0
      if (number > MASK_64) return -1n
    }
    if (!isDigit) break
  }
  if (at === first) return -1n
  return at === value.length || isBlank(value[at]!) ? number : -1n
}

/** Adds or subtracts; a value that gets shorter is filled with spaces, as memcached does. */
export class CountChange implements Change {
  readonly keepsVersion = false
  readonly #request: CountRequest
  /** The new number. */
  number = 0n
  oldExpiry = 0

  constructor(request: CountRequest) {
    this.#request = request
  }

  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome {
    const { by, isDown, expiry, wanted, own } = this.#request
    // Nothing is no number, whatever its CAS; as memcached has it.
    if (old.length === 0) return UNFIT
    if (isOther(reading, wanted)) return EXISTS
    const before = counterIn(old)
    if (before < 0n) return UNFIT
    const after = isDown ? (before > by ? before - by : 0n) : (before + by) & MASK_64
    this.number = after
    const isPlain = reading.codec === TAG_BYTES
    const text = isPlain ? after.toString().padEnd(old.length) : after.toString()
    draft.bytes = Buffer.from(text, 'latin1')
    draft.from = 0
    draft.length = text.length
    if (reading.codec === TAG_NUMBER && after > MOST_NUMBER) draft.codec = TAG_BIGINT
    this.oldExpiry = reading.expiry
    if (expiry !== undefined) draft.expiry = expiry
    giveCas(draft, own)
    return STORED
  }
}

/** What came of `countKey`. */
export interface Counted {
  readonly outcome: Outcome
  readonly number: bigint
  readonly isCreated: boolean
}

/**
 * Changes the counter of the staged key, and makes it when it is absent and `first` says with what.
 */
export function countKey(
  session: ClientSession,
  change: CountChange,
  first: FirstCount | undefined,
): Counted {
  const { raw } = session
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const outcome = raw.change(change)
    if (outcome !== MISSING || first === undefined) {
      return { outcome, number: change.number, isCreated: false }
    }
    const added = create(session, first)
    if (added !== EXISTS) return { outcome: added, number: first.number, isCreated: true }
  }
  return { outcome: CONTENDED, number: 0n, isCreated: false }
}

function create(session: ClientSession, first: FirstCount): Outcome {
  const { draft } = session.raw
  draft.bytes = Buffer.from(first.number.toString(), 'latin1')
  draft.from = draft.codec = draft.flags = 0
  draft.length = draft.bytes.length
  draft.expiry = first.expiry
  draft.marks = session.marks(0)
  giveCas(draft, first.own)
  return session.raw.store(ADD)
}
