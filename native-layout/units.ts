/**
 * Units and the two helpers of this folder: the names of the numbers that cross files, the check
 * that runs at load, and the running cursor that turns a list of fields into offsets.
 *
 * All offsets inside a segment are counted in 32-bit words unless a name says bytes. The aliases
 * are documentation: they cost nothing at run time and say which number a function expects.
 */

/** Index of a 32-bit word inside one segment. */
export type WordIndex = number
/** Page number and ordinal of a chunk in its page; 0 names no chunk. */
export type ChunkHandle = number
/** A slot word A: live, empty or reserved (see table-slot.ts). */
export type SlotWord = number
/** Bucket number times 16 plus way: names one slot of the table. */
export type SlotIndex = number
/** Number of a data page, from 1. */
export type PageNumber = number
/** Index of a size class, from 0 (smallest chunks). */
export type SizeClass = number
/** Number of a thread's row, from 0. */
export type RowNumber = number

export const WORD_BYTES = 4
export const KIB = 1024
export const MIB = 1024 * KIB
export const GIB = 1024 * MIB

/** Throws when a layout rule does not hold: a wrong layout must not start. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`heddle layout: ${what}`)
}

/** Widths in words, in the order of memory: `[name, words]`. */
export type Fields = readonly (readonly [name: string, words: number])[]

/**
 * Lays fields one after the other from word 0 and returns each one's offset.
 * @param fields name and width in words, in the order of memory
 * @param words the width of the whole, when it must be exact (the fields tile it)
 */
export function tile<const F extends Fields>(
  fields: F,
  words?: number,
): Readonly<Record<F[number][0], number>> & { readonly WORDS: number } {
  const offsets: Record<string, number> = {}
  let cursor = 0
  for (const [name, width] of fields) {
    check(!(name in offsets), `field ${name} is laid out twice`)
    check(Number.isInteger(width) && width > 0, `field ${name} is ${width} words wide`)
    offsets[name] = cursor
    cursor += width
  }
  check(words === undefined || cursor === words, `fields take ${cursor} words of ${words}`)
  offsets['WORDS'] = cursor
  // The copy of an object that was built key by key is one whose fields V8 folds into code.
  return { ...offsets } as Readonly<Record<F[number][0], number>> & { readonly WORDS: number }
}

/** Smallest power of two that is at least `n`. */
export function powerOfTwoAtLeast(n: number): number {
  let p = 1
  while (p < n) p *= 2
  return p
}

/** Largest power of two that is at most `n` (n >= 1). */
export function powerOfTwoAtMost(n: number): number {
  let p = 1
  while (p * 2 <= n) p *= 2
  return p
}

/** Bits needed to tell `n` values apart. */
export function bitsFor(n: number): number {
  let bits = 0
  while (2 ** bits < n) bits++
  return bits
}
