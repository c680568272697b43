/**
 * Sizes as people write them: a number of bytes, or text such as '256mb'.
 *
 * Units are b, kb, mb and gb in any case and count by 1024, as in memcached's and Redis' options. A
 * fraction is fine if whole bytes come of it ('1.5kb'). Everything else is refused with the field's
 * name: a size that is silently read as another one is found in production only.
 */
import { badOption, badType } from './errors.ts'

export const KIB = 1024
export const MIB: number = 1024 * KIB
export const GIB: number = 1024 * MIB

const UNIT_BYTES: Readonly<Record<string, number>> = { b: 1, kb: KIB, mb: MIB, gb: GIB }
const SIZE_PATTERN = /^([0-9]+(?:\.[0-9]+)?) ?(b|kb|mb|gb)$/i
const EXPECTED = "a number of bytes, or text such as '256mb' (b, kb, mb, gb, counted by 1024)"

/** The longest text that can be a size; longer ones are not even looked at. */
const MAX_SIZE_TEXT = 32

/**
 * Bytes of a size option.
 *
 * @param field - the option's name, for the error
 * @param size - a whole number of bytes, or text with a unit
 * @returns a whole number of bytes, 0 or more
 * @throws HeddleError HEDDLE_BAD_TYPE, HEDDLE_BAD_OPTION
 */
export function parseSize(field: string, size: unknown): number {
  if (typeof size === 'number') {
    if (!Number.isSafeInteger(size) || size < 0)
      throw badOption(field, size, `it must be ${EXPECTED}`)
    return size
  }
  if (typeof size !== 'string') throw badType(field, size, EXPECTED)
  const parts = size.length <= MAX_SIZE_TEXT ? SIZE_PATTERN.exec(size.trim()) : null
  if (parts === null) throw badOption(field, size, `it must be ${EXPECTED}`)
  const [, amount = '', unit = ''] = parts
  const bytes = Number(amount) * (UNIT_BYTES[unit.toLowerCase()] ?? 0)
  if (!Number.isSafeInteger(bytes))
    throw badOption(field, size, 'it is not a whole number of bytes')
  return bytes
}

/** Bytes as people read them: '256mb', '1.5kb'; exact, parseSize gives the same number back. */
export function formatSize(bytes: number): string {
  for (const [unit, unitBytes] of [
    ['gb', GIB],
    ['mb', MIB],
    ['kb', KIB],
  ] as const) {
    const amount = bytes / unitBytes
    if (amount >= 1 && Number.isInteger(amount * 4)) return `${amount}${unit}`
  }
  return `${bytes}b`
}
