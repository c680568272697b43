/** flush, noop, version, verbosity, quit, stat, and the SASL requests that are refused. */
import {
  frame,
  HEADER_BYTES,
  putHeader,
  replyDone,
  replyError,
  replyText,
  STATUS,
} from './binary-frame.ts'
import type { ClientSession } from './client-session.ts'
import { COUNT } from './counters.ts'
import { tellDetail } from './prefixes.ts'
import { type StatSink, tellStats } from './stats.ts'
import { versionOf } from './version.ts'

export function executeNoop(session: ClientSession): void {
  replyDone(session, 0, 0)
}

export function executeVersion(session: ClientSession): void {
  replyText(session, STATUS.OK, versionOf(session.facts.version))
}

export function executeQuit(session: ClientSession): void {
  replyDone(session, 0, 0)
  session.isClosing = true
}

export function executeFlush(session: ClientSession): void {
  if (!session.facts.settings.isFlushEnabled) {
    replyError(session, STATUS.REFUSED)
    return
  }
  session.count(COUNT.cmd_flush)
  session.raw.flush(frame.extraBytes === 0 ? 0 : session.expiry(frame.extra(0)))
  replyDone(session, 0, 0)
}

export function executeVerbosity(session: ClientSession): void {
  session.facts.verbosity = frame.extra(0)
  replyDone(session, 0, 0)
}

/** One reply per statistic, and one without key and value at the end. */
class FrameSink implements StatSink {
  readonly #opcode = frame.opcode
  readonly #opaque = frame.opaque

  put(session: ClientSession, name: string, value: string | number): void {
    const { out } = session
    const text = Buffer.from(`${name}${value}`, 'latin1')
    // Other requests of this thread may have come between two steps of a long answer.
    frame.opcode = this.#opcode
    frame.opaque = this.#opaque
    const start = out.reserve(HEADER_BYTES)
    out.length = putHeader(out.bytes, start, STATUS.OK, 0, name.length, text.length)
    out.copy(text, 0, text.length)
  }

  end(session: ClientSession): void {
    this.put(session, '', '')
  }
}

const DETAIL = 'detail '

/** stat: the key names the topic. */
export function executeStat(session: ClientSession): void {
  const { bytes, keyAt, valueAt } = frame
  const topic = Buffer.from(bytes.subarray(keyAt, valueAt)).toString('latin1')
  const sink = new FrameSink()
  if (tellStats(session, topic, sink)) return
  if (topic === 'reset') {
    session.facts.board.reset()
    sink.end(session)
    return
  }
  const word = topic.startsWith(DETAIL) ? topic.slice(DETAIL.length) : ''
  const answer = tellDetail(session, word)
  if (answer === undefined) {
    replyError(session, STATUS.NOT_FOUND)
    return
  }
  if (word === 'dump') sink.put(session, 'detailed', answer)
  sink.end(session)
}
