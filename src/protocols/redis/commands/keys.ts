/** DEL UNLINK EXISTS TOUCH TYPE, and where the other commands on keys are. */
import { DELETED, HIT, MISSING } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import { atomically } from '../atomic.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { typeName } from '../value-type.ts'
import { DUMP_HANDLERS } from './dump.ts'
import { ABSENT, peek, REFUSED } from './edit.ts'
import { EXPIRE_HANDLERS } from './expire.ts'
import { FLUSH_HANDLERS } from './flush.ts'
import { MULTI_KEY_HANDLERS } from './multi.ts'
import { SCAN_HANDLERS } from './scan.ts'

export const KEY_HANDLERS: Handlers = {
  del: removeKeys,
  unlink: removeKeys,
  exists: (client, args) => countPresent(client, args, false),
  touch: (client, args) => countPresent(client, args, true),
  type,
  ...EXPIRE_HANDLERS,
  ...SCAN_HANDLERS,
  ...DUMP_HANDLERS,
  ...MULTI_KEY_HANDLERS,
  ...FLUSH_HANDLERS,
}

const delAtOnce = atomically(del)

function removeKeys(client: RedisClient, args: Args): void {
  if (args.count === 2) del(client, args)
  else delAtOnce(client, args)
}

function del(client: RedisClient, args: Args): void {
  let count = 0
  for (let i = 1; i < args.count; i++) {
    if (!client.stage(args, i)) return
    const outcome = client.raw.remove()
    if (outcome === DELETED) count++
    else if (outcome !== MISSING) {
      client.refuse(outcome)
      return
    }
  }
  client.reply.integer(count)
}

function countPresent(client: RedisClient, args: Args, isUse: boolean): void {
  let count = 0
  for (let i = 1; i < args.count; i++) {
    if (!client.stage(args, i)) return
    const seen = peek(client, isUse)
    if (seen === REFUSED) return
    if (seen === HIT) count++
  }
  client.reply.integer(count)
}

function type(client: RedisClient, args: Args): void {
  if (!client.stage(args, 1)) return
  const seen = peek(client, false)
  if (seen === ABSENT) client.reply.simple('none')
  else if (seen === HIT) client.reply.simple(typeName(client.raw))
}
