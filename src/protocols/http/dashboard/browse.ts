/**
 * The key browser: keys by prefix, some at a time, and the first bytes of a value. A request looks
 * at MOST_BUCKETS buckets of the table at most, some in a turn of the event loop, so that clients
 * of the same worker come in between. Nothing counts as a hit, or as a use.
 *
 * The cursor is the next bucket, as for SCAN: a key that is there all the time is told once.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { absent, contentTypeOf, secondsLeft, spaceOf } from '../entry.ts'
import type { Exchange } from '../exchange.ts'
import { Problem } from '../problem.ts'

const MOST_BUCKETS = 16_384
const BUCKETS_PER_TURN = 256
export const MOST_KEYS = 200
const DEFAULT_KEYS = 50
const PREVIEW_BYTES = 4096

export async function listKeys(exchange: Exchange): Promise<void> {
  const { caller, query, worker } = exchange
  const { raw } = worker
  const { buckets } = raw.view
  const prefix = Buffer.from(query.get('prefix') ?? '')
  const most = wholeOf(query, 'count', 1, MOST_KEYS, DEFAULT_KEYS)
  const first = wholeOf(query, 'cursor', 0, buckets - 1, 0)
  const space = spaceOf(exchange, true)
  const end = space < 0 ? first : Math.min(buckets, first + MOST_BUCKETS)
  const keys: object[] = []
  let bucket = first
  while (bucket < end && keys.length < most) {
    const turnEnd = Math.min(end, bucket + BUCKETS_PER_TURN)
    for (; bucket < turnEnd && keys.length < most; bucket++) {
      for (const key of raw.keysIn(bucket, space)) {
        if (!beginsWith(key, prefix) || !caller.may('read', key)) continue
        const entry = describe(exchange, key, space, 0)
        if (entry !== undefined) keys.push(entry)
      }
    }
    if (bucket >= end || keys.length >= most) break
    worker.fed() // this thread must not rest meanwhile
    await turn()
  }
  const next = space >= 0 && bucket < buckets ? bucket : null
  const lookedAt = buckets === 0 ? 1 : (next ?? buckets) / buckets
  exchange.json(200, { keys, next, lookedAt }, { 'Cache-Control': 'no-store' })
}

export function previewKey(exchange: Exchange): void {
  const space = spaceOf(exchange, true)
  const entry = space < 0 ? undefined : describe(exchange, exchange.key, space, PREVIEW_BYTES)
  if (entry === undefined) throw absent()
  exchange.json(200, entry, { 'Cache-Control': 'no-store' })
}

/** @param most bytes of the value that are shown; 0: none are */
function describe(
  { worker }: Exchange,
  key: Uint8Array,
  space: number,
  most: number,
): object | undefined {
  const { raw } = worker
  const bytes = raw.preview(key, space, most)
  if (bytes === undefined) return undefined
  const { length, version, expiry, storedAt } = raw.reading
  const now = raw.now()
  return {
    key: percentEncoded(key),
    bytes: length,
    contentType: contentTypeOf(raw),
    secondsLeft: secondsLeft({ expiry }, now) ?? null,
    ...(most > 0 && {
      version,
      ageSeconds: storedAt === 0 ? null : Math.max(0, Math.floor((now - storedAt) / 1000)),
      shownBytes: bytes.length,
      base64: bytes.toString('base64'),
    }),
  }
}

/** As a path of `/cache/{key}` has it: what is unreserved stands for itself. */
function percentEncoded(key: Uint8Array): string {
  let text = ''
  for (const byte of key) {
    const sign = String.fromCharCode(byte)
    const isPlain = /[A-Za-z0-9._~-]/.test(sign)
    text += isPlain ? sign : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

function beginsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  if (key.length < prefix.length) return false
  for (let at = 0; at < prefix.length; at++) if (key[at] !== prefix[at]) return false
  return true
}

/** @throws Problem 400 */
function wholeOf(
  query: URLSearchParams,
  name: string,
  least: number,
  most: number,
  other: number,
): number {
  const text = query.get(name)
  if (text === null) return other
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new Problem(400, `${name} is '${text}': it must be from ${least} to ${most}`)
}
