/**
 * One client connection of the generator: a raw socket that reads into a buffer shared by all
 * connections of the thread, and a ring of the requests whose replies are outstanding. Replies
 * are matched to requests by order alone, as both protocols promise, so a lost, doubled or
 * shifted reply shows as a wrong key or value, or as bytes that nobody asked for.
 */
import { connect, isIP } from 'node:net'
import type { IpcNetConnectOpts, OnReadOpts, Socket, TcpNetConnectOpts } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { idOf, isSet } from './request-plan.ts'
import { BROKEN, INCOMPLETE, REFUSED } from './wire-protocol.ts'
import type { ProtocolName, ReplyNote, WireProtocol } from './wire-protocol.ts'

export interface Target {
  readonly protocol: ProtocolName
  readonly host: string
  readonly port: number
  /** Instead of host and port. */
  readonly path?: string
  readonly tls?: { readonly ca: string | undefined; readonly isUnverified: boolean }
  readonly user?: string
  readonly password?: string
}

/** What a connection reports to the client that drives it. */
export interface Driver {
  readonly protocol: WireProtocol
  /** A reply that is longer is none. */
  readonly mostReplyBytes: number
  /** Returns the stored size of an id's value. */
  sizeOf(id: number): number
  replied(
    connection: Connection,
    request: number,
    intendedAt: number,
    outcome: number,
    now: number,
  ): void
  /** All replies of a chunk were reported. */
  chunkDone(connection: Connection, now: number): void
  /** A reply that is no success, in the server's words. */
  sample(request: number, reply: string): void
  failed(connection: Connection, why: string): void
}

const READ_BYTES = 65_536
const SAMPLE_BYTES = 80
const LINE_BREAK = Buffer.from('\r\n')
const CONNECT_TIMEOUT_MS = 5_000

const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES)
const note: ReplyNote = { outcome: 0 }

export class Connection {
  readonly index: number
  readonly ring: number
  /** Open loop: requests that are due and wait for room, and the next of this connection. */
  due = 0
  ordinal = 0
  /** Ids whose get missed and that are to be stored next: a cache-aside client. */
  readonly fills: Uint32Array
  fillCount = 0
  outstanding = 0
  #driver: Driver
  #socket: Socket | undefined
  #requests: Uint32Array
  #intendedAt: Float64Array
  #head = 0
  #carry: Buffer | undefined
  #carried = 0
  #isOver = false
  /** Takes the reply to who asks, while that is all that was sent. */
  #welcome: ((reply: string) => void) | undefined

  constructor(index: number, mostDepth: number, driver: Driver) {
    this.index = index
    this.ring = mostDepth
    this.fills = new Uint32Array(mostDepth)
    this.#driver = driver
    this.#requests = new Uint32Array(mostDepth)
    this.#intendedAt = new Float64Array(mostDepth)
  }

  open(target: Target): Promise<void> {
    const place: TcpNetConnectOpts | IpcNetConnectOpts =
      target.path === undefined
        ? { host: target.host, port: target.port, noDelay: true }
        : { path: target.path }
    const callback = (count: number) => this.#take(count)
    const socket = socketTo(target, { ...place, onread: { buffer: readBuffer, callback } })
    const hello = helloOf(target)
    this.#socket = socket
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('timed out')), CONNECT_TIMEOUT_MS)
      let isOpen = false
      const open = () => {
        clearTimeout(timer)
        this.#welcome = undefined
        isOpen = true
        resolve()
      }
      socket.once(target.tls === undefined ? 'connect' : 'secureConnect', () => {
        if (hello === undefined) {
          open()
          return
        }
        this.#welcome = (reply) => {
          if (/^(?:\+OK|STORED)\r\n$/.test(reply)) open()
          else socket.destroy(new Error(`it refuses these credentials: ${reply.trim()}`))
        }
        socket.write(hello)
      })
      socket.on('error', (error) => {
        clearTimeout(timer)
        if (isOpen) this.#fail(error.message)
        else reject(new Error(`cannot connect to ${nameOf(target)}: ${error.message}`))
      })
      socket.on('close', () => this.#fail('the server closed the connection'))
    })
  }

  close(): void {
    this.#isOver = true
    this.#socket?.destroy()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  push(request: number, intendedAt: number): void {
    let slot = this.#head + this.outstanding
    if (slot >= this.ring) slot -= this.ring
    this.#requests[slot] = request
    this.#intendedAt[slot] = intendedAt
    this.outstanding++
  }

  /** Writes bytes; false when they are still needed after the call. */
  write(bytes: Buffer): boolean {
    const socket = this.#socket as Socket
    socket.write(bytes)
    return socket.writableLength === 0
  }

  #take(count: number): boolean {
    if (this.#welcome !== undefined) {
      this.#welcome(readBuffer.toString('latin1', 0, count))
      return true
    }
    const now = performance.now()
    const bytes = this.#carried === 0 ? readBuffer : this.#joined(count)
    const end = this.#carried + count
    const at = this.#readReplies(bytes, end, now)
    if (at === BROKEN) return false
    const left = end - at
    const { mostReplyBytes } = this.#driver
    if (left > mostReplyBytes) {
      this.#fail(`a reply is longer than ${mostReplyBytes} bytes`)
      return false
    }
    // Pieces of a large reply are put together where they lie.
    if (left > 0 && (bytes === readBuffer || at > 0)) {
      this.#carry ??= Buffer.allocUnsafeSlow(READ_BYTES + mostReplyBytes)
      bytes.copy(this.#carry, 0, at, end)
    }
    this.#carried = left
    this.#driver.chunkDone(this, now)
    return true
  }

  /** The end of the last whole reply, or BROKEN. */
  #readReplies(bytes: Buffer, end: number, now: number): number {
    const driver = this.#driver
    let at = 0
    while (at < end) {
      if (this.outstanding === 0) return this.#breakOff('unasked', bytes, at, end)
      const request = this.#requests[this.#head]
      const id = idOf(request)
      const next = isSet(request)
        ? driver.protocol.readSetReply(bytes, at, end, note)
        : driver.protocol.readGetReply(bytes, at, end, id, driver.sizeOf(id), note)
      if (next === INCOMPLETE) break
      if (next === BROKEN) return this.#breakOff('unreadable', bytes, at, end)
      if (note.outcome >= REFUSED) driver.sample(request, excerpt(bytes, at, next))
      const intendedAt = this.#intendedAt[this.#head]
      if (++this.#head === this.ring) this.#head = 0
      this.outstanding--
      driver.replied(this, request, intendedAt, note.outcome, now)
      at = next
    }
    return at
  }

  #joined(count: number): Buffer {
    const carry = this.#carry as Buffer
    readBuffer.copy(carry, this.#carried, 0, count)
    return carry
  }

  #breakOff(what: string, bytes: Buffer, at: number, end: number): number {
    this.#fail(`${what} bytes from the server: ${excerpt(bytes, at, end)}`)
    return BROKEN
  }

  #fail(why: string): void {
    if (this.#isOver) return
    this.close()
    this.#driver.failed(this, why)
  }
}

type Place = (TcpNetConnectOpts | IpcNetConnectOpts) & { onread: OnReadOpts }

function socketTo({ tls, host }: Target, place: Place): Socket {
  if (tls === undefined) return connect(place)
  const ca = tls.ca === undefined ? {} : { ca: tls.ca }
  const servername = isIP(host) === 0 ? { servername: host } : {}
  return connectTls({ ...place, ...ca, ...servername, rejectUnauthorized: !tls.isUnverified })
}

/** What is sent first where the server has users; HTTP says it with each request. */
function helloOf({ protocol, user, password }: Target): Buffer | undefined {
  if (password === undefined || protocol === 'http') return undefined
  if (protocol !== 'redis') {
    const words = Buffer.from(`${user} ${password}`)
    return Buffer.concat([Buffer.from(`set auth 0 0 ${words.length}\r\n`), words, LINE_BREAK])
  }
  const words = ['AUTH', ...(user === undefined || user === '' ? [] : [user]), password]
  const bulks = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  return Buffer.from(`*${words.length}\r\n${bulks.join('')}`)
}

export function nameOf(target: Target): string {
  return target.path ?? `${target.host}:${target.port}`
}

function excerpt(bytes: Buffer, at: number, end: number): string {
  return JSON.stringify(bytes.toString('latin1', at, Math.min(end, at + SAMPLE_BYTES)))
}
