/** Words for histories written by hand. */
import type { CheckOptions } from './check.ts'
import { type Call, type Operation, type Outcome, returned, threw } from './history.ts'
import { present } from './model.ts'

/** Columns of a history by hand: thread, invoked, returned, operation, outcome, key (`k`). */
export type Row = readonly [number, number, number, Operation, Outcome?, string?]

export function historyOf(rows: readonly Row[]): Call[] {
  return rows.map(([thread, invoked, end, operation, outcome = returned(), key = 'k']) => {
    return { thread, invoked, returned: end, operation, outcome, key }
  })
}

export const get: Operation = { name: 'get' }
export const gets: Operation = { name: 'gets' }
export const remove: Operation = { name: 'delete' }
export const incr: Operation = { name: 'incr' }
export const flush: Operation = { name: 'flush' }
export const set = (value: string | number): Operation => ({ name: 'set', value })
export const add = (value: string | number): Operation => ({ name: 'add', value })
export const append = (value: string): Operation => ({ name: 'append', value })
export const cas = (value: string, version: number): Operation => ({ name: 'cas', value, version })

export interface Example {
  readonly name: string
  readonly calls: readonly Call[]
  readonly options?: CheckOptions
}

export const FULL = threw('HEDDLE_FULL')
export const NEVER = Number.POSITIVE_INFINITY
export const seen = (value: string, version: number) => returned({ value, version })
export const LOSES: CheckOptions = { losses: Number.POSITIVE_INFINITY }
export const LOSES_ONE: CheckOptions = { losses: 1 }
export const HAS_5: CheckOptions = { initial: { k: present(5) } }
export const HAS_A: CheckOptions = { initial: { k: present('a', 7) } }

export function example(name: string, rows: readonly Row[], options: CheckOptions = {}): Example {
  return { name, calls: historyOf(rows), options }
}

/** One thread, one call after the other, at the times 1..2, 3..4 and so on. */
export function alone(
  name: string,
  rows: readonly (readonly [Operation, unknown?])[],
  options = {},
) {
  const timed = rows.map(([operation, value], at): Row => {
    return [0, 2 * at + 1, 2 * at + 2, operation, returned(value)]
  })
  return example(name, timed, options)
}

/** One call after the other, with the wall clock before and after. */
export function timed(rows: readonly (readonly [number, number, Operation, unknown?])[]): Call[] {
  return rows.map(([from, to, operation, value], at) => {
    const times = { invoked: 2 * at, returned: 2 * at + 1, clock: [from, to] as const }
    return { thread: 0, key: 'k', operation, outcome: returned(value), ...times }
  })
}
