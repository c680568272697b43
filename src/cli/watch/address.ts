/**
 * Which door of which server is looked through, by the flags of `heddle top` and `heddle inspect`.
 * Without a port each usual one is tried on loopback: HTTP, memcached, Redis, the one that tells
 * most first.
 */
import {
  type Environment,
  passwordOf,
  portOf,
  TARGET_FLAGS,
  tlsOf,
  userOf,
  type Values,
} from '../../load/target-options.ts'

export type DoorKind = 'http' | 'memcached' | 'redis'

export interface DoorAddress {
  readonly kind: DoorKind
  readonly host: string
  readonly port: number
  /** A unix socket, instead of host and port. */
  readonly path: string | undefined
  readonly tls: ReturnType<typeof tlsOf>
  readonly user: string | undefined
  readonly password: string | undefined
}

/** Those of `heddle bench`, but for its port and protocol in two flags; and Redis' socket. */
const { port: _port, protocol: _protocol, ...benchFlags } = TARGET_FLAGS
const doorFlags = { ...benchFlags, 'redis-socket': { type: 'string' } } as const
export const DOOR_FLAGS: typeof doorFlags = doorFlags

export const DOOR_USAGE = `  --host ADDRESS          of the server (127.0.0.1)
  --http-port N           look through its HTTP port: tells most
  --memcached-port N      or through its port for memcached clients
  --redis-port N          or through its port for Redis clients
  --unix-socket PATH      or through its unix socket for memcached clients
  --redis-socket PATH     or through its unix socket for Redis clients
                          without any of them: what answers of 8080, 11211 and 6379
  --user NAME             where the server has users; the password comes from the variable
  --password-file FILE    HEDDLE_PASSWORD or from a file, never from a flag
  --tls, --tls-ca FILE    the port speaks TLS; whose certificates are trusted
  --tls-unverified        do not check the server's certificate
`

const USUAL: readonly (readonly [DoorKind, number])[] = [
  ['http', 8080],
  ['memcached', 11_211],
  ['redis', 6379],
]

const SOCKETS: readonly (readonly [DoorKind, 'unix-socket' | 'redis-socket'])[] = [
  ['memcached', 'unix-socket'],
  ['redis', 'redis-socket'],
]

/** The doors to try, in this order. @throws Error naming the flag, its value and what is allowed */
export function doorsOf(values: Values, environment: Environment): readonly DoorAddress[] {
  const asked = USUAL.filter(([kind]) => values[`${kind}-port`] !== undefined)
  const sockets = SOCKETS.filter(([, flag]) => values[flag] !== undefined)
  const [socket] = sockets
  const other = sockets[1]?.[1] ?? (asked[0] === undefined ? undefined : `${asked[0][0]}-port`)
  if (socket !== undefined && other !== undefined) {
    throw new Error(`--${socket[1]} and --${other} exclude each other`)
  }
  const tls = tlsOf(values)
  const password = passwordOf(values, environment)
  const user = userOf(values, password)
  const common = { host: String(values['host']), tls, user, password }
  if (socket !== undefined) {
    return [{ ...common, kind: socket[0], port: 0, path: String(values[socket[1]]) }]
  }
  const ports =
    asked.length === 0
      ? USUAL
      : asked.map(([kind]) => [kind, portOf(values, `${kind}-port`)] as const)
  return ports.map(([kind, port]) => ({ ...common, kind, port, path: undefined }))
}

export function placeOf({ kind, host, port, path }: DoorAddress): string {
  const place = path ?? `${host.includes(':') ? `[${host}]` : host}:${port}`
  return `${place} (${kind})`
}

/** What OpenSSL and Node say of a certificate or a name in it that they do not trust. */
const UNTRUSTED = /^(?:ERR_TLS_CERT|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

/** The error of a connection that did not come about, for whoever asked for it. */
export function whyUnreached(address: DoorAddress, error: Error & { code?: string }): Error {
  const place = placeOf(address)
  if (address.tls === undefined || !UNTRUSTED.test(error.code ?? '')) {
    return new Error(`nothing answers at ${place}: ${error.message}`)
  }
  const ways = '--tls-ca FILE trusts whoever signed it, --tls-unverified asks nothing'
  return new Error(`${place} has a certificate that is not trusted (${error.message}): ${ways}`)
}
