/**
 * The options of who may get in, and protected mode: what other machines, or other users of this
 * one, could reach is not opened to everybody unless somebody says that it should be.
 */
import { BlockList, isIP } from 'node:net'
import { badOption, badType, type HeddleError } from '../engine/errors.ts'
import { flag, text, type Unchecked } from './option-readers.ts'

/** Options of `serve` that are about who may get in. */
export interface AuthOptions {
  /**
   * A file of users, `name:password` and their rights on a line each; see src/auth/README.md.
   * @defaultValue none: whoever reaches the server may do everything
   */
  authFile?: string | undefined
  /**
   * Whether it may listen where other machines, or other users of this one, reach it without having
   * to say who they are.
   * @defaultValue false
   */
  insecure?: boolean | undefined
  /**
   * Who may connect to the unix socket: its mode, as octal digits.
   * @defaultValue `'700'`, only the user whose process it is
   */
  unixSocketMode?: string | undefined
}

export interface ResolvedAuth {
  readonly file: string | undefined
  readonly unixSocketMode: number
  /** Nobody has to say who they are, and nobody said that this is meant: loopback only. */
  readonly isProtected: boolean
}

export const AUTH_OPTION_NAMES = [
  'authFile',
  'insecure',
  'unixSocketMode',
] as const satisfies readonly (keyof AuthOptions)[]

/** What is opened. */
interface Doors {
  readonly hosts: readonly string[]
  readonly hasUnixSocket: boolean
  readonly plainPorts: number
  /** Ports of TLS, and whether they let in only clients that show a certificate. */
  readonly tlsPorts: number
  readonly asksCertificates: boolean
}

const OTHERS_WRITE = 0o002
const MOST_MODE = 0o777

/** @throws HeddleError for a door that would be open to everybody */
export function resolveAuth(given: Unchecked, doors: Doors): ResolvedAuth {
  const file = given.authFile === undefined ? undefined : text(given, 'authFile', '')
  if (file === '') throw badOption('authFile', file, 'it must be the path of a file of users')
  const unixSocketMode = modeOf(given)
  const isOpen = file === undefined && !flag(given, 'insecure', false)
  const hasOpenPorts = doors.plainPorts > 0 || (doors.tlsPorts > 0 && !doors.asksCertificates)
  const isProtected = isOpen && hasOpenPorts
  const reached = doors.hosts.find((host) => !isLocal(host))
  if (isProtected && reached !== undefined) throw openToAll(reached)
  if (isOpen && doors.hasUnixSocket && unixSocketMode & OTHERS_WRITE) {
    const why = 'every user of this machine could connect and there are no users'
    throw badOption('unixSocketMode', unixSocketMode.toString(8), `${why}; ${remedy('770')}`)
  }
  return { file, unixSocketMode, isProtected }
}

/** A host that other machines reach. */
export function openToAll(host: string): HeddleError {
  const why = 'other machines can reach it and there are no users'
  return badOption('host', host, `${why}; ${remedy('127.0.0.1')}`, '127.0.0.1')
}

function remedy(instead: string): string {
  return (
    'name users with authFile (--auth-file), ' +
    `take ${instead}, or accept it with insecure (--insecure)`
  )
}

function modeOf(given: Unchecked): number {
  const mode = given.unixSocketMode ?? '700'
  if (typeof mode !== 'string') throw badType('unixSocketMode', mode, "octal digits, as in '770'")
  const value = /^0?[0-7]{3}$/.test(mode) ? Number.parseInt(mode, 8) : Number.NaN
  if (value <= MOST_MODE) return value
  throw badOption('unixSocketMode', mode, 'it must be three octal digits', '000 to 777')
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** `localhost` is judged once more when it is known what it stands for. */
function isLocal(host: string): boolean {
  return host.toLowerCase() === 'localhost' || isLoopback(host)
}

export function isLoopback(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4')
}
