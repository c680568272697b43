/**
 * A client of HTTP that says what it is told, byte by byte, and reads responses: for tests, and for
 * programs that no test runner runs.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export function portOf(address: string): number {
  return Number(/\d+$/.exec(address)![0])
}

export interface RawResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A client that says exactly what it is told. */
export class RawClient {
  readonly socket: Socket
  #received: Buffer = Buffer.alloc(0)
  /** What came since. */
  #parts: Buffer[] = []
  #partBytes = 0
  #isEnded = false
  #wake = (): void => {}

  static async to(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {}) // a reset shows as the end
    socket.on('data', (chunk) => {
      this.#parts.push(chunk)
      this.#partBytes += chunk.length
      this.#wake()
    })
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#isEnded = true
        this.#wake()
      })
    }
  }

  send(bytes: string | Uint8Array): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    return this
  }

  /** The next response. @param isHead it has no body, whatever its header says */
  async response(isHead = false): Promise<RawResponse> {
    let wanted = 0
    for (;;) {
      if (this.#received.length + this.#partBytes >= wanted) this.#join()
      const headEnd = this.#received.indexOf('\r\n\r\n')
      if (headEnd >= 0) {
        const [line = '', ...fields] = this.#received.toString('latin1', 0, headEnd).split('\r\n')
        const [, code] = /^HTTP\/1\.1 ([0-9]{3}) /.exec(line) ?? []
        if (code === undefined) throw new Error(`no status line: ${line}`)
        const headers = Object.fromEntries(
          fields.map((field) => {
            const colon = field.indexOf(':')
            return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
          }),
        )
        const length = isHead ? 0 : Number(headers['content-length'] ?? 0)
        if (this.#received.length >= headEnd + 4 + length) {
          const body = this.#received.subarray(headEnd + 4, headEnd + 4 + length)
          this.#received = this.#received.subarray(headEnd + 4 + length)
          return { status: Number(code), headers, body }
        }
        wanted = headEnd + 4 + length
      }
      if (this.#isEnded) {
        this.#join()
        if (this.#received.length < wanted || wanted === 0) {
          throw new Error(`ended after '${this.#received.toString('latin1', 0, 200)}'`)
        }
        continue
      }
      await this.#more()
    }
  }

  /** Sends a request and returns its response. */
  ask(bytes: string | Uint8Array, isHead = false): Promise<RawResponse> {
    return this.send(bytes).response(isHead)
  }

  /** Waits until the server has ended the connection; what came before that, unread. */
  async ended(): Promise<string> {
    while (!this.#isEnded) await this.#more()
    this.#join()
    return this.#received.toString('latin1')
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  #join(): void {
    this.#received = Buffer.concat([this.#received, ...this.#parts])
    this.#parts = []
    this.#partBytes = 0
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

/** A request with `Host`, and a body if there is one. */
export function request(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string | Uint8Array,
): Buffer {
  const bytes = body === undefined ? undefined : Buffer.from(body as string)
  const all = { Host: 'localhost', ...(bytes && { 'Content-Length': bytes.length }), ...headers }
  const fields = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n`, 'latin1')
  return bytes === undefined ? head : Buffer.concat([head, bytes])
}
