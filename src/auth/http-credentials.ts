/**
 * The Authorization header: Basic (RFC 7617) with name and password, Bearer (RFC 6750) with a token
 * of a user. Each request says again who it comes from, so nothing is kept per connection; what was
 * verified is remembered by the authenticator.
 */
import { type Authenticator, type Verdict, WRONG } from './authenticator.ts'
import { Principal } from './principal.ts'

/** Who says nothing: for what everybody may. */
const NOBODY = new Principal('', { bits: 0, prefixes: [] })
/** Longer ones are not looked at. */
const MOST_HEADER = 4096

/**
 * Who a request comes from.
 * @param authorization the header, if there is one
 * @returns WRONG also for what cannot be read
 */
export function callerOf(
  authenticator: Authenticator,
  authorization: string | undefined,
  address: string,
): Verdict | Promise<Verdict> {
  if (authorization === undefined) return NOBODY
  if (authorization.length > MOST_HEADER) return WRONG
  const [, scheme = '', credentials = ''] = /^([A-Za-z]+) +([^ ]+) *$/.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return authenticator.verifyToken(credentials, address)
  if (scheme.toLowerCase() !== 'basic') return WRONG
  const bytes = Buffer.from(credentials, 'base64')
  const colon = bytes.indexOf(':')
  if (colon < 0) return WRONG
  const name = bytes.toString('latin1', 0, colon)
  return authenticator.verify(name, bytes.subarray(colon + 1), address)
}
