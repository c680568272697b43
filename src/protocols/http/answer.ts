/**
 * From the head of a request to its handler: whether the request may come from where it comes, what
 * it asks for, who asks, and then its body. Whatever is refused is refused before the body is read,
 * and before a client that asked (`Expect: 100-continue`) is told to send it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyLength, gather, sayContinue, tooLarge } from './body.ts'
import type { HttpConnection } from './connection.ts'
import { Exchange } from './exchange.ts'
import type { Caller } from './gate.ts'
import { checkHost, checkOrigin } from './origin.ts'
import { Problem, unauthorized } from './problem.ts'
import { allowedMethods, type Route } from './route-table.ts'
import { decodeSegment, parseQuery, parseTarget } from './target.ts'
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
  const hold = () => connection.hold(open)
  const startStream = () => {
    open.isStream = true
  }
  const exchange = new Exchange(worker, connection.slot, request, response, startStream)
  request.on('error', ignore) // the client went away within its body
  response.on('error', ignore)
  response.once('close', () => exchange.onClose())
  exchange.isBodyLeft = hasBody(request)
  const proceed = (route: Route, caller: Caller | undefined) => {
    admit(exchange, route, caller)
    route.check?.(exchange)
    if (route.mostBodyBytes === undefined || !exchange.isBodyLeft) {
      run(exchange, route, hold)
      return
    }
    const limit = route.mostBodyBytes(exchange)
    if (bodyLength(request) > limit) throw tooLarge(limit)
    if (isAskedToContinue) sayContinue(response, hold)
    gather(exchange, connection, open, limit, () => run(exchange, route, hold))
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
    const settled = hold()
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
  if (request.httpVersionMajor !== 1) {
    exchange.response.shouldKeepAlive = false
    throw new Problem(505, `this is HTTP/1.1, not HTTP/${request.httpVersion}`)
  }
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
  if (target.query !== '') exchange.query = parseQuery(target.query, route.operation)
  return route
}

/** Whether the caller may have the route, and this key. @throws Problem 401, 403 */
function admit(exchange: Exchange, route: Route, caller: Caller | undefined): void {
  if (caller === undefined) throw unauthorized('these credentials are not valid')
  exchange.caller = caller
  const key = route.path.includes('{key}') ? exchange.key : undefined
  if (route.right !== 'none') exchange.demand(route.right, key)
}

/** What comes behind the request waits for a handler that takes its time. */
function run(exchange: Exchange, route: Route, hold: () => () => void): void {
  try {
    const done = route.handle(exchange)
    if (done instanceof Promise) done.catch((error) => exchange.fail(error)).finally(hold())
  } catch (error) {
    exchange.fail(error)
  }
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || bodyLength(request) > 0
}

function ignore(): void {}
