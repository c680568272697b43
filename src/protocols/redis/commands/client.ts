/** CLIENT and its subcommands. */
import type { Args } from '../args.ts'
import {
  FLAG,
  LIBRARY,
  LIBRARY_VERSION,
  NAME,
  RECORD,
  type RedisBoard,
  SETTING,
  USER,
} from '../board.ts'
import { type RedisClient, SKIP_NEXT } from '../client.ts'
import type { Command, Handlers } from '../command-table.ts'
import { SYNTAX } from '../errors.ts'
import type { RedisClientFacts, RedisHost } from '../host.ts'
import { setName } from './connection.ts'

/** @param commands the table in its order, for the field `cmd` */
export function clientHandlers(commands: () => readonly Command[]): Handlers {
  return {
    'client|id': ({ reply, id }) => reply.integer(id),
    'client|getname': getName,
    'client|setname': (client, args) => {
      if (setName(client, args, 2)) client.reply.ok()
    },
    'client|setinfo': setInfo,
    'client|info': (client) => {
      client.note()
      const { host, slot } = client
      client.reply.verbatim(lineOf(host, host.clientOf(slot), commands()))
    },
    'client|list': (client, args) => list(client, args, commands()),
    'client|kill': kill,
    'client|no-evict': (client, args) => onOrOff(client, args, FLAG.noEvict),
    'client|no-touch': (client, args) => onOrOff(client, args, FLAG.noTouch),
    'client|reply': replyMode,
    'client|unblock': unblock,
    'client|pause': pause,
    'client|unpause': ({ host, reply }) => {
      host.board.set(SETTING.pausedUntil, 0)
      reply.ok()
    },
  }
}

function getName({ reply, name }: RedisClient): void {
  if (name === '') reply.nil()
  else reply.bulk(Buffer.from(name, 'latin1'))
}

function setInfo({ host, slot, reply }: RedisClient, args: Args): void {
  const isName = args.is(2, 'lib-name')
  if (!isName && !args.is(2, 'lib-ver')) {
    reply.error(`ERR Unrecognized option '${args.latin(2)}'`)
    return
  }
  if (!args.slice(3).every((byte) => byte >= 33 && byte <= 126)) {
    const what = isName ? 'lib-name' : 'lib-ver'
    reply.error(`ERR ${what} cannot contain spaces, newlines or special characters.`)
    return
  }
  host.board.setText(slot, isName ? LIBRARY : LIBRARY_VERSION, args.latin(3))
  reply.ok()
}

/** CLIENT LIST [TYPE type | ID id ...] */
function list(client: RedisClient, args: Args, commands: readonly Command[]): void {
  const { host, reply } = client
  let wanted = (_: RedisClientFacts): boolean => true
  if (args.count === 4 && args.is(2, 'type')) {
    const type = typeOf(args, 3)
    if (type === undefined) {
      reply.error(`ERR Unknown client type '${args.latin(3)}'`)
      return
    }
    wanted = ({ slot }) => typeOfClient(host.board, slot) === type
  } else if (args.count > 3 && args.is(2, 'id')) {
    const ids = Array.from({ length: args.count - 3 }, (_, i) => args.integer(i + 3))
    if (ids.some((id) => Number.isNaN(id))) {
      reply.error('ERR Invalid client ID')
      return
    }
    wanted = ({ id }) => ids.includes(id)
  } else if (args.count !== 2) {
    reply.error(SYNTAX)
    return
  }
  client.note()
  const lines = host.clients().filter(wanted)
  reply.verbatim(lines.map((facts) => lineOf(host, facts, commands)).join(''))
}

const TYPES: readonly string[] = ['normal', 'master', 'replica', 'slave', 'pubsub']

function typeOf(args: Args, index: number): string | undefined {
  const type = TYPES.find((each) => args.is(index, each))
  return type === 'slave' ? 'replica' : type
}

function typeOfClient(board: RedisBoard, slot: number): string {
  return board.word(slot, RECORD.flags) & FLAG.pubsub ? 'pubsub' : 'normal'
}

function lineOf(host: RedisHost, facts: RedisClientFacts, commands: readonly Command[]): string {
  const { slot } = facts
  const { board } = host
  const word = (name: keyof typeof RECORD) => board.word(slot, RECORD[name])
  const flags = word('flags')
  const queued = word('queued')
  const letters =
    (flags & FLAG.monitor ? 'O' : '') +
    (flags & FLAG.pubsub ? 'P' : '') +
    (queued >= 0 ? 'x' : '') +
    (flags & FLAG.tracking ? 't' : '') +
    (flags & FLAG.brokenRedirect ? 'R' : '') +
    (flags & FLAG.bcast ? 'B' : '') +
    (facts.listenAddress.endsWith(':0') ? 'U' : '') +
    (flags & FLAG.noEvict ? 'e' : '') +
    (flags & FLAG.noTouch ? 'T' : '')
  return (
    `id=${facts.id} addr=${facts.address} laddr=${facts.listenAddress} fd=${slot} ` +
    `name=${board.text(slot, NAME)} age=${facts.age} idle=${facts.idle} flags=${letters || 'N'} ` +
    `db=${word('database')} sub=${word('channels')} psub=${word('patterns')} ` +
    `ssub=${word('shardChannels')} multi=${queued} watch=${word('watched')} ` +
    'qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 ' +
    `events=r cmd=${commands[word('lastCommand')]?.name ?? 'NULL'} ` +
    `user=${userOf(board, slot)} redir=${word('redirect') - 1} resp=${word('version')} ` +
    `lib-name=${board.text(slot, LIBRARY)} ` +
    `lib-ver=${board.text(slot, LIBRARY_VERSION)}\n`
  )
}

/** Without users, and before it has said who it is: as in Redis. */
function userOf(board: RedisBoard, slot: number): string {
  return board.text(slot, USER) || 'default'
}

/** CLIENT KILL address | [ID id] [TYPE type] [ADDR address] [LADDR ...] [USER user] [SKIPME ...] */
function kill(client: RedisClient, args: Args): void {
  const { host, reply } = client
  if (args.count === 3) {
    const address = args.text(2)
    const found = host.clients().find((each) => each.address === address)
    if (found === undefined) reply.error('ERR No such client')
    else {
      end(client, found)
      reply.ok()
    }
    return
  }
  const filter = readFilter(client, args)
  if (filter === undefined) return
  const found = host.clients().filter(filter)
  for (const facts of found) end(client, facts)
  reply.integer(found.length)
}

/** One's own connection ends after the reply. */
function end(client: RedisClient, { slot, id }: RedisClientFacts): void {
  if (id === client.id) client.isClosing = true
  else client.host.kill(slot, id)
}

type Filter = (facts: RedisClientFacts) => boolean

/** undefined: it was refused, and that was replied. */
function readFilter(client: RedisClient, args: Args): Filter | undefined {
  const { reply, host } = client
  const tests: Filter[] = []
  let skipsMe = true
  for (let i = 2; i < args.count; i += 2) {
    if (i + 1 === args.count) return refuse(reply, SYNTAX)
    const value = args.latin(i + 1)
    if (args.is(i, 'id')) {
      const wanted = args.integer(i + 1)
      if (!(wanted > 0)) return refuse(reply, 'ERR client-id should be greater than 0')
      tests.push(({ id }) => id === wanted)
    } else if (args.is(i, 'type')) {
      const type = typeOf(args, i + 1)
      if (type === undefined) return refuse(reply, `ERR Unknown client type '${value}'`)
      tests.push(({ slot }) => typeOfClient(host.board, slot) === type)
    } else if (args.is(i, 'addr')) tests.push(({ address }) => address === value)
    else if (args.is(i, 'laddr')) tests.push(({ listenAddress }) => listenAddress === value)
    else if (args.is(i, 'user')) {
      const isKnown = client.login?.authenticator.users().some(({ name }) => name === value)
      if (!isKnown && value !== 'default') return refuse(reply, `ERR No such user '${value}'`)
      tests.push(({ slot }) => userOf(host.board, slot) === value)
    } else if (args.is(i, 'skipme') && (args.is(i + 1, 'yes') || args.is(i + 1, 'no'))) {
      skipsMe = args.is(i + 1, 'yes')
    } else return refuse(reply, SYNTAX)
  }
  return (facts) => !(skipsMe && facts.id === client.id) && tests.every((test) => test(facts))
}

function refuse(reply: RedisClient['reply'], why: string): undefined {
  reply.error(why)
}

function onOrOff({ host, slot, reply }: RedisClient, args: Args, flag: number): void {
  const isOn = args.is(2, 'on')
  if (!isOn && !args.is(2, 'off')) {
    reply.error(SYNTAX)
    return
  }
  const flags = host.board.word(slot, RECORD.flags)
  host.board.setWord(slot, RECORD.flags, isOn ? flags | flag : flags & ~flag)
  reply.ok()
}

function replyMode(client: RedisClient, args: Args): void {
  if (args.is(2, 'on')) {
    client.isMuted = false
    client.reply.ok()
  } else if (args.is(2, 'off')) client.isMuted = true
  else if (!args.is(2, 'skip')) client.reply.error(SYNTAX)
  else if (!client.isMuted) client.skips = SKIP_NEXT
}

/** Nobody blocks here, so there is nobody to unblock. */
function unblock({ reply }: RedisClient, args: Args): void {
  if (args.count > 3 && !args.is(3, 'timeout') && !args.is(3, 'error')) {
    reply.error('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR')
  } else if (args.count > 4) reply.error(SYNTAX)
  else if (args.long(2) === undefined) reply.error('ERR value is not an integer or out of range')
  else reply.integer(0)
}

function pause({ host, reply, now }: RedisClient, args: Args): void {
  const isWrite = args.count === 4 && args.is(3, 'write')
  if (args.count > 4) {
    reply.error(SYNTAX)
    return
  }
  if (args.count === 4 && !isWrite && !args.is(3, 'all')) {
    reply.error('ERR CLIENT PAUSE mode must be WRITE or ALL')
    return
  }
  const ms = args.integer(2)
  if (Number.isNaN(ms)) reply.error('ERR timeout is not an integer or out of range')
  else if (ms < 0) reply.error('ERR timeout is negative')
  else {
    const { board } = host
    const before = board.setting(SETTING.pausedUntil)
    // A pause of all is not weakened by one of writes, and none ends earlier than it was to.
    const isAllNow = before > now && board.setting(SETTING.pausesWrites) === 0
    board.set(SETTING.pausesWrites, isWrite && !isAllNow ? 1 : 0)
    board.set(SETTING.pausedUntil, Math.max(before, now + ms))
    reply.ok()
  }
}
