/**
 * Random HTTP requests: of every route, with header fields that matter and that do not, with bodies
 * as long as they say, longer, shorter, in chunks; then bytes of them changed, left out, doubled.
 */
import type { Random } from './random.ts'

const METHODS = 'GET GET GET PUT PUT PUT DELETE HEAD POST OPTIONS PATCH TRACE'.split(' ')
const KEYS = [
  'a',
  'a',
  'b',
  'c',
  'n',
  'n',
  'n',
  '%00',
  '%ff%2F',
  '',
  'k'.repeat(300),
  '..',
  '%c3%bc',
  '%zz',
]
const PATHS = [
  '/cache',
  '/mget',
  '/healthz',
  '/readyz',
  '/',
  '/none',
  '*',
  'http://localhost/healthz',
]
const QUERIES = [
  '',
  '',
  '',
  '?space=one',
  '?space=',
  '?by=2',
  '?by=-1',
  '?initial=5',
  '?by=x&initial=1',
]
const TAGS = ['*', '"x"', '"a", W/"b"', 'x', '""', ',', '"x']
const FIELDS: readonly (readonly [string, readonly string[]])[] = [
  ['Host', ['evil.example', '', '[::1]', 'a b', 'localhost']],
  ['X-TTL', ['60', '0', '-1', '1.5', 'soon', '9999999999999', '']],
  ['Cache-Control', ['max-age=60', 'max-age=0', 'max-age=x', 'no-cache']],
  ['If-Match', TAGS],
  ['If-None-Match', TAGS],
  ['Range', ['bytes=0-1', 'bytes=9-', 'bytes=-2', 'bytes=2-1', 'x']],
  ['Content-Type', ['application/json', 'text/plain; charset=utf-8', 'x', 'x/'.repeat(80)]],
  ['Content-Encoding', ['gzip', 'identity']],
  [
    'Content-Length',
    ['0', '3', '99999999', '-1', 'x', '3, 3', '4294967296', '18446744073709551616'],
  ],
  ['Transfer-Encoding', ['chunked', 'identity', 'gzip, chunked', 'chunked, chunked', 'xchunked']],
  ['Expect', ['100-continue', 'x']],
  ['Connection', ['close', 'keep-alive', 'Upgrade', 'x']],
  ['Upgrade', ['websocket', 'h2c']],
  ['Origin', ['http://localhost', 'http://evil.example', 'null']],
  ['Sec-Fetch-Site', ['cross-site', 'same-origin']],
  ['Authorization', ['Basic YTpi', 'Bearer x', 'x']],
  ['X-Any', ['', 'x'.repeat(5000), '\x80\xff', 'a\tb']],
  ['If-Range', ['"x"', 'x']],
]
const BODIES = [
  '7',
  'text',
  '',
  'x',
  '12',
  '{"keys":["a","n",{"base64":"/w=="}]}',
  '{"keys":',
  '\r\n\r\n',
  '\0\xff',
]
const MARKS = ['\r\n', '\n', '\r', ' ', '\r\n\r\n', '\0', ':', '\t', '\x7f', '\xff', '0\r\n\r\n']
const MOST_BYTES = 60_000

export class HttpGrammar {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** Some requests behind each other, sometimes with faults. */
  next(): Buffer {
    const random = this.#random
    let text = ''
    for (let n = 1 + random.below(6); n > 0; n--) text += this.request()
    if (random.once(3)) for (let n = 1 + random.below(4); n > 0; n--) text = this.#change(text)
    return Buffer.from(text.slice(0, MOST_BYTES), 'latin1')
  }

  request(): string {
    const random = this.#random
    const isKeyed = !random.once(4)
    const verb = random.once(4) ? random.one(['/incr', '/decr', '/incr', '/x']) : ''
    const method = verb === '' || random.once(4) ? this.#method() : 'POST'
    const path = isKeyed ? `/cache/${random.one(KEYS)}${verb}` : random.one(PATHS)
    const version = random.once(40) ? random.one(['1.0', '2.0', '1.2', '0.9', '']) : '1.1'
    const line = `${method} ${path}${random.one(QUERIES)} HTTP/${version}`
    const fields = random.once(20) ? [] : ['Host: localhost']
    for (const [name, values] of random.some(FIELDS, random.one([9, 30, 60])))
      fields.push(`${name}: ${random.one(values)}`)
    return this.#withBody([line, ...fields])
  }

  #method(): string {
    return this.#random.once(40) ? 'CONNECT' : this.#random.one(METHODS)
  }

  #withBody(head: string[]): string {
    const random = this.#random
    const body = random.once(15) ? 'y'.repeat(random.below(30_000)) : random.one(BODIES)
    const hasLength = head.some((line) => /^(?:content-length|transfer-encoding)/i.test(line))
    const hasBody = hasLength || head[0]!.startsWith('P') || random.once(10)
    const form = hasLength ? random.below(8) : hasBody ? random.below(4) : 1
    if (form === 0)
      return `${[...head, 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n${this.#chunks(body)}`
    if (form === 1) return `${head.join('\r\n')}\r\n\r\n`
    if (form < 4)
      return `${[...head, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`
    return `${head.join('\r\n')}\r\n\r\n${random.once(2) ? this.#chunks(body) : body}`
  }

  #chunks(body: string): string {
    const random = this.#random
    let text = ''
    let from = 0
    for (const to of [...random.cuts(body.length, 3), body.length]) {
      const extension = random.once(6) ? ';a=b' : ''
      const chunk = `${(to - from).toString(16)}${extension}\r\n${body.slice(from, to)}\r\n`
      if (to > from) text += chunk
      from = to
    }
    return `${text}0\r\n${random.once(6) ? 'X-Trailer: 1\r\n' : ''}\r\n`
  }

  #change(text: string): string {
    const random = this.#random
    const at = random.below(text.length + 1)
    const end = Math.min(text.length, at + 1 + random.below(random.one([1, 4, 60])))
    switch (random.below(6)) {
      case 0:
        return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1)
      case 1:
        return text.slice(0, at) + text.slice(end)
      case 2:
        return text.slice(0, end) + text.slice(at)
      case 3:
        return text.slice(0, at) + random.one(MARKS) + text.slice(random.once(2) ? at : end)
      case 4:
        return text.slice(0, at) + this.request() + text.slice(at)
      default:
        return text.slice(0, at)
    }
  }
}
