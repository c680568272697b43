/** What the server's threads say to each other beside the rings: plain data and, once, a socket. */
import type { Socket } from 'node:net'
import type { ServerSettings } from '../protocols/memcached/host.ts'
import type { EngineHandle } from '../engine/session.ts'
import type { LinkMemory } from './link.ts'
import type { RedisSpec } from './redis-spec.ts'

/** `workerData` of a worker. */
export interface WorkerSpec {
  /** Its number, from 0; its row of the counter board is one more. */
  readonly index: number
  readonly engine: EngineHandle
  readonly settings: ServerSettings
  readonly version: string
  readonly startedAt: number
  /** The connection board and the counter board. */
  readonly connections: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
  readonly link: LinkMemory
  /** Sockets will be transferred to it. */
  readonly takesSockets: boolean
  /** Where there is a Redis port. */
  readonly redis: RedisSpec | undefined
  /** The module that makes connections; see protocol-module.ts. */
  readonly protocol: string | undefined
}

/** From a worker to the thread that started it. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'log'; readonly watched: number; readonly lines: string }
  | { readonly kind: 'shutdown'; readonly isGraceful: boolean }
  | { readonly kind: 'endedSockets' }
  | { readonly kind: 'lastFiles' }
  /** Ends a client of any worker, if it has this id. */
  | { readonly kind: 'kill'; readonly slot: number; readonly id: number }
  /** From the Redis protocol of one worker to that of some. */
  | { readonly kind: 'redis'; readonly to: readonly number[]; readonly message: unknown }
  /** Somebody needs to know what changes. */
  | { readonly kind: 'changes' }

/** To a worker. */
export type ToWorker =
  | { readonly kind: 'socket'; readonly slot: number; readonly socket: Socket }
  | { readonly kind: 'lines'; readonly watched: number; readonly lines: string }
  /** So many characters of its log lines were taken. */
  | { readonly kind: 'taken'; readonly characters: number }
  | { readonly kind: 'endSockets' }
  | { readonly kind: 'kill'; readonly slot: number }
  | { readonly kind: 'redis'; readonly message: unknown }
  | { readonly kind: 'stop' }
