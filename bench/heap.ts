/**
 * Readings of memory that compare like with like. RSS of a Node process moves with V8's young
 * generation: it doubles, up to some 100 MiB per thread, whenever enough objects survive, and
 * stays that large, so a cache of some MiB would drown in it. Before the first reading it is
 * therefore grown as far as it goes (`growYoungGeneration`), by strings that survive; each
 * reading follows a collection and a pause, for V8 gives pages back in the background.
 */
import { setTimeout } from 'node:timers/promises'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const SURVIVORS = 400_000
const MOST_ROUNDS = 40
const STEADY_ROUNDS = 3
const SETTLE_ROUNDS = 3
const SETTLE_MS = 50

setFlagsFromString('--expose-gc')
export const collectGarbage = runInNewContext('gc') as (of?: { type: 'minor' }) => void

/** The pages of new space: empty after a collection, but kept. */
export function youngBytes(): number {
  const space = getHeapSpaceStatistics().find((one) => one.space_name === 'new_space')
  return space?.physical_space_size ?? 0
}

/** Ends when the young generation has not grown for some rounds. */
export function growYoungGeneration(): void {
  let largest = 0
  let steady = 0
  for (let round = 0; round < MOST_ROUNDS && steady < STEADY_ROUNDS; round++) {
    const survivors: string[] = []
    for (let n = 0; n < SURVIVORS; n++) survivors.push(`survivor ${round} ${n}`)
    if (survivors.length !== SURVIVORS) throw new Error('survivors are gone')
    const now = youngBytes()
    steady = now > largest ? 0 : steady + 1
    largest = Math.max(largest, now)
  }
}

export async function settledRss(): Promise<number> {
  for (let round = 0; round < SETTLE_ROUNDS; round++) {
    collectGarbage()
    await setTimeout(SETTLE_MS)
  }
  return process.memoryUsage.rss()
}
