/**
 * `get` of one key and `set`, executed from where they were found (pipeline.ts). What they do, and
 * what they reply, is what their command lines would: only for clients that nobody watches, and
 * that need not say who they are.
 */
import type { ClientSession } from './client-session.ts'
import { COMMAND_NAMES, seriesOf } from './commands.ts'
import { COUNT, SETTING } from './counters.ts'
import type { Pipeline } from './pipeline.ts'
import { answerStaged, END } from './retrieve.ts'
import { sendSeen } from './seen.ts'
import { parsed, replyTo, STORE_SET, storeFound } from './store.ts'

const GET_SERIES = seriesOf(COMMAND_NAMES.indexOf('get'))
const SET_SERIES = seriesOf(COMMAND_NAMES.indexOf('set'))
/** Whether nothing has to be thought of but what a client's requests say. */
export function isPlain({ login, facts, isWatcher }: ClientSession): boolean {
  return login === undefined && !isWatcher && facts.watchedKinds() === 0
}

/**
 * Executes the requests that were found, as long as their replies fit.
 * @param from where the next of them begins
 * @param to where those of the next connection may begin
 * @returns where the last one ends
 */
export function executePlain(
  session: ClientSession,
  pipeline: Pipeline,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  const { out, facts } = session
  const { clock, board } = facts
  const isDetailed = board.setting(SETTING.detail) !== 0
  session.watched = 0
  let hits = 0
  let at = from
  do {
    const begunAt = clock.begin()
    at = pipeline.take()
    if (pipeline.isGet && !isDetailed && sendSeen(session, pipeline.ahead, pipeline.key)) {
      out.text(END)
      hits++
    } else execute(session, pipeline, bytes)
    clock.end(pipeline.isGet ? GET_SERIES : SET_SERIES, begunAt)
  } while (at < to && !out.isFull && pipeline.hasNext(bytes, at))
  board.add(COUNT.cmd_get, hits)
  board.add(COUNT.get_hits, hits)
  return at
}

function execute(session: ClientSession, pipeline: Pipeline, bytes: Uint8Array): void {
  const fits = pipeline.stage(bytes)
  if (pipeline.isGet) {
    answerStaged(session, bytes, pipeline.keyFrom, pipeline.keyTo, false, fits)
    session.out.text(END)
  } else set(session, pipeline, bytes, fits)
}

function set(session: ClientSession, pipeline: Pipeline, bytes: Uint8Array, fits: boolean): void {
  parsed.flags = pipeline.flags
  parsed.seconds = pipeline.seconds
  parsed.length = pipeline.valueBytes
  parsed.casHigh = parsed.casLow = 0
  pipeline.show(session.raw.draft)
  const { keyFrom, keyTo, valueFrom } = pipeline
  const outcome = storeFound(session, STORE_SET, bytes, keyFrom, keyTo, valueFrom, fits)
  session.say(replyTo(session, STORE_SET, outcome))
}
