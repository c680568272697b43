/**
 * MULTI EXEC DISCARD WATCH UNWATCH. EXEC works out what was queued, and commits what it did to keys
 * at one moment, if what it read and what is watched is still so. What does other things than read
 * and write keys (PUBLISH, CLIENT...) is executed after that, and replied in its place.
 *
 * WATCH remembers version and expiry of a key; of an absent one, how many keys were created in its
 * home bucket so far, so that one that came and went is noticed.
 */
import { CONFLICT, type Outcome, type Seen, STORED } from '../../engine/raw-access.ts'
import type { Args } from './args.ts'
import { isAnyChanged, workOut } from './atomic.ts'
import type { Continuation, RedisClient } from './client.ts'
import type { Command, Handlers } from './command-table.ts'
import { isResp3After } from './commands/connection.ts'
import { CONTENDED_REPLY, KEY_TOO_LONG } from './errors.ts'
import { nameOf } from './overlay-entry.ts'

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
  readonly seen: Seen
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
  const watched = new Map(client.watched)
  client.leaveTransaction()
  if (transaction.isBroken) {
    reply.error('EXECABORT Transaction discarded because of previous errors.')
  } else if (isAnyChanged(client, watched)) reply.nilArray()
  else commit(client, transaction, watched)
}

function commit(client: RedisClient, { queue }: Transaction, watched: Map<string, Watched>): void {
  const { reply, database, worker } = client
  const ends: number[] = []
  const { isResp3 } = reply
  const run = (): boolean => {
    client.select(database)
    reply.isResp3 = isResp3
    ends.length = 0
    for (const { command, args } of queue) {
      if (concernsKeys(command)) {
        client.execute(command, args)
        while (client.more !== undefined && !client.more.step(client));
        client.more = undefined
      } else if (command.name === 'hello') reply.isResp3 = isResp3After(client, args)
      ends.push(worker.scratch.length)
    }
    return true
  }
  let outcome: Outcome = STORED
  const work = (): void => {
    outcome = workOut(client, watched, run)
  }
  // What the commands change is not changed before the commit.
  if (client.tracking?.isNoLoop) worker.tracking.own(client, bytesOf(queue), work)
  else work()
  reply.isResp3 = isResp3 // What HELLO does is done when its turn has come.
  const { scratch } = worker
  if (outcome === STORED) {
    reply.array(queue.length)
    const replies = Uint8Array.from(scratch.bytes.subarray(0, scratch.length))
    client.more = new Execution(queue, replies, ends)
  } else {
    client.select(database)
    if (outcome === CONFLICT) reply.nilArray()
    else client.refuse(outcome)
  }
  scratch.clear()
}

function bytesOf(queue: Transaction['queue']): number {
  return queue.reduce((sum, { args }) => sum + args.to(args.count - 1) - args.from(0), 0)
}

/** What neither reads nor writes a key by its name, but must know of what EXEC did before it. */
const OF_ALL_KEYS: readonly string[] = [
  'select',
  'keys',
  'scan',
  'randomkey',
  'dbsize',
  'flushdb',
  'flushall',
]

function concernsKeys({ name, firstKey, flags }: Command): boolean {
  return (firstKey !== 0 && !flags.includes('pubsub')) || OF_ALL_KEYS.includes(name)
}

/** After the commit: what was replied, and what is done only now, in the order of the queue. */
class Execution implements Continuation {
  readonly #queue: Transaction['queue']
  readonly #replies: Uint8Array
  /** Where the reply to each command ends; that of a later one begins there. */
  readonly #ends: readonly number[]
  #next = 0
  #written = 0
  #inner: Continuation | undefined

  constructor(queue: Transaction['queue'], replies: Uint8Array, ends: readonly number[]) {
    this.#queue = queue
    this.#replies = replies
    this.#ends = ends
  }

  step(client: RedisClient): boolean {
    for (;;) {
      if (this.#inner !== undefined) {
        if (!this.#inner.step(client)) return false
        this.#inner = undefined
      }
      if (this.#next === this.#queue.length) return true
      if (client.reply.out.isFull) return false
      const end = this.#ends[this.#next]!
      const { command, args } = this.#queue[this.#next++]!
      if (concernsKeys(command)) {
        client.reply.out.copy(this.#replies, this.#written, end)
        this.#written = end
      } else this.#execute(client, command, args)
    }
  }

  #execute(client: RedisClient, command: Command, args: Args): void {
    client.execute(command, args)
    if (client.more === this) return
    this.#inner = client.more
    client.more = this
  }
}

function watch(client: RedisClient, args: Args): void {
  if (client.transaction !== undefined) {
    client.reply.error('ERR WATCH inside MULTI is not allowed')
    return
  }
  const { raw } = client.worker
  let bytes = 0
  for (const { key } of client.watched.values()) bytes += COST_BYTES + key.length
  for (let i = 1; i < args.count; i++) {
    const key = args.slice(i).slice()
    const name = nameOf(key, client.space)
    if (client.watched.has(name)) continue
    const seen = raw.stage(key, 0, key.length, client.space) ? raw.see() : TOO_LONG
    if (seen === TOO_LONG || seen === undefined) {
      client.reply.error(seen === undefined ? CONTENDED_REPLY : KEY_TOO_LONG)
      return
    }
    bytes += COST_BYTES + key.length
    if (bytes > MOST_WATCHED_BYTES) {
      client.reply.error(WATCHES_TOO_MUCH)
      return
    }
    client.watched.set(name, { key, space: client.space, seen })
  }
  client.reply.ok()
}

const TOO_LONG = -1
