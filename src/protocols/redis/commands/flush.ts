/** FLUSHDB FLUSHALL: what removes the keys of a database, or all that there are. */
import { STORED } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { SYNTAX } from '../errors.ts'
import { begin, KeyWalk } from './scan.ts'

const NO_FLUSH = 'ERR this server was started without the permission to flush'

export const FLUSH_HANDLERS: Handlers = { flushdb, flushall }

/** The word behind a flush says whether to wait for it; here there is nothing to wait for. */
function mayFlush({ host, reply }: RedisClient, args: Args): boolean {
  const isWord = args.count === 2 && (args.is(1, 'sync') || args.is(1, 'async'))
  if (args.count > 1 && !isWord) reply.error(SYNTAX)
  else if (!host.settings.isFlushEnabled) reply.error(NO_FLUSH)
  else return true
  return false
}

function flushall(client: RedisClient, args: Args): void {
  if (!mayFlush(client, args)) return
  client.raw.flush()
  client.reply.ok()
}

/** The default namespace has no flush of its own: with others beside it, its keys are deleted. */
function flushdb(client: RedisClient, args: Args): void {
  if (!mayFlush(client, args)) return
  const { raw, reply, space } = client
  if (space === 0 && raw.hasSpaces()) {
    const remove = (keys: readonly Uint8Array[]): boolean => {
      for (const key of keys) if (raw.stage(key, 0, key.length, space)) raw.remove()
      return false
    }
    begin(client, new KeyWalk(remove, () => reply.ok()))
    return
  }
  const outcome = space === 0 ? STORED : raw.flushSpace(space)
  if (space === 0) raw.flush()
  if (outcome === STORED) reply.ok()
  else client.refuse(outcome)
}
