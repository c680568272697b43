/** PING ECHO QUIT HELLO AUTH SELECT RESET: commands about the connection itself. */
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { NOT_AN_INTEGER, SYNTAX, wrongArity } from '../errors.ts'
import { authenticate, WRONG_PASSWORD } from './authenticate.ts'
import { REDIS_VERSION } from '../version.ts'

export const CONNECTION_HANDLERS: Handlers = {
  ping,
  echo: ({ reply }, args) => reply.bulk(args.bytes, args.from(1), args.to(1)),
  quit,
  hello,
  auth,
  select,
  reset,
}

const NO_PASSWORD =
  'ERR AUTH <password> called without any password configured for the default user. ' +
  'Are you sure your configuration is correct?'
const HELLO_NO_AUTH =
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH ' +
  '<user> <pass> option can be used to authenticate the client and select the RESP protocol ' +
  'version at the same time'
const NOTHING = new Uint8Array(0)
const NO_INT = 'ERR value is out of range, value must between -2147483648 and 2147483647'
const BAD_NAME = 'ERR Client names cannot contain spaces, newlines or special characters.'

function ping({ reply, isListening }: RedisClient, args: Args): void {
  if (args.count > 2) reply.error(wrongArity('ping'))
  else if (isListening && !reply.isResp3) {
    reply.array(2)
    reply.bulkText('pong')
    if (args.count === 2) reply.bulk(args.bytes, args.from(1), args.to(1))
    else reply.bulkText('')
  } else if (args.count === 2) reply.bulk(args.bytes, args.from(1), args.to(1))
  else reply.simple('PONG')
}

function quit(client: RedisClient): void {
  client.reply.ok()
  client.isClosing = true
}

/** HELLO [2|3 [AUTH user password] [SETNAME name]] */
function hello(client: RedisClient, args: Args): void {
  const { reply, login } = client
  const wish = readHello(client, args)
  if (typeof wish === 'string') {
    reply.error(wish)
    return
  }
  const finish = (): void => {
    if (wish.name !== undefined) client.setName(wish.name)
    if (wish.version !== 0) reply.isResp3 = wish.version === 3
    greet(client)
  }
  if (login !== undefined && wish.user !== undefined) {
    authenticate(client, login, wish.user, wish.password, finish)
  } else if (login?.isAuthenticated === false) reply.error(HELLO_NO_AUTH)
  else finish()
}

/** Whether replies are RESP3 after a HELLO that authenticates nobody. */
export function isResp3After(client: RedisClient, args: Args): boolean {
  const wish = readHello(client, args)
  if (typeof wish === 'string' || wish.version === 0) return client.reply.isResp3
  return wish.version === 3
}

interface Hello {
  /** 0: as it is. */
  readonly version: number
  /** With AUTH. */
  user: string | undefined
  password: Uint8Array
  /** With SETNAME. */
  name: string | undefined
}

/** @returns what HELLO asks for, or what is wrong with it */
function readHello(client: RedisClient, args: Args): Hello | string {
  const version = args.count > 1 ? args.integer(1) : 0
  if (Number.isNaN(version)) return 'ERR Protocol version is not an integer or out of range'
  if (args.count > 1 && version !== 2 && version !== 3) {
    return 'NOPROTO unsupported protocol version'
  }
  const wish: Hello = { version, user: undefined, password: NOTHING, name: undefined }
  for (let i = 2; i < args.count; i++) {
    const left = args.count - 1 - i
    if (args.is(i, 'auth') && left >= 2) {
      if (client.login === undefined && !isUser(args, i + 1)) return WRONG_PASSWORD
      wish.user = args.latin(i + 1)
      wish.password = args.slice(i + 2)
      i += 2
    } else if (args.is(i, 'setname') && left >= 1) {
      if (!isPlainName(args, i + 1)) return BAD_NAME
      wish.name = args.latin(i + 1)
      i++
    } else return `ERR Syntax error in HELLO option '${args.latin(i)}'`
  }
  return wish
}

function greet({ reply, id }: RedisClient): void {
  reply.map(7)
  reply.bulkText('server')
  reply.bulkText('redis')
  reply.bulkText('version')
  reply.bulkText(REDIS_VERSION)
  reply.bulkText('proto')
  reply.integer(reply.isResp3 ? 3 : 2)
  reply.bulkText('id')
  reply.integer(id)
  reply.bulkText('mode')
  reply.bulkText('standalone')
  reply.bulkText('role')
  reply.bulkText('master')
  reply.bulkText('modules')
  reply.array(0)
}

/**
 * Without users as a Redis without a password: the default user may use any, and there is no other.
 * With them a password alone is that of the user named default.
 */
function auth(client: RedisClient, args: Args): void {
  const { reply, login } = client
  if (args.count > 3) reply.error(SYNTAX)
  else if (login !== undefined) {
    const name = args.count === 2 ? 'default' : args.latin(1)
    authenticate(client, login, name, args.slice(args.count - 1), () => reply.ok())
  } else if (args.count === 2) reply.error(NO_PASSWORD)
  else if (isUser(args, 1)) reply.ok()
  else reply.error(WRONG_PASSWORD)
}

function isUser(args: Args, index: number): boolean {
  return args.text(index) === 'default'
}

/** Names the connection; an empty name takes it away. False when it was refused, and said so. */
export function setName(client: RedisClient, args: Args, index: number): boolean {
  const isPlain = isPlainName(args, index)
  if (isPlain) client.setName(args.latin(index))
  else client.reply.error(BAD_NAME)
  return isPlain
}

function isPlainName(args: Args, index: number): boolean {
  return args.slice(index).every((byte) => byte >= 33 && byte <= 126)
}

function select(client: RedisClient, args: Args): void {
  const given = args.long(1)
  const index = Number(given)
  if (given === undefined) client.reply.error(NOT_AN_INTEGER)
  else if (BigInt.asIntN(32, given) !== given) client.reply.error(NO_INT)
  else if (!client.isDatabase(index)) client.reply.error('ERR DB index is out of range')
  else if (client.select(index)) client.reply.ok()
  else client.reply.error('ERR the cache has no namespace left for this database')
}

function reset(client: RedisClient): void {
  client.reset()
  client.reply.simple('RESET')
}
