/**
 * What becomes of an accepted connection: admitted or refused (admission.ts), its TLS handshake
 * where that ends in this thread (tls-doors.ts), and then to the frames, or to a worker with its
 * socket.
 */
import type { Socket } from 'node:net'
import type { Transferable } from 'node:worker_threads'
import type { FrameAcceptor } from './acceptor.ts'
import { Admission, type Place } from './admission.ts'
import type { ConnectionBoard } from './connection-board.ts'
import type { Crew } from './crew.ts'
import type { Listener } from './listen.ts'
import type { ToWorker } from './messages.ts'
import type { Notices } from './notices.ts'
import type { OpenFilesWatch } from './open-files.ts'
import type { ResolvedServeOptions } from './options.ts'
import type { ServerCounters } from './server-counters.ts'
import { makeDoors, type TlsDoors } from './tls-doors.ts'
import { TlsKeeper, type TlsSpec } from './tls-keeper.ts'

/** The rest of the server, as it is needed here. */
export interface Surroundings {
  readonly options: ResolvedServeOptions
  readonly board: ConnectionBoard
  readonly counters: ServerCounters
  readonly openFiles: OpenFilesWatch
  readonly notices: Notices
  readonly acceptor: FrameAcceptor
  readonly crew: Crew
  /** A connection has got its slot. */
  opened(slot: number): void
  /** It closed in its handshake; the board still knows it. */
  goneEarly(slot: number): void
}

export class Reception {
  readonly #around: Surroundings
  readonly #admission: Admission
  /** Where TLS is spoken. */
  readonly #keeper: TlsKeeper | undefined
  readonly #doors: TlsDoors | undefined
  #isClosed = false

  /** @throws HeddleError for a certificate or a key that cannot be used */
  constructor(around: Surroundings) {
    const { options, board, counters, openFiles, notices } = around
    this.#around = around
    this.#admission = new Admission(options, board, counters, openFiles, notices)
    this.#keeper = options.tls && new TlsKeeper(options.tls)
    this.#doors = this.#keeper && makeDoors(this.#keeper.spec, counters, notices)
    this.#tellConcern()
  }

  /** What workers need to end TLS; undefined where they do not. */
  get tlsOfWorkers(): TlsSpec | undefined {
    return this.#around.options.handOff === 'sockets' ? this.#keeper?.spec : undefined
  }

  readonly accept = (socket: Socket, listener: Listener, listenerIndex: number): void => {
    if (this.#isClosed) {
      socket.destroy()
      return
    }
    const { crew, board, acceptor } = this.#around
    const isThere = (index: number) => crew.at(index) !== undefined
    const place = this.#admission.admit(socket, listener, listenerIndex, isThere)
    if (place === undefined) return
    const { slot, worker, isHandedOver } = place
    this.#around.opened(slot)
    if (isHandedOver) this.#handOver(socket, place, listener)
    else if (!listener.isTls) acceptor.accept(socket, slot, worker)
    else {
      this.#doors!.greet(socket, {
        slot,
        protocol: listener.protocol,
        secured: (secured) => acceptor.accept(secured, slot, worker),
        gone: () => {
          this.#around.goneEarly(slot)
          board.release(slot)
        },
      })
    }
  }

  /**
   * Reads the files of TLS again: new connections get the certificate that is there now, those that
   * are open go on with theirs.
   * @throws HeddleError when a file is bad; then nothing has changed
   */
  reload(): void {
    const material = this.#keeper?.reload()
    if (material === undefined) return
    this.#doors?.renew(material)
    this.#around.crew.postAll({ kind: 'tls', material })
    this.#tellConcern()
  }

  /** Ends a connection that is in its handshake here. */
  kill(slot: number): void {
    this.#doors?.kill(slot)
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#isClosed = true
    this.#doors?.close()
  }

  #handOver(socket: Socket, { slot, worker }: Place, { isTls, protocol }: Listener): void {
    const { crew, board } = this.#around
    try {
      const thread = crew.at(worker)
      if (thread === undefined) throw new Error('being replaced')
      const secures = isTls ? protocol : undefined
      const message: ToWorker = { kind: 'socket', slot, socket, secures }
      thread.postMessage(message, [socket as unknown as Transferable])
    } catch {
      socket.destroy() // reset meanwhile, or its worker is just being replaced
      board.release(slot)
    }
  }

  #tellConcern(): void {
    const concern = this.#keeper?.concern
    if (concern !== undefined) this.#around.notices.note('certificate', concern)
  }
}
