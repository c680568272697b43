/**
 * Keys, values and the order in which they are asked for: the same bytes for every subject of a
 * comparison.
 *
 *   key    a prefix and seven digits: `user:1000042` (12 bytes, short) or
 *          `tenant:4:session:1000042` (24 bytes, long)
 *   value  32 bytes: the id in eight digits, the generation in one, then fixed text
 *
 * Ids below `keys` are stored; MISS_ID and NEW_ID ranges never are (NEW ids only for the length
 * of one batch). Seven digits throughout keep all keys of a shape equally long, for up to
 * 4,000,000 keys and 15 threads.
 */
export type KeyShape = 'short' | 'long'

export const KEY_PREFIX: Readonly<Record<KeyShape, string>> = {
  short: 'user:',
  long: 'tenant:4:session:',
}
export const KEY_BYTES: Readonly<Record<KeyShape, number>> = { short: 12, long: 24 }
export const VALUE_BYTES = 32

const ID_BASE = 1_000_000
export const MOST_KEYS = 4_000_000
const MISS_IDS = 1_000_000
const NEW_ID_START = 5_000_000
export const NEW_IDS_PER_THREAD = 200_000

/** The character of a value that tells its id's last digit: what each timed read looks at. */
export const LAST_DIGIT_AT = 7
const GENERATION_AT = 8
const VALUE_TAIL = ' some thirty-two bytes.'
const SCRATCH = Buffer.alloc(VALUE_BYTES)

/** Builds the key anew, as a program does that takes an id out of a request. */
export function keyOf(prefix: string, id: number): string {
  return prefix + (ID_BASE + id)
}

export function missId(keys: number, id: number): number {
  return keys + (id % MISS_IDS)
}

export function newId(threadIndex: number, ordinal: number): number {
  return NEW_ID_START + threadIndex * NEW_IDS_PER_THREAD + (ordinal % NEW_IDS_PER_THREAD)
}

/** A flat string of its own, as one that was read from a socket or a file. */
export function valueFor(id: number, generation: number): string {
  SCRATCH.write(String(id).padStart(GENERATION_AT, '0') + generation + VALUE_TAIL, 0, 'latin1')
  return SCRATCH.toString('latin1', 0, VALUE_BYTES)
}

/** A small seeded generator of 32-bit numbers (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

/** `count` ids drawn uniformly from the stored ones. */
export function randomIds(seed: number, count: number, keys: number): Uint32Array {
  const next = randomNumbers(seed)
  const ids = new Uint32Array(count)
  for (let i = 0; i < count; i++) ids[i] = next() % keys
  return ids
}
