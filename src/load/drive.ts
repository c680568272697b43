/** What one thread is asked to do with its connections, and what it found. */
import type { Histogram } from 'hdr-histogram-js'
import type { Target } from './connection.ts'
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
}

export interface Driven {
  readonly counts: Float64Array
  readonly response: Histogram
  readonly lag: Histogram
  readonly seconds: number
  /** Open loop: due requests that found no room until after the end; recorded as of then. */
  readonly unsent: number
  /** Share of the time in which the thread was not waiting for its sockets. */
  readonly busy: number
  readonly samples: readonly string[]
}
