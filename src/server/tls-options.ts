/**
 * The options of TLS: which ports speak it, with which files, and what is asked of clients. A port
 * speaks TLS or plain text, never both, and which of the two is in its name: a certificate that was
 * given encrypts no port by itself, and a port for TLS without a certificate is refused.
 */
import { badOption } from '../engine/errors.ts'
import type { Protocol } from './listen.ts'
import { oneOf, text, type Unchecked, whole } from './option-readers.ts'

/** Options of `serve` that are about TLS. */
export interface TlsOptions {
  /** The TCP port for memcached's protocols over TLS, 0 for any free one. @defaultValue none */
  memcachedTlsPort?: number | undefined
  /** The TCP port for the Redis protocol over TLS, 0 for any free one. @defaultValue none */
  redisTlsPort?: number | undefined
  /** The TCP port for HTTPS, 0 for any free one. @defaultValue none */
  httpTlsPort?: number | undefined
  /** A PEM file: the server's certificate, and those between it and its authority behind it. */
  tlsCert?: string | undefined
  /** A PEM file: the private key of that certificate, not encrypted. */
  tlsKey?: string | undefined
  /** A PEM file: the authorities that certificates of clients are accepted from. */
  tlsCa?: string | undefined
  /**
   * Whether clients show a certificate: they are not asked, they may, or they must. One that is
   * shown must be of `tlsCa`.
   * @defaultValue `'required'` where there is a `tlsCa`, else `'no'`
   */
  tlsClientAuth?: 'no' | 'optional' | 'required' | undefined
  /** Seconds that a TLS handshake may take. @defaultValue 10 */
  tlsHandshakeTimeout?: number | undefined
  /** TLS handshakes that may be under way in one thread at one time. @defaultValue 512 */
  maxTlsHandshakes?: number | undefined
}

export interface TlsFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string | undefined
}

/** What the threads where TLS ends have to know, beside the certificate. */
export interface TlsRules {
  readonly clientAuth: 'no' | 'optional' | 'required'
  readonly handshakeSeconds: number
  readonly mostHandshakes: number
}

export interface ResolvedTlsOptions {
  readonly ports: readonly { protocol: Protocol; host: string; port: number }[]
  readonly files: TlsFiles
  readonly rules: TlsRules
}

export const TLS_OPTION_NAMES = [
  'memcachedTlsPort',
  'redisTlsPort',
  'httpTlsPort',
  'tlsCert',
  'tlsKey',
  'tlsCa',
  'tlsClientAuth',
  'tlsHandshakeTimeout',
  'maxTlsHandshakes',
] as const satisfies readonly (keyof TlsOptions)[]

/** Which option is the port of which protocol. */
export const TLS_PORT_OPTIONS = {
  memcached: 'memcachedTlsPort',
  redis: 'redisTlsPort',
  http: 'httpTlsPort',
} as const satisfies Record<Protocol, keyof TlsOptions>

export const MAX_HANDSHAKE_SECONDS = 300
export const MAX_HANDSHAKES = 100_000
const MAX_PORT = 65_535
const NEEDS_PAIR =
  'TLS needs a certificate and its key: tlsCert (--tls-cert) and tlsKey (--tls-key)'

/** @returns undefined where no port speaks TLS */
export function resolveTls(
  given: Unchecked,
  hosts: readonly string[],
): ResolvedTlsOptions | undefined {
  const ports: ResolvedTlsOptions['ports'][number][] = []
  for (const [protocol, field] of Object.entries(TLS_PORT_OPTIONS)) {
    if (given[field] === undefined) continue
    const port = whole(given, field, 0, MAX_PORT, 0)
    for (const host of hosts) ports.push({ protocol: protocol as Protocol, host, port })
  }
  const files = filesOf(given)
  const rules = rulesOf(given)
  if (ports.length === 0) {
    refuseUnused(given)
    return undefined
  }
  if (files === undefined) {
    const field = Object.values(TLS_PORT_OPTIONS).find((name) => given[name] !== undefined)!
    throw badOption(field, given[field], NEEDS_PAIR)
  }
  return { ports, files, rules }
}

function filesOf(given: Unchecked): TlsFiles | undefined {
  const [cert, key, ca] = [path(given, 'tlsCert'), path(given, 'tlsKey'), path(given, 'tlsCa')]
  if (cert !== undefined && key !== undefined) return { cert, key, ca }
  if (cert !== undefined) throw badOption('tlsCert', cert, 'its key is missing: tlsKey (--tls-key)')
  if (key !== undefined)
    throw badOption('tlsKey', key, 'its certificate is missing: tlsCert (--tls-cert)')
  return undefined
}

function path(given: Unchecked, field: 'tlsCert' | 'tlsKey' | 'tlsCa'): string | undefined {
  if (given[field] === undefined) return undefined
  const file = text(given, field, '')
  if (file === '') throw badOption(field, file, 'it must be the path of a PEM file')
  return file
}

function rulesOf(given: Unchecked): TlsRules {
  const hasAuthority = given.tlsCa !== undefined
  const asked = given.tlsClientAuth ?? (hasAuthority ? 'required' : 'no')
  const clientAuth = oneOf({ tlsClientAuth: asked }, 'tlsClientAuth', [
    'no',
    'optional',
    'required',
  ])
  if (clientAuth !== 'no' && !hasAuthority) {
    const why = 'certificates of clients need an authority to be checked against: tlsCa'
    throw badOption('tlsClientAuth', clientAuth, why)
  }
  return {
    clientAuth,
    handshakeSeconds: whole(given, 'tlsHandshakeTimeout', 1, MAX_HANDSHAKE_SECONDS, 10),
    mostHandshakes: whole(given, 'maxTlsHandshakes', 1, MAX_HANDSHAKES, 512),
  }
}

/** Whoever gives a certificate means to encrypt something. */
function refuseUnused(given: Unchecked): void {
  const field = (['tlsCert', 'tlsCa', 'tlsClientAuth'] as const).find((name) => given[name])
  if (field === undefined) return
  const ports = Object.values(TLS_PORT_OPTIONS).join(', ')
  throw badOption(field, given[field], `no port speaks TLS: give one of ${ports}`)
}
