/**
 * What the memcached protocol asks of the server around it. The protocol knows bytes and the
 * engine; sockets, threads, options and the life of the process are the server's, who hands each
 * connection an object of this interface. One per worker; every method is called on that worker.
 *
 * Watchers: `watchedKinds` is one plain shared word, read with each command. Only while it is not 0
 * does a command make log lines; `log` brings a line to every connection, of any worker, that
 * watches its kind.
 */
import type { Foreign } from '../protocol.ts'
import type { Login } from '../../auth/login.ts'
import type { CommandClock } from '../../observe/command-clock.ts'
import type { CounterBoard } from './counters.ts'

/** Kinds of log lines, as bits of `watchedKinds`. */
export const WATCH_FETCHERS = 1
export const WATCH_MUTATIONS = 2
export const WATCH_DELETIONS = 4
/** Connections opened and closed: these lines are the server's own (`connectionLine`). */
export const WATCH_CONNECTIONS = 8

/** One connection, or one listening socket, for `stats conns`. */
export interface ConnectionFacts {
  readonly id: number
  /** As memcached writes it: `tcp:127.0.0.1:53210`, `unix:/path`. */
  readonly address: string
  /** The address it came in by; undefined for a listening socket. */
  readonly listenAddress: string | undefined
  /** memcached's names: conn_listening, conn_new_cmd, conn_read, conn_waiting, conn_closing... */
  readonly state: string
  /** Seconds since its last command; undefined for a listening socket. */
  readonly secondsSinceCommand: number | undefined
}

/** What was chosen when the server was started. */
export interface ServerSettings {
  readonly maxConnections: number
  readonly workers: number
  /** 0: no TCP port. */
  readonly tcpPort: number
  readonly host: string
  readonly unixSocket: string | undefined
  readonly isFlushEnabled: boolean
  readonly isShutdownEnabled: boolean
  /** Seconds; 0: none. */
  readonly idleTimeout: number
  /** Whether clients have to say who they are. */
  readonly hasUsers: boolean
  /** Whether some port speaks TLS. */
  readonly hasTls: boolean
  /** Further lines of `stats settings`: name and value. */
  readonly others: Readonly<Record<string, string | number>>
}

export interface ServerFacts {
  /** This package's version; `version` answers `versionOf(it)` of version.ts. */
  readonly version: string
  readonly pid: number
  /** When the server started, ms since the epoch. */
  readonly startedAt: number
  readonly settings: ServerSettings
  /** The counters of all workers, seen from the row of this one. */
  readonly board: CounterBoard
  /** Counts the commands of this worker, and times some. */
  readonly clock: CommandClock
  /** Who a new connection is; undefined where there are no users. */
  openLogin(connectionId: number): Login | undefined
  /**
   * Feeds a connection of this worker as soon as possible, with nothing: it goes on with what it
   * put off.
   */
  serveSoon(connectionId: number): void
  /** `verbosity` and `-v`: of all workers. */
  verbosity: number
  /** Client connections that are open now, of all workers. */
  connectionCount(): number
  /** Whether new connections are taken at the moment. */
  isAccepting(): boolean
  /** Clients of all workers, and listening sockets. */
  connections(): readonly ConnectionFacts[]
  /** Ends the server: at once, or after what was read is answered. Returns first. */
  shutdown(isGraceful: boolean): void
  /**
   * Calls `step` on this worker, between other work, until it returns true; `pauseMs` between two
   * calls. Steps take at most a few milliseconds.
   */
  runInBackground(step: () => boolean, pauseMs: number): void
  /**
   * From now on the connection gets the log lines of these kinds, and its commands are no longer
   * read. 0: it gets none (it was closed).
   * @returns false when there are as many watchers as there may be
   */
  watch(connectionId: number, kinds: number): boolean
  /** Kinds that somebody watches: the union over all workers. */
  watchedKinds(): number
  /**
   * A client speaks another protocol than that of its port, and is disconnected: most likely a page
   * in somebody's browser, or a program that takes this port for another.
   */
  turnedAway(slot: number, spoke: Foreign): void
  /** Brings one line (without its end) to those who watch its kind; drops it when they are slow. */
  log(kind: number, line: string): void
}
