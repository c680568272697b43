/**
 * KEYS SCAN RANDOMKEY: walks over the table, while others write.
 *
 * A cursor is the number of the next bucket. An entry stays in its bucket, so each key that is
 * there all the time is told once, whatever happens to the others.
 */
import { HIT } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import type { Continuation, RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { NOT_AN_INTEGER, SYNTAX } from '../errors.ts'
import { matchesGlob } from '../values/glob.ts'
import { typeName } from '../value-type.ts'
import { peek } from './edit.ts'

const STAR = 42
const FIRST_COUNT = 10
/** A SCAN that finds little looks at so many buckets, or so many for each key it is to find. */
const LEAST_BUCKETS = 16_384
const BUCKETS_PER_KEY = 64
/** A walk over all keys lets others come first after so many. */
const BUCKETS_PER_TURN = 4096
const MOST_CURSOR = 2n ** 64n - 1n

export const SCAN_HANDLERS: Handlers = { keys, scan, randomkey }

/** What a walk is to find. */
interface Wanted {
  /** undefined: every key. */
  pattern: Uint8Array | undefined
  type: string | undefined
  count: number
}

/** Visits every key of a database, some buckets at a time: other clients come in between. */
export class KeyWalk implements Continuation {
  readonly #visit: (keys: readonly Uint8Array[]) => boolean
  readonly #end: () => void
  readonly #first: number
  #seen = 0

  /**
   * @param visit gets the keys of a bucket that has some; true: it has seen enough, and replied
   * @param end replies after the last bucket
   * @param first the bucket to begin with
   */
  constructor(visit: (keys: readonly Uint8Array[]) => boolean, end: () => void, first = 0) {
    this.#visit = visit
    this.#end = end
    this.#first = first
  }

  step(client: RedisClient): boolean {
    const { raw, space } = client
    const { buckets } = raw.view
    const turnEnd = Math.min(buckets, this.#seen + BUCKETS_PER_TURN)
    while (this.#seen < turnEnd) {
      const keys = reached(client, raw.keysIn((this.#first + this.#seen++) % buckets, space))
      if (keys.length > 0 && this.#visit(keys)) return true
    }
    if (turnEnd < buckets) return false
    this.#end()
    return true
  }
}

/** Whoever is limited to prefixes sees no other keys. */
function reached({ login }: RedisClient, keys: readonly Uint8Array[]): readonly Uint8Array[] {
  const principal = login?.principal
  if (principal === undefined || principal.reachesAll || keys.length === 0) return keys
  return keys.filter((key) => principal.reaches(key, 0, key.length))
}

/** Begins a walk, and leaves the rest of it for later. */
export function begin(client: RedisClient, walk: KeyWalk): void {
  if (!walk.step(client)) client.more = walk
}

function keys(client: RedisClient, args: Args): void {
  const { reply } = client
  const pattern = patternIn(args, 1)
  const found: Uint8Array[] = []
  const visit = (keys: readonly Uint8Array[]): boolean => {
    for (const key of keys) if (pattern === undefined || matchesGlob(pattern, key)) found.push(key)
    return false
  }
  const tell = (): void => {
    reply.array(found.length)
    for (const key of found) reply.bulk(key)
  }
  begin(client, new KeyWalk(visit, tell))
}

/** A pattern in bytes of its own; undefined for the one that every key matches. */
function patternIn(args: Args, index: number): Uint8Array | undefined {
  if (args.size(index) === 1 && args.bytes[args.from(index)] === STAR) return undefined
  return Buffer.from(args.slice(index))
}

function scan(client: RedisClient, args: Args): void {
  const { reply } = client
  const cursor = cursorIn(args, 1)
  if (cursor === undefined) {
    reply.error('ERR invalid cursor')
    return
  }
  const wanted = readWanted(args)
  if (typeof wanted === 'string') reply.error(wanted)
  else walk(client, cursor, wanted)
}

/** As strtoul reads it, but for blanks in front. */
function cursorIn(args: Args, index: number): number | undefined {
  const match = /^([+-]?)(\d+)$/.exec(args.latin(index))
  if (match === null) return args.size(index) === 0 ? 0 : undefined
  const value = BigInt(match[2]!)
  if (value > MOST_CURSOR) return undefined
  return Number(match[1] === '-' ? BigInt.asUintN(64, -value) : value)
}

function readWanted(args: Args): Wanted | string {
  const wanted: Wanted = { pattern: undefined, type: undefined, count: FIRST_COUNT }
  for (let i = 2; i < args.count; i += 2) {
    if (i + 1 === args.count) return SYNTAX
    if (args.is(i, 'count')) {
      const count = args.long(i + 1)
      if (count === undefined) return NOT_AN_INTEGER
      if (count < 1n) return SYNTAX
      wanted.count = Number(count)
    } else if (args.is(i, 'match')) wanted.pattern = patternIn(args, i + 1)
    else if (args.is(i, 'type')) wanted.type = args.latin(i + 1).toLowerCase()
    else return SYNTAX
  }
  return wanted
}

function walk(client: RedisClient, cursor: number, { pattern, type, count }: Wanted): void {
  const { raw, reply, space } = client
  const { buckets } = raw.view
  const end = Math.min(buckets, cursor + Math.max(LEAST_BUCKETS, count * BUCKETS_PER_KEY))
  const found: Uint8Array[] = []
  let bucket = cursor
  for (let seen = 0; bucket < end && seen < count; bucket++) {
    for (const key of reached(client, raw.keysIn(bucket, space))) {
      seen++
      if (pattern !== undefined && !matchesGlob(pattern, key)) continue
      if (type === undefined || isOfType(client, key, type)) found.push(key)
    }
  }
  reply.array(2)
  reply.bulkText(bucket < buckets ? String(bucket) : '0')
  reply.array(found.length)
  for (const key of found) reply.bulk(key)
}

function isOfType(client: RedisClient, key: Uint8Array, type: string): boolean {
  const { raw } = client
  if (!raw.stage(key, 0, key.length, client.space) || peek(client, false) !== HIT) return false
  return typeName(raw) === type
}

/** From a random bucket on, the first that has keys; one of them at random. */
function randomkey(client: RedisClient): void {
  const { raw, reply } = client
  const choose = (keys: readonly Uint8Array[]): boolean => {
    reply.bulk(keys[Math.floor(Math.random() * keys.length)]!)
    return true
  }
  const first = Math.floor(Math.random() * raw.view.buckets)
  begin(client, new KeyWalk(choose, () => reply.nil(), first))
}
