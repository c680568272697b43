/**
 * What the Redis protocol asks of the server around it: one object per worker, every method called
 * on that worker. Protocols know bytes and the engine; sockets, threads and options are the
 * server's.
 */
import type { CommandClock } from '../../observe/command-clock.ts'
import type { Login } from '../../auth/login.ts'
import type { Foreign } from '../protocol.ts'
import type { RedisBoard } from './board.ts'

/** One client, as CLIENT LIST shows it; what else it shows is on the board. */
export interface RedisClientFacts {
  readonly slot: number
  /** Never the same twice. */
  readonly id: number
  /** `127.0.0.1:53210` */
  readonly address: string
  readonly listenAddress: string
  /** Seconds since it was opened, and since its last command. */
  readonly age: number
  readonly idle: number
}

/** What the server counts of all its connections, whatever their protocol. */
export interface ServerTotals {
  readonly connectionsReceived: number
  readonly connectionsRejected: number
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly connected: number
  /** How often limits were met and credentials judged, by the name of the counter. */
  readonly limits: Readonly<Record<string, number>>
}

/** What was chosen when the server was started. */
export interface RedisSettings {
  readonly host: string
  readonly port: number
  readonly maxConnections: number
  readonly workers: number
  /** Seconds; 0: none. */
  readonly idleTimeout: number
  readonly isFlushEnabled: boolean
  readonly isDebugEnabled: boolean
  /** Of all arguments of a request together. */
  readonly maxRequestBytes: number
}

export type ChangeKind = 'set' | 'del' | 'expired' | 'evicted' | 'flush'

/** Who is told of changes of the cache, by whatever thread and door. */
export interface ChangeListener {
  /**
   * @param space of a flush: 0 is everything
   * @param key a character per byte
   */
  changed(kind: ChangeKind, space: number, version: number, key: string): void
  /** Anything may have changed. */
  lost(): void
  /** Changes cannot be told any more. */
  unavailable(): void
  /** Of what is known now, all was told. */
  batchOver(): void
  /** What changes while it is false is not told. */
  readonly isListening: boolean
}

/**
 * Whether changes are told: 'taken' when the program reads the engine's feed itself, 'absent' when
 * the engine has none, 'full' when no thread can attach the engine any more.
 */
export type ChangesState = 'closed' | 'open' | 'taken' | 'absent' | 'full'

export interface RedisHost {
  /** This package's version. */
  readonly version: string
  readonly pid: number
  /** The number of this worker. */
  readonly worker: number
  /** When the server started, ms since the epoch. */
  readonly startedAt: number
  readonly settings: RedisSettings
  readonly board: RedisBoard
  /** Counts the commands of this worker, and times some. */
  readonly clock: CommandClock
  /** Who a new connection is; undefined where there are no users. */
  openLogin(slot: number): Login | undefined
  totals(): ServerTotals
  /** Facts of one client of this worker. */
  clientOf(slot: number): RedisClientFacts
  /** Redis clients of all workers. */
  clients(): readonly RedisClientFacts[]
  /** Ends a client of any worker, if it still has this id. */
  kill(slot: number, id: number): void
  /**
   * A client speaks another protocol than that of its port, and is disconnected: most likely a page
   * in somebody's browser, or a program that takes this port for another.
   */
  turnedAway(slot: number, spoke: Foreign): void
  /** A request was too large: to be counted. */
  refusedRequest(): void
  /** Keeps this worker from anything else for so long: DEBUG SLEEP. */
  block(ms: number): void
  /**
   * Feeds a connection of this worker as soon as possible, with nothing, in which it may write what
   * has come for it, or goes on with what it put off.
   */
  serveSoon(slot: number): void
  /** Calls back on this worker, after so many milliseconds. */
  after(ms: number, then: () => void): void
  /** Brings a message to these workers, in an order that is the same for all of them. */
  tell(workers: readonly number[], message: unknown): void
  /** Who gets those messages. */
  onMessage: (message: unknown) => void
  /** Whether a client is still there. */
  isOpen(slot: number, id: number): boolean
  /** The worker of a client. */
  ownerOf(slot: number): number
  /** Has changes told to this listener from now on, as long as somebody needs them. */
  listenForChanges(listener: ChangeListener): void
  /** Says that somebody needs them: the board knows who. */
  askForChanges(): void
  /** The first of this worker begins to listen: what has been until now is not told, nor lost. */
  passOverChanges(): void
  readonly changesState: ChangesState
}
