/**
 * Tokens for HTTP's Bearer scheme. A token is long and random, unlike a password, so one SHA-256 of
 * it is enough: nobody guesses 128 bits, however fast they try.
 *
 *   token=$sha256$<32 bytes, base64 without padding>    as `heddle hash-password --token` prints
 *   token=<the token itself>                            32 characters or more
 */
import { createHash, randomBytes } from 'node:crypto'

const PREFIX = '$sha256$'
const TOKEN_BYTES = 24
const LEAST_CHARACTERS = 32
const MOST_CHARACTERS = 256
/** What RFC 6750 allows in a Bearer token. */
const ALLOWED = /^[A-Za-z0-9._~+/-]+=*$/

/** A new token, and what the file says of it. */
export function newToken(): { token: string; line: string } {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const hash = digestOf(token).toString('base64').replace(/=+$/, '')
  return { token, line: `${PREFIX}${hash}` }
}

export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** The digest that a word of the file stands for; text: what is wrong, without showing it. */
export function readToken(text: string): Uint8Array | string {
  if (text.startsWith(PREFIX)) {
    const digest = Buffer.from(text.slice(PREFIX.length), 'base64')
    if (/^[A-Za-z0-9+/]{43}=?$/.test(text.slice(PREFIX.length))) return new Uint8Array(digest)
    return `it is not of the form ${PREFIX} and 32 bytes of base64`
  }
  if (text.length < LEAST_CHARACTERS || text.length > MOST_CHARACTERS) {
    const range = `${LEAST_CHARACTERS} to ${MOST_CHARACTERS}`
    return `it has ${text.length} characters, and must have ${range} (heddle hash-password --token)`
  }
  if (!ALLOWED.test(text)) return 'it has characters that no Bearer token may have'
  return new Uint8Array(digestOf(text))
}
