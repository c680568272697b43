/**
 * What writes more than one key: MSET MSETNX RENAME RENAMENX COPY, and the result of BITOP. Here
 * each key is written by itself, in the order of the arguments: readers may see some of it done,
 * and a worker that dies leaves it so. An atomic form replaces this file.
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
import { storeArgument } from './set.ts'

const SAME_KEY = 'ERR source and destination objects are the same'
const NO_DATABASE = 'ERR DB index is out of range'

export const MULTI_STRING_HANDLERS: Handlers = { mset, msetnx }

export const MULTI_KEY_HANDLERS: Handlers = {
  rename: (client, args) => rename(client, args, false),
  renamenx: (client, args) => rename(client, args, true),
  copy,
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
  addPairs(client, args)
}

/**
 * Adds what nobody may have added meanwhile. Who finds a key after all takes back what it added:
 * of those who name the same keys in one order, one comes to the end.
 */
function addPairs(client: RedisClient, args: Args): void {
  const { raw, reply } = client
  const versions: number[] = []
  let named: Set<string> | undefined
  for (let i = 1; i < args.count; i += 2) {
    if (!client.stage(args, i)) break
    let outcome = storeArgument(client, args, i + 1, 0, ADD)
    if (outcome === EXISTS) {
      named ??= keysBefore(args, i)
      // A key that is named twice has its last value.
      if (named.has(args.latin(i))) outcome = storeArgument(client, args, i + 1, 0, SET)
    }
    if (outcome === EXISTS) reply.integer(0)
    else if (outcome !== STORED) client.refuse(outcome)
    if (outcome !== STORED) break
    versions.push(raw.draft.version)
    named?.add(args.latin(i))
  }
  if (2 * versions.length === args.count - 1) reply.integer(1)
  else takeBack(client, args, versions)
}

function keysBefore(args: Args, index: number): Set<string> {
  const keys = new Set<string>()
  for (let i = 1; i < index; i += 2) keys.add(args.latin(i))
  return keys
}

function isSameKey(args: Args, one: number, other: number): boolean {
  return Buffer.compare(args.slice(one), args.slice(other)) === 0
}

function takeBack(client: RedisClient, args: Args, versions: readonly number[]): void {
  for (const [i, version] of versions.entries()) {
    if (client.stage(args, 2 * i + 1)) client.raw.change(new RemoveChange(version))
  }
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
  const isSame = isSameKey(args, 1, 2)
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
