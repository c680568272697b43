/** What a request asks for: its path, its query, and the bytes of a key in it. */
import { Problem } from './problem.ts'
import type { Operation } from './route-table.ts'

export interface Target {
  readonly path: string
  /** What follows the `?`; '' without one. */
  readonly query: string
  /** The host of an absolute target, which a proxy's client sends: it stands for `Host`. */
  readonly host: string | undefined
}

/** `http://host/path`, which servers have to understand beside `/path`. */
const ABSOLUTE = /^https?:\/\/([^/?]*)([^?]*)(.*)$/is
const PERCENT = 37

/** @throws Problem 400 for what is neither a path nor a URL */
export function parseTarget(url: string): Target {
  let path = url
  let host: string | undefined
  if (!url.startsWith('/')) {
    const match = ABSOLUTE.exec(url)
    if (match === null && url !== '*') throw new Problem(400, 'the target is no path')
    if (match !== null) {
      host = match[1]
      path = (match[2] || '/') + match[3]
    }
  }
  const mark = path.indexOf('?')
  if (mark < 0) return { path, query: '', host }
  return { path: path.slice(0, mark), query: path.slice(mark + 1), host }
}

/**
 * The bytes of a percent-encoded segment. Characters that are not encoded stand for themselves.
 * @throws Problem 400 for a `%` without two hexadecimal digits
 */
export function decodeSegment(segment: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(segment.length)
  let length = 0
  for (let at = 0; at < segment.length; at++) {
    let byte = segment.charCodeAt(at)
    if (byte === PERCENT) {
      byte = hexDigit(segment.charCodeAt(at + 1)) * 16 + hexDigit(segment.charCodeAt(at + 2))
      if (!(byte >= 0)) {
        const found = segment.slice(at, at + 3)
        throw new Problem(
          400,
          `the key has '${found}', where %XX with two hexadecimal digits is due`,
        )
      }
      at += 2
    }
    bytes[length++] = byte
  }
  return bytes.subarray(0, length)
}

/**
 * The parameters behind the `?`. Where an operation has some, any other is refused: a misspelt
 * `space` would be about another cache. One that has none takes what probes and proxies add.
 * @throws Problem 400 for a parameter that is not there, or there twice
 */
export function parseQuery(query: string, { parameters = [] }: Operation): URLSearchParams {
  const given = new URLSearchParams(query)
  const known = parameters.flatMap((one: { in?: unknown; name?: unknown }) =>
    one.in === 'query' ? [one.name] : [],
  )
  if (known.length === 0) return given
  for (const name of given.keys()) {
    const members = { field: name, value: given.get(name), limit: known.join(', ') }
    if (!known.includes(name)) {
      const detail = `there is no parameter '${name}' here; there is ${members.limit}`
      throw new Problem(400, detail, {}, members)
    }
    if (given.getAll(name).length > 1) {
      throw new Problem(400, `the parameter ${name} is there more than once`, {}, { field: name })
    }
  }
  return given
}

/** NaN for what is none, NaN itself included. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const letter = code | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : Number.NaN
}
