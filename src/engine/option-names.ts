/**
 * Did-you-mean for option names: what a name was probably meant to be.
 *
 * First the words that other caches use for the same thing, then the option at the smallest edit
 * distance, if that is small against the length of the name. No guess is better than a wild one.
 */

/** Names from lru-cache, node-cache, keyv, memcached and Redis, and what they are called here. */
const FOREIGN_NAMES: Readonly<Record<string, string>> = {
  max: 'maxEntries',
  maxkeys: 'maxEntries',
  capacity: 'maxEntries',
  size: 'memory',
  maxsize: 'memory',
  maxbytes: 'memory',
  maxmemory: 'memory',
  maxage: 'ttl',
  maxentrysize: 'maxItemSize',
  maxvaluesize: 'maxItemSize',
  stdttl: 'ttl',
  ttlms: 'ttl',
  policy: 'eviction',
  maxmemorypolicy: 'eviction',
  serializer: 'codec',
  serialization: 'codec',
  threads: 'maxThreads',
  workers: 'maxThreads',
  namespaces: 'maxNamespaces',
  feed: 'feedBytes',
}

const MAX_GUESSED_NAME = 40

/** The known name that `name` was probably meant to be, or undefined. */
export function closestOption(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_GUESSED_NAME) return undefined
  const plain = plainName(name)
  const foreign = Object.hasOwn(FOREIGN_NAMES, plain) ? FOREIGN_NAMES[plain] : undefined
  if (foreign !== undefined && known.includes(foreign)) return foreign
  let closest: string | undefined
  let least = Math.max(1, Math.floor(plain.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(plain, plainName(candidate))
    if (distance < least) {
      least = distance
      closest = candidate
    }
  }
  return closest
}

function plainName(name: string): string {
  return name.replaceAll(/[-_ ]/g, '').toLowerCase()
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn one word into another. */
function editDistance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = from[i - 1] === to[j - 1] ? 0 : 1
      let least = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + change)
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (isSwap) least = Math.min(least, rows[i - 2][j - 2] + 1)
      row.push(least)
    }
    rows.push(row)
  }
  return rows[from.length][to.length]
}
