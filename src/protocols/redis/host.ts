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
  /** Brings a message to every worker of the server, this one included. */
  tellAll(message: unknown): void
  /** Who gets those messages. */
  onMessage: (message: unknown) => void
}
