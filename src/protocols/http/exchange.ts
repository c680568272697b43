/**
 * One request and the answer to it, as a route's handler sees them. Handlers answer by one of
 * `reply`, `json`, `stream`, or by throwing a `Problem`.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Caller, Right } from './gate.ts'
import { Problem, PROBLEM_TYPE, unauthorized } from './problem.ts'
import type { HttpWorker } from './worker.ts'

/** On every answer: values are whatever clients stored, and no page of another site's is fed. */
const ALWAYS: Readonly<OutgoingHttpHeaders> = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
}
const NOTHING: Buffer = Buffer.alloc(0)

export class Exchange {
  readonly worker: HttpWorker
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The slot of the connection. */
  readonly slot: number
  /** The path's key, decoded; empty where the route has none. */
  key: Uint8Array = NOTHING
  /** What follows the `?`. */
  query: URLSearchParams = new URLSearchParams()
  /** Who asks; its right to the route is checked, with the key if there is one. */
  caller!: Caller
  /** The whole body. */
  body: Buffer = NOTHING
  /** The body was not read to its end: the connection cannot go on after the answer. */
  isBodyLeft = false
  /** Called once if the client goes away, or the answer has ended. */
  onClose: () => void = () => {}
  readonly #startStream: () => void

  constructor(
    worker: HttpWorker,
    slot: number,
    request: IncomingMessage,
    response: ServerResponse,
    startStream: () => void,
  ) {
    this.worker = worker
    this.slot = slot
    this.request = request
    this.response = response
    this.#startStream = startStream
  }

  /** A header field of the request. */
  header(name: string): string | undefined {
    const field = this.request.headers[name]
    return Array.isArray(field) ? field.join(', ') : field
  }

  /**
   * Refuses a caller who has no such right.
   * @param key of the entry that it is about; undefined: all of them
   * @throws Problem 401, 403
   */
  demand(right: Right, key?: Uint8Array): void {
    if (this.caller.may(right, key)) return
    this.worker.host.gate.denied?.()
    const isUnknown = this.worker.host.gate.hasUsers && this.header('authorization') === undefined
    if (isUnknown) throw unauthorized(`the right to ${right} is for known users`)
    const what = key === undefined ? ' all keys' : ' this key'
    const said = right === 'admin' ? 'is no administrator' : `has no right to ${right}${what}`
    throw new Problem(403, `this user ${said}`)
  }

  reply(status: number, headers: OutgoingHttpHeaders, body: Buffer = NOTHING): void {
    const { response } = this
    if (response.headersSent || response.destroyed) return
    const all: OutgoingHttpHeaders = { ...ALWAYS, ...headers }
    if (this.isBodyLeft) response.shouldKeepAlive = false
    if (status !== 204 && status !== 304) all['Content-Length'] ??= body.length
    response.writeHead(status, all)
    response.end(body)
  }

  json(status: number, value: unknown, headers: OutgoingHttpHeaders = {}): void {
    const body = Buffer.from(`${JSON.stringify(value)}\n`)
    this.reply(status, { 'Content-Type': 'application/json', ...headers }, body)
  }

  /**
   * Begins an answer that has no end for now, such as server-sent events: write to what is
   * returned, and heed its backpressure; `onClose` tells that the client is gone. Undefined for
   * HEAD, which is answered already.
   */
  stream(headers: OutgoingHttpHeaders): ServerResponse | undefined {
    const { response } = this
    response.writeHead(200, { ...ALWAYS, ...headers })
    if (this.request.method === 'HEAD') {
      response.end()
      return undefined
    }
    this.#startStream()
    response.flushHeaders()
    return response
  }

  /** Answers with what went wrong. Too late for one that has begun: that is cut. */
  fail(error: unknown): void {
    const { response } = this
    if (response.headersSent) {
      if (!response.writableEnded) response.destroy()
      return
    }
    const problem = error instanceof Problem ? error : unexpected(error)
    const headers = {
      'Content-Type': PROBLEM_TYPE,
      'Cache-Control': 'no-store',
      ...problem.headers,
    }
    this.reply(problem.status, headers, problem.body)
  }
}

/** A fault of this program: what it was is for its operator, not for clients. */
function unexpected(error: unknown): Problem {
  const text = error instanceof Error ? error.stack : String(error)
  process.emitWarning(`An HTTP request failed: ${text}`, {
    code: 'HEDDLE_HTTP',
    type: 'HeddleWarning',
  })
  return new Problem(500, 'the server failed in this request; its log says how')
}
