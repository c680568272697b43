/** The server as the Redis protocol sees it from one worker: what `RedisHost` asks. */
import type { Login } from '../auth/login.ts'
import type { CommandClock } from '../observe/command-clock.ts'
import { COUNT } from '../protocols/memcached/counters.ts'
import { GAUGE, RedisBoard } from '../protocols/redis/board.ts'
import type {
  RedisClientFacts,
  RedisHost,
  RedisSettings,
  ServerTotals,
} from '../protocols/redis/host.ts'
import type { Foreign } from '../protocols/protocol.ts'
import type { FromWorker, WorkerSpec } from './messages.ts'
import type { ResolvedServeOptions } from './options.ts'
import type { WorkerFacts } from './worker-facts.ts'
import { restWhile } from '#words'

/** What a worker of a server with a Redis port is started with beside the rest. */
export interface RedisSpec {
  readonly board: SharedArrayBuffer
  readonly settings: RedisSettings
}

/** @param slots of the connection board */
export function redisSpecOf(options: ResolvedServeOptions, slots: number): RedisSpec | undefined {
  const [first] = options.redisPorts
  if (first === undefined) return undefined
  const settings = {
    host: options.host,
    port: first.port,
    maxConnections: options.maxConnections,
    workers: options.workers,
    idleTimeout: options.idleTimeout,
    isFlushEnabled: options.flush,
    isDebugEnabled: options.enableDebug,
    maxRequestBytes: options.limits.maxRequestSize,
  }
  return { board: RedisBoard.create(slots, options.workers), settings }
}

export class RedisFacts implements RedisHost {
  readonly version: string
  readonly pid: number
  readonly worker: number
  readonly startedAt: number
  readonly settings: RedisSettings
  readonly board: RedisBoard
  readonly clock: CommandClock
  onMessage: (message: unknown) => void = () => {}
  /** Told by the worker: who executes a connection is asked to do so. */
  onServe: (slot: number) => void = () => {}
  readonly #facts: WorkerFacts
  readonly #send: (message: FromWorker) => void

  constructor(
    spec: WorkerSpec,
    redis: RedisSpec,
    facts: WorkerFacts,
    send: (message: FromWorker) => void,
  ) {
    this.version = facts.version
    this.pid = facts.pid
    this.worker = spec.index
    this.startedAt = facts.startedAt
    this.board = new RedisBoard(redis.board, spec.index)
    this.clock = facts.clock
    const { connectionBoard } = facts
    this.settings = {
      ...redis.settings,
      get port() {
        return connectionBoard.portOf('redis')
      },
    }
    this.#facts = facts
    this.#send = send
  }

  /** Messages may come for clients of this worker at any time. */
  get hasListeners(): boolean {
    const { board } = this
    return board.ownGauge(GAUGE.subscriptions) + board.ownGauge(GAUGE.monitors) > 0
  }

  openLogin(slot: number): Login | undefined {
    return this.#facts.openLogin(slot)
  }

  totals(): ServerTotals {
    return this.#facts.totals()
  }

  clientOf(slot: number): RedisClientFacts {
    const board = this.#facts.connectionBoard
    return {
      slot,
      id: board.idOf(slot),
      address: withoutScheme(board.addressOf(slot)),
      listenAddress: withoutScheme(board.listenerOf(slot)),
      age: board.ageOf(slot),
      idle: board.idleSeconds(slot),
    }
  }

  clients(): readonly RedisClientFacts[] {
    const board = this.#facts.connectionBoard
    const clients: RedisClientFacts[] = []
    for (let slot = 0; slot < board.slots; slot++) {
      if (board.isOpen(slot) && board.protocolOf(slot) === 'redis')
        clients.push(this.clientOf(slot))
    }
    return clients
  }

  turnedAway(slot: number, spoke: Foreign): void {
    this.#facts.turnedAway(slot, spoke)
  }

  refusedRequest(): void {
    this.#facts.board.add(COUNT.requests_too_large, 1)
  }

  kill(slot: number, id: number): void {
    this.#send({ kind: 'kill', slot, id })
  }

  block(ms: number): void {
    restWhile(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  }

  serveSoon(slot: number): void {
    this.onServe(slot)
  }

  after(ms: number, then: () => void): void {
    this.#facts.backgroundTasks++
    setTimeout(() => {
      this.#facts.backgroundTasks--
      then()
    }, ms)
  }

  tellAll(message: unknown): void {
    this.#send({ kind: 'redis', message })
  }
}

/** The board knows `tcp:127.0.0.1:53210`. */
function withoutScheme(address: string): string {
  return address.replace(/^(?:tcp6?|unix):/, '')
}
