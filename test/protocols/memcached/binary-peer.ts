/** A connection that speaks the binary protocol: to a real memcached, or to a bench in process. */
import type { Socket } from 'node:net'
import { ask, decode, encode, OP, type Reply, type Request, show, stream } from './frames.ts'
import type { Client } from './support.ts'

const MARK = 0xfeed
/** Larger than any CAS that a server comes to. */
const UNHEARD_OF = 10n ** 15n

/** Sends bytes and gives the replies up to that of a noop behind them; undefined: closed. */
interface Line {
  send(bytes: Buffer): Promise<{ bytes: Buffer; isClosed: boolean }>
}

/** A socket to a server. */
export class SocketLine implements Line {
  readonly #socket: Socket
  #received: Buffer[] = []
  #wake = (): void => {}

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes)
      this.#wake()
    })
    socket.on('error', () => this.#wake())
    socket.on('close', () => this.#wake())
  }

  async send(bytes: Buffer): Promise<{ bytes: Buffer; isClosed: boolean }> {
    this.#received = []
    this.#socket.write(bytes)
    for (;;) {
      const all = Buffer.concat(this.#received)
      if (endsInMark(all) || this.#socket.closed) {
        return { bytes: all, isClosed: this.#socket.closed }
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  close(): void {
    this.#socket.destroy()
  }
}

function endsInMark(bytes: Buffer): boolean {
  if (bytes.length < 24) return false
  const at = bytes.length - 24
  return bytes.readUInt16BE(at) === 0x810a && bytes.readUInt32BE(at + 12) === MARK
}

/** A connection of a bench. */
export class BenchLine implements Line {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  send(bytes: Buffer): Promise<{ bytes: Buffer; isClosed: boolean }> {
    const replies = this.#client.feed(bytes, undefined)
    return Promise.resolve({ bytes: replies, isClosed: this.#client.connection.isClosing })
  }
}

/** Asks, and remembers the CAS numbers that it was told. */
export class BinaryPeer {
  readonly #line: Line
  readonly #told: Map<string, bigint>

  constructor(line: Line, told = new Map<string, bigint>()) {
    this.#line = line
    this.#told = told
  }

  /** Sends requests in one piece. Their replies as text, each with its place; or `closed`. */
  async ask(requests: readonly Request[]): Promise<string[]> {
    const frames = requests.map((request, place) => {
      const cas = this.#told.get(request.key) ?? UNHEARD_OF
      return encode(request, place, cas)
    })
    frames.push(encode(ask(OP.noop), MARK, 0n))
    const { bytes, isClosed } = await this.#line.send(Buffer.concat(frames))
    const replies = decode(bytes)
    if (!isClosed) replies.pop()
    const shown = replies.map((reply) => this.#read(reply, requests))
    return isClosed ? [...shown, 'closed'] : shown
  }

  #read(reply: Reply, requests: readonly Request[]): string {
    const request = requests[reply.opaque]
    if (request?.op !== reply.op) throw new Error(`a reply to nothing: ${JSON.stringify(reply.op)}`)
    if (reply.cas !== 0n) this.#told.set(request.key, reply.cas)
    return `${reply.opaque} ${show(reply)}`
  }
}

/** The replies to requests in one piece, which have their places as opaque. */
export function replies(client: Client, ...requests: readonly Request[]): Reply[] {
  return decode(client.feed(stream(requests), undefined))
}

export function shown(client: Client, ...requests: readonly Request[]): string[] {
  return replies(client, ...requests).map(show)
}
