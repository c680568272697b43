/**
 * From the head of a request to its handler: whether the request may come from where it comes, what
 * it asks for, who asks, and then its body. Whatever is refused is refused before the body is read,
 * and before a client that asked (`Expect: 100-continue`) is told to send it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpConnection } from './connection.ts'
import { Exchange } from './exchange.ts'
import type { Caller } from './gate.ts'
import { checkHost, checkOrigin } from './origin.ts'
import { Problem, unauthorized } from './problem.ts'
import { allowedMethods, type Route } from './route-table.ts'
import { decodeSegment, parseTarget } from './target.ts'
import type { HttpWorker } from './worker.ts'

/** @param refusal what is wrong with it already */
export function answer(
  worker: HttpWorker,
  connection: HttpConnection,
  request: IncomingMessage,
  response: ServerResponse,
  isAskedToContinue: boolean,
  refusal?: Problem,
): void {
  const begunAt = worker.host.clock.begin()
  const isBehindLast = connection.isLast
  const open = connection.begins(request, response)
  if (isBehindLast) {
    request.resume() // the connection ends with the answer before it
    return
  }
  if (!response.shouldKeepAlive) connection.isLast = true
  const startStream = () => {
    open.isStream = true
  }
  const exchange = new Exchange(worker, connection.slot, request, response, startStream)
  request.on('error', ignore) // the client went away within its body
  response.on('error', ignore)
  response.once('close', () => exchange.onClose())
  exchange.onLast = () => {
    connection.isLast = true
  }
  exchange.isBodyLeft = hasBody(request)
  const proceed = (route: Route, caller: Caller | undefined) => {
    admit(exchange, route, caller)
    route.check?.(exchange)
    if (route.mostBodyBytes === undefined || !exchange.isBodyLeft) {
      run(exchange, route)
      return
    }
    const limit = route.mostBodyBytes(exchange)
    if (bodyLength(request) > limit) throw tooLarge(limit)
    if (isAskedToContinue) response.writeContinue()
    gather(exchange, connection, limit, () => run(exchange, route))
  }
  try {
    if (refusal !== undefined) throw refusal
    const route = find(exchange)
    if (route === undefined) return
    const { gate, clock } = worker.host
    response.once('close', () => clock.end(worker.seriesOf(route), open.isStream ? 0 : begunAt))
    const caller = gate.callerOf(
      request.headers.authorization,
      worker.host.addressOf(exchange.slot),
    )
    if (!(caller instanceof Promise)) {
      proceed(route, caller)
      return
    }
    const settled = connection.hold(open)
    caller
      .then((known) => proceed(route, known))
      .catch((error) => exchange.fail(error))
      .finally(settled)
  } catch (error) {
    exchange.fail(error)
  }
}

/** The route; undefined: answered. @throws Problem */
function find(exchange: Exchange): Route | undefined {
  const { request, worker } = exchange
  const target = parseTarget(request.url ?? '/')
  const host = target.host ?? request.headers.host
  checkHost(host, request.httpVersion, worker.host.settings.hostNames)
  checkOrigin(request, host)
  const method = request.method === 'HEAD' ? 'GET' : request.method!
  if (target.path === '*' && method === 'OPTIONS') {
    exchange.reply(204, {})
    return undefined
  }
  const found = worker.routes.find(target.path)
  if (found === undefined) throw new Problem(404, `there is nothing at ${target.path}`)
  const route = found.byMethod.get(method)
  if (route === undefined) {
    const allow = { Allow: allowedMethods(found.byMethod) }
    if (method !== 'OPTIONS') {
      throw new Problem(405, `${request.method} is not for ${target.path}`, allow)
    }
    exchange.reply(204, allow)
    return undefined
  }
  if (found.key !== undefined) exchange.key = decodeSegment(found.key)
  if (target.query !== '') exchange.query = new URLSearchParams(target.query)
  return route
}

/** Whether the caller may have the route, and this key. @throws Problem 401, 403 */
function admit(exchange: Exchange, route: Route, caller: Caller | undefined): void {
  if (caller === undefined) throw unauthorized('these credentials are not valid')
  exchange.caller = caller
  const key = route.path.includes('{key}') ? exchange.key : undefined
  if (route.right !== 'none') exchange.require(route.right, key)
}

function run(exchange: Exchange, route: Route): void {
  try {
    const done = route.handle(exchange)
    if (done instanceof Promise) done.catch((error) => exchange.fail(error))
  } catch (error) {
    exchange.fail(error)
  }
}

/**
 * Reads the body. With a length that was announced it is whole, and the request is answered, with
 * its last byte, not when the stream ends a tick later.
 */
function gather(
  exchange: Exchange,
  connection: HttpConnection,
  limit: number,
  then: () => void,
): void {
  const { request } = exchange
  const expected = bodyLength(request)
  const parts: Buffer[] = []
  let length = 0
  let isOver = false
  const finish = () => {
    if (isOver) return
    isOver = true
    exchange.body = parts.length === 1 ? parts[0]! : Buffer.concat(parts, length)
    exchange.isBodyLeft = false
    then()
  }
  connection.bodyLeft = expected
  request.on('data', (part: Buffer) => {
    if (isOver) return
    length += part.length
    if (length > limit) {
      isOver = true
      parts.length = 0
      exchange.fail(tooLarge(limit))
      return
    }
    parts.push(part)
    connection.bodyLeft = expected - length
    if (length === expected) finish()
  })
  request.on('end', finish)
  request.read(0) // from here on parts come as they are parsed
}

function tooLarge(limit: number): Problem {
  const detail = `the body is larger than the ${limit} bytes that may be sent here`
  return new Problem(413, detail, {}, { limit })
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || bodyLength(request) > 0
}

/** What was announced; NaN for chunks, of which nobody knows. */
function bodyLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'])
}

function ignore(): void {}
