/**
 * What the HTTP connections of one worker share: node:http's server, which parses and never
 * listens; the table of routes; the engine.
 *
 * What is promised of time: a request whose head is not whole in time, or that is not whole itself,
 * is answered 408 and its connection ends.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RawAccess } from '../../engine/raw-access.ts'
import { PROTOCOLS } from '../../observe/observation-board.ts'
import { answer } from './answer.ts'
import type { HttpConnection } from './connection.ts'
import type { HttpHost } from './host.ts'
import { MOST_HEAD_BYTES, parserProblem, Problem } from './problem.ts'
import { type Route, RouteTable } from './route-table.ts'
import type { ConnectionStream } from './stream.ts'

const SECOND_MS = 1000
const LOOK_MS = 1000

export class HttpWorker {
  readonly raw: RawAccess
  readonly host: HttpHost
  readonly routes = new RouteTable()
  readonly #server: Server
  readonly #connections = new Map<Duplex, HttpConnection>()
  readonly #streams = new Map<HttpConnection, Duplex>()
  #isTurnDue = false
  #clock: NodeJS.Timeout | undefined
  readonly #now: () => number

  /** @param now in ms, of a clock that nobody sets */
  constructor(raw: RawAccess, host: HttpHost, now: () => number = () => performance.now()) {
    this.raw = raw
    this.host = host
    this.#now = now
    this.#server = createServer({
      maxHeaderSize: MOST_HEAD_BYTES,
      requireHostHeader: false, // answer.ts looks at it, and refuses in its own words
      joinDuplicateHeaders: true,
      keepAliveTimeout: 0,
    })
    this.#server.maxHeadersCount = 0 // a field that is left out in silence could be a condition
    this.#server.on('request', (request, response) => this.#begin(request, response, false))
    this.#server.on('checkContinue', (request, response) => this.#begin(request, response, true))
    this.#server.on('checkExpectation', (request, response) => {
      const expectation = String(request.headers.expect)
      const problem = new Problem(417, `nothing is known of the expectation '${expectation}'`)
      this.#begin(request, response, false, problem)
    })
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const { code, message } = error
      this.#connections.get(socket)?.refuse(parserProblem(code, reasonOf(error) ?? message))
    })
    this.#server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
      this.#connections.get(socket)?.refuse(new Problem(501, 'this server is no proxy'))
    })
  }

  /** Something waits for this thread's event loop: what node:http puts off to its next tick. */
  get needsTurn(): boolean {
    return this.#isTurnDue
  }

  /** Where requests of a route are counted. */
  seriesOf(route: Route): number {
    return PROTOCOLS.http.first + 1 + this.routes.routes.indexOf(route)
  }

  now(): number {
    return this.#now()
  }

  connected(connection: HttpConnection, stream: ConnectionStream): void {
    this.#clock ??= setInterval(() => this.#look(), LOOK_MS).unref()
    this.#connections.set(stream, connection)
    this.#streams.set(connection, stream)
    this.#server.emit('connection', stream)
  }

  gone(connection: HttpConnection): void {
    const stream = this.#streams.get(connection)
    if (stream === undefined) return
    this.#streams.delete(connection)
    this.#connections.delete(stream)
    if (this.#streams.size > 0) return
    clearInterval(this.#clock)
    this.#clock = undefined
  }

  /** node:http was given bytes: it goes on at its next tick. */
  fed(): void {
    if (this.#isTurnDue) return
    this.#isTurnDue = true
    setImmediate(() => {
      this.#isTurnDue = false
    })
  }

  #begin(
    request: IncomingMessage,
    response: ServerResponse,
    isAskedToContinue: boolean,
    problem?: Problem,
  ): void {
    const connection = this.#connections.get(request.socket)
    if (connection === undefined) response.destroy()
    else answer(this, connection, request, response, isAskedToContinue, problem)
  }

  #look(): void {
    const now = this.#now()
    const { headSeconds, requestSeconds } = this.host.settings
    for (const connection of this.#streams.keys()) {
      const { startedAt } = connection
      if (startedAt === undefined) continue
      const seconds = connection.hasHead ? requestSeconds : headSeconds
      if (now - startedAt <= seconds * SECOND_MS) continue
      const what = connection.hasHead ? 'request' : 'head of the request'
      connection.refuse(new Problem(408, `the ${what} took more than ${seconds} s`))
      this.host.requestTimedOut()
    }
  }
}

/** What the parser says beside its code. */
function reasonOf(error: Error): string | undefined {
  const { reason } = error as { reason?: unknown }
  return typeof reason === 'string' && reason !== '' ? reason : undefined
}
