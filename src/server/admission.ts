/**
 * Who may come in: an accepted connection gets a worker and a slot, or is refused with a line of
 * its protocol, counted and told. A port that speaks TLS refuses by closing: the line could not be
 * read before the handshake, and a handshake is what a server under load has no time for.
 */
import type { Socket } from 'node:net'
import { AddressCounts } from './address-counts.ts'
import type { ConnectionBoard } from './connection-board.ts'
import { clientAddress, type Listener, TOO_MANY, TOO_MANY_OF_ADDRESS } from './listen.ts'
import type { Notices } from './notices.ts'
import { clientsWithin, type OpenFilesWatch, openFilesLimit } from './open-files.ts'
import type { ResolvedServeOptions } from './options.ts'
import type { ServerCounters } from './server-counters.ts'
import { refuse } from './wire.ts'

/** A worker that is being replaced: chosen when no other is there. */
const ABSENT_LOAD = 1e9

export interface Place {
  readonly slot: number
  readonly worker: number
  /** The socket is transferred to the worker. */
  readonly isHandedOver: boolean
}

export class Admission {
  readonly #options: ResolvedServeOptions
  readonly #board: ConnectionBoard
  readonly #counters: ServerCounters
  readonly #openFiles: OpenFilesWatch
  readonly #notices: Notices
  readonly #addresses: AddressCounts
  readonly #mostClients: number

  constructor(
    options: ResolvedServeOptions,
    board: ConnectionBoard,
    counters: ServerCounters,
    openFiles: OpenFilesWatch,
    notices: Notices,
  ) {
    this.#options = options
    this.#board = board
    this.#counters = counters
    this.#openFiles = openFiles
    this.#notices = notices
    this.#addresses = new AddressCounts(board, options.limits.maxConnectionsPerAddress)
    const { maxConnections, workers } = options
    this.#mostClients = Math.min(maxConnections, clientsWithin(openFilesLimit(), workers))
  }

  /**
   * @param isThere whether a worker is not just being replaced
   * @returns undefined when it was refused
   */
  admit(
    socket: Socket,
    listener: Listener,
    listenerIndex: number,
    isThere: (worker: number) => boolean,
  ): Place | undefined {
    this.#openFiles.accepted(socket)
    const { remoteAddress } = socket
    const { openCount } = this.#board
    if (openCount >= this.#mostClients) {
      if (openCount < this.#options.maxConnections) this.#openFiles.reached()
      return this.#refuseForAll(socket, listener)
    }
    if (remoteAddress !== undefined && !this.#addresses.hasRoom(remoteAddress)) {
      this.#counters.rejectedOfAddress()
      const most = this.#options.limits.maxConnectionsPerAddress
      const why = `${remoteAddress} has ${most} connections already`
      this.#notices.note('perAddress', `a connection was refused: ${why}`)
      return this.#refuse(socket, listener, TOO_MANY_OF_ADDRESS[listener.protocol])
    }
    const worker = this.#leastLoaded(isThere)
    const isHandedOver = this.#options.handOff === 'sockets' && !listener.isUnix
    const address = clientAddress(socket, listener)
    const slot = this.#board.claim(worker, address, listenerIndex, isHandedOver)
    if (slot < 0) return this.#refuseForAll(socket, listener)
    if (remoteAddress !== undefined) this.#addresses.took(remoteAddress, slot)
    this.#counters.opened()
    return { slot, worker, isHandedOver }
  }

  #refuseForAll(socket: Socket, listener: Listener): undefined {
    const text = TOO_MANY[listener.protocol]
    this.#notices.note('full', `a connection was refused: ${text.trimEnd()}`)
    this.#refuse(socket, listener, text)
  }

  #refuse(socket: Socket, listener: Listener, text: string): undefined {
    this.#counters.rejected()
    if (listener.isTls) socket.destroy()
    else refuse(socket, text)
  }

  /** Of the workers that are there, the one with the fewest connections. */
  #leastLoaded(isThere: (worker: number) => boolean): number {
    let least = 0
    let leastLoad = Number.POSITIVE_INFINITY
    for (let index = 0; index < this.#options.workers; index++) {
      const load = isThere(index) ? this.#board.loadOf(index) : ABSENT_LOAD
      if (load >= leastLoad) continue
      least = index
      leastLoad = load
    }
    return least
  }
}
