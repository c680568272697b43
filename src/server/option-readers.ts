/**
 * Reading one option: its type, what is allowed, and what stands in for none. Refusals name the
 * option, its value and the limit.
 */
import { count } from '../engine/describe.ts'
import { badOption, badType } from '../engine/errors.ts'
import type { ServeOptions } from './options.ts'

/** Options as a caller gave them. */
export type Unchecked = Readonly<Partial<Record<keyof ServeOptions, unknown>>>

/** A whole number between two; `standard` stands in for none. */
export function whole(
  given: Unchecked,
  field: keyof ServeOptions,
  least: number,
  most: number,
  standard: number,
): number {
  const quantity = given[field]
  if (quantity === undefined) return standard
  const allowed = `a whole number from ${count(least)} to ${count(most)}`
  if (typeof quantity !== 'number') throw badType(field, quantity, allowed)
  if (Number.isInteger(quantity) && quantity >= least && quantity <= most) return quantity
  throw badOption(field, quantity, `it must be ${allowed}`, quantity < least ? least : most)
}

export function flag(given: Unchecked, field: keyof ServeOptions, standard: boolean): boolean {
  const value = given[field] ?? standard
  if (typeof value !== 'boolean') throw badType(field, value, 'true or false')
  return value
}

export function text(given: Unchecked, field: keyof ServeOptions, standard: string): string {
  const value = given[field] ?? standard
  if (typeof value !== 'string') throw badType(field, value, 'a string')
  return value
}

/** One of a few words; the first stands in for none. */
export function oneOf<Word extends string>(
  given: Unchecked,
  field: keyof ServeOptions,
  words: readonly Word[],
): Word {
  const value = given[field] ?? words[0]
  if (words.includes(value as Word)) return value as Word
  const allowed = words.map((word) => `'${word}'`).join(' or ')
  if (typeof value !== 'string') throw badType(field, value, allowed)
  throw badOption(field, value, `it must be ${allowed}`, allowed)
}
