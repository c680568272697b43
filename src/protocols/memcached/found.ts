/**
 * What is known of a request that was found in what arrived (pipeline.ts): which one it is and
 * where its parts lie, as numbers of one row of an array.
 */
export const TEXT_GET = 0
export const TEXT_SET = 1
export const META_GET = 2
export const META_SET = 3
/** From here on requests are binary. */
export const BINARY_GET = 4
export const BINARY_SET = 5

/** Columns of a row. A get has no value; flags and expiry are those that a set gives its entry. */
export const KIND = 0
export const KEY_FROM = 1
export const KEY_TO = 2
export const END = 3
export const VALUE_FROM = 4
export const VALUE_BYTES = 5
export const FLAGS = 6
export const SECONDS = 7
/** Of a meta command: where its flags begin and end, each with a space in front; as bits. */
export const ASKED_FROM = 8
export const ASKED_TO = 9
export const ASKED = 10
export const COLUMNS = 11

const NEWLINE = 10
const RETURN = 13
const SPACE = 32
const ZERO = 48
/** Longer numbers are left to the command line. */
const MOST_DIGITS = 9

/** Where the next line begins, if this one ends at `at`; -1 */
export function endOfLine(bytes: Uint8Array, at: number, to: number): number {
  if (at < to && bytes[at] === NEWLINE) return at + 1
  return at + 1 < to && bytes[at] === RETURN && bytes[at + 1] === NEWLINE ? at + 2 : -1
}

/** Where the line behind a value ends, if the value ends at `at`; -1 */
export function endOfValue(bytes: Uint8Array, at: number, to: number): number {
  return at + 2 <= to && bytes[at] === RETURN && bytes[at + 1] === NEWLINE ? at + 2 : -1
}

/** Reads a number of a few digits into `row[column]`; returns where it ends, or -1. */
export function readDigits(
  bytes: Uint8Array,
  from: number,
  to: number,
  row: Int32Array,
  column: number,
): number {
  let at = from
  let value = 0
  for (; at < to; at++) {
    const digit = bytes[at]! - ZERO
    if (!(digit >= 0 && digit <= 9)) break
    value = value * 10 + digit
  }
  const digits = at - from
  if (digits === 0 || digits > MOST_DIGITS) return -1
  row[column] = value
  return at
}

/** The same of a number behind a space. */
export function readNumber(
  bytes: Uint8Array,
  from: number,
  to: number,
  row: Int32Array,
  column: number,
): number {
  if (from >= to || bytes[from] !== SPACE) return -1
  return readDigits(bytes, from + 1, to, row, column)
}
