/**
 * The table of routes: what is asked for by which method and path, the right that it needs, and who
 * answers. A path is literal but for `{key}`, one segment of any bytes, percent-encoded.
 *
 * What answers is found by two look-ups, and what is not there is a 404 or a 405 with the methods
 * that are. HEAD is answered by who answers GET, OPTIONS by the table.
 */
import type { Exchange } from './exchange.ts'
import type { Right } from './gate.ts'

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

export interface Route {
  readonly method: Method
  /** `/stats`, `/cache/{key}`, `/cache/{key}/incr`. */
  readonly path: string
  /** `none`: whoever asks; also when users were configured. */
  readonly right: Right
  /** Bytes that a request may bring at most; left out: none, and what comes is passed over. */
  readonly mostBodyBytes?: (exchange: Exchange) => number
  /** What can be refused before the body is read. @throws Problem */
  readonly check?: (exchange: Exchange) => void
  /** Answers. What it throws becomes a problem: a `Problem` itself, anything else a 500. */
  handle(exchange: Exchange): void | Promise<void>
  /** The operation in /openapi.json: an Operation Object of OpenAPI 3.1. */
  readonly operation: Operation
}

/** What of an Operation Object is written by hand; the rest follows from the route. */
export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly object[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, object>>
}

interface Found {
  /** The routes of this path, by method. */
  readonly byMethod: ReadonlyMap<string, Route>
  /** The segment that stands for `{key}`, still encoded. */
  readonly key: string | undefined
}

const KEY = '{key}'

export class RouteTable {
  readonly routes: Route[] = []
  /** Paths without a key. */
  readonly #literal = new Map<string, Map<string, Route>>()
  /** By what stands before and behind the key: `/cache/` and `/incr`. */
  readonly #keyed = new Map<string, Map<string, Map<string, Route>>>()

  add(...routes: readonly Route[]): void {
    for (const route of routes) {
      const byMethod = this.#at(route.path)
      if (byMethod.has(route.method)) {
        throw new Error(`two routes for ${route.method} ${route.path}`)
      }
      byMethod.set(route.method, route)
      this.routes.push(route)
    }
  }

  /** @param path of a request, without its query */
  find(path: string): Found | undefined {
    const literal = this.#literal.get(path)
    if (literal !== undefined) return { byMethod: literal, key: undefined }
    const keyAt = path.indexOf('/', 1) + 1
    const after = this.#keyed.get(path.slice(0, keyAt))
    if (keyAt === 0 || after === undefined) return undefined
    const slash = path.indexOf('/', keyAt)
    const keyEnd = slash < 0 ? path.length : slash
    const byMethod = after.get(path.slice(keyEnd))
    return byMethod && { byMethod, key: path.slice(keyAt, keyEnd) }
  }

  #at(path: string): Map<string, Route> {
    const [before = '', after] = path.split(KEY)
    if (after === undefined) return entryOf(this.#literal, path)
    const byTail = entryOf<Map<string, Route>>(this.#keyed, before)
    return entryOf(byTail, after)
  }
}

/** What a path allows, for `Allow`. */
export function allowedMethods(byMethod: ReadonlyMap<string, Route>): string {
  const methods = [...byMethod.keys()]
  if (byMethod.has('GET')) methods.push('HEAD')
  return [...methods, 'OPTIONS'].join(', ')
}

function entryOf<Value>(map: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  const there = map.get(key)
  if (there !== undefined) return there
  const fresh = new Map<string, Value>()
  map.set(key, fresh)
  return fresh
}
