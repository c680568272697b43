/**
 * POST /mget: many values at once, as JSON. A value that is UTF-8 comes as `text`, any other as
 * `base64`; the same for keys. What does not fit into one answer is left out and says so.
 */
import { isUtf8 } from 'node:buffer'
import type { RawAccess } from '../../../engine/raw-access.ts'
import { type Entry, entityTag, readEntry, secondsLeft, spaceOf, stage } from '../entry.ts'
import type { Exchange } from '../exchange.ts'
import { problems, SPACE_PARAMETER } from '../operations.ts'
import { Problem } from '../problem.ts'
import type { Route } from '../route-table.ts'

const MOST_KEYS = 1000
const MOST_BODY_BYTES = 1024 * 1024
/** Values of one answer, together. */
const MOST_BYTES = 16 * 1024 * 1024
const JSON_TYPE = /^application\/(?:json|[a-z0-9.+-]+\+json)\s*(?:;|$)/i

type KeyName = string | { readonly base64: string }

function mget(exchange: Exchange): void {
  const { raw } = exchange.worker
  const names = keysOf(exchange)
  const keys = names.map(bytesOf)
  for (const key of keys) exchange.demand('read', key)
  const space = spaceOf(exchange, true)
  let room = MOST_BYTES
  const entries = keys.map((key, index) => {
    const name = names[index]!
    if (space < 0) return { key: name, found: false }
    stage(raw, key, space)
    const entry = readEntry(raw)
    if (entry === undefined) return { key: name, found: false }
    room -= entry.bytes.length
    if (room < 0) {
      room += entry.bytes.length
      return { key: name, found: true, omitted: true }
    }
    return { key: name, found: true, ...shown(raw, entry) }
  })
  exchange.json(200, { entries }, { 'Cache-Control': 'no-store' })
}

function shown(raw: RawAccess, entry: Entry): object {
  const { bytes, contentType, version } = entry
  const ttl = secondsLeft(entry, raw.now())
  return {
    contentType,
    etag: entityTag(raw, version),
    ...(ttl === undefined ? {} : { ttl }),
    ...(isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString('base64') }),
  }
}

/** @throws Problem 400, 415 */
function keysOf(exchange: Exchange): KeyName[] {
  const type = exchange.header('content-type') ?? ''
  if (!JSON_TYPE.test(type)) {
    const detail = `the keys are sent as application/json, not as '${type}'`
    throw new Problem(415, detail, { 'Accept-Post': 'application/json' })
  }
  const keys = (parsed(exchange.body) as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Problem(400, 'the body has no list of keys: {"keys": ["a"]}')
  if (keys.length > MOST_KEYS) {
    const detail = `there are ${keys.length} keys; the most is ${MOST_KEYS}`
    throw new Problem(400, detail, {}, { field: 'keys', limit: MOST_KEYS })
  }
  const wrong = keys.findIndex((key) => !isKeyName(key))
  if (wrong < 0) return keys
  throw new Problem(400, `keys[${wrong}] is neither text nor {"base64": "..."}`)
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    throw new Problem(400, `the body is no JSON: ${(error as Error).message}`)
  }
}

function isKeyName(key: unknown): key is KeyName {
  if (typeof key === 'string') return true
  const base64 = (key as { base64?: unknown } | null)?.base64
  return typeof base64 === 'string' && Buffer.from(base64, 'base64').toString('base64') === base64
}

function bytesOf(name: KeyName): Uint8Array {
  return typeof name === 'string' ? Buffer.from(name) : Buffer.from(name.base64, 'base64')
}

const KEY_NAME = {
  oneOf: [
    { type: 'string' },
    {
      type: 'object',
      required: ['base64'],
      properties: { base64: { type: 'string', contentEncoding: 'base64' } },
    },
  ],
}

const ENTRY = {
  type: 'object',
  required: ['key', 'found'],
  properties: {
    key: KEY_NAME,
    found: { type: 'boolean' },
    contentType: { type: 'string' },
    etag: { type: 'string' },
    ttl: { type: 'integer', description: 'Seconds left, if it expires' },
    text: { type: 'string' },
    base64: { type: 'string', contentEncoding: 'base64' },
    omitted: { type: 'boolean', description: 'The value did not fit into this answer' },
  },
}

export const MGET_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/mget',
    right: 'none', // each key is asked for by itself
    mostBodyBytes: () => MOST_BODY_BYTES,
    handle: mget,
    operation: {
      operationId: 'getEntries',
      summary: 'The values of many keys',
      tags: ['entries'],
      parameters: [SPACE_PARAMETER],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['keys'],
              properties: { keys: { type: 'array', maxItems: MOST_KEYS, items: KEY_NAME } },
            },
          },
        },
      },
      responses: {
        200: {
          description: 'An entry for each key, in their order',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['entries'],
                properties: { entries: { type: 'array', items: ENTRY } },
              },
            },
          },
        },
        ...problems(400, 413, 414, 415, 503),
      },
    },
  },
]
