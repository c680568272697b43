/**
 * Requests executed from where they were found (pipeline.ts): `get` of one key and `set`, what is
 * the same in meta commands (plain-meta.ts) and in the binary protocol (plain-frame.ts). What they
 * do, and what they reply, is what their command lines and frames would: only for clients that
 * nobody watches, and that need not say who they are.
 */
import type { Outcome } from '../../engine/raw-access.ts'
import type { ClientSession } from './client-session.ts'
import { COMMAND_NAMES, seriesOf } from './commands.ts'
import { COUNT, SETTING } from './counters.ts'
import * as found from './found.ts'
import type { Pipeline } from './pipeline.ts'
import { executeFrame, sendSeenFrame, seriesOfFrame } from './plain-frame.ts'
import { executeMetaGet, executeMetaSet, sendSeenMeta } from './plain-meta.ts'
import { answerStaged, END } from './retrieve.ts'
import { sendSeen } from './seen.ts'
import { parsed, replyTo, STORE_SET, storeFound } from './store.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { BINARY_GET, BINARY_SET, META_GET, META_SET, TEXT_GET, TEXT_SET } = found

/** Of those that are no frames. */
const SERIES = new Int32Array(BINARY_GET)
SERIES[TEXT_GET] = seriesOf(COMMAND_NAMES.indexOf('get'))
SERIES[TEXT_SET] = seriesOf(COMMAND_NAMES.indexOf('set'))
SERIES[META_GET] = seriesOf(COMMAND_NAMES.indexOf('mg'))
SERIES[META_SET] = seriesOf(COMMAND_NAMES.indexOf('ms'))

/** Whether nothing has to be thought of but what a client's requests say. */
export function isPlain({ login, facts, isWatcher }: ClientSession): boolean {
  return login === undefined && !isWatcher && facts.watchedKinds() === 0
}

/**
 * Executes the requests that were found, as long as their replies fit.
 * @param from where the next of them begins
 * @param to where those of the next connection may begin
 * @param isBinary which protocol the connection speaks
 * @returns where the last one ends
 */
export function executePlain(
  session: ClientSession,
  pipeline: Pipeline,
  bytes: Uint8Array,
  from: number,
  to: number,
  isBinary: boolean,
): number {
  const { out, facts } = session
  const { clock, board } = facts
  const isDetailed = board.setting(SETTING.detail) !== 0
  session.watched = 0
  let hits = 0
  let metaHits = 0
  let at = from
  do {
    const begunAt = clock.begin()
    at = pipeline.take()
    const { kind } = pipeline
    if (isDetailed || !answerSeen(session, pipeline, bytes, kind)) {
      execute(session, pipeline, bytes, at, kind)
    } else {
      hits++
      if (kind === META_GET) metaHits++
    }
    clock.end(isBinary ? seriesOfFrame(pipeline, bytes) : SERIES[kind]!, begunAt)
  } while (at < to && !out.isFull && pipeline.hasNext(bytes, at, isBinary))
  board.add(COUNT.cmd_get, hits)
  board.add(COUNT.get_hits, hits)
  if (metaHits > 0) board.add(COUNT.cmd_meta, metaHits)
  return at
}

/** Answers a hit from where it was seen; false: nothing was replied. */
function answerSeen(
  session: ClientSession,
  pipeline: Pipeline,
  bytes: Uint8Array,
  kind: number,
): boolean {
  switch (kind) {
    case TEXT_GET:
      if (!sendSeen(session, pipeline.ahead, pipeline.key)) return false
      session.out.text(END)
      return true
    case META_GET:
      return sendSeenMeta(session, pipeline, bytes)
    case BINARY_GET:
      return sendSeenFrame(session, pipeline)
    default:
      return false
  }
}

/** @param end where the request ends */
function execute(
  session: ClientSession,
  pipeline: Pipeline,
  bytes: Uint8Array,
  end: number,
  kind: number,
): void {
  const fits = pipeline.stage(bytes)
  switch (kind) {
    case TEXT_GET:
      answerStaged(session, bytes, pipeline.keyFrom, pipeline.keyTo, false, fits)
      session.out.text(END)
      return
    case TEXT_SET:
      session.say(replyTo(session, STORE_SET, storePlain(session, pipeline, bytes, fits)))
      return
    case META_GET:
      executeMetaGet(session, pipeline, bytes, end, fits)
      return
    case META_SET:
      executeMetaSet(session, pipeline, bytes, storePlain(session, pipeline, bytes, fits))
      return
    default:
      executeFrame(session, pipeline, bytes, fits, kind === BINARY_SET)
  }
}

/** Stores the value of a set as its line says. */
function storePlain(
  session: ClientSession,
  pipeline: Pipeline,
  bytes: Uint8Array,
  fits: boolean,
): Outcome {
  parsed.flags = pipeline.flags
  parsed.seconds = pipeline.seconds
  parsed.length = pipeline.valueBytes
  parsed.casHigh = parsed.casLow = 0
  pipeline.show(session.raw.draft)
  const { keyFrom, keyTo, valueFrom } = pipeline
  return storeFound(session, STORE_SET, bytes, keyFrom, keyTo, valueFrom, fits)
}
