/** An entry, words of meta commands and numbers in values, for map-cache.ts. */
const MASK_64 = 2n ** 64n - 1n

export interface Entry {
  readonly value: string
  readonly flags: number
  /** Absolute ms; 0: never. */
  readonly expiry: number
  /** A number, or `#n`. */
  readonly cas: string
  readonly isStale: boolean
  readonly isWon: boolean
}

/** The token of a flag; undefined without the flag. */
export function tokenOf(flags: readonly string[], letter: string): string | undefined {
  const flag = flags.find((of) => of[0] === letter)
  return flag === undefined || flag.length < 2 ? undefined : flag.slice(1)
}

/** The token of the last of some flags. */
export function lastOf(flags: readonly string[], letters: string): string | undefined {
  return flags.findLast((flag) => letters.includes(flag[0]!))?.slice(1)
}

/** What every meta reply gives back. */
export function echoes(key: string, flags: readonly string[]): string {
  const shown = flags.map((flag) => (flag === 'k' ? ` k${key}` : flag[0] === 'O' ? ` ${flag}` : ''))
  return shown.join('')
}

/** The new number, or undefined when the old value is none. */
export function counted(value: string, by: bigint, isDown: boolean): string | undefined {
  const digits = /^[ \t-\r]*\+?(\d+)(?:[ \t-\r]|$)/.exec(value)?.[1]
  if (digits === undefined || BigInt(digits) > MASK_64) return undefined
  const before = BigInt(digits)
  const after = isDown ? (before > by ? before - by : 0n) : (before + by) & MASK_64
  return after.toString()
}

/**
 * Whether a CAS is smaller than another one: those that the server chose grow, and those that tests
 * choose are larger than all of them.
 */
export function isOlder(wanted: string, now: string): boolean {
  const isChosen = [wanted, now].map((cas) => cas[0] !== '#')
  if (wanted === '0' || (isChosen[0] && !isChosen[1])) return false
  if (isChosen[0] !== isChosen[1]) return true
  const [left, right] = [wanted, now].map((cas) => BigInt(cas.replace('#', '')))
  return left! < right!
}
