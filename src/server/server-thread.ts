/**
 * The server in the thread that accepts: listeners, workers, and the way from one to the other.
 * It runs in the caller's thread or in one of its own (workers/accept.ts), told by plain data.
 */
import { Worker } from 'node:worker_threads'
import type { EngineHandle } from '../engine/session.ts'
import { CounterBoard, SETTING } from '../protocols/memcached/counters.ts'
import { type ServerSettings, WATCH_CONNECTIONS } from '../protocols/memcached/host.ts'
import { FrameAcceptor } from './acceptor.ts'
import { ChangePost } from './change-post.ts'
import { ConnectionBoard } from './connection-board.ts'
import {
  type CloseReason,
  closedLine,
  openedLine,
  wantsConnectionLines,
} from './connection-lines.ts'
import { Crew, type CrewEvents } from './crew.ts'
import { kickIdleSoon, type Patience, patienceOf } from './idle.ts'
import { httpSpecOf } from './http-facts.ts'
import { createLinks } from './link.ts'
import { type BoundAddresses, Listeners } from './listeners.ts'
import type { FromWorker, WorkerSpec } from './messages.ts'
import { Notices } from './notices.ts'
import { OpenFilesWatch } from './open-files.ts'
import { Observation, type Observed } from './observation.ts'
import type { ResolvedServeOptions } from './options.ts'
import { settingsOf } from './settings.ts'
import { Reception } from './reception.ts'
import { type RedisSpec, redisSpecOf } from './redis-spec.ts'
import { ServerCounters } from './server-counters.ts'
import { LOG_EVENT_LINES, ServerLog } from './server-log.ts'
import { UserKeeper } from './user-keeper.ts'

/** What the thread is started with. */
export interface ServerSpec {
  readonly engine: EngineHandle
  readonly options: ResolvedServeOptions
}

type Sockets = Pick<ResolvedServeOptions, 'unixSocket' | 'redisSocket'>
/** What it says of itself once it listens. */
export interface ListeningServer extends BoundAddresses, Sockets {
  readonly observed: Observed
}

const SECOND_MS = 1000
/** Serving allocates little: with V8's own limit a worker grows by 100 MB before it collects. */
const YOUNG_MIB = 12
/** So long clients may take for their last replies when the server closes. */
const DRAIN_MS = 1500

export class ServerThread implements CrewEvents {
  readonly #spec: ServerSpec
  readonly #board: ConnectionBoard
  readonly #counterBoard: CounterBoard
  readonly #counters: ServerCounters
  readonly #acceptor: FrameAcceptor
  readonly #crew: Crew
  readonly #openFiles = new OpenFilesWatch()
  readonly #told: ServerLog
  readonly #notices: Notices
  readonly #reception: Reception
  readonly #patience: Patience
  readonly #settings: ServerSettings
  readonly #observation: Observation
  readonly #listeners: Listeners
  readonly #redis: RedisSpec | undefined
  readonly changes: ChangePost | undefined
  /** Where there are users. */
  readonly #users: UserKeeper | undefined
  #clock: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined
  /** Workers that may still have sockets, while the server closes. */
  readonly #socketWorkers = new Set<number>()
  #onSocketsEnded: () => void = () => {}
  /** A client asked for the end of the server. */
  onShutdown: (isGraceful: boolean) => void = () => {}

  constructor(spec: ServerSpec) {
    this.#spec = spec
    const { options } = spec
    const { maxConnections, workers } = options
    this.#patience = patienceOf(options, options.auth.file !== undefined)
    // Slots outlive their sockets a little, until the worker knows that they are gone.
    this.#board = new ConnectionBoard(ConnectionBoard.create(2 * maxConnections + 64))
    this.#counterBoard = new CounterBoard(CounterBoard.create(workers + 1), 0)
    this.#counterBoard.set(SETTING.verbosity, options.verbosity)
    this.#counters = new ServerCounters(this.#counterBoard)
    this.#told = new ServerLog(options.log, this.#counterBoard)
    this.#observation = new Observation(options, this.#board, this.#counterBoard)
    const links = createLinks(workers, this.#board.slots)
    const { inputBuffer } = options.limits
    this.#acceptor = new FrameAcceptor(links, this.#board, this.#counters, inputBuffer)
    this.#acceptor.onClosed = ({ slot, closeReason }) => this.#tellClosed(slot, closeReason)
    this.#notices = new Notices((kind, why) => this.#told.notice(kind, why))
    this.#crew = new Crew(workers, this)
    this.#reception = new Reception({
      options,
      board: this.#board,
      counters: this.#counters,
      openFiles: this.#openFiles,
      notices: this.#notices,
      acceptor: this.#acceptor,
      crew: this.#crew,
      opened: (slot) => {
        if (!wantsConnectionLines(this.#board, this.#counterBoard)) return
        this.#log(WATCH_CONNECTIONS, openedLine(this.#board, slot))
      },
      goneEarly: (slot) => this.#tellClosed(slot, 'tls'),
    })
    this.#listeners = new Listeners(this.#board, this.#openFiles, this.#reception.accept)
    this.#settings = settingsOf(options)
    this.#redis = redisSpecOf(options, this.#board.slots)
    this.changes = this.#redis && new ChangePost(spec.engine, this.#redis)
    const { file } = options.auth
    this.#users = file ? new UserKeeper(file, this.#crew, this.#notices) : undefined
  }

  /** Workers first, then the addresses: who can connect is served. */
  async start(): Promise<ListeningServer> {
    try {
      this.#users?.keep(this.#users.read())
      await this.#crew.start()
      await this.#listeners.listen(this.#spec.options)
    } catch (cause) {
      await this.close()
      throw cause
    }
    for (const protocol of ['memcached', 'redis'] as const) {
      this.#board.setPort(protocol, this.#listeners.of(protocol)[0]?.port ?? 0)
    }
    this.#board.isAccepting = true
    this.#clock = setInterval(() => this.#tick(), SECOND_MS).unref()
    const listening: ListeningServer = {
      ...this.#listeners.addresses(),
      ...{ unixSocket: this.#spec.options.unixSocket, redisSocket: this.#spec.options.redisSocket },
      observed: this.#observation.observed,
    }
    this.#told.started(listening)
    return listening
  }

  /**
   * Reads the files again that an operator may have changed.
   * @throws HeddleError when one is bad; then what it was about goes on as before
   */
  reload(): void {
    const users = this.#users?.read()
    this.#reception.reload()
    if (users !== undefined) this.#users?.keep(users)
  }

  /** Stops accepting, answers what was read, and ends all threads: in 2.5 seconds at most. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  get observed(): Observed {
    return this.#observation.observed
  }

  get replacedWorkers(): number {
    return this.#crew.replaced
  }

  /** Whether the worker is there and executes. */
  isServing(index: number): boolean {
    return this.#crew.isReady(index)
  }

  get openConnections(): number {
    return this.#board.openCount
  }

  /** The thread of a worker: for tests, which kill it. */
  workerAt(index: number): Worker | undefined {
    return this.#crew.at(index)
  }

  startWorker(index: number): Worker {
    const { options, engine } = this.#spec
    const workerData: WorkerSpec = {
      index,
      engine,
      settings: this.#settings,
      observed: this.#observation.observed,
      link: this.#acceptor.memoryOf(index),
      takesSockets: options.handOff === 'sockets',
      limits: options.limits,
      patience: this.#patience,
      tls: this.#reception.tlsOfWorkers,
      users: this.#users?.users,
      redis: this.#redis,
      http: httpSpecOf(options),
      protocol: options.protocolModule,
    }
    return new Worker(new URL('../../workers/serve.ts', import.meta.url), {
      workerData,
      stdin: false,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    })
  }

  message(index: number, message: FromWorker): void {
    if (message.kind === 'log') {
      this.#log(message.watched, message.lines)
      this.#crew.post(index, { kind: 'taken', characters: message.lines.length })
    }
    if (message.kind === 'ready') this.#told.workerReady(index)
    else if (message.kind === 'shutdown') this.onShutdown(message.isGraceful)
    else if (message.kind === 'endedSockets') this.#endedSockets(index)
    else if (message.kind === 'lastFiles') this.#openFiles.reached()
    else if (message.kind === 'notice') this.#notices.note(message.what, message.text)
    else if (message.kind === 'kill') this.#kill(message.slot, message.id)
    else if (message.kind === 'changes') this.changes?.ask()
    else if (message.kind === 'authFailed') this.#crew.postOthers(index, message)
    else if (message.kind === 'redis') this.#crew.postTo(message.to, message)
  }

  #kill(slot: number, id: number): void {
    if (!this.#board.isOpen(slot) || this.#board.idOf(slot) !== id) return
    this.#reception.kill(slot)
    if (!this.#acceptor.kill(slot)) this.#crew.postAll({ kind: 'kill', slot })
  }

  died(index: number, reason: string | undefined): void {
    this.#told.workerDied(index, reason)
    this.#acceptor.recover(index)
    this.#board.releaseHandedTo(index)
    this.#endedSockets(index)
  }

  #tellClosed(slot: number, reason: CloseReason): void {
    if (!wantsConnectionLines(this.#board, this.#counterBoard)) return
    this.#log(WATCH_CONNECTIONS, closedLine(this.#board, slot, reason))
  }

  #log(watched: number, lines: string): void {
    if (watched === LOG_EVENT_LINES) {
      this.#told.events(lines)
      return
    }
    if (watched === WATCH_CONNECTIONS) this.#told.connections(lines)
    this.#acceptor.log(watched, lines)
    const isHandingOver = this.#spec.options.handOff === 'sockets'
    if (isHandingOver) this.#crew.postAll({ kind: 'lines', watched, lines })
  }

  #tick(): void {
    this.#board.second++
    this.#told.tick()
    const watch = { board: this.#board, counters: this.#counters, notices: this.#notices }
    kickIdleSoon(() => this.#acceptor.clients(), this.#patience, watch)
  }

  async #close(): Promise<void> {
    this.#told.stopping(this.#board)
    this.#board.isAccepting = false
    this.#listeners.close()
    this.#reception.close()
    const isDrained = Promise.all([this.#endFrames(), this.#endSockets()])
    let timer: NodeJS.Timeout | undefined
    const isLate = new Promise((resolve) => {
      timer = setTimeout(resolve, DRAIN_MS)
    })
    await Promise.race([isDrained, isLate]).finally(() => clearTimeout(timer))
    for (const client of this.#acceptor.clients()) client.wire.destroy()
    await Promise.all([this.#crew.stop(), this.changes?.stop()])
    this.#acceptor.close()
    clearInterval(this.#clock)
    this.#observation.end()
    this.#told.stopped()
  }

  #endFrames(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#acceptor.openCount === 0) resolve()
      this.#acceptor.onEmpty = resolve
      for (const client of this.#acceptor.clients()) client.stop()
    })
  }

  #endSockets(): Promise<void> {
    if (this.#spec.options.handOff !== 'sockets') return Promise.resolve()
    for (let index = 0; index < this.#crew.size; index++) this.#socketWorkers.add(index)
    return new Promise((resolve) => {
      this.#onSocketsEnded = resolve
      this.#crew.postAll({ kind: 'endSockets' })
    })
  }

  #endedSockets(index: number): void {
    this.#socketWorkers.delete(index)
    if (this.#socketWorkers.size === 0) this.#onSocketsEnded()
  }
}
