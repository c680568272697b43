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
    client.watched.clear()
    client.reply.ok()
  },
}

/** These are executed at once, also within a transaction. */
const AT_ONCE: readonly string[] = ['exec', 'discard', 'multi', 'watch', 'quit', 'reset']

/** Bytes of commands that a client may have queued, and of keys that it may watch. */
const MOST_QUEUED_BYTES = 64 * 1024 * 1024
const MOST_WATCHED_BYTES = 4 * 1024 * 1024
/** About what a queued command, an argument of it, or a watched key costs beside its bytes. */
const COST_BYTES = 100
const QUEUE_TOO_LONG = 'ERR the transaction is larger than a client may have'
const WATCHES_TOO_MUCH = 'ERR more keys are watched than a client may have'

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
  #bytes = 0

  /** Whether a command waits for EXEC. */
  takes(command: Command): boolean {
    return !AT_ONCE.includes(command.name)
  }

  /** Queues a command, or refuses it where that would be too much. */
  add(client: RedisClient, command: Command, args: Args): void {
    this.#bytes += COST_BYTES
    for (let i = 0; i < args.count; i++) this.#bytes += COST_BYTES + args.size(i)
    if (this.#bytes > MOST_QUEUED_BYTES) {
      this.queue.length = 0
      this.isBroken = true
      client.reply.error(QUEUE_TOO_LONG)
      return
    }
    // Of a broken one nothing will be executed.
    if (!this.isBroken) this.queue.push({ command, args: args.copy() })
    client.reply.queued()
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
  const isChanged = !transaction.isBroken && isAnyChanged(client)
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
  let bytes = 0
  for (const { key } of client.watched.values()) bytes += COST_BYTES + key.length
  for (let i = 1; i < args.count; i++) {
    const key = args.slice(i).slice()
    const seen = lookAt(client, key, client.space)
    if (seen === undefined) {
      client.reply.error(client.raw.stage(key, 0, key.length) ? CONTENDED_REPLY : KEY_TOO_LONG)
      return
    }
    const name = `${client.space} ${args.latin(i)}`
    if (client.watched.has(name)) continue
    bytes += COST_BYTES + key.length
    if (bytes > MOST_WATCHED_BYTES) {
      client.reply.error(WATCHES_TOO_MUCH)
      return
    }
    client.watched.set(name, { key, space: client.space, ...seen })
  }
  client.reply.ok()
}

function isAnyChanged(client: RedisClient): boolean {
  for (const each of client.watched.values()) if (hasChanged(client, each)) return true
  return false
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
