/**
 * The lines that watchers get, in memcached's form: `ts=... gid=... type=... key=...`. Made only
 * while somebody watches their kind; keys are URI encoded.
 */
import type { ClientSession } from './client-session.ts'
import { WATCH_DELETIONS, WATCH_FETCHERS, WATCH_MUTATIONS } from './host.ts'

let lines = 0

/** A key as memcached's logs and dumps write it: all but letters, digits and -._~ as %NN. */
export function encodeKey(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!
    const isPlain =
      (byte >= 97 && byte <= 122) ||
      (byte >= 65 && byte <= 90) ||
      (byte >= 48 && byte <= 57) ||
      PUNCTUATION.includes(byte)
    text += isPlain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}
const PUNCTUATION = [...Buffer.from('-._~')]

function log(session: ClientSession, kind: number, type: string, rest: string): void {
  const micros = Math.round(session.now * 1000)
  const stamp = `${Math.floor(micros / 1e6)}.${micros % 1e6}`
  // The number is unique in the server: each worker's lines end in its own row.
  const gid = `${session.facts.board.row}${String(++lines).padStart(9, '0')}`
  const line = `ts=${stamp} gid=${gid} type=${type} ${rest} cfd=${session.id}`
  session.facts.log(kind, line)
}

/** One key was looked up. @param length of its value; negative: not found */
export function logFetch(
  session: ClientSession,
  key: Uint8Array,
  from: number,
  to: number,
  length: number,
): void {
  const status = length < 0 ? 'not_found' : 'found'
  const size = Math.max(0, length)
  const rest = `key=${encodeKey(key, from, to)} status=${status} size=${size}`
  log(session, WATCH_FETCHERS, 'item_get', rest)
}

/** A command tried to store a value. */
export function logStore(
  session: ClientSession,
  key: Uint8Array,
  from: number,
  to: number,
  command: string,
  status: string,
  length: number,
): void {
  const rest = `key=${encodeKey(key, from, to)} status=${status} cmd=${command} size=${length}`
  log(session, WATCH_MUTATIONS, 'item_store', rest)
}

/** An entry was deleted. */
export function logDelete(
  session: ClientSession,
  key: Uint8Array,
  from: number,
  to: number,
  command: string,
): void {
  log(session, WATCH_DELETIONS, 'deleted', `key=${encodeKey(key, from, to)} cmd=${command}`)
}
