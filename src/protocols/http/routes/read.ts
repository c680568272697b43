/** GET and HEAD of /cache/{key}. */
import type { RawAccess } from '../../../engine/raw-access.ts'
import { Conditions } from '../conditions.ts'
import { absent, type Entry, entityTag, readEntry, secondsLeft, spaceOf, stage } from '../entry.ts'
import type { Exchange } from '../exchange.ts'
import {
  CONDITION_PARAMETERS,
  ETAG_HEADER,
  KEY_PARAMETER,
  problems,
  SPACE_PARAMETER,
} from '../operations.ts'
import { type Part, partOf } from '../range.ts'
import type { Route } from '../route-table.ts'

/** What others stored may be a page: no browser runs scripts in it, or lets it act for a user. */
const INERT = { 'Content-Security-Policy': "default-src 'none'; sandbox" }

function get(exchange: Exchange): void {
  const { raw } = exchange.worker
  const conditions = new Conditions(exchange)
  const space = spaceOf(exchange, true)
  if (space >= 0) stage(raw, exchange.key, space)
  const entry = space < 0 ? undefined : readEntry(raw)
  if (!conditions.matches(entry?.version)) throw conditions.failed(entry?.version)
  if (entry === undefined) throw absent()
  const headers = headersOf(raw, entry)
  if (!conditions.differs(entry.version)) {
    exchange.reply(304, headers)
    return
  }
  const part = partFor(exchange, entry)
  const all = { ...headers, ...INERT, 'Content-Type': entry.contentType, 'Accept-Ranges': 'bytes' }
  if (part === undefined) {
    exchange.reply(200, all, entry.bytes)
    return
  }
  const range = `bytes ${part.from}-${part.to - 1}/${entry.bytes.length}`
  const bytes = entry.bytes.subarray(part.from, part.to)
  exchange.reply(206, { ...all, 'Content-Range': range }, bytes)
}

function headersOf(raw: RawAccess, entry: Entry): Record<string, string> {
  const now = raw.now()
  const headers: Record<string, string> = {
    ETag: entityTag(raw, entry.version),
    // Others may change the entry at any time: a copy is good as long as its tag is.
    'Cache-Control': 'no-cache',
  }
  const left = secondsLeft(entry, now)
  if (left !== undefined) headers['X-TTL'] = String(left)
  if (entry.storedAt !== 0) {
    headers['Age'] = String(Math.max(0, Math.floor((now - entry.storedAt) / 1000)))
  }
  return headers
}

function partFor(exchange: Exchange, entry: Entry): Part | undefined {
  if (exchange.request.method === 'HEAD') return undefined
  const { raw } = exchange.worker
  const condition = exchange.header('if-range')
  if (condition !== undefined && condition !== entityTag(raw, entry.version)) return undefined
  return partOf(exchange.header('range'), entry.bytes.length)
}

const ANY_BYTES = { '*/*': { schema: {} } }

export const READ_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/cache/{key}',
    right: 'read',
    handle: get,
    operation: {
      operationId: 'getEntry',
      summary: 'The value of a key',
      tags: ['entries'],
      parameters: [
        ...[KEY_PARAMETER, SPACE_PARAMETER, ...CONDITION_PARAMETERS],
        { name: 'Range', in: 'header', schema: { type: 'string' }, description: 'One range' },
      ],
      responses: {
        200: {
          description: 'The value, as the type that it was stored with',
          headers: {
            ...ETAG_HEADER,
            'X-TTL': { description: 'Seconds left, if it expires', schema: { type: 'integer' } },
            Age: { description: 'Seconds since it was stored', schema: { type: 'integer' } },
          },
          content: ANY_BYTES,
        },
        206: { description: 'The part that Range asks for', content: ANY_BYTES },
        304: { description: 'It is the one that If-None-Match names', headers: ETAG_HEADER },
        ...problems(400, 404, 412, 414, 416, 503),
      },
    },
  },
]
