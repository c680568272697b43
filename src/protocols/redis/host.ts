/**
 * What the Redis protocol asks of the server around it: one object per worker, every method called
 * on that worker. Protocols know bytes and the engine; sockets, threads and options are the
 * server's.
 */

export interface RedisHost {
  /** This package's version. */
  readonly version: string
  readonly pid: number
  /** When the server started, ms since the epoch. */
  readonly startedAt: number
}
