/** GET MGET STRLEN GETRANGE SUBSTR, and GETDEL GETEX GETSET, which write as well. */
import { TAG_BYTES } from '../../../engine/codec.ts'
import { type LookAhead, MOST_AHEAD } from '../../../engine/look-ahead.ts'
import {
  DELETED,
  type Draft,
  EXISTS,
  GONE,
  HIT,
  MAX_RETRIES,
  MISSING,
  type Outcome,
  STORED,
} from '../../../engine/raw-access.ts'
import { LengthLines, LINE_END, LINE_ROOM, MOST_SHORT } from '../../length-lines.ts'
import type { Args } from '../args.ts'
import type { Continuation, RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { CONTENDED_REPLY, SYNTAX, WRONG_TYPE } from '../errors.ts'
import { isString } from '../value-type.ts'
import {
  ABSENT,
  apply,
  Edit,
  integerArgument,
  isRefused,
  keepBytes,
  peek,
  REFUSED,
} from './edit.ts'
import { readTime, type TimeForm } from './expiry.ts'
import { Part, sendPart } from './part.ts'
import { readOptions } from './set-options.ts'
import { isNoteDue, noteStaged, noteUse } from './use.ts'

export const GET_HANDLERS: Handlers = {
  get: (client, args) => {
    if (client.stage(args, 1)) sendValue(client, false)
  },
  mget,
  strlen,
  getrange,
  substr: getrange,
  getdel,
  getex,
  getset,
}

/**
 * Replies with the value of the staged key, or a null.
 * @param skipsOthers a value of another type counts as none
 */
export function sendValue(client: RedisClient, skipsOthers: boolean): void {
  const { raw, reply } = client
  const { out } = reply
  const mark = out.length
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const seen = raw.open()
    if (seen === GONE) {
      reply.nil()
      return
    }
    if (seen !== HIT) continue
    const { codec, length } = raw.reading
    const at = reply.openBulk(length)
    raw.copy(out.bytes, at, out.view)
    if (raw.confirm()) {
      if (isString(codec)) reply.closeBulk(length)
      else {
        out.length = mark
        if (skipsOthers) reply.nil()
        else reply.error(WRONG_TYPE)
      }
      noteUse(client, true)
      return
    }
    out.length = mark
  }
  reply.error(CONTENDED_REPLY)
}

/** Of a reply beside its value: its head, its line end, and what a copy by words writes beyond. */
const ROOM = LINE_ROOM + 8
const HEADS = new LengthLines('$')

/**
 * Replies with the value of a key that was looked ahead at, if it is a short string that lies where
 * it was seen. @returns false: nothing was replied
 */
export function sendSeen(client: RedisClient, ahead: LookAhead, key: number): boolean {
  const { reader } = ahead
  if (!reader.open(key)) return false
  const { length } = reader
  if (length > MOST_SHORT || !isString(reader.codec)) return false
  const { out } = client.reply
  const start = out.reserve(length + ROOM) // It may replace the bytes and their view.
  const at = HEADS.put(out.view, start, length)
  reader.copy(out.bytes, at, out.view)
  if (!reader.confirm()) return false
  out.view.setUint16(at + length, LINE_END, true)
  out.length = at + length + 2
  if (isNoteDue(client, reader.marks, true) && ahead.stage(key)) noteStaged(client)
  return true
}

function mget(client: RedisClient, args: Args): void {
  client.reply.array(args.count - 1)
  const next = sendKeys(client, args, 1)
  if (next < args.count) client.more = new MoreKeys(args.copy(), next)
}

/**
 * Replies with the values of keys until the buffer is full; returns the next key. Each key is
 * tracked at the moment it is read: it may change between two parts of the reply.
 */
function sendKeys(client: RedisClient, args: Args, first: number): number {
  const { tracking, keyGroup } = client.worker
  let next = first
  while (next < args.count) {
    const begin = next
    keyGroup.begin(args.bytes, client.space)
    for (let i = begin; i < args.count && !keyGroup.isFull; i++) {
      keyGroup.add(args.from(i), args.to(i))
    }
    keyGroup.look()
    for (; next < args.count && next - begin < MOST_AHEAD; next++) {
      if (client.reply.out.isFull) return next
      tracking.remember(client, args, next)
      sendOne(client, args, next, keyGroup.numberOf(next - begin))
    }
  }
  return next
}

/** @param seen its number in the group, -1: none */
function sendOne(client: RedisClient, args: Args, index: number, seen: number): void {
  const { keyGroup, raw } = client.worker
  // A transaction has its own view of the keys.
  if (seen >= 0 && client.raw === raw && sendSeen(client, keyGroup.ahead, seen)) return
  if (client.stage(args, index)) sendValue(client, true)
}

class MoreKeys implements Continuation {
  readonly #args: Args
  #next: number

  constructor(args: Args, next: number) {
    this.#args = args
    this.#next = next
  }

  step(client: RedisClient): boolean {
    this.#next = sendKeys(client, this.#args, this.#next)
    return this.#next === this.#args.count
  }
}

function strlen(client: RedisClient, args: Args): void {
  if (!client.stage(args, 1)) return
  const { raw, reply } = client
  const seen = peek(client, true)
  if (seen === ABSENT) reply.integer(0)
  else if (seen === HIT) {
    if (isString(raw.reading.codec)) reply.integer(raw.reading.length)
    else reply.error(WRONG_TYPE)
  }
}

/** Of GETRANGE. */
const part = new Part()

function getrange(client: RedisClient, args: Args): void {
  const start = integerArgument(client, args, 2)
  if (start === undefined) return
  const end = integerArgument(client, args, 3)
  if (end === undefined || !client.stage(args, 1)) return
  part.wantInOrder(start, end, false)
  sendPart(client, part)
}

/** What was there, for the reply; the value goes or gets another expiry. */
class TakeEdit extends Edit {
  old: Uint8Array | undefined
  readonly #expiry: number | undefined

  /** @param expiry undefined: the key is deleted; 0: it lives for ever */
  constructor(expiry: number | undefined) {
    super()
    this.#expiry = expiry
  }

  protected edit(old: Uint8Array, draft: Draft, isNew: boolean): Outcome {
    this.old = isNew ? undefined : old
    if (isNew) return MISSING
    const expiry = this.#expiry
    if (expiry === undefined || (expiry !== 0 && expiry <= this.client.now)) return DELETED
    if (expiry === 0 && draft.expiry === 0) return EXISTS
    draft.expiry = expiry
    return keepBytes(draft, old)
  }
}

function getdel(client: RedisClient, args: Args): void {
  take(client, args, new TakeEdit(undefined))
}

function take(client: RedisClient, args: Args, edit: TakeEdit): void {
  if (!client.stage(args, 1)) return
  const outcome = apply(client, edit)
  if (isRefused(client, outcome, edit)) return
  if (edit.old === undefined) client.reply.nil()
  else client.reply.bulk(edit.old)
}

function getex(client: RedisClient, args: Args): void {
  const options = readOptions(args, 2, true)
  if (options === undefined) {
    client.reply.error(SYNTAX)
    return
  }
  const { form, timeAt, isPersist } = options
  if (form === undefined && !isPersist) {
    if (client.stage(args, 1)) sendValue(client, false)
    return
  }
  if (isPersist) take(client, args, new TakeEdit(0))
  else getWithExpiry(client, args, form!, timeAt)
}

/** Of a key that is absent not even the time is looked at. */
function getWithExpiry(client: RedisClient, args: Args, form: TimeForm, timeAt: number): void {
  if (!client.stage(args, 1)) return
  const seen = peek(client, false)
  if (seen === REFUSED) return
  if (seen === ABSENT) client.reply.nil()
  else if (!isString(client.raw.reading.codec)) client.reply.error(WRONG_TYPE)
  else {
    const expiry = readTime(client, args, timeAt, form, 'getex', false)
    if (expiry !== undefined) take(client, args, new TakeEdit(expiry))
  }
}

/** The new value for the old one; it lives for ever. */
class SwapEdit extends Edit {
  old: Uint8Array | undefined
  readonly #args: Args

  constructor(args: Args) {
    super()
    this.#args = args
  }

  protected edit(old: Uint8Array, draft: Draft, isNew: boolean): Outcome {
    const args = this.#args
    this.old = isNew ? undefined : old
    draft.bytes = args.bytes
    draft.from = args.from(2)
    draft.length = args.size(2)
    draft.codec = TAG_BYTES
    draft.flags = draft.expiry = draft.content = draft.storedAt = 0
    return STORED
  }
}

function getset(client: RedisClient, args: Args): void {
  if (!client.stage(args, 1)) return
  const edit = new SwapEdit(args)
  if (isRefused(client, apply(client, edit), edit)) return
  if (edit.old === undefined) client.reply.nil()
  else client.reply.bulk(edit.old)
}
