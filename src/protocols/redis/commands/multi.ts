/**
 * What writes more than one key, or makes one of others: MSET MSETNX RENAME RENAMENX COPY, and the
 * result of BITOP. All of a command happens at one moment: see ../atomic.ts.
 */
import {
  CONTENDED,
  DELETED,
  HIT,
  MAX_RETRIES,
  MISSING,
  type Outcome,
  type Reading,
  SET,
  STORED,
} from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import { atomically } from '../atomic.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { KEY_TOO_LONG, NO_SUCH_KEY, NOT_AN_INTEGER, SYNTAX, wrongArity } from '../errors.ts'
import { ABSENT, peek, REFUSED } from './edit.ts'
import { storeArgument } from './set.ts'

const SAME_KEY = 'ERR source and destination objects are the same'
const NO_DATABASE = 'ERR DB index is out of range'

export const MULTI_STRING_HANDLERS: Handlers = { mset, msetnx }

export const MULTI_KEY_HANDLERS: Handlers = {
  rename: atomically((client, args) => rename(client, args, false)),
  renamenx: atomically((client, args) => rename(client, args, true)),
  copy: atomically(copy),
}

/** One pair is one exchange in any case. */
const ONE_PAIR = 3
const setPairsAtOnce = atomically(setPairs)
const addPairsAtOnce = atomically(addPairs)

function mset(client: RedisClient, args: Args): void {
  if (args.count % 2 === 0) client.reply.error(wrongArity('mset'))
  else if (args.count === ONE_PAIR) setPairs(client, args)
  else setPairsAtOnce(client, args)
}

function msetnx(client: RedisClient, args: Args): void {
  if (args.count % 2 === 0) client.reply.error(wrongArity('msetnx'))
  else addPairsAtOnce(client, args)
}

function setPairs(client: RedisClient, args: Args): void {
  if (storePairs(client, args)) client.reply.ok()
}

/** False when one was refused, and that was replied. */
function storePairs(client: RedisClient, args: Args): boolean {
  for (let i = 1; i < args.count; i += 2) {
    if (!client.stage(args, i)) return false
    const outcome = storeArgument(client, args, i + 1, 0, SET)
    if (outcome === STORED) continue
    client.refuse(outcome)
    return false
  }
  return true
}

function addPairs(client: RedisClient, args: Args): void {
  for (let i = 1; i < args.count; i += 2) {
    if (!client.stage(args, i)) return
    const seen = peek(client, false)
    if (seen === REFUSED) return
    if (seen === HIT) {
      client.reply.integer(0)
      return
    }
  }
  if (storePairs(client, args)) client.reply.integer(1)
}

function isSameKey(args: Args, one: number, other: number): boolean {
  return Buffer.compare(args.slice(one), args.slice(other)) === 0
}

/** Replaces a key by what a command made of others; nothing deletes it. False: it was refused. */
export function replaceByResult(
  client: RedisClient,
  args: Args,
  index: number,
  result: Uint8Array,
): boolean {
  if (!client.stage(args, index)) return false
  const { raw } = client
  client.fill(result, 0, result.length, 0)
  const outcome = result.length === 0 ? raw.remove() : raw.store(SET)
  if (outcome === STORED || outcome === DELETED || outcome === MISSING) return true
  client.refuse(outcome)
  return false
}

/** An entry as it was read: what a copy of it is made of. */
class Entry {
  bytes: Uint8Array = new Uint8Array(0)
  codec = 0
  flags = 0
  expiry = 0
  content = 0
  storedAt = 0

  fill(reading: Reading): void {
    this.codec = reading.codec
    this.flags = reading.flags
    this.expiry = reading.expiry
    this.content = reading.content
    this.storedAt = reading.storedAt
  }
}

/** Reads an entry of any type whole; ABSENT or REFUSED otherwise. */
function readEntry(client: RedisClient, args: Args, index: number): Entry | 0 | -1 {
  if (!client.stage(args, index)) return REFUSED
  const { raw } = client
  const entry = new Entry()
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const seen = peek(client, false)
    if (seen !== HIT) return seen === ABSENT ? ABSENT : REFUSED
    entry.fill(raw.reading)
    entry.bytes = new Uint8Array(raw.reading.length)
    raw.copy(entry.bytes, 0)
    if (raw.confirmQuietly()) return entry
  }
  client.refuse(CONTENDED)
  return REFUSED
}

/** Stores a copy of it under the staged key; false when that was refused, and that was replied. */
function storeEntry(client: RedisClient, entry: Entry): boolean {
  const { raw } = client
  const draft = client.fill(entry.bytes, 0, entry.bytes.length, entry.expiry)
  draft.codec = entry.codec
  draft.flags = entry.flags
  draft.content = entry.content
  draft.storedAt = entry.storedAt
  const outcome: Outcome = raw.store(SET)
  if (outcome !== STORED) client.refuse(outcome)
  return outcome === STORED
}

function rename(client: RedisClient, args: Args, isOnlyNew: boolean): void {
  const { reply, raw } = client
  const entry = readEntry(client, args, 1)
  if (entry === REFUSED) return
  if (entry === ABSENT) {
    reply.error(NO_SUCH_KEY)
    return
  }
  const isSame = isSameKey(args, 1, 2)
  if (!client.stage(args, 2)) return
  const isThere = isOnlyNew ? peek(client, false) : ABSENT
  if (isThere === REFUSED) return
  if (isThere === HIT) {
    reply.integer(0)
    return
  }
  if (!isSame) {
    if (!storeEntry(client, entry) || !client.stage(args, 1)) return
    raw.remove()
  }
  if (isOnlyNew) reply.integer(1)
  else reply.ok()
}

function copy(client: RedisClient, args: Args): void {
  const { reply } = client
  let { space } = client
  let isReplacing = false
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'replace')) isReplacing = true
    else if (args.is(i, 'db') && i + 1 < args.count) {
      const found = spaceIn(client, args, ++i)
      if (found === undefined) return
      space = found
    } else {
      reply.error(SYNTAX)
      return
    }
  }
  const isSame = isSameKey(args, 1, 2)
  if (isSame && space === client.space) {
    reply.error(SAME_KEY)
    return
  }
  const entry = readEntry(client, args, 1)
  if (entry === REFUSED) return
  if (entry === ABSENT) {
    reply.integer(0)
    return
  }
  if (!client.raw.stage(args.bytes, args.from(2), args.to(2), space)) {
    reply.error(KEY_TOO_LONG)
    return
  }
  const seen = isReplacing ? ABSENT : peek(client, false)
  if (seen === HIT) reply.integer(0)
  else if (seen === ABSENT && storeEntry(client, entry)) reply.integer(1)
}

/** The namespace of the database that an argument names; undefined: that was refused. */
function spaceIn(client: RedisClient, args: Args, index: number): number | undefined {
  const database = args.integer(index)
  if (Number.isNaN(database)) client.reply.error(NOT_AN_INTEGER)
  else if (!client.isDatabase(database)) client.reply.error(NO_DATABASE)
  else {
    const space = client.spaceOf(database)
    if (space >= 0) return space
    client.reply.error(NO_DATABASE)
  }
  return undefined
}
