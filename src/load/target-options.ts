/**
 * The flags of `heddle bench` that say which server: address, protocol, TLS, and who asks. Every
 * refusal names the flag, what was given and what is allowed. A password is never a flag: others on
 * the machine could read it.
 */
import { readFileSync } from 'node:fs'
import type { ParseArgsOptionsConfig } from 'node:util'
import type { Target } from './connection.ts'
import { PROTOCOLS, type ProtocolName } from './wire-protocol.ts'

export const TARGET_FLAGS = {
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string' },
  'memcached-port': { type: 'string' },
  'redis-port': { type: 'string' },
  'http-port': { type: 'string' },
  'unix-socket': { type: 'string' },
  protocol: { type: 'string' },
  tls: { type: 'boolean', default: false },
  'tls-ca': { type: 'string' },
  'tls-unverified': { type: 'boolean', default: false },
  user: { type: 'string' },
  'password-file': { type: 'string' },
} as const satisfies ParseArgsOptionsConfig

export const TARGET_USAGE = `  --host 127.0.0.1        address of the server
  --memcached-port N      its port for memcached clients (11211)
  --redis-port N          or for Redis clients
  --http-port N           or for HTTP, heddle's routes /cache/KEY
  --port N, --protocol P  the same in two flags; meta and binary are memcached's too:
                          ${PROTOCOLS.join(', ')}
  --unix-socket PATH      instead of host and port
  --tls, --tls-ca FILE    the port speaks TLS; whose certificates are trusted
  --tls-unverified        do not check the server's certificate
  --user NAME             where the server has users; the password comes from the variable
  --password-file FILE    HEDDLE_PASSWORD or from a file
`

const DEFAULT_PORTS: Readonly<Record<ProtocolName, number>> = {
  memcached: 11_211,
  meta: 11_211,
  binary: 11_211,
  redis: 6379,
  http: 8080,
}
/** What a flag --PROTOCOL-port names. */
const WITH_PORT_FLAG = ['memcached', 'redis', 'http'] as const
/** Spoken on memcached's port too. */
const DIALECTS = ['meta', 'binary'] as const
const MAX_PORT = 65_535

export type Values = Readonly<Record<string, string | boolean | undefined>>
export type Environment = Readonly<Record<string, string | undefined>>

export function targetOf(values: Values, environment: Environment): Target {
  const { protocol, port } = placeOf(values)
  const host = String(values['host'])
  const path = values['unix-socket'] as string | undefined
  if (path !== undefined && port !== undefined) {
    throw new Error('a port and --unix-socket exclude each other')
  }
  const tls = tlsOf(values)
  const password = passwordOf(values, environment)
  const user = userOf(values, password)
  if (password !== undefined && protocol === 'binary') {
    throw new Error('--protocol binary: a password is not for it; take memcached or meta')
  }
  return {
    ...{ protocol, host, port: port ?? DEFAULT_PORTS[protocol] },
    ...(path === undefined ? {} : { path }),
    ...(tls === undefined ? {} : { tls }),
    ...(password === undefined ? {} : { user: user ?? '', password }),
  }
}

function placeOf(values: Values): { protocol: ProtocolName; port: number | undefined } {
  const named = WITH_PORT_FLAG.filter((each) => values[`${each}-port`] !== undefined)
  const [first, second] = named
  if (second !== undefined)
    throw new Error(`--${first}-port and --${second}-port exclude each other`)
  if (first === undefined) {
    const protocol = (values['protocol'] ?? 'memcached') as ProtocolName
    if (!PROTOCOLS.includes(protocol)) {
      throw new Error(`--protocol ${protocol}: expected one of ${PROTOCOLS.join(', ')}`)
    }
    return { protocol, port: values['port'] === undefined ? undefined : portOf(values, 'port') }
  }
  const dialect = DIALECTS.find((each) => first === 'memcached' && values['protocol'] === each)
  const other = ['port', 'protocol'].find((each) => values[each] !== undefined)
  if (other !== undefined && (dialect === undefined || other === 'port')) {
    throw new Error(`--${first}-port and --${other} exclude each other`)
  }
  return { protocol: dialect ?? first, port: portOf(values, `${first}-port`) }
}

/** The port of the flag of this name. */
export function portOf(values: Values, name: string): number {
  const text = values[name]
  const port = Number(text)
  if (text !== '' && Number.isInteger(port) && port >= 1 && port <= MAX_PORT) return port
  throw new Error(`--${name} ${text}: expected an integer from 1 to ${MAX_PORT}`)
}

/** Whether TLS is spoken, and whom its certificates are trusted from, in PEM. */
export function tlsOf(values: Values): Target['tls'] {
  const file = values['tls-ca']
  const isUnverified = values['tls-unverified'] === true
  if (values['tls'] !== true) {
    if (file !== undefined) throw new Error('--tls-ca goes with --tls')
    if (isUnverified) throw new Error('--tls-unverified goes with --tls')
    return undefined
  }
  return { ca: typeof file === 'string' ? textOf('tls-ca', file) : undefined, isUnverified }
}

export function userOf(values: Values, password: string | undefined): string | undefined {
  const user = values['user'] as string | undefined
  if (user === undefined || password !== undefined) return user
  throw new Error(`--user ${user} needs a password: HEDDLE_PASSWORD or --password-file`)
}

/** From the file that a flag names, or the variable HEDDLE_PASSWORD. */
export function passwordOf(values: Values, environment: Environment): string | undefined {
  const file = values['password-file']
  if (typeof file !== 'string') return environment['HEDDLE_PASSWORD']
  return textOf('password-file', file).replace(/\r?\n$/, '')
}

function textOf(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`--${flag} ${file}: ${(error as Error).message}`)
  }
}
