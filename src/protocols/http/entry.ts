/** An entry as HTTP shows it: read in one piece, with what its header fields are made of. */
import {
  TAG_ASCII,
  TAG_BIGINT,
  TAG_BOOLEAN,
  TAG_JSON,
  TAG_NULL,
  TAG_NUMBER,
  TAG_UTF8,
} from '../../engine/codec.ts'
import { GONE, HIT, MAX_RETRIES, type RawAccess } from '../../engine/raw-access.ts'
import type { Exchange } from './exchange.ts'
import { Problem } from './problem.ts'

export interface Entry {
  readonly bytes: Buffer
  readonly version: number
  readonly contentType: string
  /** Absolute, ms; 0: never. */
  readonly expiry: number
  /** When it was stored over HTTP, ms; 0: not noted. */
  readonly storedAt: number
}

const TEXT = 'text/plain; charset=utf-8'
const BYTES = 'application/octet-stream'
/** What programs stored in process has a type by what it was there. */
const TYPES: Readonly<Record<number, string>> = {
  [TAG_ASCII]: TEXT,
  [TAG_UTF8]: TEXT,
  [TAG_NUMBER]: TEXT,
  [TAG_BIGINT]: TEXT,
  [TAG_BOOLEAN]: TEXT,
  [TAG_NULL]: TEXT,
  [TAG_JSON]: 'application/json',
}

/** The entry of the staged key; undefined when there is none. @throws Problem 503 */
export function readEntry(raw: RawAccess): Entry | undefined {
  const { reading } = raw
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const found = raw.open()
    if (found === GONE) return undefined
    if (found !== HIT) continue
    const bytes = Buffer.allocUnsafe(reading.length)
    raw.copy(bytes, 0)
    if (!raw.confirm()) continue
    const { version, expiry, storedAt } = reading
    return { bytes, version, contentType: contentTypeOf(raw), expiry, storedAt }
  }
  throw contended()
}

/** Of the entry that was read last: what it was stored with, or what follows from how. */
export function contentTypeOf(raw: RawAccess): string {
  const { content, codec } = raw.reading
  return raw.contentTypeName(content) ?? TYPES[codec] ?? BYTES
}

/** The namespace that `?space= names. @param isKnown it may not be new: -1 if nobody used it */
export function spaceOf({ query, worker }: Exchange, isKnown: boolean): number {
  const name = query.get('space')
  if (name === null) return 0
  if (name === '') throw new Problem(400, 'the parameter space is empty: leave it out')
  const space = worker.raw.spaceOf(name, isKnown)
  if (space < 0 && !isKnown) {
    const { maxNamespaces } = worker.raw.view.plan
    const detail = `there is no room for another namespace beside the ${maxNamespaces} there are`
    throw new Problem(507, detail, {}, { limit: maxNamespaces })
  }
  return space
}

/** Stages a key for what follows. @throws Problem 414 */
export function stage(raw: RawAccess, key: Uint8Array, space: number): void {
  if (raw.stage(key, 0, key.length, space)) return
  const limit = raw.session.longestKey
  throw new Problem(414, `the key has ${key.length} bytes; the most is ${limit}`, {}, { limit })
}

export function absent(): Problem {
  return new Problem(404, 'there is no entry of this key')
}

export function contended(): Problem {
  const detail = 'others changed this entry too often meanwhile: try again'
  return new Problem(503, detail, { 'Retry-After': '1' })
}

/**
 * The entity tag of a version. It names the engine, too: versions begin anew with each, and a tag
 * of yesterday's must not fit another value of today's.
 */
export function entityTag(raw: RawAccess, version: number): string {
  return `"${raw.view.startedAt.toString(36)}-${version}"`
}

/** Seconds that are left, rounded up; undefined without an expiry. */
export function secondsLeft({ expiry }: Pick<Entry, 'expiry'>, now: number): number | undefined {
  return expiry === 0 ? undefined : Math.max(0, Math.ceil((expiry - now) / 1000))
}
