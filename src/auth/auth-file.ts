/**
 * The file of users: one line each, memcached's form with rights behind it.
 *
 *   # comment, to the end of a line that begins with it
 *   ann:secret                                           memcached's line: reads and writes
 *   bob:$scrypt$ln=14,r=8,p=5$c2FsdA$aGFzaA read         a hash, as `heddle hash-password` prints
 *   app:$scrypt$... read write prefix=app: prefix=tmp%20
 *   ops:$scrypt$... admin
 *   scraper:* read token=$sha256$...                     no password, a token for HTTP
 *
 * A line is words between spaces or tabs: `name:password`, then rights in any order. So a password
 * with a space in it has to be hashed. What is wrong is said with line and field and without the
 * value where that may be a secret. A file is taken whole or not at all.
 */
import { createHash } from 'node:crypto'
import { closestOption } from '../engine/option-names.ts'
import { EVERYTHING, READ, type Rights, WRITE } from './principal.ts'
import { looksHashed, readHash, type ScryptHash } from './password-hash.ts'
import { readToken } from './token.ts'

/** A password as the server keeps it: never the text itself. */
export type StoredPassword =
  | { readonly kind: 'none' }
  /** SHA-256 of a password that the file has as text. */
  | { readonly kind: 'plain'; readonly digest: Uint8Array }
  | ({ readonly kind: 'scrypt' } & ScryptHash)

/** A line: plain data, which goes to workers as it is. */
export interface UserRecord {
  readonly name: string
  readonly password: StoredPassword
  /** SHA-256 of each token. */
  readonly tokens: readonly Uint8Array[]
  readonly rights: Rights
  /** Differs as soon as anything of the line does that matters. */
  readonly fingerprint: string
}

/** A file that is refused; the message names line and field. */
export class AuthFileError extends Error {}

const MOST_FILE_BYTES = 4 * 1024 * 1024
const MOST_USERS = 10_000
const MOST_NAME = 64
const MOST_PASSWORD_BYTES = 512
const MOST_PREFIXES = 32
const MOST_PREFIX_BYTES = 250
const MOST_TOKENS = 8
const RIGHTS: Readonly<Record<string, number>> = { read: READ, write: WRITE, admin: EVERYTHING }
const WORDS = [...Object.keys(RIGHTS), 'prefix=', 'token=']
const NO_PASSWORD = '*'

/**
 * Reads the users of a file.
 * @throws AuthFileError
 */
export function parseAuthFile(bytes: Uint8Array): UserRecord[] {
  if (bytes.length > MOST_FILE_BYTES) {
    const size = `${bytes.length} bytes, and the most is ${MOST_FILE_BYTES}`
    throw new AuthFileError(`it has ${size}`)
  }
  const users = new Map<string, UserRecord>()
  const tokens = new Map<string, string>()
  const lines = textOf(bytes).split('\n')
  for (const [index, line] of lines.entries()) {
    const where = `line ${index + 1}`
    const words = line.split(/[ \t\r]+/).filter((word) => word !== '')
    if (words.length === 0 || words[0]!.startsWith('#')) continue
    const user = readUser(words, where)
    if (users.has(user.name)) fail(where, 'user', `'${user.name}' has a line already`)
    if (users.size === MOST_USERS) fail(where, 'user', `there are more than ${MOST_USERS}`)
    for (const token of user.tokens) {
      const key = Buffer.from(token).toString('hex')
      const owner = tokens.get(key)
      if (owner !== undefined) fail(where, 'token', `'${owner}' has the same one`)
      tokens.set(key, user.name)
    }
    users.set(user.name, user)
  }
  if (users.size === 0) throw new AuthFileError('it has no user: nobody could get in')
  return [...users.values()]
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new AuthFileError('it is no UTF-8 text')
  }
}

function readUser([first = '', ...rest]: readonly string[], where: string): UserRecord {
  const colon = first.indexOf(':')
  if (colon < 0) fail(where, 'user', 'a line begins with name:password')
  const name = readName(first.slice(0, colon), where)
  const text = first.slice(colon + 1)
  const password = readPassword(text, where)
  const tokens: Uint8Array[] = []
  const prefixes: Uint8Array[] = []
  let bits = 0
  for (const [index, word] of rest.entries()) {
    if (word.startsWith('prefix=')) prefixes.push(readPrefix(word.slice(7), where))
    else if (word.startsWith('token=')) {
      const token = readToken(word.slice(6))
      if (typeof token === 'string') fail(where, 'token', token)
      tokens.push(token)
    } else if (Object.hasOwn(RIGHTS, word)) {
      if (rest.indexOf(word) !== index) fail(where, 'right', `${word} stands there twice`)
      bits |= RIGHTS[word]!
    } else fail(where, 'right', unknownWord(word, index + 2))
  }
  if (bits === 0) bits = READ | WRITE
  if (prefixes.length > MOST_PREFIXES) fail(where, 'prefix', `more than ${MOST_PREFIXES}`)
  if (tokens.length > MOST_TOKENS) fail(where, 'token', `more than ${MOST_TOKENS}`)
  if (bits === EVERYTHING && prefixes.length > 0) {
    fail(where, 'prefix', 'whoever administers reaches every key: leave out admin or the prefix')
  }
  if (password.kind === 'none' && tokens.length === 0) {
    fail(where, 'password', `'${NO_PASSWORD}' is none, and there is no token either`)
  }
  const words = [name, text, ...rest.toSorted()].join(' ')
  const fingerprint = createHash('sha256').update(words).digest('hex')
  return { name, password, tokens, rights: { bits, prefixes }, fingerprint }
}

function readName(name: string, where: string): string {
  if (!/^[!-~]+$/.test(name)) fail(where, 'user', 'a name has printable ASCII characters')
  if (name.length <= MOST_NAME) return name
  fail(where, 'user', `a name has at most ${MOST_NAME} characters, not ${name.length}`)
}

function readPassword(text: string, where: string): StoredPassword {
  if (text === NO_PASSWORD) return { kind: 'none' }
  if (text === '') fail(where, 'password', `it is empty; '${NO_PASSWORD}' stands for none`)
  if (looksHashed(text)) {
    const hash = readHash(text)
    if (typeof hash === 'string') fail(where, 'password', hash)
    return { kind: 'scrypt', ...hash }
  }
  const bytes = Buffer.byteLength(text)
  if (bytes > MOST_PASSWORD_BYTES) {
    fail(where, 'password', `it has ${bytes} bytes, and the most is ${MOST_PASSWORD_BYTES}`)
  }
  return { kind: 'plain', digest: createHash('sha256').update(text).digest() }
}

/** Bytes, with %20 for a space. */
function readPrefix(text: string, where: string): Uint8Array {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) {
    fail(where, 'prefix', `'${text}': two hexadecimal digits follow a %, which itself is %25`)
  }
  const pieces = text.split(/(%[0-9A-Fa-f]{2})/).map((piece) => {
    return piece.startsWith('%') ? Buffer.from(piece.slice(1), 'hex') : Buffer.from(piece)
  })
  const prefix = Buffer.concat(pieces)
  if (prefix.length === 0) fail(where, 'prefix', 'it is empty: leave it out for every key')
  if (prefix.length <= MOST_PREFIX_BYTES) return new Uint8Array(prefix)
  fail(where, 'prefix', `it has ${prefix.length} bytes, and the most is ${MOST_PREFIX_BYTES}`)
}

/** The word itself may be the end of a password. */
function unknownWord(word: string, number: number): string {
  const closest = closestOption(word, WORDS)
  const hint = closest === undefined ? '' : `; did you mean ${closest}?`
  return (
    `word ${number} is none of ${WORDS.join(', ')}${hint} ` +
    '(a password with a space in it has to be hashed)'
  )
}

function fail(where: string, field: string, why: string): never {
  throw new AuthFileError(`${where}: ${field}: ${why}`)
}
