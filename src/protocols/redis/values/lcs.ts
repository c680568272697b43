/**
 * The longest common subsequence of two strings, found as Redis finds it: of several equally long
 * ones the same, and with the same ranges, from the end to the beginning.
 */

/** One run that both strings have: positions of its first and last byte in each. */
export interface CommonRange {
  readonly firstInA: number
  readonly lastInA: number
  readonly firstInB: number
  readonly lastInB: number
}

export interface CommonSubsequence {
  readonly length: number
  readonly bytes: Uint8Array
  readonly ranges: readonly CommonRange[]
}

/** Pairs of bytes that a comparison looks at: what it takes in time, and twice in bytes. */
export function pairsOf(a: Uint8Array, b: Uint8Array): number {
  return (a.length + 1) * (b.length + 1)
}

/**
 * Lengths for all pairs of beginnings: row i, column j for the first i and j bytes. 16 bits are
 * enough: what has more than that in common has too many pairs.
 */
function lengthTable(a: Uint8Array, b: Uint8Array): Uint16Array {
  const stride = b.length + 1
  const table = new Uint16Array((a.length + 1) * stride)
  for (let i = 1; i <= a.length; i++) {
    const byte = a[i - 1]!
    const row = i * stride
    const above = row - stride
    for (let j = 1; j <= b.length; j++) {
      if (byte === b[j - 1]) table[row + j] = table[above + j - 1]! + 1
      else table[row + j] = Math.max(table[above + j]!, table[row + j - 1]!)
    }
  }
  return table
}

/** The length alone: one row at a time is enough for it. */
export function commonLength(a: Uint8Array, b: Uint8Array): number {
  const row = new Uint32Array(b.length + 1)
  for (const byte of a) {
    let diagonal = 0
    for (let j = 1; j <= b.length; j++) {
      const above = row[j]!
      row[j] = byte === b[j - 1] ? diagonal + 1 : Math.max(above, row[j - 1]!)
      diagonal = above
    }
  }
  return row[b.length]!
}

export function longestCommon(a: Uint8Array, b: Uint8Array): CommonSubsequence {
  const table = lengthTable(a, b)
  const stride = b.length + 1
  const length = table.at(-1)!
  const bytes = new Uint8Array(length)
  const ranges: CommonRange[] = []
  let left = length
  let i = a.length
  let j = b.length
  /** Where the run that is being collected ends in both; -1: none is. */
  let lastInA = -1
  let lastInB = -1
  const endRun = (): void => {
    if (lastInA >= 0) ranges.push({ firstInA: i, lastInA, firstInB: j, lastInB })
    lastInA = -1
  }
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      bytes[--left] = a[i - 1]!
      if (lastInA < 0) {
        lastInA = i - 1
        lastInB = j - 1
      }
      i--
      j--
      if (i === 0 || j === 0) endRun()
      continue
    }
    endRun()
    if (table[(i - 1) * stride + j]! > table[i * stride + j - 1]!) i--
    else j--
  }
  return { length, bytes, ranges }
}
