/**
 * Size classes: which chunk sizes exist for a page size, and which class a size falls into.
 *
 *   32 40 48 ... 128 | each about 1/16 larger ... | about 1/8 larger ... page / 8 | page / 4, 2, 1
 *
 * Above the first steps a class is an even share of a page (page / n, rounded down to 8 bytes), so
 * a page's tail loses less than 8 bytes a chunk, and the growth stays at most 1.125. Where 8 bytes
 * are much of a step the share is rounded to the nearest 8: down, two steps would become one, and
 * the tail of a page of small chunks is short anyway. A handle names page and ordinal, so that a
 * chunk size may be any multiple of 8 (powers of two would waste a quarter).
 */
import { CHUNKS_PER_PAGE_MIN, MAX_CLASSES, MIN_CHUNK_BYTES } from './limits.ts'
import { check, type SizeClass } from './units.ts'

const STEP_BYTES = 8
const FINE_GROWTH = 1.0625
const COARSE_GROWTH = 1.125
const COARSE_FROM_BYTES = 4096
/** Shares of a page above the largest piece, for long keys only. */
const WIDE_SHARES = [4, 2, 1]
/** Shares of a page are rounded down above this size, to the nearest step up to it. */
const NEAREST_UP_TO_BYTES = 256

export interface SizeClasses {
  /** Chunk size of each class in bytes, rising. */
  readonly bytes: readonly number[]
  /** Class for a size in units of 8 bytes, rounded up: `bySize[(size + 7) >>> 3]`. */
  readonly bySize: Uint8Array
  /** The largest chunk that pieces of a value use, in bytes. */
  readonly largest: number
  /** The largest chunk of all: a page. For entries whose key alone is long. */
  readonly widest: number
}

/**
 * The classes of one page size.
 * @param pageBytes page size in bytes, a power of two
 */
export function sizeClasses(pageBytes: number): SizeClasses {
  const falling: number[] = []
  let count = CHUNKS_PER_PAGE_MIN
  let size = Math.floor(pageBytes / count / STEP_BYTES) * STEP_BYTES
  while (size >= MIN_CHUNK_BYTES) {
    falling.push(size)
    const growth = size > COARSE_FROM_BYTES ? COARSE_GROWTH : FINE_GROWTH
    count = Math.max(count + 1, Math.floor(count * growth))
    const round = size <= NEAREST_UP_TO_BYTES ? Math.round : Math.floor
    const share = round(pageBytes / count / STEP_BYTES) * STEP_BYTES
    if (share >= size - STEP_BYTES) {
      size -= STEP_BYTES
      count = Math.floor(pageBytes / size)
    } else {
      size = share
    }
  }
  const bytes = falling.reverse()
  const largest = bytes.at(-1)!
  for (const share of WIDE_SHARES)
    bytes.push(Math.floor(pageBytes / share / STEP_BYTES) * STEP_BYTES)
  check(bytes.length <= MAX_CLASSES, `${bytes.length} size classes for pages of ${pageBytes}`)
  const widest = bytes.at(-1)!
  const bySize = new Uint8Array(widest / STEP_BYTES + 1)
  let at = 0
  for (let units = 0; units < bySize.length; units++) {
    if (units * STEP_BYTES > bytes[at]!) at++
    bySize[units] = at
  }
  return { bytes, bySize, largest, widest }
}

/** The class whose chunks hold `bytes` (at most `classes.widest`). */
export function classFor(classes: SizeClasses, bytes: number): SizeClass {
  return classes.bySize[(bytes + STEP_BYTES - 1) >>> 3]!
}
