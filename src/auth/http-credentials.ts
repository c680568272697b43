/**
 * The Authorization header: Basic (RFC 7617) with name and password, Bearer (RFC 6750) with a token
 * of a user. Each request says again who it comes from, so nothing is kept per connection; what was
 * verified is remembered by the authenticator.
 */
import type { Authenticator } from './authenticator.ts'
import { Principal } from './principal.ts'

/** Who says nothing: for what everybody may. */
const NOBODY = new Principal('', { bits: 0, prefixes: [] })
/** Longer ones are not looked at. */
const MOST_HEADER = 4096

/**
 * Who a request comes from.
 * @param authorization the header, if there is one
 * @returns undefined: what it says is wrong, or cannot be read
 */
export function callerOf(
  authenticator: Authenticator,
  authorization: string | undefined,
  address: string,
): Principal | undefined | Promise<Principal | undefined> {
  if (authorization === undefined) return NOBODY
  if (authorization.length > MOST_HEADER) return undefined
  const [, scheme = '', credentials = ''] = /^([A-Za-z]+) +([^ ]+) *$/.exec(authorization) ?? []
  const verdict = judge(authenticator, scheme.toLowerCase(), credentials, address)
  if (!(verdict instanceof Promise)) return principalIn(verdict)
  return verdict.then(principalIn)
}

function judge(
  authenticator: Authenticator,
  scheme: string,
  credentials: string,
  address: string,
): ReturnType<Authenticator['verify']> | undefined {
  if (scheme === 'bearer') return authenticator.verifyToken(credentials, address)
  if (scheme !== 'basic') return undefined
  const bytes = Buffer.from(credentials, 'base64')
  const colon = bytes.indexOf(':')
  if (colon < 0) return undefined
  const name = bytes.toString('latin1', 0, colon)
  return authenticator.verify(name, bytes.subarray(colon + 1), address)
}

function principalIn(verdict: unknown): Principal | undefined {
  return verdict instanceof Principal ? verdict : undefined
}
