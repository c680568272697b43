/** The body of a request: asked for where the client waits for that, and read as a whole. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpConnection, Open } from './connection.ts'
import type { Exchange } from './exchange.ts'
import { Problem } from './problem.ts'

/**
 * Answers `Expect: 100-continue`, when it is the request's turn: while an answer waits behind
 * another one, node:http would put its head in front of what was written of it.
 * @param hold keeps aside what comes
 */
export function sayContinue(response: ServerResponse, hold: () => () => void): void {
  if (response.socket !== null) {
    response.writeContinue()
    return
  }
  const release = hold()
  response.once('socket', () => {
    response.writeContinue()
    release()
  })
}

/**
 * Reads the body. With a length that was announced it is whole, and the request is executed, with
 * its last byte; chunks end a tick later, and what follows them waits.
 */
export function gather(
  exchange: Exchange,
  connection: HttpConnection,
  open: Open,
  limit: number,
  then: () => void,
): void {
  const { request } = exchange
  const expected = bodyLength(request)
  const parts: Buffer[] = []
  let length = 0
  const finish = () => {
    if (!open.isGathering) return
    open.isGathering = false
    exchange.body = parts.length === 1 ? parts[0]! : Buffer.concat(parts, length)
    exchange.isBodyLeft = false
    then()
  }
  open.isGathering = true
  connection.bodyLeft = expected
  request.on('data', (part: Buffer) => {
    if (!open.isGathering) return
    length += part.length
    if (length > limit) {
      open.isGathering = false
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

export function tooLarge(limit: number): Problem {
  const detail = `the body is larger than the ${limit} bytes that may be sent here`
  return new Problem(413, detail, {}, { limit })
}

/** What was announced; NaN for chunks, of which nobody knows. */
export function bodyLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'])
}
