/**
 * What the micro suite measures in each form: groups of keys, and the cells of a group (subject,
 * operation, number of threads). Short keys go through all operations; long ones only through
 * reads, where a key of 13 characters or more costs more to build (V8 concatenates lazily and
 * flattens when the characters are first read).
 */
import type { OperationName } from './operations.ts'
import type { Form } from '../options.ts'
import { hasGetBytes, hasGetManyBytes } from '../subjects/subject.ts'
import type { SubjectName } from '../subjects/subject.ts'
import type { KeyShape } from '../workload.ts'

export interface Group {
  readonly shape: KeyShape
  readonly keys: number
  readonly operations: readonly OperationName[]
  readonly withThreads: boolean
  readonly withLmdb: boolean
  readonly rounds: number
  readonly ms: number
  /** Time for the rounds; on a busy machine fewer of them are made, but LEAST_ROUNDS always. */
  readonly seconds: number
}

export const LEAST_ROUNDS = 3

const READS: readonly OperationName[] = [
  'build key',
  'get hit, new key',
  'get hit, reused key',
  'getBytes hit, new key',
  'getBytes hit, reused key',
]
const ALL: readonly OperationName[] = [
  ...READS,
  'get miss',
  'set new',
  'overwrite',
  '90/10 mix',
  'getMany 100',
  'getManyBytes 100',
]
export const CACHES: readonly SubjectName[] = ['Map', 'lru-cache', 'heddle', 'heddle+lock']

export const GROUPS: Readonly<Record<Form, readonly Group[]>> = {
  smoke: [group('short', 2_000, ALL, true, true, 2, 2, 10)],
  default: [
    group('short', 100_000, ALL, true, false, 11, 20, 20),
    group('long', 100_000, READS, false, false, 11, 20, 5),
  ],
  full: [
    group('short', 100_000, ALL, true, true, 31, 50, 240),
    group('long', 100_000, READS, true, true, 31, 50, 120),
    group('short', 4_000_000, ALL, true, true, 11, 100, 240),
  ],
}

function group(
  shape: KeyShape,
  keys: number,
  operations: readonly OperationName[],
  withThreads: boolean,
  withLmdb: boolean,
  rounds: number,
  ms: number,
  seconds: number,
): Group {
  return { shape, keys, operations, withThreads, withLmdb, rounds, ms, seconds }
}

export interface Cell {
  readonly subject: SubjectName
  readonly operation: OperationName
  readonly threads: number
}

/**
 * What a cell's rounds gave: per round, nanoseconds per operation and operations per second. CPU
 * time is summed over all rounds, because the kernel counts it in ticks of some milliseconds.
 */
export interface CellRounds extends Cell {
  readonly ns: number[]
  readonly perSecond: number[]
  cpuNs: number
  operations: number
  bytesPerOperation: number
}

export function cellsOf(one: Group, names: readonly SubjectName[], most: number): CellRounds[] {
  const cells: CellRounds[] = []
  const counts = most === 1 ? [1] : [1, most]
  for (const operation of one.operations) {
    for (const threads of counts) {
      for (const subject of names) {
        if ((operation === 'build key') !== (subject === 'none')) continue
        if (operation.startsWith('getBytes') && !hasGetBytes(subject)) continue
        if (operation.startsWith('getManyBytes') && !hasGetManyBytes(subject)) continue
        const totals = { cpuNs: 0, operations: 0, bytesPerOperation: Number.NaN }
        cells.push({ subject, operation, threads, ns: [], perSecond: [], ...totals })
      }
    }
  }
  return cells
}
