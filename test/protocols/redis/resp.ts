/** RESP for tests: requests to bytes, and how far one reply reaches. */

/** A request: words as one types them into redis-cli, or arguments as they are. */
export type Request = string | readonly (string | Buffer)[]

/** A request as an array of bulk strings. Text is UTF-8. */
export function encode(request: Request): Buffer {
  const words = typeof request === 'string' ? wordsOf(request) : request
  const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)]
  for (const word of words) {
    const bytes = typeof word === 'string' ? Buffer.from(word) : word
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'))
  }
  return Buffer.concat(parts)
}

/** Words between spaces; double quotes keep spaces, and `\xff \r \n \t \\ \"` are escapes. */
function wordsOf(line: string): Buffer[] {
  const words = line.match(/"(?:\\.|[^"\\])*"|[^\s"]+/g) ?? []
  return words.map((word) =>
    word.startsWith('"') ? unquoted(word.slice(1, -1)) : Buffer.from(word),
  )
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t' }

function unquoted(text: string): Buffer {
  const parts = text.split(/(\\x[0-9a-f]{2}|\\.)/g).map((part) => {
    if (part.startsWith('\\x')) return Buffer.from(part.slice(2), 'hex')
    return Buffer.from(part.startsWith('\\') ? (ESCAPES[part[1]!] ?? part.slice(1)) : part)
  })
  return Buffer.concat(parts)
}

/** Where the reply that begins at `from` ends, or -1 when it is not all there. */
export function replyEnd(bytes: Buffer, from: number): number {
  const line = bytes.indexOf('\r\n', from)
  if (line < 0) return -1
  const after = line + 2
  const type = String.fromCharCode(bytes[from]!)
  const count = Number(bytes.toString('latin1', from + 1, line))
  if (type === '$' || type === '=' || type === '!') {
    const end = count < 0 ? after : after + count + 2
    return end <= bytes.length ? end : -1
  }
  const nested = '*~>'.includes(type) ? count : type === '%' ? 2 * count : 0
  let at = after
  for (let i = 0; i < nested; i++) {
    at = replyEnd(bytes, at)
    if (at < 0) return -1
  }
  return at
}

/** A reply as nested arrays of text, numbers and null; maps and sets are arrays. */
export function parse(text: string): unknown {
  return new Parser(text).value()
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): unknown {
    const end = this.#text.indexOf('\r\n', this.#at)
    const type = this.#text[this.#at]!
    const line = this.#text.slice(this.#at + 1, end)
    this.#at = end + 2
    if (type === ':') return Number(line)
    if (type === '_') return null
    if ('*~>%'.includes(type)) {
      const count = Number(line) * (type === '%' ? 2 : 1)
      return count < 0 ? null : Array.from({ length: count }, () => this.value())
    }
    if (!'$='.includes(type)) return line
    if (Number(line) < 0) return null
    const from = this.#at
    this.#at = from + Number(line) + 2
    return this.#text.slice(from, from + Number(line))
  }
}
