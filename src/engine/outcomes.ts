/**
 * How an operation of the engine can end. Protocols and the embedded API turn these into replies,
 * values and errors; the engine itself knows no texts.
 */

export const STORED = 1
/** The entry is there: `add` refused, or `compareAndSet` met another version. */
export const EXISTS = 2
/** The key is absent. */
export const MISSING = 3
/** No memory, or no slot, and the policy evicts nothing. Nothing was changed. */
export const FULL = 4
/** The race was lost as often as an operation may retry. Nothing was changed. */
export const CONTENDED = 5
/** The stored value is not what the operation needs (a number). Nothing was changed. */
export const UNFIT = 6
/** The result would be larger than `maxItemSize`. Nothing was changed. */
export const TOO_LARGE = 7
/** Writes are closed for the moment. */
export const CLOSED_GATE = 8
export const DELETED = 9
/** What a transaction has seen is no longer so. Nothing was changed. */
export const CONFLICT = 10

export type Outcome =
  | typeof STORED
  | typeof EXISTS
  | typeof MISSING
  | typeof FULL
  | typeof CONTENDED
  | typeof UNFIT
  | typeof TOO_LARGE
  | typeof CLOSED_GATE
  | typeof DELETED
  | typeof CONFLICT
