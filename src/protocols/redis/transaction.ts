/**
 * MULTI EXEC DISCARD WATCH UNWATCH, in their simple form: EXEC runs what was queued, one command
 * after the other. Other threads may write between two of them, and a worker that dies leaves the
 * rest undone; an atomic form replaces this file.
 *
 * WATCH remembers the version of each key and its expiry: another value, another time or another
 * presence makes EXEC do nothing.
 */
import { GONE, HIT, MAX_RETRIES } from '../../engine/raw-access.ts'
import type { Args } from './args.ts'
import type { Continuation, RedisClient } from './client.ts'
import type { Command, Handlers } from './command-table.ts'
import { CONTENDED_REPLY, KEY_TOO_LONG } from './errors.ts'

export const TRANSACTION_HANDLERS: Handlers = {
  multi,
  exec,
  discard,
  watch,
  unwatch: (client) => {
    client.watched = []
    client.reply.ok()
  },
}

/** These are executed at once, also within a transaction. */
const AT_ONCE: readonly string[] = ['exec', 'discard', 'multi', 'watch', 'quit', 'reset']

export interface Watched {
  readonly key: Uint8Array
  readonly space: number
  readonly version: number
  readonly expiry: number
}

/** What MULTI has begun. */
export class Transaction {
  readonly queue: { readonly command: Command; readonly args: Args }[] = []
  /** A command was refused when it was to be queued: EXEC does nothing. */
  isBroken = false

  /** @returns whether the command waits for EXEC */
  take(command: Command, args: Args): boolean {
    if (AT_ONCE.includes(command.name)) return false
    this.queue.push({ command, args: args.copy() })
    return true
  }
}

function multi(client: RedisClient): void {
  if (client.transaction !== undefined) {
    client.reply.error('ERR MULTI calls can not be nested')
    return
  }
  client.transaction = new Transaction()
  client.reply.ok()
}

function discard(client: RedisClient): void {
  if (client.transaction === undefined) {
    client.reply.error('ERR DISCARD without MULTI')
    return
  }
  client.leaveTransaction()
  client.reply.ok()
}

function exec(client: RedisClient): void {
  const { transaction, reply } = client
  if (transaction === undefined) {
    reply.error('ERR EXEC without MULTI')
    return
  }
  const isChanged = !transaction.isBroken && client.watched.some((each) => hasChanged(client, each))
  client.leaveTransaction()
  if (transaction.isBroken) {
    reply.error('EXECABORT Transaction discarded because of previous errors.')
  } else if (isChanged) reply.nilArray()
  else {
    reply.array(transaction.queue.length)
    client.more = new Execution(transaction)
  }
}

/** The queued commands, one by one; an answer that does not fit is gone on with later. */
class Execution implements Continuation {
  readonly #transaction: Transaction
  #next = 0
  #inner: Continuation | undefined

  constructor(transaction: Transaction) {
    this.#transaction = transaction
  }

  step(client: RedisClient): boolean {
    const { queue } = this.#transaction
    for (;;) {
      if (this.#inner !== undefined) {
        if (!this.#inner.step(client)) return false
        this.#inner = undefined
      }
      if (this.#next === queue.length) return true
      if (client.reply.out.isFull) return false
      const { command, args } = queue[this.#next++]!
      client.execute(command, args)
      if (client.more !== this) {
        this.#inner = client.more
        client.more = this
      }
    }
  }
}

function watch(client: RedisClient, args: Args): void {
  if (client.transaction !== undefined) {
    client.reply.error('ERR WATCH inside MULTI is not allowed')
    return
  }
  for (let i = 1; i < args.count; i++) {
    const key = args.slice(i).slice()
    const seen = lookAt(client, key, client.space)
    if (seen === undefined) {
      client.reply.error(client.raw.stage(key, 0, key.length) ? CONTENDED_REPLY : KEY_TOO_LONG)
      return
    }
    const isKnown = client.watched.some(
      (each) => each.space === client.space && Buffer.compare(each.key, key) === 0,
    )
    if (!isKnown) client.watched.push({ key, space: client.space, ...seen })
  }
  client.reply.ok()
}

function hasChanged(client: RedisClient, { key, space, version, expiry }: Watched): boolean {
  const now = lookAt(client, key, space)
  // What was there and is over now was not changed by anybody; Redis says so, too.
  if (now?.version === 0 && expiry !== 0 && expiry <= client.now) return false
  return now === undefined || now.version !== version || now.expiry !== expiry
}

/** Version and expiry of a key, zeros when it is absent; undefined: it cannot be said. */
function lookAt(
  { raw }: RedisClient,
  key: Uint8Array,
  space: number,
): { version: number; expiry: number } | undefined {
  if (!raw.stage(key, 0, key.length, space)) return undefined
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const seen = raw.open()
    if (seen === GONE) return { version: 0, expiry: 0 }
    const { version, expiry } = raw.reading
    if (seen === HIT && raw.confirmQuietly()) return { version, expiry }
  }
  return undefined
}
