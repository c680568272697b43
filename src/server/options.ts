/**
 * The options of `serve`: what they are, what is allowed, and what stands in for those left out.
 * Everything is checked before anything listens.
 */
import { availableParallelism } from 'node:os'
import { badOption, badType } from '../engine/errors.ts'
import { closestOption } from '../engine/option-names.ts'
import { type HandOff, pickHandOff } from './hand-off.ts'
import {
  AUTH_OPTION_NAMES,
  type AuthOptions,
  type ResolvedAuth,
  resolveAuth,
} from './auth-options.ts'
import {
  LIMIT_OPTION_NAMES,
  type LimitOptions,
  type ResolvedLimits,
  resolveLimits,
} from './limits.ts'
import { LOG_OPTION_NAMES, type LogOptions, type ResolvedLog, resolveLog } from './log-options.ts'
import { flag, oneOf, text, type Unchecked, whole } from './option-readers.ts'
import {
  type ResolvedTlsOptions,
  resolveTls,
  TLS_OPTION_NAMES,
  TLS_PORT_OPTIONS,
  type TlsOptions,
} from './tls-options.ts'

/** The options of `serve`. All are optional. */
export interface ServeOptions extends AuthOptions, TlsOptions, LimitOptions, LogOptions {
  /**
   * The TCP port for memcached's protocol, 0 for any free one. Without any port and without a unix
   * socket it is 11211; with a unix socket alone there is no TCP port.
   */
  memcachedPort?: number | undefined
  /**
   * The TCP port for the Redis protocol, 0 for any free one; 6379 is its usual one. With it alone
   * there is no port for memcached's.
   * @defaultValue none
   */
  redisPort?: number | undefined
  /** The path of a unix socket for Redis clients; alone there is no port for memcached's. */
  redisSocket?: string | undefined
  /**
   * The TCP port for HTTP, 0 for any free one. With it alone there is no port for memcached's
   * protocol.
   * @defaultValue none
   */
  httpPort?: number | undefined
  /**
   * Names, separated by commas, that HTTP requests may be addressed to, beside addresses and
   * `localhost`: what a browser calls this server. Any other name is refused.
   * @defaultValue none
   */
  hostNames?: string | undefined
  /**
   * The address or addresses to listen on, separated by commas.
   * @defaultValue `'127.0.0.1'`
   */
  host?: string | undefined
  /** The path of a unix socket, for memcached clients. */
  unixSocket?: string | undefined
  /**
   * Clients that may be connected at one time.
   * @defaultValue 1024
   */
  maxConnections?: number | undefined
  /**
   * Threads that execute commands.
   * @defaultValue `'auto'`: one per processor, at most 8; with frames one processor is left to the
   * thread that reads
   */
  workers?: number | 'auto' | undefined
  /**
   * How work gets to them: `'frames'` through shared memory, `'sockets'` by transferring each
   * connection (needs Node 24.20 or 26.6). Clients of a unix socket are always served by frames.
   * @defaultValue `'auto'`: sockets where Node can
   */
  handOff?: 'auto' | HandOff | undefined
  /**
   * Who accepts and, with frames, reads: this thread, or one of its own. Take `'worker'` when this
   * thread is busy with other things.
   * @defaultValue `'here'`
   */
  acceptor?: 'here' | 'worker' | undefined
  /** Whether clients may `flush_all`, `FLUSHALL`, `FLUSHDB`, `DELETE /cache`. @defaultValue true */
  flush?: boolean | undefined
  /** Whether memcached clients may `shutdown` the server. @defaultValue false */
  enableShutdown?: boolean | undefined
  /** Whether Redis clients may `DEBUG SLEEP`, which stops a worker. @defaultValue false */
  enableDebug?: boolean | undefined
  /** Seconds after which an idle client is disconnected; 0: never. @defaultValue 0 */
  idleTimeout?: number | undefined
  /** How much is told, as memcached's `verbosity`. @defaultValue 0 */
  verbosity?: number | undefined
  /** A file: URL of a module that makes connections, in place of memcached's. For tests. */
  protocolModule?: string | undefined
}

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

export interface ResolvedServeOptions {
  /** For memcached's protocol. */
  readonly ports: readonly HostAndPort[]
  readonly redisPorts: readonly HostAndPort[]
  readonly redisSocket: string | undefined
  readonly httpPorts: readonly HostAndPort[]
  readonly hostNames: readonly string[]
  readonly host: string
  readonly unixSocket: string | undefined
  readonly maxConnections: number
  readonly workers: number
  readonly handOff: HandOff
  readonly acceptor: 'here' | 'worker'
  readonly flush: boolean
  readonly enableShutdown: boolean
  readonly enableDebug: boolean
  readonly idleTimeout: number
  readonly verbosity: number
  readonly protocolModule: string | undefined
  /** Undefined where no port speaks TLS. */
  readonly tls: ResolvedTlsOptions | undefined
  readonly auth: ResolvedAuth
  readonly limits: ResolvedLimits
  readonly log: ResolvedLog
}

export const DEFAULT_PORT = 11211
export const MAX_CONNECTIONS = 200_000
export const MAX_WORKERS = 64
export const MAX_IDLE_SECONDS = 2 ** 31 - 1
const MAX_AUTO_WORKERS = 8
export const MAX_PORT = 65_535
const MAX_VERBOSITY = 3
/** A socket's address has room for no more on Linux. */
export const MAX_PATH_BYTES = 107
export const MAX_HOSTS = 7
export const MAX_HOST_NAMES = 32
const HOST_NAME = /^[a-z0-9._-]{1,253}$/
/** `127.0.0.1:5555`, `[::1]:5555`; an IPv6 address has more colons. */
const ADDRESS_AND_PORT = /^(?:[^:]*|\[.*\]):[0-9]*$/

const OWN_OPTION_NAMES = (
  'memcachedPort redisPort redisSocket httpPort hostNames host unixSocket maxConnections workers ' +
  'handOff acceptor flush enableShutdown enableDebug idleTimeout verbosity protocolModule'
).split(' ') as readonly (keyof ServeOptions)[]
const OPTION_NAMES = [
  ...OWN_OPTION_NAMES,
  ...AUTH_OPTION_NAMES,
  ...TLS_OPTION_NAMES,
  ...LIMIT_OPTION_NAMES,
  ...LOG_OPTION_NAMES,
]

/**
 * Checks every option and fills in those left out.
 * @throws HeddleError HEDDLE_BAD_OPTION, HEDDLE_BAD_TYPE
 */
export function resolveServeOptions(options: unknown): ResolvedServeOptions {
  const given = known(options)
  const host = text(given, 'host', '127.0.0.1')
  const unixSocket = path(given, 'unixSocket')
  const redisSocket = path(given, 'redisSocket')
  if (redisSocket !== undefined && redisSocket === unixSocket) {
    throw badOption('redisSocket', redisSocket, 'it is the unixSocket, where memcached is spoken')
  }
  const hosts = hostsOf(host)
  const ports = hasMemcachedPort(given, unixSocket ?? redisSocket)
    ? portsOf(given, 'memcachedPort', hosts, DEFAULT_PORT)
    : []
  const tls = resolveTls(given, hosts)
  const redisPorts = given.redisPort === undefined ? [] : portsOf(given, 'redisPort', hosts, 0)
  const httpPorts = given.httpPort === undefined ? [] : portsOf(given, 'httpPort', hosts, 0)
  const possible = pickHandOff(oneOf(given, 'handOff', ['auto', 'frames', 'sockets']))
  // A unix socket always uses frames.
  const plainPorts = ports.length + redisPorts.length + httpPorts.length
  const tcpPorts = plainPorts + (tls?.ports.length ?? 0)
  const handOff = tcpPorts === 0 ? 'frames' : possible
  return {
    ports,
    redisPorts,
    redisSocket,
    httpPorts,
    hostNames: hostNamesOf(given),
    host,
    unixSocket,
    maxConnections: whole(given, 'maxConnections', 1, MAX_CONNECTIONS, 1024),
    workers: workersOf(given, handOff),
    handOff,
    acceptor: oneOf(given, 'acceptor', ['here', 'worker']),
    flush: flag(given, 'flush', true),
    enableShutdown: flag(given, 'enableShutdown', false),
    enableDebug: flag(given, 'enableDebug', false),
    idleTimeout: whole(given, 'idleTimeout', 0, MAX_IDLE_SECONDS, 0),
    verbosity: whole(given, 'verbosity', 0, MAX_VERBOSITY, 0),
    protocolModule:
      given.protocolModule === undefined ? undefined : text(given, 'protocolModule', ''),
    tls,
    auth: resolveAuth(given, {
      hosts,
      hasUnixSocket: unixSocket !== undefined,
      plainPorts,
      tlsPorts: tls?.ports.length ?? 0,
      asksCertificates: tls?.rules.clientAuth === 'required',
    }),
    limits: resolveLimits(given),
    log: resolveLog(given),
  }
}

function known(options: unknown): Unchecked {
  if (options === undefined) return {}
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw badType('options', options, 'an object')
  }
  for (const [name, value] of Object.entries(options)) {
    if ((OPTION_NAMES as readonly string[]).includes(name)) continue
    const closest = closestOption(name, OPTION_NAMES)
    const all = OPTION_NAMES.filter((each) => each !== 'protocolModule').join(', ')
    const hint = closest === undefined ? `the options are ${all}` : `did you mean ${closest}?`
    throw badOption(name, value, `no such option; ${hint}`, closest ?? all)
  }
  return options
}

/** It is spoken where its port is given, and where nothing else is. */
function hasMemcachedPort(given: Unchecked, socket: string | undefined): boolean {
  if (given.memcachedPort !== undefined) return true
  if (Object.values(TLS_PORT_OPTIONS).some((name) => given[name] !== undefined)) return false
  const { redisPort, httpPort } = given
  return redisPort === undefined && httpPort === undefined && socket === undefined
}

function hostsOf(host: string): string[] {
  const hosts = host.split(',').map((each) => each.trim())
  if (hosts.length > MAX_HOSTS || hosts.includes('')) {
    throw badOption('host', host, `it must be 1 to ${MAX_HOSTS} addresses`, MAX_HOSTS)
  }
  const withPort = hosts.find((each) => ADDRESS_AND_PORT.test(each))
  if (withPort !== undefined) {
    throw badOption('host', withPort, 'it has a port, which is an option of its own')
  }
  return hosts
}

function portsOf(
  given: Unchecked,
  field: 'memcachedPort' | 'redisPort' | 'httpPort',
  hosts: readonly string[],
  standard: number,
): HostAndPort[] {
  const port = whole(given, field, 0, MAX_PORT, standard)
  return hosts.map((host) => ({ host, port }))
}

function hostNamesOf(given: Unchecked): string[] {
  const list = text(given, 'hostNames', '')
  if (list === '') return []
  const names = list.split(',').map((each) => each.trim().toLowerCase())
  const wrong = names.find((name) => !HOST_NAME.test(name))
  if (wrong !== undefined) {
    throw badOption('hostNames', wrong, 'it must be the name of a host, without a port')
  }
  if (names.length <= MAX_HOST_NAMES) return names
  const why = `there are ${names.length} names, and the most is ${MAX_HOST_NAMES}`
  throw badOption('hostNames', list, why, MAX_HOST_NAMES)
}

function path(given: Unchecked, field: 'unixSocket' | 'redisSocket'): string | undefined {
  const socket = given[field]
  if (socket === undefined) return undefined
  if (typeof socket !== 'string') throw badType(field, socket, 'a path')
  const bytes = Buffer.byteLength(socket)
  if (bytes >= 1 && bytes <= MAX_PATH_BYTES) return socket
  const why = `a path has 1 to ${MAX_PATH_BYTES} bytes, not ${bytes}`
  throw badOption(field, socket, why, MAX_PATH_BYTES)
}

function workersOf(given: Unchecked, handOff: HandOff): number {
  if (given.workers === undefined || given.workers === 'auto') {
    const readers = handOff === 'frames' ? 1 : 0
    return Math.min(MAX_AUTO_WORKERS, Math.max(1, availableParallelism() - readers))
  }
  if (typeof given.workers === 'string') {
    throw badOption('workers', given.workers, "it must be a number or 'auto'", 'auto')
  }
  return whole(given, 'workers', 1, MAX_WORKERS, 1)
}
