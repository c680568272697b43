/**
 * Notices the death of any attached thread, whoever started it and however it ended, without a
 * call by the user and without keeping an event loop alive.
 *
 * Threads hold message ports in common. A port closes when the thread at its other end is gone:
 * after terminate(), process.exit(), an uncaught error or exhausted memory alike, some milliseconds
 * later, and never while that thread still runs JavaScript. A thread that leaves by `close` says so
 * first, so a port that closes in silence is a death.
 *
 * The threads form a ring in the order of their ids; each opens links to the next two:
 *
 *   ... 3 -- 4 -- 5 -- 8 -- 9 -- 1 ...      and 3 -- 5, 4 -- 8, 5 -- 9, 8 -- 1
 *
 * Whatever set of threads dies, such as a whole pool: somewhere on the ring a survivor comes before
 * a dead one and is linked with it, or finds it out of reach at its next sweep. Who sees one death
 * looks at all the others. Two threads may report the same death.
 *
 * Rejected: heartbeats (a busy thread is no dead one), Web Locks (a waiting request is not granted
 * when the holder dies; Node 24.21), the 'exit' event (only the parent gets it).
 */
import { clearTimeout, setTimeout } from 'node:timers'
import { MessageChannel, type MessagePort, threadId } from 'node:worker_threads'
import { threadAlive } from './thread-identity.ts'
import { closeAddress, keepListening, openAddress, sendParcel } from './thread-mailbox.ts'
import { NOBODY_THERE, type Parcel } from './thread-mailbox.ts'

/** An attached thread. With `tid` and `startTime` (see thread-identity.ts) doubts end sooner. */
export interface WatchedThread {
  readonly row: number
  readonly threadId: number
  readonly tid?: number
  readonly startTime?: number
}

export interface WatchOptions {
  /** The same in all threads of an engine, different for every other engine of the process. */
  readonly engineId: string
  /** The row of the calling thread: in use before the watch begins, freed before it is closed. */
  readonly row: number
  /** The threads whose rows are in use now, the dead that nobody has recovered among them. */
  readonly peers: () => readonly WatchedThread[]
  /** Called from the event loop, once for each death that this thread sees. */
  readonly onDeath: (row: number, threadId: number) => void
}

export interface ThreadWatch {
  /** Rows at the other end of this thread's links. */
  linkedRows(): number[]
  /** Says goodbye: this thread no longer takes part, and its end will be no death. */
  close(): void
}

/** Threads to which each opens links. As many open links to it. */
const SUCCESSORS = 2
/** Every so often a thread looks whether it has the links it should have. */
const SWEEP_INTERVAL_MS = 1000
/** A thread that could not be reached is tried again so much later, first of all. */
const SECOND_LOOK_MS = 30
/** Unreachable for so long, and its kernel id unknown: dead. A thread that lives and reads its
 * messages has looked after its listener meanwhile; one that does not read them is no failure. */
const UNREACHABLE_MS = 2.5 * SWEEP_INTERVAL_MS

const HELLO = 'hello'
const GOODBYE = 'goodbye'

interface Link {
  readonly peer: WatchedThread
  readonly port: MessagePort
  /** The other thread has answered, or opened the link. */
  isEstablished: boolean
  /** The end of this link is no news: the other said goodbye, or this thread has closed. */
  isOver: boolean
}

interface Watch {
  readonly options: WatchOptions
  readonly address: string
  readonly links: Set<Link>
  /** Deaths reported and not yet gone from `peers()`. */
  readonly reported: Set<string>
  /** Threads that could not be reached, and since when. */
  readonly suspects: Map<string, number>
  timer: NodeJS.Timeout | undefined
  /** When the next sweep is due, by performance.now(). */
  dueAt: number
  isClosed: boolean
}

/** Takes part in the watch of an engine's threads, for the calling thread. */
export function watchThreads(options: WatchOptions): ThreadWatch {
  const watch: Watch = {
    options,
    address: addressOf(options.engineId, options.row),
    links: new Set(),
    reported: new Set(),
    suspects: new Map(),
    timer: undefined,
    dueAt: Number.POSITIVE_INFINITY,
    isClosed: false,
  }
  openAddress(watch.address, (parcel) => acceptLink(watch, parcel))
  sweep(watch)
  return {
    linkedRows: () => [...watch.links].filter((l) => l.isEstablished).map((l) => l.peer.row),
    close: () => closeWatch(watch),
  }
}

function closeWatch(watch: Watch): void {
  if (watch.isClosed) return
  watch.isClosed = true
  clearTimeout(watch.timer)
  closeAddress(watch.address)
  for (const link of watch.links) {
    link.isOver = true
    link.port.postMessage(GOODBYE)
    link.port.close()
  }
  watch.links.clear()
}

/** Opens the links that are missing, forgets what is settled, and comes again. */
function sweep(watch: Watch): void {
  if (watch.isClosed) return
  watch.dueAt = Number.POSITIVE_INFINITY
  keepListening()
  const peers = otherThreads(watch)
  const known = new Set(peers.map(keyOf))
  for (const key of watch.reported) if (!known.has(key)) watch.reported.delete(key)
  for (const key of watch.suspects.keys()) if (!known.has(key)) watch.suspects.delete(key)
  const living = peers.filter((peer) => !watch.reported.has(keyOf(peer)))
  for (const peer of successors(living)) {
    if (!isLinked(watch, peer)) openLink(watch, peer)
  }
  sweepAfter(watch, SWEEP_INTERVAL_MS)
}

/** Brings the next sweep forward; it is never put off. */
function sweepAfter(watch: Watch, delayMs: number): void {
  const dueAt = performance.now() + delayMs
  if (watch.isClosed || dueAt >= watch.dueAt) return
  clearTimeout(watch.timer)
  watch.dueAt = dueAt
  watch.timer = setTimeout(sweep, delayMs, watch)
  watch.timer.unref()
}

/** The next ones on the ring. */
function successors(peers: readonly WatchedThread[]): readonly WatchedThread[] {
  const inOrder = [...peers].sort((a, b) => a.threadId - b.threadId)
  const after = inOrder.filter((peer) => peer.threadId > threadId)
  return [...after, ...inOrder].slice(0, SUCCESSORS)
}

function openLink(watch: Watch, peer: WatchedThread): void {
  const { port1, port2 } = new MessageChannel()
  const link = startLink(watch, peer, port1, false)
  const { engineId, row } = watch.options
  const address = addressOf(engineId, peer.row)
  const parcel = { address, fromRow: row, fromThread: threadId, port: port2 }
  void sendParcel(peer.threadId, parcel).then((delivery) => {
    if (delivery === NOBODY_THERE) endLink(watch, link)
  })
}

function acceptLink(watch: Watch, parcel: Parcel): void {
  const peer = { row: parcel.fromRow, threadId: parcel.fromThread }
  const link = startLink(watch, peer, parcel.port, true)
  link.port.postMessage(HELLO)
}

function startLink(
  watch: Watch,
  peer: WatchedThread,
  port: MessagePort,
  isEstablished: boolean,
): Link {
  const link: Link = { peer, port, isEstablished, isOver: false }
  watch.links.add(link)
  port.on('message', (message) => {
    if (message === HELLO) establish(watch, link)
    if (message === GOODBYE) endAfterGoodbye(watch, link)
  })
  port.on('close', () => endLink(watch, link))
  port.unref() // after the listeners, which ref it
  return link
}

function establish(watch: Watch, link: Link): void {
  link.isEstablished = true
  watch.suspects.delete(keyOf(link.peer))
}

function endAfterGoodbye(watch: Watch, link: Link): void {
  link.isOver = true
  watch.links.delete(link)
  link.port.close()
  sweepAfter(watch, 0) // the ring has a gap
}

/** The other end is gone, or was never reached. */
function endLink(watch: Watch, link: Link): void {
  if (link.isOver) return
  link.isOver = true
  watch.links.delete(link)
  link.port.close()
  if (link.isEstablished) report(watch, link.peer)
  else suspect(watch, link.peer)
}

/** No link came about: dead, about to be linked, about to leave, or without its listener. */
function suspect(watch: Watch, peer: WatchedThread): void {
  const { tid = 0, startTime = 0 } = peer
  const since = watch.suspects.get(keyOf(peer)) ?? performance.now()
  const elapsedMs = performance.now() - since
  watch.suspects.set(keyOf(peer), since)
  const isDead = tid === 0 ? elapsedMs >= UNREACHABLE_MS : !threadAlive(tid, startTime)
  if (isDead) report(watch, peer)
  else sweepAfter(watch, Math.min(Math.max(elapsedMs, SECOND_LOOK_MS), SWEEP_INTERVAL_MS))
}

/** Reports a death, unless the row has gone to somebody else, and looks at all other threads. */
function report(watch: Watch, dead: WatchedThread): void {
  const key = keyOf(dead)
  const peers = otherThreads(watch)
  const isNews = !watch.reported.has(key) && peers.some((peer) => keyOf(peer) === key)
  if (watch.isClosed || !isNews) return
  watch.reported.add(key)
  sweepAfter(watch, 0)
  watch.options.onDeath(dead.row, dead.threadId)
  for (const peer of peers) {
    if (!watch.isClosed && !watch.reported.has(keyOf(peer))) lookAt(watch, peer)
  }
}

/** Threads die in company. One that is linked will be heard of; the others are asked for. */
function lookAt(watch: Watch, peer: WatchedThread): void {
  if (isLinked(watch, peer)) return
  const { tid = 0, startTime = 0 } = peer
  if (tid === 0) openLink(watch, peer)
  else if (!threadAlive(tid, startTime)) report(watch, peer)
}

/** The threads to be watched: not this one, in whatever row it is. */
function otherThreads(watch: Watch): WatchedThread[] {
  return watch.options.peers().filter((peer) => peer.threadId !== threadId)
}

function isLinked(watch: Watch, peer: WatchedThread): boolean {
  const key = keyOf(peer)
  return [...watch.links].some((link) => keyOf(link.peer) === key)
}

function keyOf(peer: WatchedThread): string {
  return `${peer.threadId}:${peer.row}`
}

function addressOf(engineId: string, row: number): string {
  return `${engineId}/${row}`
}
