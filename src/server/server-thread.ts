/**
 * The server in the thread that accepts: listeners, workers, and the way from one to the other.
 * It runs in the caller's thread or in one of its own (workers/accept.ts), told by plain data.
 */
import type { Socket } from 'node:net'
import { type Transferable, Worker } from 'node:worker_threads'
import type { EngineHandle } from '../engine/session.ts'
import { CounterBoard, SETTING } from '../protocols/memcached/counters.ts'
import { type ServerSettings, WATCH_CONNECTIONS } from '../protocols/memcached/host.ts'
import { FrameAcceptor } from './acceptor.ts'
import { ChangePost } from './change-post.ts'
import { ConnectionBoard } from './connection-board.ts'
import {
  closedLine,
  openedLine,
  TELLS_CONNECTIONS,
  wantsConnectionLines,
} from './connection-lines.ts'
import { Crew, type CrewEvents } from './crew.ts'
import { kickIdleSoon } from './idle.ts'
import { clientAddress, type Listener, TOO_MANY } from './listen.ts'
import { createLinks } from './link.ts'
import { Listeners } from './listeners.ts'
import type { FromWorker, WorkerSpec } from './messages.ts'
import { clientsWithin, OpenFilesWatch, openFilesLimit } from './open-files.ts'
import { type ResolvedServeOptions, settingsOf } from './options.ts'
import { type RedisSpec, redisSpecOf } from './redis-spec.ts'
import { ServerCounters } from './server-counters.ts'
import { VERSION } from './version.ts'
import { refuse } from './wire.ts'

/** What the thread is started with. */
export interface ServerSpec {
  readonly engine: EngineHandle
  readonly options: ResolvedServeOptions
}

/** What it says of itself once it listens. */
export interface ListeningServer {
  /** For memcached's protocol. */
  readonly addresses: readonly string[]
  readonly redisAddresses: readonly string[]
  readonly unixSocket: string | undefined
}

const SECOND_MS = 1000
/** Serving allocates little: with V8's own limit a worker grows by 100 MB before it collects. */
const YOUNG_MIB = 12
/** So long clients may take for their last replies when the server closes. */
const DRAIN_MS = 1500
/** Of a worker that is being replaced. */
const ABSENT_LOAD = 1e9

export class ServerThread implements CrewEvents {
  readonly #spec: ServerSpec
  readonly #board: ConnectionBoard
  readonly #counterMemory: SharedArrayBuffer
  readonly #counterBoard: CounterBoard
  readonly #counters: ServerCounters
  readonly #acceptor: FrameAcceptor
  readonly #crew: Crew
  readonly #openFiles = new OpenFilesWatch()
  readonly #mostClients: number
  readonly #startedAt = Date.now()
  readonly #settings: ServerSettings
  readonly #listeners: Listeners
  readonly #redis: RedisSpec | undefined
  readonly changes: ChangePost | undefined
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
    this.#mostClients = Math.min(maxConnections, clientsWithin(openFilesLimit(), workers))
    // Slots outlive their sockets a little, until the worker knows that they are gone.
    this.#board = new ConnectionBoard(ConnectionBoard.create(2 * maxConnections + 64))
    this.#counterMemory = CounterBoard.create(workers + 1)
    this.#counterBoard = new CounterBoard(this.#counterMemory, 0)
    this.#counterBoard.set(SETTING.verbosity, options.verbosity)
    this.#counters = new ServerCounters(this.#counterBoard)
    const links = createLinks(workers, this.#board.slots)
    this.#acceptor = new FrameAcceptor(links, this.#board, this.#counters)
    this.#acceptor.onClosed = ({ slot, closeReason }) => {
      if (!wantsConnectionLines(this.#board, this.#counterBoard)) return
      this.#log(WATCH_CONNECTIONS, closedLine(this.#board, slot, closeReason))
    }
    this.#listeners = new Listeners(this.#board, this.#openFiles, this.#accept)
    this.#crew = new Crew(workers, this)
    this.#settings = settingsOf(options)
    this.#redis = redisSpecOf(options, this.#board.slots)
    this.changes = this.#redis && new ChangePost(spec.engine, this.#redis)
  }

  /** Workers first, then the addresses: who can connect is served. */
  async start(): Promise<ListeningServer> {
    try {
      await this.#crew.start()
      await this.#listeners.listen(this.#spec.options)
    } catch (cause) {
      await this.close()
      throw cause
    }
    this.#board.tcpPort = this.#listeners.of('memcached')[0]?.port ?? 0
    this.#board.redisPort = this.#listeners.of('redis')[0]?.port ?? 0
    this.#board.isAccepting = true
    this.#clock = setInterval(() => this.#tick(), SECOND_MS).unref()
    return {
      addresses: this.#listeners.of('memcached').map((listener) => listener.address),
      redisAddresses: this.#listeners.of('redis').map((listener) => listener.address),
      unixSocket: this.#spec.options.unixSocket,
    }
  }

  /** Stops accepting, answers what was read, and ends all threads: in 2.5 seconds at most. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
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
      version: VERSION,
      startedAt: this.#startedAt,
      connections: this.#board.memory,
      counters: this.#counterMemory,
      link: this.#acceptor.memoryOf(index),
      takesSockets: options.handOff === 'sockets',
      redis: this.#redis,
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
    if (message.kind === 'shutdown') this.onShutdown(message.isGraceful)
    else if (message.kind === 'endedSockets') this.#endedSockets(index)
    else if (message.kind === 'lastFiles') this.#openFiles.reached()
    else if (message.kind === 'kill') this.#kill(message.slot, message.id)
    else if (message.kind === 'changes') this.changes?.ask()
    else if (message.kind === 'redis') this.#crew.postTo(message.to, message)
  }

  #kill(slot: number, id: number): void {
    if (!this.#board.isOpen(slot) || this.#board.idOf(slot) !== id) return
    if (!this.#acceptor.kill(slot)) this.#crew.postAll({ kind: 'kill', slot })
  }

  died(index: number): void {
    this.#tell(1, `heddle: worker ${index} died and is replaced\n`)
    this.#acceptor.recover(index)
    this.#board.releaseHandedTo(index)
    this.#endedSockets(index)
  }

  readonly #accept = (socket: Socket, listener: Listener, listenerIndex: number): void => {
    if (this.#closing !== undefined) {
      socket.destroy()
      return
    }
    this.#openFiles.accepted(socket)
    const worker = this.#leastLoaded()
    const isHandedOver = this.#spec.options.handOff === 'sockets' && !listener.isUnix
    const { openCount } = this.#board
    const hasRoom = openCount < this.#mostClients
    if (!hasRoom && openCount < this.#spec.options.maxConnections) this.#openFiles.reached()
    const address = hasRoom ? clientAddress(socket, listener) : ''
    const slot = hasRoom ? this.#board.claim(worker, address, listenerIndex, isHandedOver) : -1
    if (slot < 0) {
      this.#counters.rejected()
      const text = TOO_MANY[listener.protocol]
      this.#tell(1, `heddle: a connection was refused: ${text}`)
      refuse(socket, text)
      return
    }
    this.#counters.opened()
    if (wantsConnectionLines(this.#board, this.#counterBoard)) {
      this.#log(WATCH_CONNECTIONS, openedLine(this.#board, slot))
    }
    if (isHandedOver) this.#handOver(socket, slot, worker)
    else this.#acceptor.accept(socket, slot, worker)
  }

  #handOver(socket: Socket, slot: number, worker: number): void {
    try {
      const thread = this.#crew.at(worker)
      if (thread === undefined) throw new Error('being replaced')
      thread.postMessage({ kind: 'socket', slot, socket }, [socket as unknown as Transferable])
    } catch {
      socket.destroy() // reset meanwhile, or its worker is just being replaced
      this.#board.release(slot)
    }
  }

  /** Of the workers that are there, the one with the fewest connections. */
  #leastLoaded(): number {
    let least = 0
    let leastLoad = Number.POSITIVE_INFINITY
    for (let index = 0; index < this.#crew.size; index++) {
      const load = this.#crew.at(index) === undefined ? ABSENT_LOAD : this.#board.loadOf(index)
      if (load >= leastLoad) continue
      least = index
      leastLoad = load
    }
    return least
  }

  #log(watched: number, lines: string): void {
    if (watched === WATCH_CONNECTIONS) this.#tell(TELLS_CONNECTIONS, lines)
    this.#acceptor.log(watched, lines)
    const isHandingOver = this.#spec.options.handOff === 'sockets'
    if (isHandingOver) this.#crew.postAll({ kind: 'lines', watched, lines })
  }

  /** On stderr, if the verbosity (`-v`, or the command) is that high. */
  #tell(verbosity: number, lines: string): void {
    if (this.#counterBoard.setting(SETTING.verbosity) >= verbosity) process.stderr.write(lines)
  }

  #tick(): void {
    this.#board.second++
    const { idleTimeout } = this.#spec.options
    if (idleTimeout === 0) return
    kickIdleSoon(() => this.#acceptor.clients(), idleTimeout, this.#board, this.#counters)
  }

  async #close(): Promise<void> {
    this.#board.isAccepting = false
    this.#listeners.close()
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
