/** What the server's threads say to each other beside the rings: plain data and, once, a socket. */
import type { Socket } from 'node:net'
import type { UserRecord } from '../auth/auth-file.ts'
import type { ServerSettings } from '../protocols/memcached/host.ts'
import type { EngineHandle } from '../engine/session.ts'
import type { HttpSpec } from './http-facts.ts'
import type { Patience } from './idle.ts'
import type { ResolvedLimits } from './limits.ts'
import type { LinkMemory } from './link.ts'
import type { Observed } from './observation.ts'
import type { Protocol } from './listen.ts'
import type { NoticeKind } from './notices.ts'
import type { RedisSpec } from './redis-spec.ts'
import type { TlsSpec } from './tls-keeper.ts'
import type { TlsMaterial } from './tls-material.ts'

/** `workerData` of a worker. */
export interface WorkerSpec {
  /** Its number, from 0; its row of the counter board is one more. */
  readonly index: number
  readonly engine: EngineHandle
  readonly settings: ServerSettings
  /** The boards of all threads, and what does not change while the server runs. */
  readonly observed: Observed
  readonly link: LinkMemory
  /** Sockets will be transferred to it. */
  readonly takesSockets: boolean
  readonly limits: ResolvedLimits
  readonly patience: Patience
  /** Where TLS ends in workers. */
  readonly tls: TlsSpec | undefined
  /** Where there are users. */
  readonly users: readonly UserRecord[] | undefined
  /** Where there is a Redis port. */
  readonly redis: RedisSpec | undefined
  /** Where there is an HTTP port. */
  readonly http: HttpSpec | undefined
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
  /** Somebody was turned away; see notices.ts. */
  | { readonly kind: 'notice'; readonly what: NoticeKind; readonly text: string }
  /** Somebody gave wrong credentials; all workers count it. */
  | { readonly kind: 'authFailed'; readonly address: string }
  /** Ends a client of any worker, if it has this id. */
  | { readonly kind: 'kill'; readonly slot: number; readonly id: number }
  /** From the Redis protocol of one worker to that of some. */
  | { readonly kind: 'redis'; readonly to: readonly number[]; readonly message: unknown }
  /** Somebody needs to know what changes. */
  | { readonly kind: 'changes' }

/** To a worker. */
export type ToWorker =
  | {
      readonly kind: 'socket'
      readonly slot: number
      readonly socket: Socket
      /** Undefined: it is as it is; else TLS ends here, and this is spoken in it. */
      readonly secures: Protocol | undefined
    }
  /** These are the users from now on. */
  | { readonly kind: 'users'; readonly users: readonly UserRecord[] }
  | { readonly kind: 'authFailed'; readonly address: string }
  /** New connections get this certificate. */
  | { readonly kind: 'tls'; readonly material: TlsMaterial }
  | { readonly kind: 'lines'; readonly watched: number; readonly lines: string }
  /** So many characters of its log lines were taken. */
  | { readonly kind: 'taken'; readonly characters: number }
  | { readonly kind: 'endSockets' }
  | { readonly kind: 'kill'; readonly slot: number }
  | { readonly kind: 'redis'; readonly message: unknown }
  | { readonly kind: 'stop' }
