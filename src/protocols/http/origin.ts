/**
 * What a page in somebody's browser must not be able to do to a server that listens on loopback, or
 * within a private network.
 *
 * **Rebinding**: a page of evil.example lets its own name point to 127.0.0.1, and is of one origin
 * with this server then. Its requests still say `Host: evil.example`. So a host is an address (a
 * name is what can be bound anew), `localhost`, or one of the names that were configured.
 *
 * **Requests across sites**: a page may send what a form can send to anybody, unasked. Such a
 * request says where it comes from, by `Origin` or `Sec-Fetch-Site`; if that is elsewhere, it may
 * not change anything. That a page cannot read answers is the browser's part: no CORS headers.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { Problem } from './problem.ts'

/** `[::1]:8080`, `127.0.0.1`, `cache.example:80`. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::([0-9]{0,5}))?$/i

/** @throws Problem 400, 421 */
export function checkHost(
  host: string | undefined,
  httpVersion: string,
  names: readonly string[],
): void {
  if (host === undefined || host === '') {
    if (httpVersion === '1.0' && host === undefined) return // no browser
    throw new Problem(400, 'the header field Host is missing')
  }
  const name = HOST.exec(host)?.[1]?.toLowerCase()
  if (name === undefined) throw new Problem(400, `the header field Host, '${host}', is no host`)
  if (isAddress(name) || name === 'localhost' || name.endsWith('.localhost')) return
  if (names.includes(name)) return
  const detail = `'${name}' is not a name of this server; the option host-names adds names`
  throw new Problem(421, detail)
}

/** @throws Problem 403 for a request of another site that would change something */
export function checkOrigin(request: IncomingMessage, host: string | undefined): void {
  const { method } = request
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site']
  const isForeign =
    origin === undefined
      ? site !== undefined && site !== 'same-origin' && site !== 'none'
      : !isOrigin(origin, host)
  if (isForeign) throw new Problem(403, 'pages of other sites may not change anything here')
}

/** Whether an origin is that of this server, by the name that the request calls it. */
function isOrigin(origin: string, host: string | undefined): boolean {
  const match = /^https?:\/\/(.+)$/i.exec(origin)
  return match !== null && match[1]?.toLowerCase() === host?.toLowerCase()
}

function isAddress(name: string): boolean {
  return isIP(name.startsWith('[') ? name.slice(1, -1) : name) !== 0
}
