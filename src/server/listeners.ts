/** The listening sockets of a server: by protocol, and as the connection board knows them. */
import type { AddressInfo, Socket } from 'node:net'
import { isLoopback, openToAll } from './auth-options.ts'
import type { ConnectionBoard } from './connection-board.ts'
import { boardAddress, type Listener, listenTcp, listenUnix, type Protocol } from './listen.ts'
import type { OpenFilesWatch } from './open-files.ts'
import type { ResolvedServeOptions } from './options.ts'

/** @param index the listener's number on the board */
type Accept = (socket: Socket, listener: Listener, index: number) => void

export interface BoundAddresses {
  /** For memcached's protocol. */
  readonly addresses: readonly string[]
  readonly redisAddresses: readonly string[]
  readonly httpAddresses: readonly string[]
  /** Those that speak TLS, by protocol. */
  readonly tlsAddresses: Readonly<Record<Protocol, readonly string[]>>
}

export class Listeners {
  readonly #listeners: Listener[] = []
  readonly #board: ConnectionBoard
  readonly #openFiles: OpenFilesWatch
  readonly #accept: Accept
  #isProtected = false

  constructor(board: ConnectionBoard, openFiles: OpenFilesWatch, accept: Accept) {
    this.#board = board
    this.#openFiles = openFiles
    this.#accept = accept
  }

  async listen(options: ResolvedServeOptions): Promise<void> {
    const { ports, redisPorts, httpPorts, tls, unixSocket, redisSocket, auth } = options
    this.#isProtected = auth.isProtected
    for (const { host, port } of ports) {
      await this.#add((accept) => listenTcp('memcached', host, port, false, accept))
    }
    for (const { host, port } of redisPorts) {
      await this.#add((accept) => listenTcp('redis', host, port, false, accept))
    }
    for (const { host, port } of httpPorts) {
      await this.#add((accept) => listenTcp('http', host, port, false, accept))
    }
    for (const { protocol, host, port } of tls?.ports ?? []) {
      await this.#add((accept) => listenTcp(protocol, host, port, true, accept))
    }
    const { unixSocketMode } = auth
    if (unixSocket !== undefined) {
      await this.#add((accept) => listenUnix('memcached', unixSocket, unixSocketMode, accept))
    }
    if (redisSocket !== undefined) {
      await this.#add((accept) => listenUnix('redis', redisSocket, unixSocketMode, accept))
    }
  }

  /** The TCP listeners of a protocol, without or with TLS. */
  of(protocol: Protocol, isTls = false): Listener[] {
    const are = (each: Listener) => each.protocol === protocol && each.isTls === isTls
    return this.#listeners.filter((each) => !each.isUnix && are(each))
  }

  /** Where TCP is listened, as the server tells it. */
  addresses(): BoundAddresses {
    const of = (protocol: Protocol, isTls = false): string[] => {
      return this.of(protocol, isTls).map(({ address }) => address)
    }
    return {
      addresses: of('memcached'),
      redisAddresses: of('redis'),
      httpAddresses: of('http'),
      tlsAddresses: {
        memcached: of('memcached', true),
        redis: of('redis', true),
        http: of('http', true),
      },
    }
  }

  close(): void {
    for (const { server } of this.#listeners) server.close()
  }

  async #add(listen: (accept: (socket: Socket) => void) => Promise<Listener>): Promise<void> {
    const listener: Listener = await listen((socket) => this.#accept(socket, listener, index))
    const index = this.#board.addListener(boardAddress(listener), listener.protocol)
    listener.server.on('error', (error) => this.#openFiles.failed(error))
    this.#listeners.push(listener)
    // Names stand for addresses that were not known before.
    const { address } = (listener.server.address() ?? {}) as Partial<AddressInfo>
    if (this.#isProtected && address !== undefined && !isLoopback(address)) {
      throw openToAll(address)
    }
  }
}
