/** The server as the Redis protocol sees it from one worker: what `RedisHost` asks. */
import { COUNT, type CounterBoard } from '../protocols/memcached/counters.ts'
import { GAUGE, RedisBoard } from '../protocols/redis/board.ts'
import type {
  ChangeKind,
  ChangeListener,
  ChangesState,
  RedisClientFacts,
  RedisHost,
  RedisSettings,
  ServerTotals,
} from '../protocols/redis/host.ts'
import { ChangeReader, ChangeRing } from './change-ring.ts'
import type { ConnectionBoard } from './connection-board.ts'
import type { FromWorker } from './messages.ts'
import type { RedisSpec } from './redis-spec.ts'
import { restWhile } from '#words'

/** By the numbers of change-ring.ts. */
const STATES: readonly ChangesState[] = ['closed', 'open', 'taken', 'absent', 'full']
const KINDS: readonly ChangeKind[] = ['flush', 'set', 'del', 'expired', 'evicted', 'flush']

/** What it needs to know of the worker around it. */
interface AroundIt {
  readonly version: string
  readonly pid: number
  readonly startedAt: number
  readonly board: CounterBoard
  readonly connectionBoard: ConnectionBoard
  backgroundTasks: number
}

export class RedisFacts implements RedisHost {
  readonly version: string
  readonly pid: number
  readonly worker: number
  readonly startedAt: number
  readonly settings: RedisSettings
  readonly board: RedisBoard
  onMessage: (message: unknown) => void = () => {}
  /** Told by the worker: who executes a connection is asked to do so. */
  onServe: (slot: number) => void = () => {}
  readonly #facts: AroundIt
  readonly #send: (message: FromWorker) => void
  readonly #changes: ChangeRing

  /** @param worker its number */
  constructor(
    worker: number,
    redis: RedisSpec,
    facts: AroundIt,
    send: (message: FromWorker) => void,
  ) {
    this.version = facts.version
    this.pid = facts.pid
    this.worker = worker
    this.startedAt = facts.startedAt
    this.board = new RedisBoard(redis.board, worker)
    const { connectionBoard } = facts
    this.settings = {
      ...redis.settings,
      get port() {
        return connectionBoard.redisPort
      },
    }
    this.#facts = facts
    this.#send = send
    this.#changes = new ChangeRing(redis.changes)
  }

  /** Messages may come for clients of this worker at any time. */
  get hasListeners(): boolean {
    const { board } = this
    const { subscriptions, monitors, trackers } = GAUGE
    return [subscriptions, monitors, trackers].some((gauge) => board.ownGauge(gauge) > 0)
  }

  totals(): ServerTotals {
    const { board, connectionBoard } = this.#facts
    return {
      connectionsReceived: board.total(COUNT.total_connections),
      connectionsRejected: board.total(COUNT.rejected_connections),
      bytesRead: board.total(COUNT.bytes_read),
      bytesWritten: board.total(COUNT.bytes_written),
      connected: connectionBoard.openCount,
    }
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
      if (board.isOpen(slot) && board.isRedis(slot)) clients.push(this.clientOf(slot))
    }
    return clients
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

  tell(to: readonly number[], message: unknown): void {
    this.#send({ kind: 'redis', to, message })
  }

  isOpen(slot: number, id: number): boolean {
    const { connectionBoard } = this.#facts
    return connectionBoard.isOpen(slot) && connectionBoard.idOf(slot) === id
  }

  ownerOf(slot: number): number {
    return this.#facts.connectionBoard.ownerOf(slot)
  }

  listenForChanges(listener: ChangeListener): void {
    const sink = {
      changed: (kind: number, space: number, version: number, key: string) => {
        listener.changed(KINDS[kind]!, space, version, key)
      },
      lost: () => listener.lost(),
      unavailable: () => listener.unavailable(),
      batchOver: () => listener.batchOver(),
      get isListening() {
        return listener.isListening
      },
    }
    new ChangeReader(this.#changes, sink).run()
  }

  askForChanges(): void {
    this.#changes.wish()
    this.#send({ kind: 'changes' })
  }

  get changesState(): ChangesState {
    return STATES[this.#changes.state]!
  }
}

/** The board knows `tcp:127.0.0.1:53210`. */
function withoutScheme(address: string): string {
  // A path has port 0, as in Redis.
  return address.replace(/^tcp6?:/, '').replace(/^unix:(.*)$/, '$1:0')
}
