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
import { sendSeen, sendValue } from './commands/get.ts'
import { COMMANDS } from './commands.ts'
import { internalError, KEY_TOO_LONG } from './errors.ts'
import type { RedisHost } from './host.ts'
import { noteInternalError } from './internal-error.ts'
import type { Pipeline } from './pipeline.ts'
import { OTHER, PLAIN_GET } from './plain-heads.ts'

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
 * Executes the requests that were found, as long as they are plain and their replies fit.
 * @param from where the next of them begins
 * @param to where those of the next connection may begin
 * @returns where the last one ends
 */
export function executePlain(
  client: RedisClient,
  pipeline: Pipeline,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  const { out } = client.reply
  let at = from
  do {
    at =
      pipeline.nextKind === PLAIN_GET ? get(client, pipeline, bytes) : set(client, pipeline, bytes)
  } while (at < to && !out.isFull && pipeline.hasNext(bytes, at) && pipeline.nextKind !== OTHER)
  return at
}

function get(client: RedisClient, pipeline: Pipeline, bytes: Uint8Array): number {
  const { clock } = client.host
  const begunAt = clock.begin()
  const next = pipeline.takePlain(bytes)
  const key = pipeline.keyIn(client.space)
  if (key < 0 || !sendSeen(client, pipeline.ahead, key)) {
    execute(client, pipeline, bytes, GET_COMMAND)
  }
  client.worker.plainGets++
  client.lastCommand = GET_COMMAND.index
  if (begunAt !== 0) clock.note(FIRST_SERIES + GET_COMMAND.index, begunAt)
  return next
}

function set(client: RedisClient, pipeline: Pipeline, bytes: Uint8Array): number {
  const { clock } = client.host
  const begunAt = clock.begin()
  const next = pipeline.takePlain(bytes)
  execute(client, pipeline, bytes, SET_COMMAND)
  client.worker.plainSets++
  client.lastCommand = SET_COMMAND.index
  if (begunAt !== 0) clock.note(FIRST_SERIES + SET_COMMAND.index, begunAt)
  return next
}

/** Stages the key and does what the command does. */
function execute(
  client: RedisClient,
  pipeline: Pipeline,
  bytes: Uint8Array,
  command: Command,
): void {
  const { reply, host } = client
  const { errors } = reply
  const mark = reply.out.length
  try {
    if (!pipeline.stagePlain(bytes, client.space)) reply.error(KEY_TOO_LONG)
    else if (command === GET_COMMAND) sendValue(client, false)
    else store(client, pipeline, bytes)
  } catch (error) {
    noteInternalError(client, error)
    reply.out.length = mark
    reply.error(internalError(command.name))
  }
  if (reply.errors !== errors) host.board.addTo(command.index, FAILED_CALLS, 1)
}

/** The value has at most as many bytes as any item may have: longer ones are not plain. */
function store(client: RedisClient, pipeline: Pipeline, bytes: Uint8Array): void {
  pipeline.show(client.fill(bytes, pipeline.valueFrom, pipeline.valueTo, 0))
  const outcome = client.worker.raw.store(SET)
  if (outcome === STORED) client.reply.ok()
  else client.refuse(outcome)
}
