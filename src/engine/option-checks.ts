/** Checks that options have in common: a size, a whole number, one of a few words. */
import { count } from './describe.ts'
import { badOption, badType } from './errors.ts'
import { formatSize, parseSize } from './sizes.ts'

/** A size from `least` to `most` bytes. */
export function sizeWithin(field: string, size: unknown, least: number, most: number): number {
  const bytes = parseSize(field, size)
  if (bytes >= least && bytes <= most) return bytes
  const why = `it must be from ${formatSize(least)} to ${formatSize(most)}`
  throw badOption(field, size, why, bytes < least ? least : most)
}

/** A whole number from `least` to `most`. */
export function whole(
  given: Readonly<Record<string, unknown>>,
  field: string,
  least: number,
  most: number,
): number {
  const quantity = given[field]
  const allowed = `a whole number from ${count(least)} to ${count(most)}`
  if (typeof quantity !== 'number') throw badType(field, quantity, allowed)
  if (Number.isInteger(quantity) && quantity >= least && quantity <= most) return quantity
  throw badOption(field, quantity, `it must be ${allowed}`, quantity < least ? least : most)
}

/** One of a few words. */
export function oneOf<Word extends string>(
  field: string,
  word: unknown,
  words: readonly Word[],
): Word {
  if (words.includes(word as Word)) return word as Word
  const allowed = words.map((known) => `'${known}'`).join(' or ')
  if (typeof word !== 'string') throw badType(field, word, allowed)
  throw badOption(field, word, `it must be ${allowed}`, allowed)
}
