/**
 * How many connections watch each kind of log lines: four counts of 8 bits in one word, so that one
 * addition changes all that a watcher counts for.
 */
const KIND_BITS = 4

/** The word to add for a watcher of these kinds (bits 1, 2, 4, 8). */
export function countsOf(kinds: number): number {
  let counts = 0
  for (let bit = 0; bit < KIND_BITS; bit++) if (kinds & (1 << bit)) counts += 1 << (8 * bit)
  return counts
}

/** The kinds that are counted. */
export function kindsIn(counts: number): number {
  let kinds = 0
  for (let bit = 0; bit < KIND_BITS; bit++) {
    if ((counts >>> (8 * bit)) & 0xff) kinds |= 1 << bit
  }
  return kinds
}
