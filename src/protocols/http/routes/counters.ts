/** POST of /cache/{key}/incr and /cache/{key}/decr: decimal text counted up or down. */
import { TAG_BYTES } from '../../../engine/codec.ts'
import { CountChange, MAX_COUNTER } from '../../../engine/numbers.ts'
import { ADD, EXISTS, MAX_RETRIES, MISSING, STORED, UNFIT } from '../../../engine/raw-access.ts'
import { Conditions, Guarded } from '../conditions.ts'
import { absent, contended, entityTag, spaceOf, stage } from '../entry.ts'
import type { Exchange } from '../exchange.ts'
import { expiryOf } from '../lifetime.ts'
import {
  CONDITION_PARAMETERS,
  ETAG_HEADER,
  KEY_PARAMETER,
  problems,
  SPACE_PARAMETER,
} from '../operations.ts'
import { Problem } from '../problem.ts'
import type { Route } from '../route-table.ts'
import { refusal } from './refusal.ts'

const DIGITS = /^[0-9]{1,20}$/

function count(exchange: Exchange, isDown: boolean): void {
  const { raw } = exchange.worker
  const conditions = new Conditions(exchange)
  const by = amount(exchange, 'by') ?? 1n
  const initial = amount(exchange, 'initial')
  const expiry = initial === undefined ? 0 : expiryOf(exchange)
  const space = spaceOf(exchange, initial === undefined)
  if (space < 0) throw conditions.allow(undefined) ? absent() : conditions.failed(undefined)
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    stage(raw, exchange.key, space)
    const guarded = new Guarded(conditions, new CountChange(by, isDown))
    const { change } = guarded
    const outcome = raw.change(guarded)
    if (outcome === STORED) {
      answer(exchange, 200, change.result)
      return
    }
    if (outcome === UNFIT) {
      const detail = `the value is no number from 0 to ${MAX_COUNTER}: '${change.found}'`
      throw new Problem(409, detail)
    }
    if (outcome === EXISTS) throw conditions.failed(guarded.version)
    if (outcome !== MISSING) throw refusal(outcome, exchange)
    if (!conditions.allow(undefined)) throw conditions.failed(undefined)
    if (initial === undefined) throw absent()
    const created = create(exchange, initial, expiry, space)
    if (created === EXISTS) continue
    if (created !== STORED) throw refusal(created, exchange)
    answer(exchange, 201, initial)
    return
  }
  throw contended()
}

function create({ worker, key }: Exchange, initial: bigint, expiry: number, space: number) {
  const { raw } = worker
  const { draft } = raw
  stage(raw, key, space)
  draft.bytes = Buffer.from(initial.toString())
  draft.from = draft.flags = draft.marks = draft.casHigh = draft.casLow = 0
  draft.length = draft.bytes.length
  draft.codec = TAG_BYTES
  draft.expiry = expiry
  draft.content = raw.contentTypeNumber('text/plain')
  draft.storedAt = raw.now()
  return raw.store(ADD)
}

/** All digits of the number: JSON has no limit, and who cannot take 64 bits sees that many. */
function answer(exchange: Exchange, status: number, value: number | bigint): void {
  const { raw } = exchange.worker
  const headers = {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    ETag: entityTag(raw, raw.draft.version),
  }
  exchange.reply(status, headers, Buffer.from(`{"value":${value}}\n`))
}

/** A parameter that is a number of 64 bits. @throws Problem 400 */
function amount({ query }: Exchange, name: string): bigint | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const number = DIGITS.test(text) ? BigInt(text) : -1n
  if (number >= 0n && number <= MAX_COUNTER) return number
  const detail = `the parameter ${name} '${text}' must be a whole number from 0 to ${MAX_COUNTER}`
  throw new Problem(400, detail, {}, { field: name, value: text })
}

function route(verb: 'incr' | 'decr', summary: string): Route {
  const number = { type: 'integer', format: 'uint64', minimum: 0 }
  const content = {
    'application/json': {
      schema: { type: 'object', required: ['value'], properties: { value: number } },
    },
  }
  return {
    method: 'POST',
    path: `/cache/{key}/${verb}`,
    right: 'write',
    handle: (exchange) => {
      exchange.demand('read', exchange.key) // its answers tell what is stored
      count(exchange, verb === 'decr')
    },
    operation: {
      operationId: verb,
      summary,
      tags: ['counters'],
      parameters: [
        ...[KEY_PARAMETER, SPACE_PARAMETER, ...CONDITION_PARAMETERS],
        { name: 'by', in: 'query', description: 'How much (1)', schema: number },
        {
          name: 'initial',
          in: 'query',
          description: 'What an absent counter begins with; left out: it is a 404',
          schema: number,
        },
        {
          name: 'X-TTL',
          in: 'header',
          description: 'Seconds that a counter lives which is made by this',
          schema: { type: 'number', exclusiveMinimum: 0 },
        },
      ],
      responses: {
        200: { description: 'The new number', headers: ETAG_HEADER, content },
        201: { description: 'A new counter', headers: ETAG_HEADER, content },
        ...problems(400, 404, 409, 412, 414, 503, 507),
      },
    },
  }
}

export const COUNTER_ROUTES: readonly Route[] = [
  route('incr', 'Counts up; wraps at 2^64'),
  route('decr', 'Counts down; stops at 0'),
]
