/** What one thread is asked to do with its connections, and what it found. */
import type { Target } from './connection.ts'
import type { Recording } from './recording.ts'
import type { ValueSizes } from './workload.ts'

export interface ClientOrder {
  readonly target: Target
  readonly connections: number
  readonly mostDepth: number
  readonly keys: number
  readonly values: ValueSizes
}

export interface Drive {
  readonly plan: Uint32Array
  readonly depth: number
  /** Requests in all, for a preload and for an open loop; Infinity: until the time is over. */
  readonly requests: number
  readonly seconds: number
  /** Milliseconds between two requests of this thread; undefined: closed loop. */
  readonly everyMs: number | undefined
  /** On performance.now()'s clock. */
  readonly beginAt: number
  readonly allowMisses: boolean
  /** A get that misses is followed by a set of its key. */
  readonly fillMisses: boolean
  /** Length of the slices in which latency is recorded beside the whole; undefined: none. */
  readonly sliceMs: number | undefined
  /** One word: no more is sent once it is 1, and the run ends with what was measured. */
  readonly stop: SharedArrayBuffer | undefined
  /** A connection that the server closes is opened again, and its requests are lost. */
  readonly reconnects: boolean
}

export interface Driven {
  readonly counts: Float64Array
  readonly recording: Recording
  readonly seconds: number
  /** Open loop: due requests that found no room until after the end; recorded as of then. */
  readonly unsent: number
  /** Requests whose connection was closed before their reply; they have no latency. */
  readonly lost: number
  /** Share of the time in which the thread was not waiting for its sockets. */
  readonly busy: number
  readonly samples: readonly string[]
}
