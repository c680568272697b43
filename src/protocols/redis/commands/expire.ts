/** EXPIRE and its kin, PERSIST, TTL and its kin. */
import {
  DELETED,
  type Draft,
  EXISTS,
  MISSING,
  type Outcome,
  STORED,
} from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { ABSENT, apply, Edit, isRefused, keepBytes, peek, REFUSED } from './edit.ts'
import { EX, EXAT, PX, PXAT, readTime, sayTime, type TimeForm } from './expiry.ts'

export const EXPIRE_HANDLERS: Handlers = {
  expire: (client, args) => expire(client, args, EX, 'expire'),
  pexpire: (client, args) => expire(client, args, PX, 'pexpire'),
  expireat: (client, args) => expire(client, args, EXAT, 'expireat'),
  pexpireat: (client, args) => expire(client, args, PXAT, 'pexpireat'),
  persist,
  ttl: (client, args) => tell(client, args, EX),
  pttl: (client, args) => tell(client, args, PX),
  expiretime: (client, args) => tell(client, args, EXAT),
  pexpiretime: (client, args) => tell(client, args, PXAT),
}

/** Which expiry the key must have for a new one. */
interface Conditions {
  isNone: boolean
  isSome: boolean
  isEarlier: boolean
  isLater: boolean
}

/** A new expiry, or none, for a value of any type. One per thread. */
class ExpiryEdit extends Edit {
  override readonly takesAny = true
  /** Absolute, ms; 0: it lives for ever. */
  expiry = 0
  conditions: Conditions | undefined

  protected edit(old: Uint8Array, draft: Draft, isNew: boolean): Outcome {
    if (isNew) return MISSING
    const { expiry } = this
    if (this.conditions !== undefined && !isMet(this.conditions, draft.expiry, expiry)) {
      return EXISTS
    }
    if (expiry === 0) {
      if (draft.expiry === 0) return EXISTS
    } else if (expiry <= this.client.now) return DELETED
    draft.expiry = expiry
    return keepBytes(draft, old)
  }
}
const expiryEdit = new ExpiryEdit()

/** An expiry of none counts as later than any other. */
function isMet(conditions: Conditions, before: number, after: number): boolean {
  const { isNone, isSome, isEarlier, isLater } = conditions
  if (isNone && before !== 0) return false
  if (isSome && before === 0) return false
  if (isEarlier && (before === 0 || after <= before)) return false
  return !(isLater && before !== 0 && after >= before)
}

function expire(client: RedisClient, args: Args, form: TimeForm, command: string): void {
  const conditions = args.count === 3 ? undefined : readConditions(args)
  if (typeof conditions === 'string') {
    client.reply.error(conditions)
    return
  }
  const time = readTime(client, args, 2, form, command, true)
  if (time === undefined || !client.stage(args, 1)) return
  expiryEdit.expiry = time === 0 ? -1 : time
  expiryEdit.conditions = conditions
  settle(client)
}

function readConditions(args: Args): Conditions | string {
  const found = { isNone: false, isSome: false, isEarlier: false, isLater: false }
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'nx')) found.isNone = true
    else if (args.is(i, 'xx')) found.isSome = true
    else if (args.is(i, 'gt')) found.isEarlier = true
    else if (args.is(i, 'lt')) found.isLater = true
    else return `ERR Unsupported option ${args.latin(i)}`
  }
  if (found.isNone && (found.isSome || found.isEarlier || found.isLater)) {
    return 'ERR NX and XX, GT or LT options at the same time are not compatible'
  }
  if (found.isEarlier && found.isLater) {
    return 'ERR GT and LT options at the same time are not compatible'
  }
  return found
}

function persist(client: RedisClient, args: Args): void {
  if (!client.stage(args, 1)) return
  expiryEdit.expiry = 0
  expiryEdit.conditions = undefined
  settle(client)
}

function settle(client: RedisClient): void {
  const outcome = apply(client, expiryEdit)
  if (isRefused(client, outcome, expiryEdit)) return
  client.reply.integer(outcome === STORED || outcome === DELETED ? 1 : 0)
}

const NO_KEY = -2
const NO_EXPIRY = -1

function tell(client: RedisClient, args: Args, { unitMs, isAbsolute }: TimeForm): void {
  if (!client.stage(args, 1)) return
  const seen = peek(client, false)
  if (seen === REFUSED) return
  const { expiry } = client.raw.reading
  if (seen === ABSENT) client.reply.integer(NO_KEY)
  else if (expiry === 0) client.reply.integer(NO_EXPIRY)
  else {
    const ms = isAbsolute ? expiry : Math.max(0, expiry - client.now)
    sayTime(client, ms, unitMs === 1000)
  }
}
