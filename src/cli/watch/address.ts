/**
 * Which door of which server is looked through, by the flags of `heddle top` and `heddle inspect`.
 * Without a port each usual one is tried on loopback: HTTP, memcached, Redis, the one that tells
 * most first.
 */
import { readFileSync } from 'node:fs'
import type { ParseArgsOptionsConfig } from 'node:util'

export type DoorKind = 'http' | 'memcached' | 'redis'

export interface DoorAddress {
  readonly kind: DoorKind
  readonly host: string
  readonly port: number
  /** A unix socket, instead of host and port. */
  readonly path: string | undefined
  readonly tls: { readonly ca: string | undefined; readonly isUnverified: boolean } | undefined
  readonly user: string | undefined
  readonly password: string | undefined
}

export const DOOR_FLAGS = {
  host: { type: 'string', default: '127.0.0.1' },
  'http-port': { type: 'string' },
  'memcached-port': { type: 'string' },
  'redis-port': { type: 'string' },
  'unix-socket': { type: 'string' },
  user: { type: 'string' },
  'password-file': { type: 'string' },
  tls: { type: 'boolean', default: false },
  'tls-ca': { type: 'string' },
  'tls-unverified': { type: 'boolean', default: false },
} as const satisfies ParseArgsOptionsConfig

export const DOOR_USAGE = `  --host ADDRESS          of the server (127.0.0.1)
  --http-port N           look through its HTTP port: tells most
  --memcached-port N      or through its port for memcached clients
  --redis-port N          or through its port for Redis clients
  --unix-socket PATH      or through its unix socket, which speaks memcached's protocol
                          without any of them: what answers of 8080, 11211 and 6379
  --user NAME             where the server has users; the password comes from the variable
  --password-file FILE    HEDDLE_PASSWORD or from a file, never from a flag
  --tls, --tls-ca FILE    the port speaks TLS; whose certificates are trusted
  --tls-unverified        do not check the server's certificate
`

type Values = Readonly<Record<string, string | boolean | undefined>>

const USUAL: readonly (readonly [DoorKind, number])[] = [
  ['http', 8080],
  ['memcached', 11_211],
  ['redis', 6379],
]
const MAX_PORT = 65_535

/** The doors to try, in this order. @throws Error naming the flag, its value and what is allowed */
export function doorsOf(
  values: Values,
  environment: Readonly<Record<string, string | undefined>>,
): readonly DoorAddress[] {
  const path = values['unix-socket']
  const asked = USUAL.filter(([kind]) => values[`${kind}-port`] !== undefined)
  if (path !== undefined && asked.length > 0) {
    throw new Error(`--unix-socket and --${asked[0]![0]}-port exclude each other`)
  }
  const tls = tlsOf(values)
  const user = values['user'] as string | undefined
  const password = passwordOf(values, environment)
  if (user !== undefined && password === undefined) {
    throw new Error(`--user ${user} needs a password: HEDDLE_PASSWORD or --password-file`)
  }
  const common = { host: String(values['host']), tls, user, password }
  if (typeof path === 'string') {
    return [{ ...common, kind: 'memcached', port: 0, path }]
  }
  const ports =
    asked.length === 0 ? USUAL : asked.map(([kind]) => [kind, portOf(values, kind)] as const)
  return ports.map(([kind, port]) => ({ ...common, kind, port, path: undefined }))
}

export function placeOf({ kind, host, port, path }: DoorAddress): string {
  const place = path ?? `${host.includes(':') ? `[${host}]` : host}:${port}`
  return `${place} (${kind})`
}

function portOf(values: Values, kind: DoorKind): number {
  const text = values[`${kind}-port`]
  const port = Number(text)
  if (text !== '' && Number.isInteger(port) && port >= 1 && port <= MAX_PORT) return port
  throw new Error(`--${kind}-port ${text}: expected an integer from 1 to ${MAX_PORT}`)
}

function tlsOf(values: Values): DoorAddress['tls'] {
  const ca = values['tls-ca'] as string | undefined
  const isUnverified = values['tls-unverified'] === true
  if (values['tls'] !== true) {
    if (ca !== undefined) throw new Error('--tls-ca goes with --tls')
    if (isUnverified) throw new Error('--tls-unverified goes with --tls')
    return undefined
  }
  return { ca, isUnverified }
}

function passwordOf(
  values: Values,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const file = values['password-file']
  if (typeof file !== 'string') return environment['HEDDLE_PASSWORD']
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new Error(`--password-file ${file}: ${(error as Error).message}`)
  }
}
