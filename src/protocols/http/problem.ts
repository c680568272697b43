/**
 * Problem details (RFC 9457): what every error of this protocol looks like, those of node:http's
 * own parser included. `type` is left out, which means `about:blank`: the status says what it is,
 * and `detail` what was wrong with this request.
 */
import { STATUS_CODES } from 'node:http'

export const PROBLEM_TYPE = 'application/problem+json'

/** Thrown by handlers, and by what prepares a request for them. */
export class Problem extends Error {
  readonly status: number
  /** Header fields that belong to the status: `Allow`, `WWW-Authenticate`, `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>
  /** Members beside those of the standard, such as `limit`. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    status: number,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
    members: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail)
    this.status = status
    this.headers = headers
    this.members = members
  }

  get body(): Buffer {
    const { status, message, members } = this
    const title = STATUS_CODES[status] ?? 'Error'
    return Buffer.from(`${JSON.stringify({ title, status, detail: message, ...members })}\n`)
  }

  /** A whole response, for clients that node:http has none for; the connection ends with it. */
  get asResponse(): string {
    const { body, status } = this
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${body.length}`,
      'Cache-Control: no-store',
      ...Object.entries(this.headers).map(([name, value]) => `${name}: ${value}`),
      'Connection: close',
    ]
    return `${head.join('\r\n')}\r\n\r\n${body.toString()}`
  }
}

const CHALLENGE = 'Basic realm="heddle", charset="UTF-8", Bearer realm="heddle"'

/** Whoever asks may say who they are. */
export function unauthorized(detail: string): Problem {
  return new Problem(401, detail, { 'WWW-Authenticate': CHALLENGE })
}

/** Request line and header fields together, as node:http's own limit. */
export const MOST_HEAD_BYTES: number = 16 * 1024

/** What node:http's parser found wrong, by its error's code. */
export function parserProblem(code: string | undefined, reason: string): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const most = `${MOST_HEAD_BYTES} bytes`
    const detail = `the request line and the header fields have more than ${most} together`
    return new Problem(431, detail, {}, { limit: MOST_HEAD_BYTES })
  }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return new Problem(413, 'the extensions of the chunks are too large')
  }
  return new Problem(400, `this is no HTTP request: ${reason}`)
}
