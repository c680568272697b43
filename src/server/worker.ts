/**
 * A worker of the server, from start to end: it attaches the engine, executes frames, takes over
 * sockets where that is the hand-off, and leaves when told.
 */
import type { MessagePort } from 'node:worker_threads'
import { WATCH_CONNECTIONS } from '../protocols/memcached/host.ts'
import { attachForBytes } from './bytes-only.ts'
import { closedLine, wantsConnectionLines } from './connection-lines.ts'
import { FrameExecutor } from './frame-executor.ts'
import { FrameLoop } from './frame-loop.ts'
import { Link } from './link.ts'
import type { FromWorker, ToWorker, WorkerSpec } from './messages.ts'
import { isAmongLast, openFilesLimit } from './open-files.ts'
import { openerOf } from './protocol-module.ts'
import { ServerCounters } from './server-counters.ts'
import { SocketExecutor } from './socket-executor.ts'
import { WorkerFacts } from './worker-facts.ts'

const SECOND_MS = 1000
/** @param port to the thread that started this one */
export async function runWorker(spec: WorkerSpec, port: MessagePort): Promise<void> {
  const send = (message: FromWorker) => port.postMessage(message)
  const engine = attachForBytes(spec.engine)
  const facts = new WorkerFacts(spec, send)
  const open = await openerOf(spec.protocol, engine, facts)
  const frames = new FrameExecutor(new Link(spec.link), open)
  const counters = new ServerCounters(facts.board)
  const sockets = new SocketExecutor(open, facts.connectionBoard, counters)
  facts.onWatch = (slot) => {
    frames.startWatching(slot)
    sockets.startWatching(slot)
  }
  const { redis } = facts
  // Messages reach a thread in its event loop only.
  const waitsForMessages = () => facts.backgroundTasks > 0 || redis?.hasListeners === true
  const loop = new FrameLoop(frames, () => !spec.takesSockets && !waitsForMessages())
  if (redis !== undefined) {
    redis.onServe = (slot) => {
      sockets.serveSoon(slot)
      frames.serveSoon(slot)
      loop.nudge()
    }
  }
  sockets.onClosed = (slot, reason) => {
    if (!wantsConnectionLines(facts.connectionBoard, facts.board)) return
    const lines = closedLine(facts.connectionBoard, slot, reason)
    facts.log(WATCH_CONNECTIONS, lines.trimEnd())
  }
  sockets.onEmpty = () => send({ kind: 'endedSockets' })
  const filesLimit = openFilesLimit()
  const { idleTimeout } = spec.settings
  if (spec.takesSockets && idleTimeout > 0) {
    setInterval(() => sockets.kickIdle(idleTimeout), SECOND_MS).unref()
  }
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'socket') {
      if (isAmongLast(message.socket, filesLimit)) send({ kind: 'lastFiles' })
      sockets.accept(message.socket, message.slot)
    } else if (message.kind === 'lines') sockets.log(message.watched, message.lines)
    else if (message.kind === 'taken') facts.lines.taken(message.characters)
    else if (message.kind === 'endSockets') sockets.stop()
    else if (message.kind === 'kill') sockets.kill(message.slot)
    else if (message.kind === 'redis') redis?.onMessage(message.message)
    else {
      loop.stop()
      sockets.destroyAll()
      engine.close()
      process.exit(0)
    }
  })
  loop.start()
  send({ kind: 'ready' })
}
