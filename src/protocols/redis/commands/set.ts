/** SET SETNX SETEX PSETEX. What is stored is copied once, from where it arrived into its entry. */
import { TAG_BYTES } from '../../../engine/codec.ts'
import {
  ADD,
  type Draft,
  EXISTS,
  MISSING,
  type Outcome,
  REPLACE,
  SET,
  STORED,
  type StoreMode,
  TOO_LARGE,
} from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { SYNTAX } from '../errors.ts'
import { apply, Edit, isRefused } from './edit.ts'
import { EX, PX, readTime, type TimeForm } from './expiry.ts'
import { readOptions, type SetOptions } from './set-options.ts'

export const SET_HANDLERS: Handlers = {
  set,
  setnx,
  setex: (client, args) => setWithTime(client, args, EX, 'setex'),
  psetex: (client, args) => setWithTime(client, args, PX, 'psetex'),
}

/** Stores an argument under the staged key. */
export function storeArgument(
  client: RedisClient,
  args: Args,
  index: number,
  expiry: number,
  mode: StoreMode,
): Outcome {
  if (args.size(index) > client.maxItemBytes) return TOO_LARGE
  client.fill(args.bytes, args.from(index), args.to(index), expiry)
  return client.raw.store(mode)
}

function set(client: RedisClient, args: Args): void {
  if (args.count === 3) {
    if (!client.stage(args, 1)) return
    const outcome = storeArgument(client, args, 2, 0, SET)
    if (outcome === STORED) client.reply.ok()
    else client.refuse(outcome)
    return
  }
  const options = readOptions(args, 3, false)
  if (options === undefined) {
    client.reply.error(SYNTAX)
    return
  }
  let expiry = 0
  if (options.form !== undefined) {
    const time = readTime(client, args, options.timeAt, options.form, 'set', false)
    if (time === undefined) return
    expiry = time
  }
  if (!client.stage(args, 1)) return
  if (options.gives || options.keepsTtl) setByOld(client, args, options, expiry)
  else setByMode(client, args, options, expiry)
}

function setByMode(client: RedisClient, args: Args, options: SetOptions, expiry: number): void {
  const mode = options.isOnlyNew ? ADD : options.isOnlyOld ? REPLACE : SET
  const outcome = storeArgument(client, args, 2, expiry, mode)
  if (outcome === STORED) client.reply.ok()
  else if (outcome === EXISTS || outcome === MISSING) client.reply.nil()
  else client.refuse(outcome)
}

/** SET with KEEPTTL or GET: the old entry says something that the new one or the reply needs. */
class SetEdit extends Edit {
  override readonly takesAny: boolean
  old: Uint8Array | undefined
  readonly #args: Args
  readonly #options: SetOptions
  readonly #expiry: number

  constructor(args: Args, options: SetOptions, expiry: number) {
    super()
    this.takesAny = !options.gives
    this.#args = args
    this.#options = options
    this.#expiry = expiry
  }

  protected edit(old: Uint8Array, draft: Draft, isNew: boolean): Outcome {
    const args = this.#args
    const { isOnlyNew, isOnlyOld, keepsTtl } = this.#options
    this.old = isNew ? undefined : old
    if (isNew && isOnlyOld) return MISSING
    if (!isNew && isOnlyNew) return EXISTS
    draft.bytes = args.bytes
    draft.from = args.from(2)
    draft.length = args.size(2)
    draft.codec = TAG_BYTES
    draft.flags = draft.content = draft.storedAt = 0
    if (!keepsTtl) draft.expiry = this.#expiry
    return STORED
  }
}

function setByOld(client: RedisClient, args: Args, options: SetOptions, expiry: number): void {
  const edit = new SetEdit(args, options, expiry)
  const outcome = apply(client, edit)
  if (isRefused(client, outcome, edit)) return
  const { reply } = client
  if (options.gives) {
    if (edit.old === undefined) reply.nil()
    else reply.bulk(edit.old)
  } else if (outcome === STORED) reply.ok()
  else reply.nil()
}

function setnx(client: RedisClient, args: Args): void {
  if (!client.stage(args, 1)) return
  const outcome = storeArgument(client, args, 2, 0, ADD)
  if (outcome === STORED) client.reply.integer(1)
  else if (outcome === EXISTS) client.reply.integer(0)
  else client.refuse(outcome)
}

function setWithTime(client: RedisClient, args: Args, form: TimeForm, command: string): void {
  const expiry = readTime(client, args, 2, form, command, false)
  if (expiry === undefined || !client.stage(args, 1)) return
  const outcome = storeArgument(client, args, 3, expiry, SET)
  if (outcome === STORED) client.reply.ok()
  else client.refuse(outcome)
}
