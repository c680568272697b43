/**
 * Listening sockets: opened with errors that say what to do, closed without waiting for clients.
 */
import { chmodSync, existsSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { badOption } from '../engine/errors.ts'
import { unavailable } from '../protocols/http/unavailable.ts'
import { TLS_PORT_OPTIONS } from './tls-options.ts'

const BACKLOG = 1024
const PROBE_MS = 500
/** A umask that leaves a file to its owner. */
const MOST_PRIVATE = 0o077

export interface Listener {
  readonly server: Server
  /** `127.0.0.1:11211`, `[::1]:11211`, or the path of a unix socket. */
  readonly address: string
  readonly isUnix: boolean
  /** 0 for a unix socket. */
  readonly port: number
  readonly protocol: Protocol
  readonly isTls: boolean
}

/** What is spoken on a listening socket. */
export type Protocol = 'memcached' | 'redis' | 'http'

/** What a client hears for which there is no room. */
export const TOO_MANY: Readonly<Record<Protocol, string>> = {
  memcached: 'ERROR Too many open connections\r\n',
  redis: '-ERR max number of clients reached\r\n',
  http: unavailable('too many connections are open'),
}

/** The same for a client whose address has as many connections as it may. */
export const TOO_MANY_OF_ADDRESS: Readonly<Record<Protocol, string>> = {
  memcached: 'ERROR Too many open connections from this address\r\n',
  redis: '-ERR max number of clients from this address reached\r\n',
  http: unavailable('too many connections are open from this address'),
}

/** Connections come paused: whoever gets them decides who reads. */
type Accept = (socket: Socket) => void

/** @throws HeddleError when the address cannot be had */
export async function listenTcp(
  protocol: Protocol,
  host: string,
  port: number,
  isTls: boolean,
  accept: Accept,
): Promise<Listener> {
  const server = makeServer(accept)
  try {
    await listening(server, { host, port, backlog: BACKLOG })
  } catch (cause) {
    throw refusedAddress(cause as NodeJS.ErrnoException, portOption(protocol, isTls), host, port)
  }
  const bound = server.address() as AddressInfo
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  const address = `${name}:${bound.port}`
  return { server, address, isUnix: false, port: bound.port, protocol, isTls }
}

/**
 * A socket file that nobody listens on any more is replaced.
 * @param mode who may connect
 */
export async function listenUnix(
  protocol: Protocol,
  path: string,
  mode: number,
  accept: Accept,
): Promise<Listener> {
  const server = makeServer(accept)
  try {
    await listeningAs(mode, server, path).catch(async (cause) => {
      if (cause.code !== 'EADDRINUSE' || !(await isAbandoned(path))) throw cause
      unlinkSync(path)
      await listeningAs(mode, server, path)
    })
  } catch (cause) {
    const field = protocol === 'redis' ? 'redisSocket' : 'unixSocket'
    throw badOption(field, path, whyRefused(cause as NodeJS.ErrnoException, path))
  }
  return { server, address: path, isUnix: true, port: 0, protocol, isTls: false }
}

/** Node calls a folder that does not exist a permission that is denied. */
function whyRefused({ code, message }: NodeJS.ErrnoException, path: string): string {
  if (code === 'EADDRINUSE') return 'another program uses it, or it is no socket'
  if (code !== 'EACCES') return message
  const folder = dirname(path)
  return existsSync(folder)
    ? `this user may not create it in ${folder}`
    : `there is no folder ${folder}`
}

function makeServer(accept: Accept): Server {
  const options = { pauseOnConnect: true, allowHalfOpen: true, noDelay: true, keepAlive: true }
  return createServer(options, accept)
}

function listening(
  server: Server,
  where: { host?: string; port?: number; path?: string; backlog: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.removeListener('error', reject)
      server.on('error', ignore) // a failed accept; the next may succeed
      resolve()
    })
  })
}

/**
 * Binding makes the file, with the mode that the umask leaves; only a process's main thread may
 * change that. Elsewhere the mode is set right after, before this thread accepts anybody.
 */
function listeningAs(mode: number, server: Server, path: string): Promise<void> {
  const before = isMainThread ? process.umask(MOST_PRIVATE) : undefined
  try {
    const done = listening(server, { path, backlog: BACKLOG })
    if (server.listening) chmodSync(path, mode)
    return done
  } finally {
    if (before !== undefined) process.umask(before)
  }
}

function isAbandoned(path: string): Promise<boolean> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return Promise.resolve(false)
  return new Promise((resolve) => {
    const probe = connect(path)
    const done = (isIt: boolean) => {
      probe.destroy()
      resolve(isIt)
    }
    probe.setTimeout(PROBE_MS, () => done(false))
    probe.once('connect', () => done(false))
    probe.once('error', (error: NodeJS.ErrnoException) => done(error.code === 'ECONNREFUSED'))
  })
}

function portOption(protocol: Protocol, isTls: boolean): string {
  return isTls ? TLS_PORT_OPTIONS[protocol] : `${protocol}Port`
}

function refusedAddress(
  cause: NodeJS.ErrnoException,
  field: string,
  host: string,
  port: number,
): Error {
  const { code, message } = cause
  if (code === 'EADDRINUSE') {
    return badOption(field, port, `another program listens on ${host}:${port}`)
  }
  if (code === 'EACCES') {
    return badOption(field, port, 'this user may not listen on it', '1024 and above')
  }
  if (code === 'EADDRNOTAVAIL') {
    return badOption('host', host, 'this machine has no such address')
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return badOption('host', host, 'it is neither an address nor a name that this machine knows')
  }
  return badOption('host', host, message)
}

/** How `stats conns` calls a listening socket. */
export function boardAddress({ address, isUnix }: Listener): string {
  return isUnix ? `unix:${address}` : `tcp:${address}`
}

/** How it calls a client. */
export function clientAddress(socket: Socket, { address, isUnix }: Listener): string {
  if (isUnix) return `unix:${address}`
  const { remoteAddress = 'unknown', remotePort = 0, remoteFamily } = socket
  const name = remoteFamily === 'IPv6' ? `[${remoteAddress}]` : remoteAddress
  return `${remoteFamily === 'IPv6' ? 'tcp6' : 'tcp'}:${name}:${remotePort}`
}

function ignore(): void {}
