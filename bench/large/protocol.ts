/** The messages between the suite of large caches and its processes, one for each subject. */
import type { SubjectName } from '../subjects/subject.ts'

export interface LargeOrder {
  readonly subject: SubjectName
  readonly keys: number
  readonly seed: number
}

export type LargeOperation =
  | 'get'
  | 'get in a program'
  | 'getBytes'
  | 'getMany 100'
  | 'getManyBytes 100'

/** Measure one operation for some milliseconds. */
export interface LargeCommand {
  readonly operation: LargeOperation
  readonly ms: number
}

/** CPU is that of the whole process, the threads of its garbage collector included. */
export interface LargeSample {
  readonly operations: number
  readonly ns: number
  readonly cpuNs: number
}

export type LargeReply =
  | { readonly kind: 'ready'; readonly checksum: string }
  | { readonly kind: 'sample'; readonly sample: LargeSample }
