/**
 * What the HTTP protocol asks of the server around it: one object per worker, every method called
 * on that worker. Sockets, threads and options are the server's.
 */
import type { CommandClock } from '../../observe/command-clock.ts'
import type { Snapshot } from '../../observe/snapshot.ts'
import type { ServerTotals } from '../redis/host.ts'
import type { SlowCommand } from '../redis/worker.ts'
import type { Gate } from './gate.ts'

export interface HttpSettings {
  /** Names that requests may be addressed to, beside addresses and `localhost`. */
  readonly hostNames: readonly string[]
  /** Whether `DELETE /cache` is allowed. */
  readonly isFlushEnabled: boolean
  /** Seconds that the head of a request may take, and the whole of it. */
  readonly headSeconds: number
  readonly requestSeconds: number
}

/** A client of the server, whatever its protocol. */
export interface ClientFacts {
  readonly id: number
  /** `127.0.0.1:50123`, or the path of a unix socket. */
  readonly address: string
  readonly protocol: string
  readonly worker: number
  readonly ageSeconds: number
  readonly idleSeconds: number
}

export interface HttpHost {
  /** This package's version. */
  readonly version: string
  readonly pid: number
  /** The number of this worker. */
  readonly worker: number
  readonly workers: number
  /** When the server started, ms since the epoch. */
  readonly startedAt: number
  readonly settings: HttpSettings
  /** Who may do what. */
  readonly gate: Gate
  /** Counts the requests of this worker, and times some. */
  readonly clock: CommandClock
  /** What the whole server and its engine count and measure, now: bounded work, stops nobody. */
  observe(): Snapshot
  /** What the server counts of all connections, whatever their protocol. */
  totals(): ServerTotals
  /** Of the Redis port's SLOWLOG, the latest first; undefined where Redis is not spoken. */
  slowCommands(most: number): readonly SlowCommand[] | undefined
  /** The first so many clients, by slot; how many there are is in the snapshot. */
  clients(most: number): readonly ClientFacts[]
  /** Whether new connections are taken: false before the start is over and while it ends. */
  isAccepting(): boolean
  /** A request took too long: to be counted. */
  requestTimedOut(): void
  /** The address of a client of this worker: `127.0.0.1`. */
  addressOf(slot: number): string
  /**
   * Feeds a connection of this worker as soon as possible, with nothing, in which it writes what
   * waits, or goes on with what it put off.
   */
  serveSoon(slot: number): void
}
