/**
 * From a request to its command: what is unknown or has the wrong number of arguments is refused,
 * what belongs to a transaction is queued, the rest is executed and counted.
 */
import { PROTOCOLS } from '../../observe/observation-board.ts'
import type { Args } from './args.ts'
import { CALLS, COUNT, FAILED_CALLS, MICROSECONDS, REJECTED_CALLS, SETTING } from './board.ts'
import type { RedisClient } from './client.ts'
import { COMMANDS } from './commands.ts'
import type { Command } from './command-table.ts'
import { internalError, wrongArity } from './errors.ts'
import { noteInternalError } from './internal-error.ts'
import type { Tracker } from './listener.ts'
import { showMonitors } from './monitor.ts'
import { isPaused, Postponed } from './pause.ts'
import { denialOf } from './permissions.ts'

const FIRST_SERIES = PROTOCOLS.redis.first + 1
/** As much of a name, and of the arguments together, as an error shows. */
const SHOWN_NAME = 128
const SHOWN_ARGUMENTS = 128
/** As many words of a slow command, and as much of each, as SLOWLOG shows. */
const SLOW_WORDS = 32
const SLOW_WORD_BYTES = 128
const SHORT_VALUE_BYTES = 4096

/** Executes one request, or queues it. */
export function dispatch(client: RedisClient, args: Args): void {
  const command = commandIn(client, args)
  if (client.tracking !== undefined) endCaching(client.tracking, client, command)
  if (command === undefined) {
    if (client.transaction !== undefined) client.transaction.isBroken = true
    client.host.board.add(COUNT.rejected, 1)
    return
  }
  if (client.transaction?.takes(command)) client.transaction.add(client, command, args)
  else if (isPaused(client, command)) client.more = new Postponed(command, args)
  else execute(client, command, args)
}

/** Executes a command that was found to be in order. */
export function execute(client: RedisClient, command: Command, args: Args): void {
  const { reply, host } = client
  const { board, clock } = host
  const { errors } = reply
  client.lastCommand = command.index
  if (client.isWatched) showMonitors(client, command, args)
  board.add(COUNT.commands, 1)
  board.addTo(command.index, CALLS, 1)
  const clockedAt = clock.begin()
  // What is fast cannot be slow: it is not timed.
  if (command.isFast || isShortSet(command, args)) run(client, command, args)
  else {
    const begunAt = performance.now()
    run(client, command, args)
    const took = Math.round((performance.now() - begunAt) * 1000)
    board.addTo(command.index, MICROSECONDS, took)
    noteSlow(client, command, args, took)
  }
  clock.end(FIRST_SERIES + command.index, clockedAt)
  if (reply.errors !== errors) {
    board.addTo(command.index, FAILED_CALLS, 1)
  }
}

/** Not among what Redis calls fast; but the clock would take a seventh of it. */
function isShortSet({ name }: Command, args: Args): boolean {
  return name === 'set' && args.count === 3 && args.size(2) <= SHORT_VALUE_BYTES
}

/** What a client with a cache of its own must hear of is noted before and after. */
function run(client: RedisClient, command: Command, args: Args): void {
  const { tracking } = client
  if (tracking === undefined) attempt(client, command, args)
  else if (command.isWrite && tracking.isNoLoop) {
    const bytes = args.to(args.count - 1) - args.from(0)
    client.worker.tracking.own(client, bytes, () => attempt(client, command, args))
  } else {
    client.worker.tracking.begin(client, tracking, command, args)
    attempt(client, command, args)
  }
}

/** A mistake of this code is an error of that command, and ends nothing else. */
function attempt(client: RedisClient, command: Command, args: Args): void {
  const { reply, more } = client
  const mark = reply.out.length
  try {
    command.execute!(client, args)
  } catch (error) {
    noteInternalError(client, error)
    client.more = more
    reply.out.length = mark
    reply.error(internalError(command.name))
  }
}

/** CLIENT CACHING is about the next command that is none of CLIENT, or the next transaction. */
function endCaching(tracker: Tracker, client: RedisClient, command: Command | undefined): void {
  if (!tracker.isKept && client.transaction === undefined) tracker.isCaching = false
  tracker.isKept = command?.name.startsWith('client|') === true
}

const WHILE_LISTENING = new Set(
  'subscribe unsubscribe psubscribe punsubscribe ssubscribe sunsubscribe ping quit reset'.split(
    ' ',
  ),
)

function onlyListens({ name }: Command): string {
  return (
    `ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET ` +
    'are allowed in this context'
  )
}

function noteSlow(client: RedisClient, command: Command, args: Args, took: number): void {
  const least = client.host.board.setting(SETTING.slowlogSlowerThan)
  if (least < 0 || took < least || command.flags.includes('skip_slowlog')) return
  const words: string[] = []
  const shown = args.count > SLOW_WORDS ? SLOW_WORDS - 1 : args.count
  for (let i = 0; i < shown; i++) {
    const word = args.latin(i)
    const more = word.length - SLOW_WORD_BYTES
    words.push(more > 0 ? `${word.slice(0, SLOW_WORD_BYTES)}... (${more} more bytes)` : word)
  }
  if (shown < args.count) words.push(`... (${args.count - shown} more arguments)`)
  const { address } = client.host.clientOf(client.slot)
  const at = Math.floor(client.now / 1000)
  client.worker.tellSlow({ at, took, words, address, name: client.name })
}

/** The command of a request; undefined when it was refused. */
function commandIn(client: RedisClient, args: Args): Command | undefined {
  const found = COMMANDS.find(args, 0)
  if (found === undefined) return refuseUnknown(client, args)
  let command: Command | undefined = found
  if (found.subcommands.length > 0 && args.count > 1) {
    command = COMMANDS.findSub(found, args, 1)
    if (command === undefined) return refuse(client, unknownSubcommand(found, args))
  }
  const why = objectionTo(client, command, args)
  if (why === undefined) return command
  client.host.board.addTo(command.index, REJECTED_CALLS, 1)
  return command.name === 'exec' ? abort(client, why) : refuse(client, why)
}

/** What is wrong with a known command, here and now. */
function objectionTo(client: RedisClient, command: Command, args: Args): string | undefined {
  const { arity, name } = command
  if (arity > 0 ? args.count !== arity : args.count < -arity) return wrongArity(name)
  const { login } = client
  if (login !== undefined) {
    const why = denialOf(login, command, args, client.transaction !== undefined)
    if (why !== undefined) {
      login.authenticator.denied()
      return why
    }
  }
  const mayExecute = client.reply.isResp3 || !client.isListening || WHILE_LISTENING.has(name)
  return mayExecute ? undefined : onlyListens(command)
}

function refuse(client: RedisClient, why: string): undefined {
  client.reply.error(why)
}

/** An EXEC that is refused ends its transaction. */
function abort(client: RedisClient, why: string): undefined {
  client.leaveTransaction()
  client.reply.error(`EXECABORT Transaction discarded because of: ${why.replace(/^ERR /, '')}`)
}

/** What follows the first lines of an HTTP request is what some web page would execute here. */
function refuseUnknown(client: RedisClient, args: Args): undefined {
  if (args.is(0, 'post') || args.is(0, 'host:')) client.turnAway('HTTP')
  else client.reply.error(unknownCommand(args))
}

function unknownCommand(args: Args): string {
  const name = args.shown(0, SHOWN_NAME)
  if (SCRIPTING.has(name.toLowerCase())) return NO_SCRIPTS
  let shown = ''
  for (let i = 1; i < args.count && shown.length < SHOWN_ARGUMENTS; i++) {
    shown += `'${args.shown(i, SHOWN_ARGUMENTS - shown.length)}' `
  }
  return `ERR unknown command '${name}', with args beginning with: ${shown}`
}

const SCRIPTING = new Set(
  'eval eval_ro evalsha evalsha_ro fcall fcall_ro function script'.split(' '),
)
const NO_SCRIPTS =
  'ERR scripts are not supported: use MULTI and EXEC with WATCH, or the embedded API'

function unknownSubcommand(container: Command, args: Args): string {
  const name = args.shown(1, SHOWN_NAME)
  return `ERR unknown subcommand '${name}'. Try ${container.name.toUpperCase()} HELP.`
}
