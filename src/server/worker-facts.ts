/** The server as a protocol sees it from one worker: what `ServerFacts` asks, from the boards. */
import type { Login } from '../auth/login.ts'
import { CommandClock } from '../observe/command-clock.ts'
import {
  AUTH_COUNTERS,
  COUNT,
  CounterBoard,
  LIMIT_COUNTERS,
  SETTING,
} from '../protocols/memcached/counters.ts'
import type { ConnectionFacts, ServerFacts, ServerSettings } from '../protocols/memcached/host.ts'
import type { ServerTotals } from '../protocols/redis/host.ts'
import { ConnectionBoard } from './connection-board.ts'
import { HttpFacts } from './http-facts.ts'
import type { Foreign } from '../protocols/protocol.ts'
import { LineBatch } from './line-batch.ts'
import type { FromWorker, WorkerSpec } from './messages.ts'
import { Notices } from './notices.ts'
import type { Observed } from './observation.ts'
import { RedisFacts } from './redis-facts.ts'
import { WorkerAuth } from './worker-auth.ts'

export class WorkerFacts implements ServerFacts {
  readonly version: string
  readonly pid: number = process.pid
  readonly startedAt: number
  readonly settings: ServerSettings
  readonly board: CounterBoard
  readonly clock: CommandClock
  readonly observed: Observed
  readonly connectionBoard: ConnectionBoard
  /** Steps that are under way: while there are any, this thread does not block. */
  backgroundTasks = 0
  readonly lines: LineBatch
  readonly notices: Notices
  /** Where there are users. */
  readonly auth: WorkerAuth | undefined
  /** Where there is a Redis port. */
  readonly redis: RedisFacts | undefined
  /** Where there is an HTTP port. */
  readonly http: HttpFacts | undefined
  /** Told by the worker: who executes a connection is asked to do so. */
  onServe: (slot: number) => void = () => {}
  /** Told by the worker: who executes a connection marks it as one that watches. */
  onWatch: (slot: number) => void = () => {}
  readonly #send: (message: FromWorker) => void

  constructor(spec: WorkerSpec, send: (message: FromWorker) => void) {
    this.version = spec.observed.version
    this.startedAt = spec.observed.startedAt
    this.board = new CounterBoard(spec.observed.counters, spec.index + 1)
    this.observed = spec.observed
    this.clock = new CommandClock(spec.observed.observation, spec.index + 1)
    const board = new ConnectionBoard(spec.observed.connections)
    this.connectionBoard = board
    this.settings = {
      ...spec.settings,
      get tcpPort() {
        return board.portOf('memcached')
      },
    }
    this.#send = send
    this.notices = new Notices((what, text) => send({ kind: 'notice', what, text }))
    this.auth = spec.users && new WorkerAuth(spec.users, this, send)
    this.redis = spec.redis && new RedisFacts(spec.index, spec.redis, this, send)
    this.http = spec.http && new HttpFacts(spec, spec.http, this)
    this.lines = new LineBatch(
      (watched, lines) => send({ kind: 'log', watched, lines }),
      () => this.board.add(COUNT.log_watcher_skipped, 1),
    )
  }

  get verbosity(): number {
    return this.board.setting(SETTING.verbosity)
  }

  set verbosity(level: number) {
    this.board.set(SETTING.verbosity, level)
  }

  openLogin(slot: number): Login | undefined {
    return this.auth?.openLogin(slot)
  }

  serveSoon(slot: number): void {
    this.onServe(slot)
  }

  connectionCount(): number {
    return this.connectionBoard.openCount
  }

  /** What all protocols but memcached's ask of the counters. */
  totals(): ServerTotals {
    const { board } = this
    return {
      connectionsReceived: board.total(COUNT.total_connections),
      connectionsRejected: board.total(COUNT.rejected_connections),
      bytesRead: board.total(COUNT.bytes_read),
      bytesWritten: board.total(COUNT.bytes_written),
      connected: this.connectionBoard.openCount,
      limits: Object.fromEntries(
        [...AUTH_COUNTERS, ...LIMIT_COUNTERS].map((name) => [name, board.total(COUNT[name])]),
      ),
    }
  }

  isAccepting(): boolean {
    return this.connectionBoard.isAccepting
  }

  connections(): readonly ConnectionFacts[] {
    const board = this.connectionBoard
    const facts: ConnectionFacts[] = board.listeners().map((address, index) => ({
      id: board.slots + index,
      address,
      listenAddress: undefined,
      state: 'conn_listening',
      secondsSinceCommand: undefined,
    }))
    for (let slot = 0; slot < board.slots; slot++) {
      if (!board.isOpen(slot)) continue
      facts.push({
        id: slot,
        address: board.addressOf(slot),
        listenAddress: board.listenerOf(slot),
        state: board.kindsOf(slot) === 0 ? 'conn_read' : 'conn_watch',
        secondsSinceCommand: board.idleSeconds(slot),
      })
    }
    return facts
  }

  shutdown(isGraceful: boolean): void {
    this.#send({ kind: 'shutdown', isGraceful })
  }

  runInBackground(step: () => boolean, pauseMs: number): void {
    this.backgroundTasks++
    const run = () => {
      if (step()) this.backgroundTasks--
      else if (pauseMs > 0) setTimeout(run, pauseMs)
      else setImmediate(run)
    }
    setImmediate(run)
  }

  watch(connectionId: number, kinds: number): boolean {
    const board = this.connectionBoard
    if (!board.isOpen(connectionId)) return kinds === 0
    if (!board.watch(connectionId, kinds)) return false
    if (kinds !== 0) this.onWatch(connectionId)
    return true
  }

  watchedKinds(): number {
    return this.connectionBoard.watchedKinds
  }

  turnedAway(slot: number, spoke: Foreign): void {
    const board = this.connectionBoard
    this.board.add(COUNT.foreign_requests, 1)
    const where = `${board.addressOf(slot)} at the port for ${board.protocolOf(slot)}`
    this.notices.note('foreign', `${spoke} came from ${where}: the connection was closed`)
  }

  log(kind: number, line: string): void {
    this.lines.add(kind, line)
  }
}
