/**
 * How each of the compared servers is started: heddle by either hand-off with one, two
 * and four workers, memcached with one thread, and Redis; each behind one of three doors: a
 * TCP port, a unix socket, a TCP port for TLS.
 */
import { fileURLToPath } from 'node:url'
import type { Target } from '../../src/load/connection.ts'
import type { Certificate } from '../clients/secure-server.ts'

/** Where clients come in. */
export type Place =
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tls'; readonly port: number; readonly certificate: Certificate }

export interface Recipe {
  readonly protocol: Target['protocol']
  readonly command: string
  readonly args: (place: Place, memoryMb: number) => readonly string[]
  /** Why it cannot be started. */
  readonly absence: string
}

export const HOST = '127.0.0.1'
export const HEDDLE: string = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const NODE_FLOOR = fileURLToPath(new URL('../floor/node-floor.ts', import.meta.url))
/** Clients at one time; the default of memcached and heddle is 1024. */
const MOST_CLIENTS = '4096'
/** memcached refuses to run as root without being told whom to become. */
const ROOT_ARGS = process.getuid?.() === 0 ? ['-u', 'nobody'] : []

function heddle(
  handoff: 'frames' | 'sockets',
  workers: number,
  protocol: 'memcached' | 'redis' = 'memcached',
): Recipe {
  return {
    protocol,
    command: process.execPath,
    args: (place, memoryMb) => [
      ...[HEDDLE, 'serve', '--host', HOST, ...heddlePlace(place, protocol)],
      ...['--workers', String(workers), '--handoff', handoff, '--memory', `${memoryMb}mb`],
      ...['--max-connections', MOST_CLIENTS, '--log-level', 'error'],
    ],
    absence: 'heddle serve is not in this checkout',
  }
}

/** What the sockets of this runtime cost: answers, and stores nothing. */
function nodeFloor(protocol: 'memcached' | 'redis'): Recipe {
  return {
    protocol,
    command: process.execPath,
    args: (place) => [NODE_FLOOR, place.kind === 'unix' ? place.path : String(place.port)],
    absence: 'bench/floor/node-floor.ts is not in this checkout',
  }
}

function heddlePlace(place: Place, protocol: 'memcached' | 'redis'): string[] {
  switch (place.kind) {
    case 'tcp':
      return [`--${protocol}-port`, String(place.port)]
    case 'unix':
      return [protocol === 'redis' ? '--redis-socket' : '--unix-socket', place.path]
    case 'tls':
      return [
        ...[`--${protocol}-tls-port`, String(place.port)],
        ...['--tls-cert', place.certificate.certFile, '--tls-key', place.certificate.keyFile],
      ]
  }
}

function memcachedPlace(place: Place): string[] {
  if (place.kind === 'unix') return ['-s', place.path, '-a', '777']
  const port = ['-l', HOST, '-p', String(place.port), '-U', '0']
  if (place.kind === 'tcp') return port
  const { certFile, keyFile } = place.certificate
  return [...port, '-Z', '-o', `ssl_chain_cert=${certFile},ssl_key=${keyFile}`]
}

function redisPlace(place: Place): string[] {
  if (place.kind === 'unix') return ['--port', '0', '--unixsocket', place.path]
  if (place.kind === 'tcp') return ['--bind', HOST, '--port', String(place.port)]
  const { certFile, keyFile } = place.certificate
  return [
    ...['--bind', HOST, '--port', '0', '--tls-port', String(place.port)],
    ...['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-auth-clients', 'no'],
  ]
}

export const RECIPES = {
  'heddle frames 1': heddle('frames', 1),
  'heddle frames 2': heddle('frames', 2),
  'heddle frames 4': heddle('frames', 4),
  'heddle sockets 1': heddle('sockets', 1),
  'heddle sockets 2': heddle('sockets', 2),
  'heddle sockets 4': heddle('sockets', 4),
  'heddle RESP frames 1': heddle('frames', 1, 'redis'),
  'heddle RESP frames 2': heddle('frames', 2, 'redis'),
  'heddle RESP frames 4': heddle('frames', 4, 'redis'),
  'heddle RESP sockets 1': heddle('sockets', 1, 'redis'),
  'heddle RESP sockets 2': heddle('sockets', 2, 'redis'),
  'heddle RESP sockets 4': heddle('sockets', 4, 'redis'),
  'node floor': nodeFloor('memcached'),
  'node floor RESP': nodeFloor('redis'),
  'memcached -t 1': {
    protocol: 'memcached',
    command: 'memcached',
    args: (place, memoryMb) => [
      ...[...memcachedPlace(place), '-t', '1', '-m', String(memoryMb), '-c', MOST_CLIENTS],
      ...ROOT_ARGS,
    ],
    absence: 'memcached is not installed (Debian package memcached)',
  },
  redis: {
    protocol: 'redis',
    command: 'redis-server',
    args: (place, memoryMb) => [
      ...[...redisPlace(place), '--save', '', '--appendonly', 'no'],
      ...['--maxmemory', `${memoryMb}mb`, '--loglevel', 'warning', '--daemonize', 'no'],
    ],
    absence: 'redis-server is not installed (Debian package redis-server)',
  },
} as const satisfies Record<string, Recipe>
