/** Replies of the two line protocols, as far as looking at a server needs them. */

/** RESP2: null is undefined, an error reply an Error. */
export type RespValue = string | number | Error | undefined | readonly RespValue[]

/** A whole reply and where it ends; undefined while there is more to come. */
export function readResp(bytes: Buffer, at = 0): { value: RespValue; end: number } | undefined {
  const lineEnd = bytes.indexOf('\r\n', at)
  if (lineEnd < 0) return undefined
  const kind = String.fromCharCode(bytes[at]!)
  const line = bytes.toString('utf8', at + 1, lineEnd)
  const end = lineEnd + 2
  if (kind === '+') return { value: line, end }
  if (kind === '-') return { value: new Error(line), end }
  if (kind === ':') return { value: Number(line), end }
  const count = Number(line)
  if ((kind !== '$' && kind !== '*') || !Number.isInteger(count)) {
    return { value: new Error('this is no Redis protocol'), end: bytes.length }
  }
  if (count < 0) return { value: undefined, end }
  if (kind === '*') return readArray(bytes, end, count)
  if (bytes.length < end + count + 2) return undefined
  return { value: bytes.toString('utf8', end, end + count), end: end + count + 2 }
}

function readArray(bytes: Buffer, begin: number, count: number) {
  const values: RespValue[] = []
  let end = begin
  for (let n = 0; n < count; n++) {
    const one = readResp(bytes, end)
    if (one === undefined) return undefined
    values.push(one.value)
    end = one.end
  }
  return { value: values, end }
}

/** `name:value` lines of INFO. */
export function infoOf(text: string): Map<string, string> {
  const facts = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0 && !line.startsWith('#')) facts.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return facts
}

const LAST_LINE = /^(?:END|ERROR|OK|STORED|NOT_STORED|RESET|CLIENT_ERROR .*|SERVER_ERROR .*)\r\n$/m

/** Whether a reply of memcached's text protocol that ends in a line of its own is whole. */
export function isWholeText(text: string): boolean {
  return (
    text.endsWith('\r\n') && LAST_LINE.test(text.slice(text.lastIndexOf('\n', text.length - 2) + 1))
  )
}

/** `STAT name value` lines. */
export function statsOf(text: string): Map<string, string> {
  const facts = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/^STAT (\S+) ?(.*)\r$/gm)) {
    facts.set(name, value)
  }
  return facts
}
