/** Commands on strings: the value of a key read and stored. */
import { GONE, HIT, MAX_RETRIES, SET, STORED } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { CONTENDED_REPLY, SYNTAX } from '../errors.ts'

export const STRING_HANDLERS: Handlers = { get, set }

function get(client: RedisClient, args: Args): void {
  if (client.stage(args, 1)) sendValue(client)
}

/** Replies with the value of the staged key, or a null. */
export function sendValue({ raw, reply }: RedisClient): void {
  const { out } = reply
  const mark = out.length
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const seen = raw.open()
    if (seen === GONE) {
      reply.nil()
      return
    }
    if (seen !== HIT) continue
    const { length } = raw.reading
    const at = reply.openBulk(length)
    raw.copy(out.bytes, at)
    if (raw.confirm()) {
      reply.closeBulk(length)
      return
    }
    out.length = mark
  }
  reply.error(CONTENDED_REPLY)
}

function set(client: RedisClient, args: Args): void {
  if (args.count > 3) {
    client.reply.error(SYNTAX)
    return
  }
  if (!client.stage(args, 1)) return
  client.fill(args.bytes, args.from(2), args.to(2), 0)
  const outcome = client.raw.store(SET)
  if (outcome === STORED) client.reply.ok()
  else client.refuse(outcome)
}
