/**
 * ACL, as a view: the users are in a file and are changed there. Rights are shown in Redis' words:
 * categories for what a user may run, patterns for keys and channels. Hashes are shown to nobody.
 */
import type { UserRecord } from '../../../auth/auth-file.ts'
import { ADMIN, READ, type Rights, WRITE } from '../../../auth/principal.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import { CATEGORIES, type Command, type Handlers } from '../command-table.ts'

const IN_A_FILE =
  'ERR users are in the file of --auth-file: change them there and send the process a SIGHUP'
const NO_USERS = 'ERR there are no users: start the server with --auth-file'

/** @param commands as the table holds these handlers, it is asked for when they run */
export function aclHandlers(commands: () => readonly Command[]): Handlers {
  return {
    'acl|whoami': ({ login, reply }) => reply.bulkText(login?.principal?.name ?? 'default'),
    'acl|cat': (client, args) => tellCategories(client, args, commands()),
    'acl|list': list,
    'acl|users': users,
    'acl|getuser': getUser,
    'acl|setuser': refuse,
    'acl|deluser': refuse,
    'acl|load': refuse,
    'acl|save': refuse,
  }
}

function refuse({ login, reply }: RedisClient): void {
  reply.error(login === undefined ? NO_USERS : IN_A_FILE)
}

function tellCategories({ reply }: RedisClient, args: Args, commands: readonly Command[]): void {
  if (args.count > 3) {
    reply.error("ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP.")
    return
  }
  if (args.count === 2) {
    reply.array(CATEGORIES.length)
    for (const category of CATEGORIES) reply.bulkText(category)
    return
  }
  const category = args.latin(2)
  if (!CATEGORIES.includes(category.toLowerCase())) {
    reply.error(`ERR Unknown category '${args.shown(2, 128)}'`)
    return
  }
  const found = commands.filter(({ categories }) => categories.includes(category.toLowerCase()))
  reply.array(found.length)
  for (const { name } of found) reply.bulkText(name)
}

/** Who there is without a file: as in a Redis without a password. */
const DEFAULT_USER = { name: 'default', flags: ['on', 'nopass'] }
const ALL: Rights = { bits: READ | WRITE | ADMIN, prefixes: [] }

function list({ login, reply }: RedisClient): void {
  const users = login?.authenticator.users()
  if (users === undefined) {
    reply.array(1)
    tell(reply, `user default on nopass ${ruleOf(ALL)}`)
    return
  }
  reply.array(users.length)
  for (const { name, rights } of users) tell(reply, `user ${name} on ${ruleOf(rights)}`)
}

/** A character per byte. */
function tell(reply: RedisClient['reply'], text: string): void {
  reply.bulk(Buffer.from(text, 'latin1'))
}

function users({ login, reply }: RedisClient): void {
  const names = login?.authenticator.users().map(({ name }) => name) ?? [DEFAULT_USER.name]
  reply.array(names.length)
  for (const name of names) reply.bulkText(name)
}

function getUser({ login, reply }: RedisClient, args: Args): void {
  const name = args.latin(2)
  const found: Pick<UserRecord, 'rights'> | undefined =
    login === undefined
      ? name === DEFAULT_USER.name
        ? { rights: ALL }
        : undefined
      : login.authenticator.users().find((user) => user.name === name)
  if (found === undefined) {
    reply.nil()
    return
  }
  const { rights } = found
  reply.map(6)
  reply.bulkText('flags')
  const flags = login === undefined ? DEFAULT_USER.flags : ['on']
  reply.set(flags.length)
  for (const flag of flags) reply.bulkText(flag)
  reply.bulkText('passwords')
  reply.array(0)
  reply.bulkText('commands')
  reply.bulkText(commandsOf(rights))
  reply.bulkText('keys')
  tell(reply, patternsOf(rights, '~'))
  reply.bulkText('channels')
  tell(reply, patternsOf(rights, '&'))
  reply.bulkText('selectors')
  reply.array(0)
}

function ruleOf(rights: Rights): string {
  const isLimited = rights.prefixes.length > 0
  const channels = `${isLimited ? 'resetchannels ' : ''}${patternsOf(rights, '&')}`
  return `${patternsOf(rights, '~')} ${channels} ${commandsOf(rights)}`
}

/** About: heddle's rights are fewer, and cut a little differently. */
function commandsOf({ bits }: Rights): string {
  if (bits & ADMIN) return '+@all'
  const words = ['-@all']
  if (bits & READ) words.push('+@read')
  if (bits & WRITE) words.push('+@write')
  return [...words, '+@pubsub', '+@connection', '+@transaction'].join(' ')
}

function patternsOf({ prefixes }: Rights, sigil: string): string {
  if (prefixes.length === 0) return `${sigil}*`
  return prefixes.map((prefix) => `${sigil}${asPattern(prefix)}*`).join(' ')
}

/** A character per byte, with what patterns would take for more than itself escaped. */
function asPattern(prefix: Uint8Array): string {
  return Buffer.from(prefix)
    .toString('latin1')
    .replaceAll(/[*?[\]\\]/g, '\\$&')
}
