/**
 * PUT and DELETE of /cache/{key}, and DELETE of /cache.
 *
 * A write with a condition is one exchange: the entry that the condition was tried on is the one
 * that is replaced or deleted, or nothing happens and it is tried again.
 */
import { TAG_BYTES } from '../../../engine/codec.ts'
import {
  ADD,
  type Change,
  DELETED,
  type Draft,
  EXISTS,
  MAX_RETRIES,
  MISSING,
  SET,
  STORED,
} from '../../../engine/raw-access.ts'
import { Conditions, Guarded } from '../conditions.ts'
import { absent, contended, entityTag, spaceOf, stage } from '../entry.ts'
import type { Exchange } from '../exchange.ts'
import { expiryOf } from '../lifetime.ts'
import { Problem } from '../problem.ts'
import type { Route } from '../route-table.ts'
import {
  CONDITION_PARAMETERS,
  ETAG_HEADER,
  KEY_PARAMETER,
  problems,
  SPACE_PARAMETER,
} from '../operations.ts'
import { refusal } from './refusal.ts'

const CONTENT_TYPE = /^[!#$%&'*+.^`|~\w-]+\/[!#$%&'*+.^`|~\w-]+(?:[ \t]*;[\x20-\x7e\t]*)?$/
const OCTET_STREAM = 'application/octet-stream'

function put(exchange: Exchange): void {
  const { raw } = exchange.worker
  const conditions = new Conditions(exchange)
  const expiry = expiryOf(exchange)
  const content = raw.contentTypeNumber(contentTypeOf(exchange))
  const space = spaceOf(exchange, false)
  stage(raw, exchange.key, space)
  const fill = (draft: Draft) => {
    draft.bytes = exchange.body
    draft.from = draft.flags = draft.marks = draft.casHigh = draft.casLow = 0
    draft.length = exchange.body.length
    draft.codec = TAG_BYTES
    draft.expiry = expiry
    draft.content = content
    draft.storedAt = raw.now()
  }
  let isCreated = false
  if (conditions.areGiven) isCreated = storeIf(exchange, conditions, fill, space)
  else {
    fill(raw.draft)
    const outcome = raw.store(SET)
    if (outcome !== STORED) throw refusal(outcome, exchange)
    isCreated = raw.draft.isCreated
  }
  const { version } = raw.draft
  raw.draft.bytes = NOTHING // the body is not kept alive
  exchange.reply(isCreated ? 201 : 204, { ETag: entityTag(raw, version) })
}
const NOTHING = Buffer.alloc(0)

/** Deletes whatever is there. */
const DELETION: Change = { keepsVersion: false, make: () => DELETED }

/** @returns whether there was none before. @throws Problem */
function storeIf(
  exchange: Exchange,
  conditions: Conditions,
  fill: (draft: Draft) => void,
  space: number,
): boolean {
  const { raw } = exchange.worker
  const replacement: Change = {
    keepsVersion: false,
    make: (_old, _reading, draft) => {
      fill(draft)
      return STORED
    },
  }
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const change = new Guarded(conditions, replacement)
    const outcome = raw.change(change)
    if (outcome === STORED) return false
    if (outcome === EXISTS) throw conditions.failed(change.version)
    if (outcome !== MISSING) throw refusal(outcome, exchange)
    if (!conditions.allow(undefined)) throw conditions.failed(undefined)
    stage(raw, exchange.key, space)
    fill(raw.draft)
    const added = raw.store(ADD)
    if (added === STORED) return true
    if (added !== EXISTS) throw refusal(added, exchange)
    stage(raw, exchange.key, space)
  }
  throw contended()
}

function remove(exchange: Exchange): void {
  const { raw } = exchange.worker
  const conditions = new Conditions(exchange)
  const space = spaceOf(exchange, true)
  if (space >= 0) stage(raw, exchange.key, space)
  const change = new Guarded(conditions, DELETION)
  const outcome = space < 0 ? MISSING : conditions.areGiven ? raw.change(change) : raw.remove()
  if (outcome === DELETED) exchange.reply(204, {})
  else if (outcome === EXISTS) throw conditions.failed(change.version)
  else if (outcome !== MISSING) throw refusal(outcome, exchange)
  else if (!conditions.matches(undefined)) throw conditions.failed(undefined)
  else throw absent()
}

function flush(exchange: Exchange): void {
  const { raw, host } = exchange.worker
  if (!host.settings.isFlushEnabled) {
    throw new Problem(403, 'this server was started with no-flush: nobody may empty it')
  }
  const space = spaceOf(exchange, true)
  if (space > 0) {
    const outcome = raw.flushSpace(space)
    if (outcome !== STORED) throw refusal(outcome, exchange)
  } else if (space === 0) raw.flush()
  exchange.reply(204, {})
}

function checkPut(exchange: Exchange): void {
  refuseEncodings(exchange)
  contentTypeOf(exchange)
  expiryOf(exchange)
}

/** What is stored is what is sent: a value that is encoded would come back without saying so. */
function refuseEncodings(exchange: Exchange): void {
  const encoding = exchange.header('content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    const detail = `values are stored as they are: Content-Encoding '${encoding}' is not kept`
    throw new Problem(415, detail, { 'Accept-Encoding': 'identity' })
  }
  if (exchange.header('content-range') !== undefined) {
    throw new Problem(400, 'a value is stored as a whole, not the part that Content-Range names')
  }
  const { headers } = exchange.request
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return
  throw new Problem(411, 'a value needs a body: Content-Length is missing')
}

function contentTypeOf(exchange: Exchange): string {
  const type = exchange.header('content-type')?.trim()
  if (type === undefined || type === '') return OCTET_STREAM
  if (CONTENT_TYPE.test(type)) return type
  throw new Problem(400, `Content-Type '${type}' is no media type`)
}

const ANY_BYTES = { '*/*': { schema: {} } }

export const WRITE_ROUTES: readonly Route[] = [
  {
    method: 'PUT',
    path: '/cache/{key}',
    right: 'write',
    mostBodyBytes: ({ worker }) => worker.raw.session.facts.maxItemBytes,
    check: checkPut,
    handle: put,
    operation: {
      operationId: 'putEntry',
      summary: 'Stores a value under a key',
      tags: ['entries'],
      parameters: [
        ...[KEY_PARAMETER, SPACE_PARAMETER, ...CONDITION_PARAMETERS],
        {
          name: 'X-TTL',
          in: 'header',
          description: 'Seconds that it lives',
          schema: { type: 'number', exclusiveMinimum: 0 },
        },
        {
          name: 'Cache-Control',
          in: 'header',
          description: 'max-age, for clients that cannot send X-TTL',
          schema: { type: 'string' },
        },
      ],
      requestBody: { required: true, content: ANY_BYTES },
      responses: {
        201: { description: 'Stored; there was none', headers: ETAG_HEADER },
        204: { description: 'Stored over another one', headers: ETAG_HEADER },
        ...problems(400, 411, 412, 413, 414, 415, 503, 507),
      },
    },
  },
  {
    method: 'DELETE',
    path: '/cache/{key}',
    right: 'write',
    handle: remove,
    operation: {
      operationId: 'deleteEntry',
      summary: 'Deletes an entry',
      tags: ['entries'],
      parameters: [KEY_PARAMETER, SPACE_PARAMETER, ...CONDITION_PARAMETERS],
      responses: { 204: { description: 'Deleted' }, ...problems(400, 404, 412, 414, 503) },
    },
  },
  {
    method: 'DELETE',
    path: '/cache',
    right: 'write',
    handle: flush,
    operation: {
      operationId: 'flush',
      summary: 'Deletes all entries, or those of one namespace',
      tags: ['entries'],
      parameters: [SPACE_PARAMETER],
      responses: { 204: { description: 'Deleted' }, ...problems(400, 503) },
    },
  },
]
