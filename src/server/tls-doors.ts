/**
 * Where TLS ends: in the thread that reads the socket. With frames that is the accepting thread,
 * with sockets the worker. A connection is let in when its handshake is done; until then it is held
 * here, for so long and together with so many as the rules say, and costs no protocol anything.
 *
 * One `tls.Server` per protocol, that never listens: it gets the accepted sockets. Its certificate
 * can be exchanged while connections go on with theirs. Clients that name protocols (ALPN) must
 * name that of the port: a browser, which names HTTP's, gets no further than the handshake.
 */
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls'
import type { Protocol } from './listen.ts'
import type { Notices } from './notices.ts'
import type { ServerCounters } from './server-counters.ts'
import type { TlsSpec } from './tls-keeper.ts'
import type { TlsMaterial } from './tls-material.ts'
import type { TlsRules } from './tls-options.ts'

const SECOND_MS = 1000
/** What clients may name by ALPN, if they name anything. */
const ALPN: Readonly<Record<Protocol, string>> = {
  memcached: 'memcached',
  redis: 'redis',
  http: 'http/1.1',
}
const LOWEST_VERSION = 'TLSv1.2'
/** What sessions are bound to, so that a ticket for another program is none for this one. */
const SESSION_CONTEXT = 'heddle'
const CLOSED_EARLY = 'the connection was closed before it was secure, or its certificate refused'

/** How a handshake went wrong. */
export type HandshakeFailure = 'failed' | 'timed out' | 'too many'

/** A connection in its handshake. */
export interface Arrival {
  readonly slot: number
  readonly protocol: Protocol
  /** The handshake is done. */
  secured(socket: TLSSocket): void
  /** The socket closed before that. */
  gone(): void
}

/** Who counts and tells of handshakes. */
export interface HandshakeWatch {
  succeeded(): void
  /** @param why a sentence for an operator */
  failed(failure: HandshakeFailure, why: string): void
}

interface Pending {
  readonly arrival: Arrival
  readonly socket: Socket
  /** It is secured, or closed. */
  isOver: boolean
  failure: HandshakeFailure
  why: string
}

export class TlsDoors {
  readonly #rules: TlsRules
  readonly #watch: HandshakeWatch
  readonly #servers = new Map<Protocol, Server>()
  /** By the two addresses of the connection, which no other has while it is open. */
  readonly #pending = new Map<string, Pending>()
  #material: TlsMaterial

  constructor(rules: TlsRules, material: TlsMaterial, watch: HandshakeWatch) {
    this.#rules = rules
    this.#material = material
    this.#watch = watch
  }

  /** Handshakes under way. */
  get pendingCount(): number {
    return this.#pending.size
  }

  /** @param socket accepted and paused */
  greet(socket: Socket, arrival: Arrival): void {
    const name = endsOf(socket)
    socket.on('error', ignore) // a reset; 'close' follows
    if (socket.destroyed || socket.remotePort === undefined) {
      socket.destroy()
      this.#watch.failed('failed', CLOSED_EARLY)
      arrival.gone()
      return
    }
    // A client that goes away in its handshake is gone: there is nothing to be answered.
    socket.allowHalfOpen = false
    const pending: Pending = {
      ...{ arrival, socket, isOver: false },
      ...{ failure: 'failed', why: CLOSED_EARLY },
    }
    const { remoteAddress } = socket
    socket.once('close', () => {
      if (pending.isOver) return
      this.#leave(name, pending)
      this.#watch.failed(pending.failure, `${remoteAddress}: ${pending.why}`)
      arrival.gone()
    })
    const { mostHandshakes } = this.#rules
    const isFull = this.#pending.size >= mostHandshakes
    this.#pending.set(name, pending)
    if (isFull) {
      pending.failure = 'too many'
      pending.why = `${mostHandshakes} TLS handshakes are under way already`
      socket.destroy()
    } else this.#serverFor(arrival.protocol).emit('connection', socket)
  }

  /** From now on new connections get this certificate. */
  renew(material: TlsMaterial): void {
    this.#material = material
    for (const server of this.#servers.values()) server.setSecureContext(this.#context())
  }

  /** Ends a connection that is in its handshake. */
  kill(slot: number): void {
    for (const { arrival, socket } of this.#pending.values()) {
      if (arrival.slot === slot) socket.destroy()
    }
  }

  /** Ends all handshakes. */
  close(): void {
    for (const { socket } of this.#pending.values()) socket.destroy()
  }

  #serverFor(protocol: Protocol): Server {
    const known = this.#servers.get(protocol)
    if (known !== undefined) return known
    const { clientAuth, handshakeSeconds } = this.#rules
    const server = createServer({
      ...this.#context(),
      requestCert: clientAuth !== 'no',
      // 'optional': who shows none comes in, who shows a wrong one does not: see #secured.
      rejectUnauthorized: clientAuth === 'required',
      handshakeTimeout: handshakeSeconds * SECOND_MS,
      ALPNProtocols: [ALPN[protocol]],
    })
    server.on('secureConnection', (socket) => this.#secured(socket))
    server.on('tlsClientError', (error, socket) => {
      this.#note(socket, error)
      socket.destroy()
    })
    this.#servers.set(protocol, server)
    return server
  }

  #context(): SecureContextOptions {
    const { cert, key, ca, ticketKeys } = this.#material
    return {
      ...{ cert, key, ca },
      minVersion: LOWEST_VERSION,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      sessionIdContext: SESSION_CONTEXT,
      ticketKeys: Buffer.from(ticketKeys),
    }
  }

  #secured(socket: TLSSocket): void {
    const name = endsOf(socket)
    const pending = this.#pending.get(name)
    const isWrong = this.#rules.clientAuth === 'optional' && showsWrongCertificate(socket)
    if (pending === undefined || isWrong) {
      if (pending !== undefined) pending.why = `certificate refused: ${socket.authorizationError}`
      socket.on('error', ignore).destroy()
      return
    }
    this.#leave(name, pending)
    this.#watch.succeeded()
    socket.allowHalfOpen = true
    pending.arrival.secured(socket)
  }

  /** Its place may be that of another by now. */
  #leave(name: string, pending: Pending): void {
    pending.isOver = true
    if (this.#pending.get(name) === pending) this.#pending.delete(name)
  }

  /** Why the socket, which is about to close, will have closed. */
  #note(socket: Socket, error: NodeJS.ErrnoException): void {
    const pending = this.#pending.get(endsOf(socket))
    if (pending === undefined) return
    const isLate = error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT'
    pending.failure = isLate ? 'timed out' : 'failed'
    pending.why = isLate
      ? `the TLS handshake took more than ${this.#rules.handshakeSeconds} s`
      : reasonOf(error)
  }
}

/** Those of a thread, who counts and tells as all of them do. */
export function makeDoors(
  { rules, material }: TlsSpec,
  counters: ServerCounters,
  notices: Notices,
): TlsDoors {
  return new TlsDoors(rules, material, {
    succeeded: () => counters.handshake('done'),
    failed: (failure, why) => {
      counters.handshake(failure)
      notices.note('tls', `a TLS handshake ${failure === 'failed' ? failure : 'was cut'}: ${why}`)
    },
  })
}

/** OpenSSL's words without its addresses: `(http request)`. */
function reasonOf({ code = '', message }: NodeJS.ErrnoException): string {
  const [, words] = /SSL routines:[^:]*:([^:]+):/.exec(message) ?? []
  return words === undefined ? `${code} ${message}`.trim() : `${code} (${words})`
}

/** Who shows none is not authorized either. */
function showsWrongCertificate(socket: TLSSocket): boolean {
  return !socket.authorized && Object.keys(socket.getPeerCertificate()).length > 0
}

function endsOf(socket: Socket): string {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}

function ignore(): void {}
