/**
 * A writer's scan: under one reading of the home word it looks for the staged key in all candidates
 * that this home ever used, and for the slot that a creation would take.
 *
 * The home word is the certificate: a creation of any key of this home changes it, so if it is
 * still the same when a creation is announced, the key is still absent. The first candidate with at
 * least two empty slots is taken, otherwise the one with most; only a key without any empty slot in
 * its four candidates must evict one of their entries.
 */
import * as atomics from '#atomics'
import * as limits from '../../native-layout/limits.ts'
import * as tableSlot from '../../native-layout/table-slot.ts'
import * as table from './table.ts'
import type { Lookup } from './table.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { openReads, peek } = atomics
const { CANDIDATES, ROOMY_EMPTIES, WAYS } = limits
const { BUCKET, BUCKET_SHIFT, depthOf, isEmpty } = tableSlot
const { ABSENT, candidate, findIn, secondOf, tagFor } = table

/** Looks for the staged key inside a bracket; the home word read first stays in `homeWord`. */
export function scan(view: MemoryView): Lookup {
  const digest = view.key.digest
  const second = secondOf(view)
  const tag = tagFor(second)
  for (let n = 0, last = 0; n <= last; n++) {
    const bucket = candidate(view, digest, second, n)
    const table = view.tables[bucket >>> view.tableShift]!
    const at = (bucket & view.tableMask) << BUCKET_SHIFT
    if (n === 0) {
      view.home = bucket
      view.homeWord = openReads(table, at + BUCKET.HOME)
      last = depthOf(view.homeWord)
    }
    const outcome = findIn(view, table, at, bucket, tag)
    if (outcome !== ABSENT) return outcome
  }
  return ABSENT
}

/** Chooses the slot for a creation; false when all slots of all candidates are taken. */
export function chooseEmpty(view: MemoryView): boolean {
  const digest = view.key.digest
  const second = secondOf(view)
  let most = 0
  for (let n = 0; n < CANDIDATES; n++) {
    const bucket = candidate(view, digest, second, n)
    const table = view.tables[bucket >>> view.tableShift]!
    const at = ((bucket & view.tableMask) << BUCKET_SHIFT) + BUCKET.A
    let empties = 0
    let way = -1
    let word = 0
    for (let i = 0; i < WAYS; i++) {
      const seen = peek(table, at + i)
      if (!isEmpty(seen)) continue
      empties++
      if (way < 0) {
        way = i
        word = seen
      }
    }
    if (empties > most) {
      most = empties
      view.emptySlot = (bucket << 4) | way
      view.emptyWord = word
      view.emptyDepth = n
    }
    if (empties >= ROOMY_EMPTIES) return true
  }
  return most > 0
}
