/** SETBIT GETBIT BITCOUNT BITPOS BITOP. Bit 0 is the highest bit of byte 0. */
import { type Draft, type Outcome, TOO_LARGE } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import { atomically } from '../atomic.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { SYNTAX } from '../errors.ts'
import {
  type BitOperation,
  combineBits,
  countBits,
  findBit,
  invertBits,
} from '../values/bit-strings.ts'
import {
  ABSENT,
  apply,
  Edit,
  grown,
  integerArgument,
  isRefused,
  NOTHING,
  putBytes,
  readString,
  REFUSED,
} from './edit.ts'
import { replaceByResult } from './multi.ts'

const BAD_OFFSET = 'ERR bit offset is not an integer or out of range'
const BAD_BIT = 'ERR bit is not an integer or out of range'

/** Of Redis' longest string. Offsets beyond what the cache can hold are read as 0, not written. */
export const MOST_STRING_BITS: number = 2 ** 32

export const BIT_HANDLERS: Handlers = { setbit, getbit, bitcount, bitpos, bitop: atomically(bitop) }

/** A bit offset within the longest string; undefined when it is none, and that was replied. */
export function bitOffset(client: RedisClient, args: Args, index: number): number | undefined {
  const offset = integerArgument(client, args, index, BAD_OFFSET)
  if (offset === undefined) return undefined
  if (offset >= 0 && offset < MOST_STRING_BITS) return Number(offset)
  client.reply.error(BAD_OFFSET)
  return undefined
}

class BitEdit extends Edit {
  before = 0
  readonly #at: number
  readonly #mask: number
  readonly #isOne: boolean

  constructor(offset: number, isOne: boolean) {
    super()
    this.#at = Math.floor(offset / 8)
    this.#mask = 0x80 >>> (offset & 7)
    this.#isOne = isOne
  }

  protected edit(old: Uint8Array, draft: Draft): Outcome {
    const at = this.#at
    if (at >= this.client.maxItemBytes) return TOO_LARGE
    const bytes = grown(old, at + 1)
    this.before = (bytes[at]! & this.#mask) === 0 ? 0 : 1
    if (this.#isOne) bytes[at]! |= this.#mask
    else bytes[at]! &= ~this.#mask
    return putBytes(draft, bytes)
  }
}

function setbit(client: RedisClient, args: Args): void {
  const offset = bitOffset(client, args, 2)
  if (offset === undefined) return
  const bit = integerArgument(client, args, 3, BAD_BIT)
  if (bit === undefined) return
  if (bit !== 0 && bit !== 1) {
    client.reply.error(BAD_BIT)
    return
  }
  if (!client.stage(args, 1)) return
  const edit = new BitEdit(offset, bit === 1)
  if (!isRefused(client, apply(client, edit), edit)) client.reply.integer(edit.before)
}

function getbit(client: RedisClient, args: Args): void {
  const offset = bitOffset(client, args, 2)
  if (offset === undefined || !client.stage(args, 1)) return
  const value = readString(client)
  if (value === REFUSED) return
  const byte = value === ABSENT ? 0 : (value[Math.floor(offset / 8)] ?? 0)
  client.reply.integer((byte >>> (7 - (offset & 7))) & 1)
}

/** Whether an argument says that a range counts bits or bytes; undefined: neither. */
function unitOf(args: Args, index: number): 'bit' | 'byte' | undefined {
  if (index >= args.count || args.is(index, 'byte')) return 'byte'
  return args.is(index, 'bit') ? 'bit' : undefined
}

/** First and last bit of a range in a string; last before first when it is empty. */
interface BitRange {
  readonly first: number
  readonly last: number
}
const EMPTY: BitRange = { first: 0, last: -1 }

function rangeIn(value: Uint8Array, start: number, end: number, isBits: boolean): BitRange {
  const units = isBits ? 8 * value.length : value.length
  const from = Math.max(start < 0 ? units + start : start, 0)
  const to = Math.min(Math.max(end < 0 ? units + end : end, 0), units - 1)
  if (from > to) return EMPTY
  return isBits ? { first: from, last: to } : { first: 8 * from, last: 8 * to + 7 }
}

function bitcount(client: RedisClient, args: Args): void {
  const { reply } = client
  if (!client.stage(args, 1)) return
  const value = readString(client)
  if (value === REFUSED) return
  if (value === ABSENT) {
    reply.integer(0)
    return
  }
  let start = 0
  let end = -1
  if (args.count > 2) {
    if (args.count !== 4 && args.count !== 5) {
      reply.error(SYNTAX)
      return
    }
    const given = integerArgument(client, args, 2)
    if (given === undefined) return
    const last = integerArgument(client, args, 3)
    if (last === undefined) return
    start = Number(given)
    end = Number(last)
    if (start < 0 && end < 0 && start > end) {
      reply.integer(0)
      return
    }
  }
  const unit = unitOf(args, 4)
  if (unit === undefined) {
    reply.error(SYNTAX)
    return
  }
  const { first, last } = rangeIn(value, start, end, unit === 'bit')
  reply.integer(last < first ? 0 : countBits(value, first, last))
}

function bitpos(client: RedisClient, args: Args): void {
  const { reply } = client
  const bit = integerArgument(client, args, 2)
  if (bit === undefined) return
  if (bit !== 0 && bit !== 1) {
    reply.error('ERR The bit argument must be 1 or 0.')
    return
  }
  if (!client.stage(args, 1)) return
  const value = readString(client)
  if (value === REFUSED) return
  if (value === ABSENT) reply.integer(bit === 1 ? -1 : 0)
  else findInRange(client, args, value, bit === 1)
}

function findInRange(client: RedisClient, args: Args, value: Uint8Array, isOne: boolean): void {
  const { reply } = client
  let start = 0
  let end = -1
  if (args.count > 3) {
    const given = integerArgument(client, args, 3)
    if (given === undefined) return
    start = Number(given)
  }
  const unit = unitOf(args, 5)
  if (args.count > 6 || unit === undefined) {
    reply.error(SYNTAX)
    return
  }
  if (args.count > 4) {
    const given = integerArgument(client, args, 4)
    if (given === undefined) return
    end = Number(given)
  }
  const { first, last } = rangeIn(value, start, end, unit === 'bit')
  const found = last < first ? -1 : findBit(value, isOne, first, last)
  // Without an end the string counts as followed by zeros.
  const isOpen = !isOne && args.count <= 4 && last >= first
  reply.integer(found < 0 && isOpen ? last + 1 : found)
}

const OPERATIONS: readonly BitOperation[] = ['AND', 'OR', 'XOR', 'NOT']

function bitop(client: RedisClient, args: Args): void {
  const { reply } = client
  const operation = OPERATIONS.find((name) => args.is(1, name.toLowerCase()))
  if (operation === undefined) {
    reply.error(SYNTAX)
    return
  }
  if (operation === 'NOT' && args.count !== 4) {
    reply.error('ERR BITOP NOT must be called with a single source key.')
    return
  }
  let result: Uint8Array | undefined
  for (let i = 3; i < args.count; i++) {
    if (!client.stage(args, i)) return
    const value = readString(client)
    if (value === REFUSED) return
    const source = value === ABSENT ? NOTHING : value
    if (result === undefined) result = operation === 'NOT' ? invertBits(source) : source
    else if (operation !== 'NOT') result = combineBits(operation, result, source)
  }
  if (result === undefined) return
  if (replaceByResult(client, args, 2, result)) reply.integer(result.length)
}
