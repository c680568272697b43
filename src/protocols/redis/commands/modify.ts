/** APPEND SETRANGE LCS. */
import { type Draft, EXISTS, MISSING, type Outcome } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import { atomically } from '../atomic.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { type CommonRange, commonLength, longestCommon, pairsOf } from '../values/lcs.ts'
import { NOT_AN_INTEGER, SYNTAX } from '../errors.ts'
import { isString } from '../value-type.ts'
import {
  ABSENT,
  apply,
  Edit,
  grown,
  integerArgument,
  isRefused,
  NOTHING,
  peek,
  putBytes,
  readString,
  REFUSED,
} from './edit.ts'

const TOO_LONG = 'ERR string exceeds maximum allowed size (proto-max-bulk-len)'

export const MODIFY_HANDLERS: Handlers = { append, setrange, lcs: atomically(lcs) }

/** Bytes behind what is there. */
class AppendEdit extends Edit {
  length = 0
  readonly #added: Uint8Array

  constructor(added: Uint8Array) {
    super()
    this.#added = added
  }

  protected edit(old: Uint8Array, draft: Draft): Outcome {
    const added = this.#added
    this.length = old.length + added.length
    if (this.length > this.client.maxItemBytes) return this.unfit(TOO_LONG)
    const joined = Buffer.allocUnsafe(this.length)
    joined.set(old)
    joined.set(added, old.length)
    return putBytes(draft, joined)
  }
}

function append(client: RedisClient, args: Args): void {
  if (!client.stage(args, 1)) return
  const edit = new AppendEdit(args.slice(2))
  if (isRefused(client, apply(client, edit), edit)) return
  client.reply.integer(edit.length)
}

/** Bytes over what is there, from an offset on. */
class RangeEdit extends Edit {
  length = 0
  readonly #offset: number
  readonly #bytes: Uint8Array

  constructor(offset: number, bytes: Uint8Array) {
    super()
    this.#offset = offset
    this.#bytes = bytes
  }

  protected edit(old: Uint8Array, draft: Draft, isNew: boolean): Outcome {
    const bytes = this.#bytes
    this.length = old.length
    if (bytes.length === 0) return isNew ? MISSING : EXISTS
    const end = this.#offset + bytes.length
    if (end > this.client.maxItemBytes) return this.unfit(TOO_LONG)
    const changed = grown(old, end)
    this.length = changed.length
    changed.set(bytes, this.#offset)
    return putBytes(draft, changed)
  }
}

function setrange(client: RedisClient, args: Args): void {
  const offset = integerArgument(client, args, 2)
  if (offset === undefined) return
  if (offset < 0) {
    client.reply.error('ERR offset is out of range')
    return
  }
  if (!client.stage(args, 1)) return
  const edit = new RangeEdit(Number(offset), args.slice(3))
  if (isRefused(client, apply(client, edit), edit)) return
  client.reply.integer(edit.length)
}

interface LcsOptions {
  givesLength: boolean
  givesRanges: boolean
  givesRangeLength: boolean
  shortest: number
}

const NOT_STRINGS = 'ERR The specified keys must contain string values'
const BOTH_FORMS = 'ERR If you want both the length and indexes, please just use IDX.'
const LCS_TOO_LARGE = 'ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len'
/** More would take seconds, in which the other clients of the worker wait. */
const MOST_PAIRS = 2 ** 26

function lcs(client: RedisClient, args: Args): void {
  const { reply } = client
  const a = readForLcs(client, args, 1)
  if (a === undefined) return
  const b = readForLcs(client, args, 2)
  if (b === undefined) return
  const options = readLcsOptions(args)
  if (typeof options === 'string') reply.error(options)
  else if (pairsOf(a, b) > MOST_PAIRS) reply.error(LCS_TOO_LARGE)
  else if (options.givesRanges) sendRanges(client, a, b, options)
  else if (options.givesLength) reply.integer(commonLength(a, b))
  else reply.bulk(longestCommon(a, b).bytes)
}

function readForLcs(client: RedisClient, args: Args, index: number): Uint8Array | undefined {
  if (!client.stage(args, index)) return undefined
  const seen = peek(client, false)
  if (seen === REFUSED) return undefined
  if (seen === ABSENT) return NOTHING
  if (!isString(client.raw.reading.codec)) {
    client.reply.error(NOT_STRINGS)
    return undefined
  }
  const value = readString(client)
  if (value === REFUSED) return undefined
  return value === ABSENT ? NOTHING : value
}

function readLcsOptions(args: Args): LcsOptions | string {
  const options = {
    givesLength: false,
    givesRanges: false,
    givesRangeLength: false,
    shortest: 0,
  }
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'idx')) options.givesRanges = true
    else if (args.is(i, 'len')) options.givesLength = true
    else if (args.is(i, 'withmatchlen')) options.givesRangeLength = true
    else if (args.is(i, 'minmatchlen') && i + 1 < args.count) {
      const shortest = args.long(++i)
      if (shortest === undefined) return NOT_AN_INTEGER
      options.shortest = Number(shortest)
    } else return SYNTAX
  }
  return options.givesLength && options.givesRanges ? BOTH_FORMS : options
}

function sendRanges(
  { reply }: RedisClient,
  a: Uint8Array,
  b: Uint8Array,
  { shortest, givesRangeLength }: LcsOptions,
): void {
  const { length, ranges } = longestCommon(a, b)
  const sizeOf = ({ firstInA, lastInA }: CommonRange): number => lastInA - firstInA + 1
  const wanted = ranges.filter((range) => sizeOf(range) >= shortest)
  reply.map(2)
  reply.bulkText('matches')
  reply.array(wanted.length)
  for (const range of wanted) {
    reply.array(givesRangeLength ? 3 : 2)
    reply.array(2)
    reply.integer(range.firstInA)
    reply.integer(range.lastInA)
    reply.array(2)
    reply.integer(range.firstInB)
    reply.integer(range.lastInB)
    if (givesRangeLength) reply.integer(sizeOf(range))
  }
  reply.bulkText('len')
  reply.integer(length)
}
