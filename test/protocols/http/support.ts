/**
 * HTTP in a test: a server with its engine, for either hand-off, and two clients: Node's own fetch,
 * which is undici, and a socket that says what it is told, byte by byte, and reads responses.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect } from 'vitest'
import { createEngine, type Engine, type EngineOptions } from '../../../src/index.ts'
import { serve, type ServeOptions, type Server } from '../../../src/server/serve.ts'

export const HAND_OFFS = ['frames', 'sockets'] as const

export interface HttpServer {
  readonly engine: Engine
  readonly server: Server
  readonly port: number
  /** Undici: a path, or what fetch takes. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  connect(): Promise<RawClient>
}

const closers: (() => Promise<void>)[] = []
let engines = 0

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

export async function openHttp(
  options: ServeOptions = {},
  engineOptions: EngineOptions = {},
): Promise<HttpServer> {
  const engine = createEngine({ name: `http-${++engines}`, memory: '16mb', ...engineOptions })
  const server = await serve(engine, { httpPort: 0, workers: 1, ...options })
  const port = portOf(server.httpAddresses[0]!)
  const clients: RawClient[] = []
  closers.push(async () => {
    for (const client of clients) client.socket.destroy()
    await server.close()
    engine.close()
  })
  return {
    ...{ engine, server, port },
    fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    connect: async () => {
      const client = await RawClient.to(port)
      clients.push(client)
      return client
    },
  }
}

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

/** What a refusal says: a problem of RFC 9457, with the status of its response. */
export function problemOf({ status, headers, body }: RawResponse): {
  status: number
  detail: string
} {
  expect(headers['content-type']).toBe('application/problem+json')
  const problem = JSON.parse(body.toString())
  expect(problem).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) })
  return problem
}
