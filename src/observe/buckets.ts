/**
 * Log-linear buckets: from a duration to the number of its bucket, and back to that bucket's
 * bounds.
 *
 * The unit is 32 ns. Up to 16 units each bucket is one unit wide; from there each power of two is
 * cut into 8 buckets of equal width, so a bucket is at most an eighth of its lower bound wide, and
 * its middle is wrong by 6 % at most. The last bucket begins at 60 s and has no end.
 *
 *   units   0 1 2 ... 15 | 16 18 20 ... 30 | 32 36 ... 60 | ... | 2^30 ...
 *   bucket  0 1 2 ... 15 | 16 17 18 ... 23 | 24 25 ... 31 | ... | ...  231
 *
 * A table of bounds and a search would fit any bounds; this is one count of leading zeros, and
 * every process has the same buckets, so that histograms add up.
 */

export const UNIT_NS = 32
const LINEAR = 16
const PER_OCTAVE = 8
const LINEAR_BITS = 4
const OCTAVE_BITS = 3
const MOST_UNITS = 2 ** 31 - 1
const OCTAVES = 27
export const BUCKETS: number = LINEAR + OCTAVES * PER_OCTAVE

/** The bucket of a duration in nanoseconds; what is negative counts as 0. */
export function bucketOf(ns: number): number {
  const units = ns >= MOST_UNITS * UNIT_NS ? MOST_UNITS : ns > 0 ? (ns / UNIT_NS) | 0 : 0
  if (units < LINEAR) return units
  const exponent = 31 - Math.clz32(units)
  const within = (units >>> (exponent - OCTAVE_BITS)) & (PER_OCTAVE - 1)
  return LINEAR + (exponent - LINEAR_BITS) * PER_OCTAVE + within
}

/** Where a bucket begins, in nanoseconds; it ends where the next one begins. */
export function beginOf(bucket: number): number {
  if (bucket < LINEAR) return bucket * UNIT_NS
  const octave = Math.floor((bucket - LINEAR) / PER_OCTAVE)
  const within = (bucket - LINEAR) % PER_OCTAVE
  return (PER_OCTAVE + within) * 2 ** (octave + LINEAR_BITS - OCTAVE_BITS) * UNIT_NS
}

/** The duration below which a share of all counted ones lie, in ns: the middle of its bucket. */
export function quantileOf(counts: ArrayLike<number>, share: number): number {
  let all = 0
  for (let bucket = 0; bucket < BUCKETS; bucket++) all += counts[bucket]!
  if (all === 0) return 0
  let left = share * all
  for (let bucket = 0; bucket < BUCKETS - 1; bucket++) {
    left -= counts[bucket]!
    if (left <= 0 && counts[bucket]! > 0) return (beginOf(bucket) + beginOf(bucket + 1)) / 2
  }
  return beginOf(BUCKETS - 1)
}
