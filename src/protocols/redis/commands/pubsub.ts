/** PUBLISH SPUBLISH, the commands of subscribers, PUBSUB, MONITOR. */
import type { Args } from '../args.ts'
import { FLAG, RECORD } from '../board.ts'
import type { Continuation, RedisClient } from '../client.ts'
import type { Handler, Handlers } from '../command-table.ts'
import { CHANNEL, type Kind, PATTERN, SHARD } from '../subscriptions.ts'
import { matchesGlob } from '../values/glob.ts'

export const PUBSUB_HANDLERS: Handlers = {
  publish: publishTo(CHANNEL),
  spublish: publishTo(SHARD),
  subscribe: subscribeTo(CHANNEL, 'subscribe'),
  psubscribe: subscribeTo(PATTERN, 'psubscribe'),
  ssubscribe: subscribeTo(SHARD, 'ssubscribe'),
  unsubscribe: unsubscribeFrom(CHANNEL, 'unsubscribe'),
  punsubscribe: unsubscribeFrom(PATTERN, 'punsubscribe'),
  sunsubscribe: unsubscribeFrom(SHARD, 'sunsubscribe'),
  'pubsub|channels': listNames(CHANNEL),
  'pubsub|shardchannels': listNames(SHARD),
  'pubsub|numsub': countNames(CHANNEL),
  'pubsub|shardnumsub': countNames(SHARD),
  'pubsub|numpat': ({ worker, reply }) => {
    reply.integer(worker.subscriptions.names(PATTERN).length)
  },
  monitor: (client) => {
    client.worker.watch(client)
    client.reply.ok()
  },
}

/** So long a publisher waits for workers that are behind; then their subscribers are cut. */
const PATIENCE_MS = 1000
const LOOK_MS = 2

function publishTo(kind: Kind): Handler {
  return (client, args) => {
    const { subscriptions } = client.worker
    const isWaiting = !subscriptions.hasRoom(args.size(1) + args.size(2))
    // Within a transaction nothing waits.
    if (isWaiting && client.more === undefined) client.more = new WaitingMessage(client, kind, args)
    else client.reply.integer(subscriptions.publish(kind, args.latin(1), args.slice(2)))
  }
}

/** A message that is to go to a worker to which too many are on their way. */
class WaitingMessage implements Continuation {
  readonly #kind: Kind
  readonly #args: Args
  readonly #until: number

  constructor(client: RedisClient, kind: Kind, args: Args) {
    this.#kind = kind
    this.#args = args.copy()
    this.#until = client.raw.now() + PATIENCE_MS
  }

  step(client: RedisClient): boolean {
    const args = this.#args
    const { subscriptions } = client.worker
    const hasRoom = subscriptions.hasRoom(args.size(1) + args.size(2))
    if (!hasRoom && client.raw.now() < this.#until) {
      client.wait(LOOK_MS)
      return false
    }
    client.reply.integer(subscriptions.publish(this.#kind, args.latin(1), args.slice(2)))
    return true
  }
}

const TOO_MANY = 'ERR more is listened to than a client may listen to'

function subscribeTo(kind: Kind, word: string): Handler {
  return (client, args) => {
    for (let i = 1; i < args.count; i++) {
      const name = args.latin(i)
      if (!client.worker.subscriptions.add(client, kind, name)) client.reply.error(TOO_MANY)
      else confirm(client, kind, word, name)
    }
  }
}

/** Without names it is about all; and one reply comes in any case. */
function unsubscribeFrom(kind: Kind, word: string): Handler {
  return (client, args) => {
    const names =
      args.count > 1
        ? Array.from({ length: args.count - 1 }, (_, i) => args.latin(i + 1))
        : [...client.subscriptions[kind]!]
    for (const name of names) {
      client.worker.subscriptions.remove(client, kind, name)
      confirm(client, kind, word, name)
    }
    if (names.length === 0) confirm(client, kind, word, undefined)
  }
}

function confirm(client: RedisClient, kind: Kind, word: string, name: string | undefined): void {
  const { reply, subscriptions, host, slot } = client
  const [channels, patterns, shards] = subscriptions.map((names) => names.size) as SizeOfEach
  reply.push(3)
  reply.bulkText(word)
  if (name === undefined) reply.nil()
  else reply.bulk(Buffer.from(name, 'latin1'))
  reply.integer(kind === SHARD ? shards : channels + patterns)
  const { board } = host
  board.setWord(slot, RECORD.channels, channels)
  board.setWord(slot, RECORD.patterns, patterns)
  board.setWord(slot, RECORD.shardChannels, shards)
  const flags = board.word(slot, RECORD.flags) & ~FLAG.pubsub
  const isSubscribed = channels + patterns + shards > 0
  board.setWord(slot, RECORD.flags, isSubscribed ? flags | FLAG.pubsub : flags)
}

type SizeOfEach = [channels: number, patterns: number, shards: number]

const HELP = 'Try PUBSUB HELP.'

function listNames(kind: Kind): Handler {
  return ({ worker, reply }, args) => {
    if (args.count > 3) {
      const name = args.shown(1, 128)
      reply.error(`ERR unknown subcommand or wrong number of arguments for '${name}'. ${HELP}`)
      return
    }
    const names = worker.subscriptions.names(kind).filter((name) => isWanted(args, name))
    reply.array(names.length)
    for (const name of names) reply.bulk(Buffer.from(name, 'latin1'))
  }
}

function isWanted(args: Args, name: string): boolean {
  return args.count === 2 || matchesGlob(args.slice(2), Buffer.from(name, 'latin1'))
}

function countNames(kind: Kind): Handler {
  return ({ worker, reply }, args) => {
    reply.array(2 * (args.count - 2))
    for (let i = 2; i < args.count; i++) {
      reply.bulk(args.bytes, args.from(i), args.to(i))
      reply.integer(worker.subscriptions.countOf(kind, args.latin(i)))
    }
  }
}
