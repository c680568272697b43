/**
 * The one small interface that every subject of a comparison stands behind, and the grant by
 * which the main thread hands a subject to its worker threads. A private subject (Map, lru-cache)
 * is opened once per thread and each thread fills its own; a shared one (heddle, heddle behind a
 * lock, lmdb) is created once and filled by one thread.
 */
export type SubjectName = 'none' | 'Map' | 'lru-cache' | 'heddle' | 'heddle+lock' | 'lmdb'

export interface Subject {
  readonly name: SubjectName
  get(key: string): string | undefined
  /** Copies the value's bytes into `target`, returns their number, -1 on a miss. */
  getBytes(key: string, target: Uint8Array): number
  getMany(keys: readonly string[]): (string | undefined)[]
  /** Copies the bytes of values into `target` one after the other, their numbers to `lengths`. */
  getManyBytes(keys: readonly string[], target: Uint8Array, lengths: Int32Array): number
  set(key: string, value: string): void
  delete(key: string): void
  /** Runs many sets at once, untimed: one transaction where the subject has such. */
  fill(sets: () => void): void
  close(): void
}

/** What a worker thread needs to open a subject: structured-cloneable. */
export interface SubjectGrant {
  readonly name: SubjectName
  readonly isShared: boolean
  readonly keys: number
  readonly handle?: unknown
  readonly lock?: SharedArrayBuffer
  readonly folder?: string
}

/** A subject without a byte form of get says so, and suites leave that cell out. */
export function hasGetBytes(name: SubjectName): boolean {
  return name === 'heddle' || name === 'heddle+lock' || name === 'lmdb'
}

export function hasGetManyBytes(name: SubjectName): boolean {
  return name === 'heddle' || name === 'heddle+lock'
}

/** For subjects that fill as they set. */
export function fillPlainly(sets: () => void): void {
  sets()
}

export function noGetBytes(): number {
  throw new Error('this subject has no reads of bytes')
}
