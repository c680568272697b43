/** DUMP RESTORE: a value as bytes that a Redis takes, and gives. */
import { ADD, EXISTS, HIT, SET, STORED } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { NOT_AN_INTEGER, SYNTAX } from '../errors.ts'
import { BAD_FOOTER, BAD_FORMAT, dumpString, restoreString } from '../values/dump-payload.ts'
import { ABSENT, integerArgument, peek, readString, REFUSED } from './edit.ts'

const BUSY = 'BUSYKEY Target key name already exists.'
const BAD_TTL = 'ERR Invalid TTL value, must be >= 0'
const BAD_IDLE_TIME = 'ERR Invalid IDLETIME value, must be >= 0'
const BAD_FREQUENCY = 'ERR Invalid FREQ value, must be >= 0 and <= 255'
const WRONG_FOOTER = 'ERR DUMP payload version or checksum are wrong'
const WRONG_FORMAT = 'ERR Bad data format'
const MOST_FREQUENCY = 255n

export const DUMP_HANDLERS: Handlers = { dump, restore }

function dump(client: RedisClient, args: Args): void {
  if (!client.stage(args, 1)) return
  const value = readString(client)
  if (value === ABSENT) client.reply.nil()
  else if (value !== REFUSED) client.reply.bulk(dumpString(value))
}

interface RestoreOptions {
  replaces: boolean
  isAbsolute: boolean
}

/** The options, or what is wrong with them. Last use and frequency are read and not kept. */
function readOptions(args: Args): RestoreOptions | string {
  const options = { replaces: false, isAbsolute: false }
  let isIdle = false
  let isFrequent = false
  for (let i = 4; i < args.count; i++) {
    const hasNext = i + 1 < args.count
    if (args.is(i, 'replace')) options.replaces = true
    else if (args.is(i, 'absttl')) options.isAbsolute = true
    else if (args.is(i, 'idletime') && hasNext && !isFrequent) {
      const value = args.long(++i)
      if (value === undefined) return NOT_AN_INTEGER
      if (value < 0n) return BAD_IDLE_TIME
      isIdle = true
    } else if (args.is(i, 'freq') && hasNext && !isIdle) {
      const value = args.long(++i)
      if (value === undefined) return NOT_AN_INTEGER
      if (value < 0n || value > MOST_FREQUENCY) return BAD_FREQUENCY
      isFrequent = true
    } else return SYNTAX
  }
  return options
}

function restore(client: RedisClient, args: Args): void {
  const { reply } = client
  const options = readOptions(args)
  if (typeof options === 'string') {
    reply.error(options)
    return
  }
  if (!client.stage(args, 1)) return
  const seen = options.replaces ? ABSENT : peek(client, false)
  if (seen === REFUSED) return
  if (seen === HIT) {
    reply.error(BUSY)
    return
  }
  const ttl = integerArgument(client, args, 2)
  if (ttl === undefined) return
  if (ttl < 0) {
    reply.error(BAD_TTL)
    return
  }
  const value = restoreString(Buffer.from(args.slice(3)), client.maxItemBytes)
  if (value === BAD_FOOTER) reply.error(WRONG_FOOTER)
  else if (value === BAD_FORMAT) reply.error(WRONG_FORMAT)
  else store(client, value, Number(ttl), options)
}

function store(
  client: RedisClient,
  value: Uint8Array,
  ttl: number,
  { replaces, isAbsolute }: RestoreOptions,
): void {
  const expiry = ttl > 0 && !isAbsolute ? client.now + ttl : ttl
  client.fill(value, 0, value.length, expiry)
  const outcome = client.raw.store(replaces ? SET : ADD)
  if (outcome === STORED) client.reply.ok()
  else if (outcome === EXISTS) client.reply.error(BUSY)
  else client.refuse(outcome)
}
