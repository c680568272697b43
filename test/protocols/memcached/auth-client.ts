/** A memcached connection with users in a test: waits while a password is verified. */
import { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'
import { AuthBench, SECRET } from '../../auth/support.ts'
import { encode, type Request } from './frames.ts'
import { Bench, type Client } from './support.ts'

export const USERS = `
  ann:${SECRET}
  in:${SECRET} prefix=in:
  ro:${SECRET} read
  wo:${SECRET} write
  ops:${SECRET} admin
`
/** What a user hears that may not. */
export const DENIED = 'CLIENT_ERROR permission denied\r\n'

export class AuthClient {
  readonly #bench: AuthMemcached
  readonly client: Client
  readonly #id: number

  constructor(bench: AuthMemcached, client: Client, id: number) {
    this.#bench = bench
    this.client = client
    this.#id = id
  }

  get isClosing(): boolean {
    return this.client.connection.isClosing
  }

  /** The replies to text, one character per byte. */
  async ask(text: string): Promise<string> {
    return (await this.feed(Buffer.from(text, 'latin1'))).toString('latin1')
  }

  /** The status and the body of each reply to binary requests. */
  async askFrames(...requests: readonly Request[]): Promise<string[]> {
    const bytes = await this.feed(Buffer.concat(requests.map((each, i) => encode(each, i, 0n))))
    const replies: string[] = []
    for (let at = 0; at < bytes.length; at += 24 + bytes.readUInt32BE(at + 8)) {
      const body = bytes.subarray(at + 24, at + 24 + bytes.readUInt32BE(at + 8))
      const opaque = bytes.readUInt32BE(at + 12)
      replies.push(`${opaque}: ${bytes.readUInt16BE(at + 6)} ${body.toString('latin1')}`)
    }
    return replies
  }

  /** As a server feeds it: what is left while it is paused comes when it asks for it. */
  async feed(bytes: Buffer): Promise<Buffer> {
    const { connection } = this.client
    const { served } = this.#bench.bench.host
    const out = new ReplyBuffer()
    const replies: Buffer[] = []
    let at = 0
    do {
      if (connection.isPaused) {
        while (!served.includes(this.#id)) await new Promise((done) => setTimeout(done, 1))
        served.splice(served.indexOf(this.#id), 1)
      }
      at = connection.feed(bytes, at, bytes.length, out)
      replies.push(Buffer.from(out.bytes.subarray(0, out.length)))
      out.clear()
    } while (!connection.isClosing && (at < bytes.length || connection.hasMore))
    return Buffer.concat(replies)
  }

  /** As a user; the password is always `secret`. */
  async as(name: string): Promise<this> {
    const reply = await this.ask(authRequest(name, 'secret'))
    if (reply !== 'STORED\r\n') throw new Error(`${name} is not in: ${reply}`)
    return this
  }
}

export class AuthMemcached {
  readonly bench = new Bench()
  readonly auth: AuthBench
  #connections = 0

  constructor(users: string = USERS) {
    this.auth = new AuthBench(users)
    this.bench.host.authenticator = this.auth.authenticator
  }

  connect(): AuthClient {
    return new AuthClient(this, this.bench.connect(), ++this.#connections)
  }
}

/** What memcached takes for an authentication: any key. */
export function authRequest(name: string, password: string): string {
  const token = `${name} ${password}`
  return `set any 0 0 ${token.length}\r\n${token}\r\n`
}
