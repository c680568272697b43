/** INCR DECR INCRBY DECRBY INCRBYFLOAT. Numbers of the embedding program are decimal text, too. */
import { TAG_BIGINT, TAG_BYTES, TAG_NUMBER, TAG_UTF8 } from '../../../engine/codec.ts'
import { type Draft, type Outcome, STORED } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { NOT_A_FLOAT, NOT_AN_INTEGER, WOULD_OVERFLOW, WRONG_TYPE } from '../errors.ts'
import { addIntegers, type Integer, negated, readInteger } from '../values/integer.ts'
import {
  addLongDoubles,
  formatLongDouble,
  type LongDouble,
  parseLongDouble,
} from '../values/long-double.ts'
import { isString } from '../value-type.ts'
import { ABSENT, apply, Edit, integerArgument, isRefused, peek, REFUSED } from './edit.ts'

const LONGEST_INTEGER = 20
const DECREMENT_OVERFLOW = 'ERR decrement would overflow'
const NOT_FINITE = 'ERR increment would produce NaN or Infinity'

export const COUNT_HANDLERS: Handlers = {
  incr: (client, args) => count(client, args, 1),
  decr: (client, args) => count(client, args, -1),
  incrby: (client, args) => {
    const by = integerArgument(client, args, 2)
    if (by !== undefined) count(client, args, by)
  },
  decrby,
  incrbyfloat,
}

/** Adds an integer. One per thread: counting allocates nothing of its own. */
class CountEdit extends Edit {
  by: Integer = 0
  result: Integer = 0
  readonly #digits: Uint8Array = new Uint8Array(LONGEST_INTEGER)

  protected edit(old: Uint8Array, draft: Draft, isNew: boolean): Outcome {
    const before = isNew ? 0 : readInteger(old, 0, old.length)
    if (before === undefined) return this.unfit(NOT_AN_INTEGER)
    const after = addIntegers(before, this.by)
    if (after === undefined) return this.unfit(WOULD_OVERFLOW)
    this.result = after
    const text = String(after)
    for (let i = 0; i < text.length; i++) this.#digits[i] = text.charCodeAt(i)
    draft.bytes = this.#digits
    draft.from = 0
    draft.length = text.length
    draft.codec = codecFor(draft.codec, Number.isSafeInteger(after))
    return STORED
  }
}
const countEdit = new CountEdit()

/** What was text or a number for the embedding program stays one. */
function codecFor(codec: number, isExact: boolean): number {
  if (codec === TAG_NUMBER) return isExact ? TAG_NUMBER : TAG_BIGINT
  return codec <= TAG_UTF8 || codec === TAG_BIGINT ? codec : TAG_BYTES
}

function count(client: RedisClient, args: Args, by: Integer): void {
  if (!client.stage(args, 1)) return
  countEdit.by = by
  if (isRefused(client, apply(client, countEdit), countEdit)) return
  client.reply.integer(countEdit.result)
}

function decrby(client: RedisClient, args: Args): void {
  const by = integerArgument(client, args, 2)
  if (by === undefined) return
  const down = negated(by)
  if (down === undefined) client.reply.error(DECREMENT_OVERFLOW)
  else count(client, args, down)
}

const ZERO: LongDouble = { mantissa: 0n, exponent: 0, infinite: 0 }

class FloatEdit extends Edit {
  result = ''
  readonly #by: LongDouble

  constructor(by: LongDouble) {
    super()
    this.#by = by
  }

  protected edit(old: Uint8Array, draft: Draft, isNew: boolean): Outcome {
    const before = isNew ? ZERO : parseLongDouble(Buffer.from(old).toString('latin1'))
    if (before === undefined) return this.unfit(NOT_A_FLOAT)
    const after = addLongDoubles(before, this.#by)
    if (after === undefined) return this.unfit(NOT_FINITE)
    this.result = formatLongDouble(after)
    draft.bytes = Buffer.from(this.result, 'latin1')
    draft.from = 0
    draft.length = draft.bytes.length
    const isNumber = draft.codec === TAG_NUMBER || draft.codec === TAG_BIGINT
    draft.codec = isNumber ? TAG_NUMBER : codecFor(draft.codec, true)
    return STORED
  }
}

function incrbyfloat(client: RedisClient, args: Args): void {
  const by = parseLongDouble(args.latin(2))
  if (!client.stage(args, 1)) return
  if (by === undefined) {
    refuseIncrement(client)
    return
  }
  const edit = new FloatEdit(by)
  if (isRefused(client, apply(client, edit), edit)) return
  client.reply.bulkText(edit.result)
}

/** The increment is no number; that the key is none either is said first. */
function refuseIncrement(client: RedisClient): void {
  const seen = peek(client, false)
  if (seen === REFUSED) return
  const isOther = seen !== ABSENT && !isString(client.raw.reading.codec)
  client.reply.error(isOther ? WRONG_TYPE : NOT_A_FLOAT)
}
