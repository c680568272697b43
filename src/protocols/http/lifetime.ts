/**
 * How long an entry shall live: `X-TTL` in seconds, or `Cache-Control: max-age`, or else what the
 * engine was created with. `max-age=0` says nothing of that: browsers send it with a reload.
 */
import type { Exchange } from './exchange.ts'
import { Problem } from './problem.ts'

const SECONDS = /^[0-9]{1,12}(?:\.[0-9]{1,3})?$/
const MAX_AGE = /(?:^|[,\s])max-age\s*=\s*("[^"]*"|[^,\s]*)/i
/** A hundred years. */
const MOST_SECONDS = 3_155_760_000

/** @returns absolute, ms; 0: never. @throws Problem 400 */
export function expiryOf(exchange: Exchange): number {
  const { raw } = exchange.worker
  const { ttlMs } = raw.session.facts
  const lifeMs = lifetimeOf(exchange) ?? ttlMs
  return lifeMs === 0 || lifeMs === Number.POSITIVE_INFINITY ? 0 : raw.now() + lifeMs
}

/** In ms; undefined: nothing is said. */
function lifetimeOf(exchange: Exchange): number | undefined {
  const ttl = exchange.header('x-ttl')
  if (ttl !== undefined) return milliseconds('X-TTL', ttl)
  const control = exchange.header('cache-control')
  const age = control === undefined ? undefined : MAX_AGE.exec(control)?.[1]?.replaceAll('"', '')
  if (age === undefined || /^0+$/.test(age)) return undefined
  return milliseconds('Cache-Control: max-age', age)
}

function milliseconds(field: string, text: string): number {
  const ms = SECONDS.test(text) ? Math.round(Number(text) * 1000) : 0
  if (ms > 0 && ms <= MOST_SECONDS * 1000) return ms
  const detail = `${field} '${text}' must be a number of seconds from 0.001 to ${MOST_SECONDS}`
  throw new Problem(400, detail, {}, { field, value: text })
}
