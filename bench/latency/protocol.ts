/** The messages between the latency suite and its threads, and the shape of their histograms. */
import type { SubjectGrant, SubjectName } from '../subjects/subject.ts'

export interface LatencySetup {
  readonly threadIndex: number
  readonly threads: number
  readonly keys: number
  readonly seed: number
  readonly grants: readonly SubjectGrant[]
}

export type LatencyCommand =
  | { readonly kind: 'fill'; readonly shared: boolean }
  | {
      readonly kind: 'load'
      readonly subject: SubjectName
      /** Operations per second of all threads together. */
      readonly rate: number
      readonly seconds: number
      /** Milliseconds since the epoch at which the plan of all threads begins. */
      readonly startAt: number
    }
  | { readonly kind: 'close' }

export type LatencyReply =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'histograms'
      /** hdr-histogram-js, compressed, base64; nanoseconds. */
      readonly response: string
      readonly service: string
      readonly operations: number
      /** From the planned beginning to the last answer. */
      readonly seconds: number
      readonly checksum: number
    }

/** Nanoseconds from 1 to 100 seconds, three significant digits. */
export const HISTOGRAM = {
  bitBucketSize: 32,
  lowestDiscernibleValue: 1,
  highestTrackableValue: 100_000_000_000,
  numberOfSignificantValueDigits: 3,
} as const
