/**
 * The flags of meta commands: one letter each, some with a token behind it. All are read and
 * checked before anything is done; replies then walk the line's words again, since flags that
 * return something return it in the order in which they were asked.
 */
import type { WantedCas } from './changes.ts'
import { BAD_FORMAT, type ClientSession } from './client-session.ts'
import { long, readLong, readSigned, readUnsigned } from './decimal.ts'
import { line, MAX_KEY_BYTES, MAX_WORDS } from './line.ts'

const BAD_TOKEN = 'CLIENT_ERROR bad token in command line format\r\n'
export const BAD_OPAQUE = 'CLIENT_ERROR opaque token too long\r\n'
const BAD_KEY = 'CLIENT_ERROR error decoding key\r\n'
const MOST_FLAGS = 20
const MOST_OPAQUE_BYTES = 32
const MOST_CLIENT_FLAGS = 2 ** 32 - 1

/** Letters that are flags of some meta command; P and L are read and ignored. */
const KNOWN = new Uint8Array(128)
for (const letter of 'bcfhklqstuvxCDEFIJLMNOPRT') KNOWN[letter.charCodeAt(0)] = 1

class MetaFlags {
  /** Which letters the line has: by character code. */
  readonly has: Uint8Array = new Uint8Array(128)
  readonly #seen: Uint8Array = new Uint8Array(MAX_WORDS)
  #count = 0
  /** The key: words of the line, or what base64 stood for. */
  key: Uint8Array = new Uint8Array(0)
  keyFrom = 0
  keyTo = 0
  /** Absolute ms, as `ClientSession.expiry`. */
  expiry: number | undefined
  vivifyExpiry: number | undefined
  /** Of an entry that N makes: what T and N say, the later one counts. */
  createdExpiry = 0
  recacheBefore = 0
  /** T stands before R, so that R looks at the new expiry. */
  touchesFirst = false
  wanted: WantedCas | undefined
  own: WantedCas | undefined
  clientFlags = 0
  mode = 0
  delta = 1n
  initial = 0n

  clear(): void {
    for (let i = 0; i < this.#count; i++) this.has[this.#seen[i]!] = 0
    this.#count = 0
    this.expiry = this.vivifyExpiry = undefined
    this.createdExpiry = 0
    this.recacheBefore = 0
    this.touchesFirst = false
    this.wanted = this.own = undefined
    this.clientFlags = this.mode = 0
    this.delta = 1n
    this.initial = 0n
  }

  add(letter: number): void {
    this.has[letter] = 1
    this.#seen[this.#count++] = letter
  }
}

/** The flags of the command that this thread is executing. */
export const meta: MetaFlags = new MetaFlags()

export const LETTER = {
  b: 98,
  c: 99,
  f: 102,
  h: 104,
  k: 107,
  l: 108,
  q: 113,
  s: 115,
  t: 116,
  u: 117,
  v: 118,
  x: 120,
  C: 67,
  D: 68,
  E: 69,
  F: 70,
  I: 73,
  J: 74,
  M: 77,
  N: 78,
  O: 79,
  R: 82,
  T: 84,
} as const

/**
 * Reads the key and the flags from the word `first` on.
 * @returns what is wrong, as a reply; undefined when nothing is. As in memcached, a bad letter ends
 * the search, and of bad tokens the last one is told; a bad F only when nothing else is wrong.
 */
export function readMeta(session: ClientSession, first: number): string | undefined {
  meta.clear()
  if (line.hasControl || line.wordBytes(1) > MAX_KEY_BYTES) return BAD_FORMAT
  const flags = line.count - first
  if (flags > MOST_FLAGS || line.count > MAX_WORDS) {
    return 'CLIENT_ERROR options flags are too long\r\n'
  }
  let problem: string | undefined
  let hasLongOpaque = false
  readMetaKey(false)
  for (let word = first; word < line.count; word++) {
    const letter = line.bytes[line.starts[word]!]!
    if (letter > 126 || meta.has[letter] === 1) return 'CLIENT_ERROR duplicate flag\r\n'
    if (KNOWN[letter] === 0) return 'CLIENT_ERROR invalid flag\r\n'
    meta.add(letter)
    const found = readToken(session, letter, line.starts[word]! + 1, line.ends[word]!)
    if (found === BAD_OPAQUE) hasLongOpaque = true
    else if (letter === LETTER.F) problem ??= found
    else problem = found ?? problem
  }
  return problem ?? (hasLongOpaque ? BAD_OPAQUE : undefined)
}

function readToken(
  session: ClientSession,
  letter: number,
  from: number,
  to: number,
): string | undefined {
  const { bytes } = line
  switch (letter) {
    case LETTER.T:
    case LETTER.N:
    case LETTER.R: {
      const seconds = readSigned(bytes, from, to)
      if (Number.isNaN(seconds)) return BAD_TOKEN
      keepTime(letter, session.expiry(seconds))
      return undefined
    }
    case LETTER.C:
    case LETTER.E:
    case LETTER.D:
    case LETTER.J:
      if (!readLong(bytes, from, to)) return BAD_TOKEN
      keepLong(letter)
      return undefined
    case LETTER.F:
      meta.clientFlags = readUnsigned(bytes, from, to, MOST_CLIENT_FLAGS)
      return meta.clientFlags < 0 ? BAD_FORMAT : undefined
    case LETTER.M:
      if (to - from !== 1) return 'CLIENT_ERROR incorrect length for M token\r\n'
      meta.mode = bytes[from]!
      return undefined
    case LETTER.b:
      return readMetaKey(true) ? undefined : BAD_KEY
    case LETTER.O:
      return to - from > MOST_OPAQUE_BYTES ? BAD_OPAQUE : undefined
    default:
      return undefined
  }
}

function keepTime(letter: number, expiry: number): void {
  if (letter === LETTER.R) {
    meta.recacheBefore = expiry
    meta.touchesFirst = meta.has[LETTER.T] === 1
    return
  }
  if (letter === LETTER.T) meta.expiry = expiry
  else meta.vivifyExpiry = expiry
  meta.createdExpiry = expiry
}

function keepLong(letter: number): void {
  const { high, low } = long
  if (letter === LETTER.C) meta.wanted = { high, low }
  else if (letter === LETTER.E) meta.own = { high, low }
  else {
    const number = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
    if (letter === LETTER.D) meta.delta = number
    else meta.initial = number
  }
}

const BASE64_VALUES = new Uint8Array(256).fill(255)
const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
for (const [value, character] of BASE64.entries()) BASE64_VALUES[character] = value
const PADDING = 61
const decoded = Buffer.alloc(MAX_KEY_BYTES)

/** Finds the key of the line; false when it is no base64 and should be. */
export function readMetaKey(isBase64: boolean): boolean {
  const { bytes } = line
  const from = line.starts[1]!
  const to = line.ends[1]!
  meta.key = bytes
  meta.keyFrom = from
  meta.keyTo = to
  if (!isBase64) return true
  const length = decodeBase64(bytes, from, to)
  if (length <= 0) return false
  meta.key = decoded
  meta.keyFrom = 0
  meta.keyTo = length
  return true
}

/** Decodes padded base64 into `decoded`; the length, or -1. */
function decodeBase64(bytes: Uint8Array, from: number, to: number): number {
  if ((to - from) % 4 !== 0) return -1
  let end = to
  while (end > from && to - end < 2 && bytes[end - 1] === PADDING) end--
  let length = 0
  let bits = 0
  let width = 0
  for (let at = from; at < end; at++) {
    const value = BASE64_VALUES[bytes[at]!]!
    if (value > 63) return -1
    bits = ((bits << 6) | value) & 0xffffff
    width += 6
    if (width < 8) continue
    width -= 8
    decoded[length++] = (bits >>> width) & 255
  }
  return length
}

/** Appends the key as `k` returns it, and says `b` when it is base64. */
export function putKey(session: ClientSession): void {
  const { out } = session
  out.text(' k')
  if (meta.has[LETTER.b] === 0) {
    out.copy(meta.key, meta.keyFrom, meta.keyTo)
    return
  }
  out.text(decoded.toString('base64', 0, meta.keyTo))
  out.text(' b')
}

/** Appends the flags that every reply returns: the key and the opaque token. */
export function putEchoes(session: ClientSession, first: number): void {
  for (let word = first; word < line.count; word++) putEcho(session, word)
}

export function putEcho(session: ClientSession, word: number): void {
  const letter = line.bytes[line.starts[word]!]
  if (letter === LETTER.k) putKey(session)
  else if (letter === LETTER.O) {
    session.out.text(' ')
    session.out.copy(line.bytes, line.starts[word]!, line.ends[word]!)
  }
}
