/** The server as the Redis protocol sees it from one worker: what `RedisHost` asks. */
import type { Login } from '../auth/login.ts'
import type { CommandClock } from '../observe/command-clock.ts'
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
import type { Foreign } from '../protocols/protocol.ts'
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
  readonly clock: CommandClock
  backgroundTasks: number
  openLogin(slot: number): Login | undefined
  totals(): ServerTotals
  turnedAway(slot: number, spoke: Foreign): void
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
  readonly #facts: AroundIt
  readonly #send: (message: FromWorker) => void
  readonly #changes: ChangeRing
  #reader: ChangeReader | undefined

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
    this.#changes = new ChangeRing(redis.changes)
  }

  /** Messages may come for clients of this worker at any time. */
  get hasListeners(): boolean {
    const { board } = this
    const { subscriptions, monitors, trackers } = GAUGE
    return [subscriptions, monitors, trackers].some((gauge) => board.ownGauge(gauge) > 0)
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
    this.#reader = new ChangeReader(this.#changes, sink)
    this.#reader.run()
  }

  askForChanges(): void {
    this.#changes.wish()
    this.#send({ kind: 'changes' })
  }

  passOverChanges(): void {
    this.#reader?.passOver()
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
