/** SETBIT GETBIT BITCOUNT BITPOS BITOP. Bit 0 is the highest bit of byte 0. */
import { type Draft, type Outcome, TOO_LARGE } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import { atomically } from '../atomic.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { NOT_AN_INTEGER, SYNTAX } from '../errors.ts'
import {
  type BitOperation,
  combineBits,
  countBits,
  findBit,
  invertBits,
} from '../values/bit-strings.ts'
import { type Integer, readInteger } from '../values/integer.ts'
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
import { Part, readPart } from './part.ts'

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

/** What a command looks at. */
const part = new Part()

function getbit(client: RedisClient, args: Args): void {
  const offset = bitOffset(client, args, 2)
  if (offset === undefined || !client.stage(args, 1)) return
  part.want(offset, offset, true)
  const bytes = readPart(client, part)
  if (bytes === REFUSED) return
  const isThere = bytes !== ABSENT && part.first <= part.last
  client.reply.integer(isThere ? (bytes[0]! >>> (7 - (offset & 7))) & 1 : 0)
}

/** Whether an argument says that a range counts bits or bytes; undefined: neither. */
function unitOf(args: Args, index: number): 'bit' | 'byte' | undefined {
  if (index >= args.count || args.is(index, 'byte')) return 'byte'
  return args.is(index, 'bit') ? 'bit' : undefined
}

function bitcount(client: RedisClient, args: Args): void {
  const { reply } = client
  if (!client.stage(args, 1)) return
  part.refusal = wantCounted(args)
  const bytes = readPart(client, part)
  if (bytes === REFUSED) return
  const isThere = bytes !== ABSENT && part.first <= part.last
  reply.integer(isThere ? countBits(bytes, part.first, part.last) : 0)
}

/** What BITCOUNT is to look at. @returns what is wrong with it */
function wantCounted(args: Args): string | undefined {
  part.want(0, -1, false)
  if (args.count === 2) return undefined
  if (args.count !== 4 && args.count !== 5) return SYNTAX
  const start = integerIn(args, 2)
  const end = integerIn(args, 3)
  if (start === undefined || end === undefined) return NOT_AN_INTEGER
  const unit = unitOf(args, 4)
  part.wantInOrder(start, end, unit === 'bit')
  return unit === undefined && !(start < 0 && end < 0 && start > end) ? SYNTAX : undefined
}

function integerIn(args: Args, index: number): Integer | undefined {
  return readInteger(args.bytes, args.from(index), args.to(index))
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
  part.refusal = wantSearched(args)
  const bytes = readPart(client, part)
  if (bytes === REFUSED) return
  if (bytes === ABSENT) {
    reply.integer(bit === 1 ? -1 : 0)
    return
  }
  const { first, last } = part
  const found = last < first ? -1 : findBit(bytes, bit === 1, first, last)
  // Without an end the string counts as followed by zeros.
  const isOpen = bit === 0 && args.count <= 4 && last >= first
  if (found < 0 && !isOpen) reply.integer(-1)
  else reply.integer(8 * part.from + (found < 0 ? last + 1 : found))
}

/** What BITPOS is to look at. @returns what is wrong with it */
function wantSearched(args: Args): string | undefined {
  part.want(0, -1, false)
  const start = args.count > 3 ? integerIn(args, 3) : 0
  if (start === undefined) return NOT_AN_INTEGER
  const unit = unitOf(args, 5)
  if (args.count > 6 || unit === undefined) return SYNTAX
  const end = args.count > 4 ? integerIn(args, 4) : -1
  if (end === undefined) return NOT_AN_INTEGER
  part.want(start, end, unit === 'bit')
  return undefined
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
