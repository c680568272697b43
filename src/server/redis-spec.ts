/** What a worker of a server with a Redis port is started with beside the rest. */
import { RedisBoard } from '../protocols/redis/board.ts'
import type { RedisSettings } from '../protocols/redis/host.ts'
import { ChangeRing } from './change-ring.ts'
import type { ResolvedServeOptions } from './options.ts'

export interface RedisSpec {
  readonly board: SharedArrayBuffer
  /** See change-ring.ts. */
  readonly changes: SharedArrayBuffer
  readonly settings: RedisSettings
}

/** @param slots of the connection board */
export function redisSpecOf(options: ResolvedServeOptions, slots: number): RedisSpec | undefined {
  const secure = options.tls?.ports.filter(({ protocol }) => protocol === 'redis') ?? []
  const [first] = [...options.redisPorts, ...secure]
  if (first === undefined && options.redisSocket === undefined) return undefined
  const settings = {
    host: options.host,
    port: first?.port ?? 0,
    maxConnections: options.maxConnections,
    workers: options.workers,
    idleTimeout: options.idleTimeout,
    isFlushEnabled: options.flush,
    isDebugEnabled: options.enableDebug,
    maxRequestBytes: options.limits.maxRequestSize,
  }
  const board = RedisBoard.create(slots, options.workers)
  return { board, changes: ChangeRing.create(), settings }
}
