/** MEMORY OBJECT SLOWLOG LATENCY: what one asks of a server that behaves oddly. */
import { HIT, MAX_RETRIES } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { NOT_AN_INTEGER, SYNTAX } from '../errors.ts'
import { ABSENT, peek, REFUSED } from './edit.ts'
import { latencyHistogram } from './latency.ts'
import { memoryStats } from './memory-stats.ts'

export const DIAGNOSIS_HANDLERS: Handlers = {
  'memory|usage': memoryUsage,
  'memory|doctor': ({ reply }) => reply.verbatim(NO_PROBLEM),
  'memory|malloc-stats': ({ reply }) => reply.verbatim(NO_ALLOCATOR),
  'memory|purge': ({ reply }) => reply.ok(),
  'memory|stats': memoryStats,
  'object|encoding': (client, args) => ofKey(client, args, encoding),
  'object|refcount': (client, args) => ofKey(client, args, ({ reply }) => reply.integer(1)),
  'object|idletime': (client, args) => {
    ofKey(client, args, ({ raw, reply }) => reply.integer(client.idleSeconds(raw.reading.marks)))
  },
  'object|freq': (client, args) => ofKey(client, args, frequency),
  'slowlog|get': slowlogGet,
  'slowlog|len': ({ worker, reply }) => reply.integer(worker.slow.length),
  'slowlog|reset': ({ worker, reply }) => {
    worker.forgetSlow()
    reply.ok()
  },
  'latency|latest': ({ reply }) => reply.array(0),
  'latency|history': ({ reply }) => reply.array(0),
  'latency|reset': ({ reply }) => reply.integer(0),
  'latency|histogram': latencyHistogram,
  'latency|graph': ({ reply }, args) => {
    reply.error(`ERR No samples available for event '${args.latin(2)}'`)
  },
  'latency|doctor': ({ reply }) => reply.verbatim(NO_MONITOR),
}

const NO_PROBLEM =
  "Hi Sam, I can't find any memory issue in your instance. " +
  'I can only account for what occurs on this base.\n'
const NO_ALLOCATOR = 'Stats not supported for the current allocator'
const NO_LFU =
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that ' +
  'when switching between policies at runtime LRU and LFU data will take some time to adjust.'
const NO_MONITOR =
  "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this server. " +
  'SLOWLOG tells which commands took long.\n'
/** Values up to so many bytes are `embstr` in Redis, longer ones `raw`. */
const LONGEST_EMBEDDED = 44
const LONGEST_INTEGER = 20

/** Does something with the opened entry of a key; a key that is absent is a null. */
function ofKey(client: RedisClient, args: Args, then: (client: RedisClient) => void): void {
  if (!client.stage(args, 2)) return
  const seen = peek(client, false)
  if (seen === ABSENT) client.reply.nil()
  else if (seen !== REFUSED) then(client)
}

/** Bytes of the chunks that an entry takes. */
function memoryUsage(client: RedisClient, args: Args): void {
  const { raw, reply } = client
  if (args.count > 3) {
    const isSamples = args.count === 5 && args.is(3, 'samples')
    const samples = isSamples ? args.long(4) : undefined
    if (!isSamples) {
      reply.error(SYNTAX)
      return
    }
    if (samples === undefined) {
      reply.error(NOT_AN_INTEGER)
      return
    }
    if (samples < 0n) {
      reply.error(SYNTAX)
      return
    }
  }
  ofKey(client, args, () => {
    const whole = HEADER_BYTES + args.size(2) + raw.reading.length
    reply.integer(Math.max(raw.chunkBytes(), whole))
  })
}

/**
 * The counter that Redis' LFU would have after so many uses (lfu-log-factor 10), of a key that is
 * among the hot ones; of any other how often the CLOCK hand has seen it used, 0 to 3.
 */
function frequency({ raw, reply }: RedisClient): void {
  const uses = raw.uses()
  if (uses === undefined) reply.error(NO_LFU)
  else if (uses === 0) reply.integer(raw.heat())
  else reply.integer(Math.min(MOST_FREQUENCY, Math.round(LFU_START + Math.sqrt(uses / 5))))
}
/** Where Redis' counter of a new key begins, and where it ends. */
const LFU_START = 5
const MOST_FREQUENCY = 255

/** As Redis would hold such a value. */
function encoding(client: RedisClient): void {
  const { raw, reply } = client
  const { length } = raw.reading
  if (length > LONGEST_EMBEDDED) reply.bulkText('raw')
  else if (length > LONGEST_INTEGER) reply.bulkText('embstr')
  else reply.bulkText(isInteger(shortValue(client)) ? 'int' : 'embstr')
}

/** The value of the staged key, which is short. */
function shortValue({ raw }: RedisClient): Buffer {
  const value = Buffer.alloc(LONGEST_INTEGER)
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    if (raw.open() !== HIT || raw.reading.length > LONGEST_INTEGER) break
    raw.copy(value, 0)
    if (raw.confirmQuietly()) return value.subarray(0, raw.reading.length)
  }
  return value
}

function isInteger(value: Buffer): boolean {
  const text = value.toString('latin1')
  if (!/^(?:0|-?[1-9][0-9]*)$/.test(text)) return false
  return BigInt.asIntN(64, BigInt(text)) === BigInt(text)
}

/** Of an entry, at least. */
const HEADER_BYTES = 16
const STANDARD_ENTRIES = 10

function slowlogGet({ worker, reply }: RedisClient, args: Args): void {
  const wanted = args.count > 2 ? args.integer(2) : STANDARD_ENTRIES
  if (Number.isNaN(wanted) || wanted < -1) {
    reply.error('ERR count should be greater than or equal to -1')
    return
  }
  const entries = wanted === -1 ? worker.slow : worker.slow.slice(0, wanted)
  reply.array(entries.length)
  for (const { id, command } of entries) {
    reply.array(6)
    reply.integer(id)
    reply.integer(command.at)
    reply.integer(command.took)
    reply.array(command.words.length)
    for (const word of command.words) reply.bulk(Buffer.from(word, 'latin1'))
    reply.bulkText(command.address)
    reply.bulk(Buffer.from(command.name, 'latin1'))
  }
}
