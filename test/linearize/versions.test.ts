/**
 * What the checker makes of versions that nobody has seen, beside a model that takes for them every
 * number there might be: of each short sequence of calls both say the same.
 */
import { expect, test } from 'vitest'
import { alone, cas, gets, remove, set } from './build.ts'
import { checkHistory } from './check.ts'
import type { Operation } from './history.ts'
import { type Random, randomFrom } from './random-history.ts'

type Step = readonly [Operation, unknown?]

interface Entry {
  /** `undefined`: there is none. */
  readonly value: string | undefined
  readonly version: number
}

const SEQUENCES = 10_000
const LENGTH = 6
/** Versions that calls name; between two of them lie enough for all entries of a sequence. */
const MOST_NAMED = 3
const FINE = 1 / 8
const VERSIONS = Array.from({ length: (MOST_NAMED + 1) / FINE }, (_, at) => (at + 1) * FINE)

function randomStep(random: Random, serial: number): Step {
  const version = 1 + random(MOST_NAMED)
  const kind = random(12)
  if (kind < 2) return [set(`v${serial}`)]
  if (kind < 9) return [cas(`v${serial}`, version), random(3) === 0 ? 'stored' : 'exists']
  if (kind === 9) return [{ name: 'touch' }, true]
  if (kind === 10) return [remove, true]
  return [gets, { value: `v${random(Math.max(1, serial))}`, version }]
}

/** Whether some choice of versions, larger for each entry than for the one before, explains all. */
function isPossible(steps: readonly Step[]): boolean {
  let entries: Entry[] = [{ value: undefined, version: 0 }]
  for (const step of steps) {
    const after = new Map<string, Entry>()
    for (const entry of entries.flatMap((one) => entriesAfter(one, step))) {
      after.set(`${entry.value} ${entry.version}`, entry)
    }
    entries = [...after.values()]
  }
  return entries.length > 0
}

function entriesAfter(entry: Entry, [operation, result]: Step): Entry[] {
  if (operation.name === 'set') return written(entry, operation.value as string)
  if (entry.value === undefined) return []
  if (operation.name === 'delete') return [{ ...entry, value: undefined }]
  if (operation.name === 'gets') {
    const { value, version } = result as Entry
    return entry.value === value && entry.version === version ? [entry] : []
  }
  if (operation.name !== 'cas') return [entry]
  if ((result === 'stored') !== (entry.version === operation.version)) return []
  return result === 'stored' ? written(entry, operation.value as string) : [entry]
}

function written({ version: before }: Entry, value: string): Entry[] {
  return VERSIONS.filter((version) => version > before).map((version) => ({ value, version }))
}

test('of each sequence it says what a model says that tries all versions', () => {
  let possible = 0
  for (let seed = 1; seed <= SEQUENCES; seed++) {
    const random = randomFrom(seed)
    const steps = Array.from({ length: LENGTH }, (_, at) => {
      return at === 0 ? ([set('v0')] as const) : randomStep(random, at)
    })
    const expected = isPossible(steps)
    const { calls } = alone(`seed ${seed}`, steps)
    expect({ seed, steps, ok: checkHistory(calls).ok }).toEqual({ seed, steps, ok: expected })
    possible += Number(expected)
  }
  expect(possible).toBeGreaterThan(SEQUENCES / 20)
  expect(possible).toBeLessThan((SEQUENCES * 19) / 20)
})
