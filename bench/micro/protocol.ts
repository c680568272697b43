/**
 * The messages between the micro suite and its threads. A thread does one thing at a time: the
 * suite sends a command and waits for the reply of every thread it asked.
 */
import type { OperationName } from './operations.ts'
import type { SubjectGrant, SubjectName } from '../subjects/subject.ts'
import type { KeyShape } from '../workload.ts'

export interface ThreadSetup {
  readonly threadIndex: number
  readonly keys: number
  readonly shape: KeyShape
  readonly seed: number
  readonly grants: readonly SubjectGrant[]
  /** A word for each number of threads, on which those of a round meet before they start. */
  readonly startLine: SharedArrayBuffer
}

export interface Cell {
  readonly subject: SubjectName
  readonly operation: OperationName
}

export type Command =
  | { readonly kind: 'fill'; readonly shared: boolean }
  | ({ readonly kind: 'measure'; readonly ms: number; readonly meet: number } & Cell)
  | ({ readonly kind: 'allocation' } & Cell)
  | { readonly kind: 'checksum'; readonly subject: SubjectName }
  | { readonly kind: 'close' }

/** One round of one cell in one thread. */
export interface RoundSample {
  readonly operations: number
  readonly ns: number
  readonly cpuNs: number
}

export type Reply =
  | { readonly kind: 'done' }
  | { readonly kind: 'sample'; readonly sample: RoundSample }
  | { readonly kind: 'allocation'; readonly bytesPerOperation: number }
  | { readonly kind: 'checksum'; readonly checksum: number }
