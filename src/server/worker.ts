/**
 * A worker of the server, from start to end: it attaches the engine, executes frames, takes over
 * sockets where that is the hand-off, and leaves when told.
 */
import type { MessagePort } from 'node:worker_threads'
import { Pulse } from '../observe/pulse.ts'
import { WATCH_CONNECTIONS } from '../protocols/memcached/host.ts'
import { SETTING } from '../protocols/memcached/counters.ts'
import { attachForBytes } from './bytes-only.ts'
import { type CloseReason, closedLine, wantsConnectionLines } from './connection-lines.ts'
import { FrameExecutor } from './frame-executor.ts'
import { FrameLoop } from './frame-loop.ts'
import { Link } from './link.ts'
import type { FromWorker, ToWorker, WorkerSpec } from './messages.ts'
import { isAmongLast, openFilesLimit } from './open-files.ts'
import { takeWarnings } from './process-warnings.ts'
import { openerOf } from './protocol-module.ts'
import { ServerCounters } from './server-counters.ts'
import { eventLine, LOG_EVENT_LINES } from './server-log.ts'
import { SocketExecutor } from './socket-executor.ts'
import { makeDoors, type TlsDoors } from './tls-doors.ts'
import { WorkerFacts } from './worker-facts.ts'

const SECOND_MS = 1000
/** @param port to the thread that started this one */
export async function runWorker(spec: WorkerSpec, port: MessagePort): Promise<void> {
  const send = (message: FromWorker) => port.postMessage(message)
  const engine = attachForBytes(spec.engine)
  const facts = new WorkerFacts(spec, send)
  logWarnings(facts)
  const open = await openerOf(spec.protocol, engine, facts)
  const counters = new ServerCounters(facts.board)
  const tools = {
    clock: facts.clock,
    counters,
    know: (slot: number) => facts.connectionBoard.know(slot),
    window: spec.limits.outputBuffer,
  }
  const frames = new FrameExecutor(new Link(spec.link), open, tools)
  const sockets = new SocketExecutor(open, facts.connectionBoard, counters, tools)
  facts.onWatch = (slot) => {
    frames.startWatching(slot)
    sockets.startWatching(slot)
  }
  const { redis, http } = facts
  const needsTurn = () => http?.needsTurn() === true
  // Messages reach a thread in its event loop only.
  const waitsForMessages = () => facts.backgroundTasks > 0 || redis?.hasListeners === true
  const mayBlock = () => !spec.takesSockets && !waitsForMessages() && !needsTurn()
  const loop = new FrameLoop(frames, mayBlock, undefined, needsTurn)
  const serveSoon = (slot: number) => {
    sockets.serveSoon(slot)
    frames.serveSoon(slot)
    loop.nudge()
  }
  facts.onServe = serveSoon
  if (redis !== undefined) redis.onServe = serveSoon
  if (http !== undefined) http.onServe = serveSoon
  sockets.onClosed = (slot, reason) => tellClosed(facts, slot, reason)
  sockets.onEmpty = () => send({ kind: 'endedSockets' })
  const filesLimit = openFilesLimit()
  const { notices } = facts
  const doors = spec.tls && makeDoors(spec.tls, counters, notices)
  if (spec.takesSockets) {
    setInterval(() => sockets.kickIdle(spec.patience, notices), SECOND_MS).unref()
  }
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'socket') {
      if (isAmongLast(message.socket, filesLimit)) send({ kind: 'lastFiles' })
      greet(message, sockets, doors)
    } else if (message.kind === 'lines') sockets.log(message.watched, message.lines)
    else if (message.kind === 'taken') facts.lines.taken(message.characters)
    else if (message.kind === 'tls') doors?.renew(message.material)
    else if (message.kind === 'users') facts.auth?.replace(message.users)
    else if (message.kind === 'authFailed') facts.auth?.heardFailure(message.address)
    else if (message.kind === 'endSockets') {
      doors?.close()
      sockets.stop()
    } else if (message.kind === 'kill') {
      doors?.kill(message.slot)
      sockets.kill(message.slot)
    } else if (message.kind === 'redis') redis?.onMessage(message.message)
    else {
      loop.stop()
      pulse.end()
      sockets.destroyAll()
      engine.close()
      process.exit(0)
    }
  })
  const pulse = new Pulse(spec.observed.observation, spec.index + 1, () => loop.restedMs)
  loop.start()
  send({ kind: 'ready' })
}

function tellClosed(facts: WorkerFacts, slot: number, reason: CloseReason): void {
  if (!wantsConnectionLines(facts.connectionBoard, facts.board)) return
  const lines = closedLine(facts.connectionBoard, slot, reason)
  facts.log(WATCH_CONNECTIONS, lines.trimEnd())
}

/** A socket that was transferred to this thread: its handshake comes first, where there is one. */
function greet(
  { socket, slot, secures }: Extract<ToWorker, { kind: 'socket' }>,
  sockets: SocketExecutor,
  doors: TlsDoors | undefined,
): void {
  if (secures === undefined) {
    sockets.accept(socket, slot)
    return
  }
  if (doors === undefined) throw new Error('a socket for TLS came to a worker without TLS')
  doors.greet(socket, {
    slot,
    protocol: secures,
    secured: (secured) => sockets.accept(secured, slot),
    gone: () => sockets.neverCame(slot),
  })
}

/** In a program that asked for no log, Node prints them. */
function logWarnings({ board, lines }: WorkerFacts): void {
  if (board.setting(SETTING.logRank) === 0) return
  takeWarnings((warning) => lines.add(LOG_EVENT_LINES, eventLine('server.warning', warning)))
}
