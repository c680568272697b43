/**
 * Giving an entry's chunks back: one that this row has unlinked, or a new one that nobody will
 * publish. Its continuations go first, one recorded at a time, so that a death leaves none of them
 * without an owner.
 */
import * as threadRow from '../../native-layout/thread-row.ts'
import type { WordIndex } from '../../native-layout/units.ts'
import * as magazine from './magazine.ts'
import * as row from './row.ts'
import * as views from './view.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { ROW } = threadRow
const { free, freeAt, nextOf } = magazine
const { field, record } = row
const { handleIn } = views

/**
 * Frees the continuations in a list of the row, one recorded at a time.
 * @param list ROW.OLD_CHAIN or ROW.NEW_CHAIN
 */
export function freeChain(view: MemoryView, list: number): void {
  for (let part = field(view, list); part !== 0; part = field(view, list)) {
    record(view, ROW.FREEING, part)
    record(view, list, nextOf(view, part))
    free(view, part)
    record(view, ROW.FREEING, 0)
  }
}

/** Frees the entry in OLD, which this row has unlinked, its continuations first. */
export function freeOld(view: MemoryView): void {
  freeChain(view, ROW.OLD_CHAIN)
  free(view, handleIn(view, field(view, ROW.OLD)))
}

/** The same of an entry whose place is known, and whether it has continuations. */
export function freeUnlinked(
  view: MemoryView,
  word: number,
  words: Int32Array,
  at: WordIndex,
  chain: number,
): void {
  if (chain !== 0) freeChain(view, ROW.OLD_CHAIN)
  freeAt(view, handleIn(view, word), words, at)
}

/** Gives the unpublished new entry of the row back: its continuations, then its first chunk. */
export function dropNew(view: MemoryView): void {
  const part = field(view, ROW.NEW_PART)
  if (part !== 0) {
    free(view, part)
    record(view, ROW.NEW_PART, 0)
  }
  freeChain(view, ROW.NEW_CHAIN)
  const fresh = field(view, ROW.NEW)
  if (fresh === 0) return
  free(view, handleIn(view, fresh))
  record(view, ROW.NEW, 0)
}
