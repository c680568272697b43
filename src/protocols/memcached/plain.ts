/**
 * `get` of one key and `set`, executed from where they were found (pipeline.ts). What they do, and
 * what they reply, is what their command lines would: only for clients that nobody watches, and
 * that need not say who they are.
 */
import type { ClientSession } from './client-session.ts'
import { COMMAND_NAMES, seriesOf } from './commands.ts'
import type { Pipeline } from './pipeline.ts'
import { answerStaged } from './retrieve.ts'
import { parsed, replyTo, STORE_SET, storeFound } from './store.ts'

const GET_SERIES = seriesOf(COMMAND_NAMES.indexOf('get'))
const SET_SERIES = seriesOf(COMMAND_NAMES.indexOf('set'))

/** Whether nothing has to be thought of but what a client's requests say. */
export function isPlain({ login, facts, isWatcher }: ClientSession): boolean {
  return login === undefined && !isWatcher && facts.watchedKinds() === 0
}

/** Executes the next of the requests that were found. @returns where it ends */
export function executePlain(
  session: ClientSession,
  pipeline: Pipeline,
  bytes: Uint8Array,
): number {
  const { clock } = session.facts
  const begunAt = clock.begin()
  const next = pipeline.take()
  session.watched = 0
  const fits = pipeline.stage(bytes)
  if (pipeline.isGet) {
    answerStaged(session, bytes, pipeline.keyFrom, pipeline.keyTo, false, fits)
    session.out.text('END\r\n')
  } else set(session, pipeline, bytes, fits)
  clock.end(pipeline.isGet ? GET_SERIES : SET_SERIES, begunAt)
  return next
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
