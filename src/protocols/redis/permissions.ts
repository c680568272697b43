/**
 * Who may run what: the one gate that every request passes where there are users.
 *
 * What a command needs follows from what command-facts.ts says of it: its flags and categories say
 * whether it reads, writes or administers, its key specifications which arguments are keys. What
 * returns what was stored reads, also if it writes. Names of channels are limited by the prefixes
 * as names of keys are. The texts are those of Redis 7.0.
 */
import type { Login } from '../../auth/login.ts'
import { ADMIN, type Principal, READ, WRITE } from '../../auth/principal.ts'
import type { Args } from './args.ts'
import type { Command, KeySpec } from './command-table.ts'

/** What a command needs. */
export interface Permission {
  /** READ, WRITE, ADMIN. */
  readonly bits: number
  /** It reaches all keys: whoever is limited to prefixes may not. */
  readonly needsAll: boolean
  /** Which arguments name channels, and whether they are patterns. */
  readonly channels: 'none' | 'one' | 'names' | 'patterns'
}

/** What does not follow from the facts. */
const EXCEPTIONS: Readonly<Record<string, Partial<Permission>>> = {
  flushdb: { needsAll: true },
  flushall: { needsAll: true },
  swapdb: { needsAll: true },
  publish: { bits: WRITE, channels: 'one' },
  spublish: { bits: WRITE, channels: 'one' },
  subscribe: { bits: READ, channels: 'names' },
  ssubscribe: { bits: READ, channels: 'names' },
  psubscribe: { bits: READ, channels: 'patterns' },
  // These would tell names of others' channels, or keys.
  'pubsub|channels': { bits: READ, needsAll: true },
  'pubsub|numpat': { bits: READ, needsAll: true },
  'pubsub|numsub': { bits: READ, needsAll: true },
  'pubsub|shardchannels': { bits: READ, needsAll: true },
  'pubsub|shardnumsub': { bits: READ, needsAll: true },
  'client|tracking': { bits: READ, needsAll: true },
  // With GET it reads; see below.
  set: { bits: WRITE },
}

type Facts = Pick<Command, 'name' | 'flags' | 'categories' | 'keySpecs'>

export function permissionOf({ name, flags, categories, keySpecs }: Facts): Permission {
  let bits = categories.includes('admin') ? ADMIN : 0
  if (flags.includes('write')) bits |= WRITE
  const isRead = keySpecs.some((spec) => spec.flags.includes('access'))
  const isKeyed = keySpecs.some(isOfKeys)
  if (flags.includes('readonly') || isRead || (isKeyed && bits === 0)) bits |= READ
  return { bits, needsAll: false, channels: 'none', ...EXCEPTIONS[name] }
}

function isOfKeys({ flags }: KeySpec): boolean {
  return !flags.includes('not_key')
}

const NO_AUTH = 'NOAUTH Authentication required.'
const IN_TRANSACTION = 'ERR Command not allowed inside a transaction'
const NO_KEY = 'NOPERM this user has no permissions to access one of the keys used as arguments'
const NO_CHANNEL =
  'NOPERM this user has no permissions to access one of the channels used as arguments'

function noCommand({ name }: Command): string {
  return `NOPERM this user has no permissions to run the '${name}' command`
}

/**
 * Why a client may not run a command; undefined: it may.
 * @param isQueuing it is within a transaction: who it is may not change there
 */
export function denialOf(
  { principal }: Login,
  command: Command,
  args: Args,
  isQueuing: boolean,
): string | undefined {
  if (command.needsNoAuth) return isQueuing && isAboutUsers(command) ? IN_TRANSACTION : undefined
  if (principal === undefined || principal.isWithdrawn) return NO_AUTH
  const { bits, needsAll, channels } = command.permission
  const wanted = command.name === 'set' && hasGet(args) ? bits | READ : bits
  if (!principal.has(wanted) || (needsAll && !principal.reachesAll)) return noCommand(command)
  if (principal.reachesAll) return undefined
  if (!reachesKeys(principal, command, args)) return NO_KEY
  return channels === 'none' || reachesChannels(principal, channels, args) ? undefined : NO_CHANNEL
}

function isAboutUsers({ name }: Command): boolean {
  return name === 'auth' || name === 'hello'
}

function hasGet(args: Args): boolean {
  for (let i = 3; i < args.count; i++) if (args.is(i, 'get')) return true
  return false
}

function reachesKeys(principal: Principal, { keySpecs }: Command, args: Args): boolean {
  for (const spec of keySpecs) {
    if (!isOfKeys(spec)) continue
    const { first, last, step } = spec
    const lastKey = last >= 0 ? first + last : args.count + last
    for (let i = first; i <= lastKey && i < args.count; i += step) {
      if (!principal.reaches(args.bytes, args.from(i), args.to(i))) return false
    }
  }
  return true
}

function reachesChannels(
  principal: Principal,
  channels: Permission['channels'],
  args: Args,
): boolean {
  const end = channels === 'one' ? 2 : args.count
  for (let i = 1; i < end; i++) {
    const to = channels === 'patterns' ? plainEnd(args, i) : args.to(i)
    if (!principal.reaches(args.bytes, args.from(i), to)) return false
  }
  return true
}

/** Where a pattern ceases to stand for itself: what it matches begins with what is before. */
function plainEnd(args: Args, index: number): number {
  const to = args.to(index)
  for (let at = args.from(index); at < to; at++) {
    if ('*?[\\'.includes(String.fromCharCode(args.bytes[at]!))) return at
  }
  return to
}
