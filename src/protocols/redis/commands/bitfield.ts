/** BITFIELD BITFIELD_RO: any number of operations on one string, all in one exchange. */
import { type Draft, type Outcome, TOO_LARGE } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { NOT_AN_INTEGER, SYNTAX } from '../errors.ts'
import {
  type FieldType,
  fitted,
  type Overflow,
  readField,
  writeField,
} from '../values/bit-fields.ts'
import { readInteger } from '../values/integer.ts'
import {
  ABSENT,
  apply,
  Edit,
  grown,
  isRefused,
  NOTHING,
  putBytes,
  readString,
  REFUSED,
} from './edit.ts'
import { MOST_STRING_BITS } from './bits.ts'

const BAD_TYPE =
  'ERR Invalid bitfield type. Use something like i16 u8. ' +
  'Note that u64 is not supported but i64 is.'
const BAD_OFFSET = 'ERR bit offset is not an integer or out of range'
const BAD_OVERFLOW = 'ERR Invalid OVERFLOW type specified'
const ONLY_GET = 'ERR BITFIELD_RO only supports the GET subcommand'
const HASH = 35
const MOST_BITS = 64

export const BITFIELD_HANDLERS: Handlers = {
  bitfield: (client, args) => bitfield(client, args, false),
  bitfield_ro: (client, args) => bitfield(client, args, true),
}

interface FieldOperation {
  readonly kind: 'GET' | 'SET' | 'INCRBY'
  readonly type: FieldType
  readonly offset: number
  readonly overflow: Overflow
  readonly operand: bigint
}

function bitfield(client: RedisClient, args: Args, isReadOnly: boolean): void {
  const { reply } = client
  const operations = readOperations(args)
  if (typeof operations === 'string') {
    reply.error(operations)
    return
  }
  const writes = operations.filter(({ kind }) => kind !== 'GET')
  if (isReadOnly && writes.length > 0) {
    reply.error(ONLY_GET)
    return
  }
  if (!client.stage(args, 1)) return
  if (writes.length === 0) {
    const value = readString(client)
    if (value === REFUSED) return
    const bytes = value === ABSENT ? NOTHING : value
    send(
      client,
      operations.map(({ offset, type }) => readField(bytes, offset, type)),
    )
    return
  }
  let length = 0
  for (const { offset, type } of writes) length = Math.max(length, bytesUpTo(offset + type.bits))
  const edit = new FieldsEdit(operations, length)
  if (!isRefused(client, apply(client, edit), edit)) send(client, edit.results)
}

function bytesUpTo(bits: number): number {
  return Math.ceil(bits / 8)
}

function send({ reply }: RedisClient, results: readonly (bigint | undefined)[]): void {
  reply.array(results.length)
  for (const result of results) {
    if (result === undefined) reply.nil()
    else reply.integer(result)
  }
}

function readOperations(args: Args): FieldOperation[] | string {
  const operations: FieldOperation[] = []
  let overflow: Overflow = 'WRAP'
  for (let i = 2; i < args.count; ) {
    const left = args.count - i - 1
    if (args.is(i, 'overflow') && left >= 1) {
      const named = OVERFLOWS.find((name) => args.is(i + 1, name.toLowerCase()))
      if (named === undefined) return BAD_OVERFLOW
      overflow = named
      i += 2
      continue
    }
    const kind = KINDS.find((name) => args.is(i, name.toLowerCase()))
    if (kind === undefined || left < (kind === 'GET' ? 2 : 3)) return SYNTAX
    const type = readType(args, i + 1)
    if (type === undefined) return BAD_TYPE
    const offset = readOffset(args, i + 2, type.bits)
    if (offset === undefined) return BAD_OFFSET
    const operand = kind === 'GET' ? 0n : args.long(i + 3)
    if (operand === undefined) return NOT_AN_INTEGER
    operations.push({ kind, type, offset, overflow, operand })
    i += kind === 'GET' ? 3 : 4
  }
  return operations
}
const OVERFLOWS: readonly Overflow[] = ['WRAP', 'SAT', 'FAIL']
const KINDS: readonly FieldOperation['kind'][] = ['GET', 'SET', 'INCRBY']

function readType(args: Args, index: number): FieldType | undefined {
  const letter = args.size(index) > 0 ? String.fromCharCode(args.bytes[args.from(index)]!) : ''
  if (letter !== 'i' && letter !== 'u') return undefined
  const isSigned = letter === 'i'
  const bits = Number(readInteger(args.bytes, args.from(index) + 1, args.to(index)) ?? 0)
  const most = isSigned ? MOST_BITS : MOST_BITS - 1
  return bits >= 1 && bits <= most ? { isSigned, bits } : undefined
}

/** An offset in bits, or with `#` in fields. */
function readOffset(args: Args, index: number, bits: number): number | undefined {
  const from = args.from(index)
  const isFields = args.size(index) > 0 && args.bytes[from] === HASH
  const given = readInteger(args.bytes, isFields ? from + 1 : from, args.to(index))
  if (given === undefined) return undefined
  const offset = Number(given) * (isFields ? bits : 1)
  return offset >= 0 && offset < MOST_STRING_BITS ? offset : undefined
}

class FieldsEdit extends Edit {
  results: (bigint | undefined)[] = []
  readonly #operations: readonly FieldOperation[]
  readonly #length: number

  constructor(operations: readonly FieldOperation[], length: number) {
    super()
    this.#operations = operations
    this.#length = length
  }

  protected edit(old: Uint8Array, draft: Draft): Outcome {
    if (this.#length > this.client.maxItemBytes) return TOO_LARGE
    const bytes = grown(old, this.#length)
    this.results = this.#operations.map((operation) => execute(bytes, operation))
    return putBytes(draft, bytes)
  }
}

/** What an operation replies; undefined when the number did not fit and is to fail. */
function execute(bytes: Uint8Array, operation: FieldOperation): bigint | undefined {
  const { kind, type, offset, overflow, operand } = operation
  const before = readField(bytes, offset, type)
  if (kind === 'GET') return before
  // What is set in an unsigned field counts as unsigned itself.
  const isPlain = kind === 'SET' && !type.isSigned
  const wanted =
    kind === 'INCRBY' ? before + operand : isPlain ? BigInt.asUintN(64, operand) : operand
  const after = fitted(wanted, type, overflow)
  if (after === undefined) return undefined
  writeField(bytes, offset, type.bits, after)
  return kind === 'SET' ? before : after
}
