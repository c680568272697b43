/**
 * Reading and changing one key. A change is an `Edit`: it makes the new value from the old one, or
 * from nothing when the key is absent, and both is one exchange: it is made again, from what is
 * there then, when another writer comes first.
 */
import { TAG_BYTES } from '../../../engine/codec.ts'
import {
  ADD,
  type Change,
  CONTENDED,
  DELETED,
  type Draft,
  EXISTS,
  GONE,
  HIT,
  MAX_RETRIES,
  MISSING,
  type Outcome,
  type Reading,
  STORED,
  TOO_LARGE,
  UNFIT,
} from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import { CONTENDED_REPLY, NOT_AN_INTEGER, WRONG_TYPE } from '../errors.ts'
import { type Integer, readInteger } from '../values/integer.ts'
import { isString } from '../value-type.ts'
import { noteUse } from './use.ts'

export const NOTHING: Uint8Array = new Uint8Array(0)

export abstract class Edit implements Change {
  readonly keepsVersion = false
  /** What the client is told when the outcome is UNFIT. */
  refusal = WRONG_TYPE
  /** Whether values of any type will do. */
  readonly takesAny: boolean = false
  client!: RedisClient

  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome {
    if (!this.takesAny && !isString(reading.codec)) {
      this.refusal = WRONG_TYPE
      return UNFIT
    }
    draft.marks = this.client.marks
    return this.#within(this.edit(old, draft, false), draft)
  }

  /** As `make`, for a key that is absent. */
  makeNew(): Outcome {
    const draft = this.client.fill(NOTHING, 0, 0, 0)
    return this.#within(this.edit(NOTHING, draft, true), draft)
  }

  /**
   * Puts the new value into the draft, whose expiry, codec and flags are the old entry's.
   * @param old a private copy of the value
   * @param isNew the key is absent
   * @returns STORED, DELETED, EXISTS to leave all as it is, MISSING, UNFIT with a `refusal`
   */
  protected abstract edit(old: Uint8Array, draft: Draft, isNew: boolean): Outcome

  #within(outcome: Outcome, draft: Draft): Outcome {
    return outcome === STORED && draft.length > this.client.maxItemBytes ? TOO_LARGE : outcome
  }

  /** Refuses the old value. */
  protected unfit(refusal: string): Outcome {
    this.refusal = refusal
    return UNFIT
  }
}

/** Puts bytes into a draft: what was text or a number may be neither now. */
export function putBytes(draft: Draft, bytes: Uint8Array): Outcome {
  keepBytes(draft, bytes)
  draft.codec = TAG_BYTES
  return STORED
}

/** The value stays as it is. */
export function keepBytes(draft: Draft, bytes: Uint8Array): Outcome {
  draft.bytes = bytes
  draft.from = 0
  draft.length = bytes.length
  return STORED
}

/** A string's private copy with at least so many bytes, zeros behind what was there. */
export function grown(old: Uint8Array, length: number): Uint8Array {
  if (old.length >= length) return old
  const bytes = new Uint8Array(length)
  bytes.set(old)
  return bytes
}

/** Applies an edit to the staged key. */
export function apply(client: RedisClient, edit: Edit): Outcome {
  const { raw } = client
  edit.client = client
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const changed = raw.change(edit)
    if (changed !== MISSING) return changed
    const made = edit.makeNew()
    if (made !== STORED) return made
    const added = raw.store(ADD)
    if (added !== EXISTS) return added // Else another writer created it meanwhile.
  }
  return CONTENDED
}

/** Whether an edit came to nothing; then the client was told why. */
export function isRefused(client: RedisClient, outcome: Outcome, edit: Edit): boolean {
  if (outcome === UNFIT) client.reply.error(edit.refusal)
  else if (isAnswer(outcome)) return false
  else client.refuse(outcome)
  return true
}

function isAnswer(outcome: Outcome): boolean {
  return outcome === STORED || outcome === EXISTS || outcome === MISSING || outcome === DELETED
}

export const ABSENT = 0
/** The client was told why. */
export const REFUSED = -1

/**
 * Looks at the staged key: `raw.reading` describes it. Values of any type.
 * @returns HIT, ABSENT or REFUSED
 */
export function peek(client: RedisClient, isUse: boolean): number {
  const { raw, reply } = client
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const seen = raw.open()
    if (seen === GONE) return ABSENT
    if (seen !== HIT || !(isUse ? raw.confirm() : raw.confirmQuietly())) continue
    if (isUse) noteUse(client)
    return HIT
  }
  reply.error(CONTENDED_REPLY)
  return REFUSED
}

/** A private copy of the string under the staged key, or ABSENT, or REFUSED. */
export function readString(client: RedisClient): Uint8Array | typeof ABSENT | typeof REFUSED {
  const { raw, reply } = client
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const seen = raw.open()
    if (seen === GONE) return ABSENT
    if (seen !== HIT) continue
    const isText = isString(raw.reading.codec)
    const bytes = isText ? new Uint8Array(raw.reading.length) : NOTHING
    if (isText) raw.copy(bytes, 0)
    if (!raw.confirm()) continue
    noteUse(client)
    if (isText) return bytes
    reply.error(WRONG_TYPE)
    return REFUSED
  }
  reply.error(CONTENDED_REPLY)
  return REFUSED
}

/** An argument as an integer; undefined when it is none, and that was replied. */
export function integerArgument(
  { reply }: RedisClient,
  args: Args,
  index: number,
  refusal: string = NOT_AN_INTEGER,
): Integer | undefined {
  const value = readInteger(args.bytes, args.from(index), args.to(index))
  if (value === undefined) reply.error(refusal)
  return value
}
