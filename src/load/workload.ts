/**
 * The bytes of the load: keys and values that tell what they are, so that every reply can be
 * checked without remembering what was sent.
 *
 *   key     `heddle:bench:key` and the id in 8 digits: 24 bytes
 *   value   byte 0        8         9        15        16           17       size - 1
 *                id, 8    space     size, 6  space     generation   filler   generation
 *                digits             digits             (a digit)             (same digit)
 *
 * The filler of a value is a piece of a repeated alphabet of 64 characters that starts at the
 * id's place in it, so that a piece of another key's value does not pass. A torn value has two
 * generations or a broken filler. The floor server (bench/floor) builds the same bytes.
 */
export const KEY_PREFIX = Buffer.from('heddle:bench:key', 'latin1')
export const ID_DIGITS = 8
export const KEY_BYTES = KEY_PREFIX.length + ID_DIGITS
export const SMALLEST_VALUE = 32
export const LARGEST_VALUE = 262_144
export const MOST_KEYS = 10_000_000
/** What a mix with expiry stores lives for so long: the shortest time that all protocols have. */
export const EXPIRING_SECONDS = 1
/** Ids from here on are never stored: what a miss-heavy load asks for. */
export const ABSENT_IDS_FROM = 50_000_000

const SIZE_DIGITS = 6
const SIZE_AT = 9
const GENERATION_AT = 16
const FILLER_AT = 17
const DIGIT_ZERO = 48
const SPACE = 32
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const ID_MASK = ALPHABET.length - 1
const FILLER = Buffer.alloc(LARGEST_VALUE + ALPHABET.length, ALPHABET, 'latin1')

/** Writes a number in a fixed count of decimal digits. */
export function writeDigits(into: Buffer, at: number, value: number, digits: number): number {
  let rest = value
  for (let i = at + digits - 1; i >= at; i--) {
    const tens = (rest / 10) | 0
    into[i] = DIGIT_ZERO + rest - tens * 10
    rest = tens
  }
  return at + digits
}

/** The number in a fixed count of digits, or -1 where one of them is none. */
export function readDigits(from: Buffer, at: number, digits: number): number {
  let value = 0
  for (let i = at; i < at + digits; i++) {
    const digit = from[i] - DIGIT_ZERO
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value
}

export function decimalWidth(value: number): number {
  let width = 1
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) width++
  return width
}

export function writeKey(into: Buffer, at: number, id: number): number {
  for (let i = 0; i < KEY_PREFIX.length; i++) into[at + i] = KEY_PREFIX[i]
  return writeDigits(into, at + KEY_PREFIX.length, id, ID_DIGITS)
}

export function isKey(from: Buffer, at: number, id: number): boolean {
  for (let i = 0; i < KEY_PREFIX.length; i++) if (from[at + i] !== KEY_PREFIX[i]) return false
  return readDigits(from, at + KEY_PREFIX.length, ID_DIGITS) === id
}

export function writeValue(
  into: Buffer,
  at: number,
  id: number,
  size: number,
  generation: number,
): number {
  writeDigits(into, at, id, ID_DIGITS)
  into[at + ID_DIGITS] = SPACE
  writeDigits(into, at + SIZE_AT, size, SIZE_DIGITS)
  into[at + SIZE_AT + SIZE_DIGITS] = SPACE
  into[at + GENERATION_AT] = DIGIT_ZERO + generation
  const phase = id & ID_MASK
  FILLER.copy(into, at + FILLER_AT, phase, phase + size - FILLER_AT - 1)
  into[at + size - 1] = DIGIT_ZERO + generation
  return at + size
}

/** True when the bytes are a whole value of this key: every byte is looked at. */
export function isValue(from: Buffer, at: number, id: number, size: number): boolean {
  const last = at + size - 1
  const generation = from[at + GENERATION_AT]
  if (readDigits(from, at, ID_DIGITS) !== id) return false
  if (from[at + ID_DIGITS] !== SPACE || from[at + SIZE_AT + SIZE_DIGITS] !== SPACE) return false
  if (readDigits(from, at + SIZE_AT, SIZE_DIGITS) !== size) return false
  if (!(generation >= DIGIT_ZERO && generation <= DIGIT_ZERO + 9)) return false
  if (from[last] !== generation) return false
  const phase = id & ID_MASK
  return FILLER.compare(from, at + FILLER_AT, last, phase, phase + size - FILLER_AT - 1) === 0
}

/** Value sizes: one size, or `low` to `high`, log-uniform, a fixed size for each key. */
export interface ValueSizes {
  readonly low: number
  readonly high: number
}

/** The value size of an id: (low * (high/low)^u), u a hash of the id from 0 to below 1. */
export function sizeOf(sizes: ValueSizes, id: number): number {
  if (sizes.low === sizes.high) return sizes.low
  let digest = Math.imul(id ^ (id >>> 16), 0x85ebca6b)
  digest = Math.imul(digest ^ (digest >>> 13), 0xc2b2ae35)
  const u = ((digest ^ (digest >>> 16)) >>> 0) / 2 ** 32
  return Math.floor(sizes.low * (sizes.high / sizes.low) ** u)
}

/** The sizes of all ids, looked up while the load runs; empty where there is one size. */
export function sizeTable(sizes: ValueSizes, keys: number): Uint32Array {
  if (sizes.low === sizes.high) return new Uint32Array(0)
  const table = new Uint32Array(keys)
  for (let id = 0; id < keys; id++) table[id] = sizeOf(sizes, id)
  return table
}
