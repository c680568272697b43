/**
 * GET and SET as nearly all clients send them, executed from where they were found (pipeline.ts):
 * no table of commands, no arguments put together, one count per batch. What they do, and what they
 * reply, is what dispatch.ts would do; a client of whom anything else has to be thought is sent
 * there.
 */
import { SET, STORED } from '../../engine/raw-access.ts'
import { PROTOCOLS } from '../../observe/observation-board.ts'
import { CALLS, COUNT, FAILED_CALLS, SETTING } from './board.ts'
import { NO_SKIP, type RedisClient } from './client.ts'
import type { Command } from './command-table.ts'
import { sendValue } from './commands/get.ts'
import { COMMANDS } from './commands.ts'
import { internalError, KEY_TOO_LONG } from './errors.ts'
import type { RedisHost } from './host.ts'
import { noteInternalError } from './internal-error.ts'
import { type Pipeline, PLAIN_GET } from './pipeline.ts'

const FIRST_SERIES = PROTOCOLS.redis.first + 1
const GET_COMMAND = named('get')
const SET_COMMAND = named('set')

function named(name: string): Command {
  const command = COMMANDS.commands.find((each) => each.name === name)
  if (command === undefined) throw new Error(`there is no command '${name}'`)
  return command
}

/** Whether GET and SET of this client are nothing more, for now. */
export function isPlain(client: RedisClient): boolean {
  return (
    client.login === undefined &&
    client.transaction === undefined &&
    client.tracking === undefined &&
    client.raw === client.worker.raw &&
    client.skips === NO_SKIP &&
    !client.isMuted &&
    !client.isWatched &&
    !client.isListening &&
    client.host.board.setting(SETTING.pausedUntil) === 0
  )
}

/** Counts what was executed here: before anybody could ask. */
export function countPlain({ host, worker }: RedisClient): void {
  const { plainGets, plainSets } = worker
  if (plainGets + plainSets === 0) return
  host.board.add(COUNT.commands, plainGets + plainSets)
  if (plainGets > 0) countCalls(host, GET_COMMAND, plainGets)
  if (plainSets > 0) countCalls(host, SET_COMMAND, plainSets)
  worker.plainGets = worker.plainSets = 0
}

function countCalls({ board, clock }: RedisHost, { index }: Command, calls: number): void {
  board.addTo(index, CALLS, calls)
  clock.count(FIRST_SERIES + index, calls)
}

/**
 * Executes the next of the requests that were found, a plain one.
 * @returns where it ends
 */
export function executePlain(client: RedisClient, pipeline: Pipeline, bytes: Uint8Array): number {
  const { reply, host, worker } = client
  const isGet = pipeline.nextKind === PLAIN_GET
  const command = isGet ? GET_COMMAND : SET_COMMAND
  const { errors } = reply
  const mark = reply.out.length
  const begunAt = host.clock.begin()
  const next = pipeline.takePlain(bytes)
  client.lastCommand = command.index
  try {
    if (!pipeline.stagePlain(bytes, client.space)) reply.error(KEY_TOO_LONG)
    else if (isGet) sendValue(client, false)
    else set(client, pipeline, bytes)
  } catch (error) {
    noteInternalError(client, error)
    reply.out.length = mark
    reply.error(internalError(command.name))
  }
  if (isGet) worker.plainGets++
  else worker.plainSets++
  if (begunAt !== 0) host.clock.note(FIRST_SERIES + command.index, begunAt)
  if (reply.errors !== errors) host.board.addTo(command.index, FAILED_CALLS, 1)
  return next
}

/** The value has at most as many bytes as any item may have: longer ones are not plain. */
function set(client: RedisClient, pipeline: Pipeline, bytes: Uint8Array): void {
  pipeline.show(client.fill(bytes, pipeline.valueFrom, pipeline.valueTo, 0))
  const outcome = client.worker.raw.store(SET)
  if (outcome === STORED) client.reply.ok()
  else client.refuse(outcome)
}
