/**
 * What writes more than one key: MSET MSETNX RENAME RENAMENX COPY FLUSHDB FLUSHALL, and the result
 * of BITOP and PFMERGE. Here each key is written by itself, in the order of the arguments: readers
 * may see some of it done, and a worker that dies leaves it so. An atomic form replaces this file.
 */
import {
  ADD,
  type Change,
  CONTENDED,
  DELETED,
  EXISTS,
  HIT,
  MAX_RETRIES,
  MISSING,
  type Outcome,
  type Reading,
  SET,
  STORED,
  type StoreMode,
} from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { KEY_TOO_LONG, NO_SUCH_KEY, NOT_AN_INTEGER, SYNTAX, wrongArity } from '../errors.ts'
import { ABSENT, peek, REFUSED } from './edit.ts'
import { begin, KeyWalk } from './scan.ts'
import { storeArgument } from './set.ts'

const SAME_KEY = 'ERR source and destination objects are the same'
const NO_FLUSH = 'ERR this server was started without the permission to flush'
const NO_DATABASE = 'ERR DB index is out of range'

export const MULTI_STRING_HANDLERS: Handlers = { mset, msetnx }

export const MULTI_KEY_HANDLERS: Handlers = {
  rename: (client, args) => rename(client, args, false),
  renamenx: (client, args) => rename(client, args, true),
  copy,
  flushdb,
  flushall,
}

function mset(client: RedisClient, args: Args): void {
  if (args.count % 2 === 0) client.reply.error(wrongArity('mset'))
  else if (setPairs(client, args)) client.reply.ok()
}

/** False when one was refused, and that was replied. */
function setPairs(client: RedisClient, args: Args): boolean {
  for (let i = 1; i < args.count; i += 2) {
    if (!client.stage(args, i)) return false
    const outcome = storeArgument(client, args, i + 1, 0, SET)
    if (outcome === STORED) continue
    client.refuse(outcome)
    return false
  }
  return true
}

function msetnx(client: RedisClient, args: Args): void {
  if (args.count % 2 === 0) {
    client.reply.error(wrongArity('msetnx'))
    return
  }
  for (let i = 1; i < args.count; i += 2) {
    if (!client.stage(args, i)) return
    const seen = peek(client, false)
    if (seen === REFUSED) return
    if (seen === HIT) {
      client.reply.integer(0)
      return
    }
  }
  if (setPairs(client, args)) client.reply.integer(1)
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
  version = 0

  fill(reading: Reading): void {
    this.codec = reading.codec
    this.flags = reading.flags
    this.expiry = reading.expiry
    this.version = reading.version
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

function storeEntry(client: RedisClient, entry: Entry, mode: StoreMode): Outcome {
  const { raw } = client
  const draft = client.fill(entry.bytes, 0, entry.bytes.length, entry.expiry)
  draft.codec = entry.codec
  draft.flags = entry.flags
  return raw.store(mode)
}

/** Deletes the key if it still is the entry that was copied. */
class RemoveChange implements Change {
  readonly keepsVersion = false
  readonly #version: number

  constructor(version: number) {
    this.#version = version
  }

  make(_old: Uint8Array, reading: Reading): Outcome {
    return reading.version === this.#version ? DELETED : EXISTS
  }
}

function rename(client: RedisClient, args: Args, isOnlyNew: boolean): void {
  const { reply } = client
  const isSame = Buffer.compare(args.slice(1), args.slice(2)) === 0
  let mode: StoreMode = isOnlyNew ? ADD : SET
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const entry = readEntry(client, args, 1)
    if (entry === REFUSED) return
    if (entry === ABSENT && tries === 0) {
      reply.error(NO_SUCH_KEY)
      return
    }
    if (entry === ABSENT) break // Another client deleted it, after it was copied.
    if (!isSame) {
      if (!client.stage(args, 2)) return
      const outcome = storeEntry(client, entry, mode)
      if (outcome === EXISTS) {
        reply.integer(0)
        return
      }
      if (outcome !== STORED) {
        client.refuse(outcome)
        return
      }
      mode = SET // From now on the destination is ours.
      if (!client.stage(args, 1)) return
      const removed = client.raw.change(new RemoveChange(entry.version))
      if (removed === EXISTS) continue // It was written meanwhile: that goes, too.
    }
    break
  }
  if (isOnlyNew) reply.integer(isSame ? 0 : 1)
  else reply.ok()
}

function copy(client: RedisClient, args: Args): void {
  const { reply } = client
  let { space } = client
  let mode: StoreMode = ADD
  for (let i = 3; i < args.count; i++) {
    if (args.is(i, 'replace')) mode = SET
    else if (args.is(i, 'db') && i + 1 < args.count) {
      const found = spaceIn(client, args, ++i)
      if (found === undefined) return
      space = found
    } else {
      reply.error(SYNTAX)
      return
    }
  }
  const isSame = Buffer.compare(args.slice(1), args.slice(2)) === 0
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
  const outcome = storeEntry(client, entry, mode)
  if (outcome === STORED) reply.integer(1)
  else if (outcome === EXISTS) reply.integer(0)
  else client.refuse(outcome)
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
    const remove = (key: Uint8Array): void => {
      if (raw.stage(key, 0, key.length, space)) raw.remove()
    }
    begin(client, new KeyWalk(remove, () => reply.ok()))
    return
  }
  const outcome = space === 0 ? STORED : raw.flushSpace(space)
  if (space === 0) raw.flush()
  if (outcome === STORED) reply.ok()
  else client.refuse(outcome)
}
