/** The statistics of an engine: one padded row of counters per thread, summed when asked. */
import { CONTROL } from '../../native-layout/control-block.ts'
import { load } from '#atomics'
import { WAYS } from '../../native-layout/limits.ts'
import { BUCKET_BYTES } from '../../native-layout/table-slot.ts'
import { lessees } from '../memory/lease.ts'
import { isFree } from '../memory/page-claim.ts'
import { linkedBytes, linkedEntries, total } from '../memory/row.ts'
import type { MemoryView } from '../memory/view.ts'
import type { Session } from './session.ts'

/** What `stats()` returns. Counts since the engine was created; sizes now, in bytes. */
export interface EngineStats {
  readonly hits: number
  readonly misses: number
  /** hits / (hits + misses), 0 before the first read. */
  readonly hitRatio: number
  readonly sets: number
  readonly deletes: number
  /**
   * Entries unlinked before their time: for memory, for a slot, for `maxEntries`, for a page move.
   */
  readonly evictions: { memory: number; slots: number; entries: number; pages: number }
  /** Entries freed because their time was over, and because they had been flushed. */
  readonly expirations: number
  readonly flushedEntries: number
  readonly flushes: number
  /** Linked entries, expired and flushed ones that were not met yet included. */
  readonly entries: number
  /** Bytes of those entries: headers, keys and values. */
  readonly bytes: number
  /** The budget, and how much of it is cut into chunks, free pages, table. */
  readonly memory: {
    budget: number
    pages: number
    pageBytes: number
    freePages: number
    table: number
  }
  /** Slots of the table; above 85 % of them the first creations evict for want of a slot. */
  readonly slots: number
  readonly casRetries: number
  /** Operations that gave up after losing too many races. */
  readonly contended: number
  /** Creations of other threads that were finished on the way. */
  readonly helps: number
  /** Writes refused with eviction 'none': for memory, for a slot. */
  readonly refused: { memory: number; slots: number }
  /** Pages that changed their size class, entries copied for it. */
  readonly pagesMoved: number
  readonly entriesMoved: number
  /** Threads attached now; dead threads whose work was finished or undone. */
  readonly threads: number
  readonly recoveries: number
}

export function readStats(session: Session): EngineStats {
  const { view } = session
  const hits = total(view, 'hits')
  const misses = total(view, 'misses')
  return {
    hits,
    misses,
    hitRatio: hits + misses === 0 ? 0 : hits / (hits + misses),
    sets: total(view, 'sets'),
    deletes: total(view, 'deletes'),
    evictions: {
      memory: total(view, 'evictedForMemory'),
      slots: total(view, 'evictedForSlots'),
      entries: total(view, 'evictedForEntries'),
      pages: total(view, 'evictedForPages'),
    },
    expirations: total(view, 'expired'),
    flushedEntries: total(view, 'flushedEntries'),
    flushes: total(view, 'flushes'),
    entries: linkedEntries(view),
    bytes: linkedBytes(view),
    memory: {
      budget: view.plan.memoryBytes,
      pages: view.plan.pages,
      pageBytes: view.plan.pageBytes,
      freePages: freePages(view),
      table: view.buckets * BUCKET_BYTES,
    },
    slots: view.buckets * WAYS,
    casRetries: total(view, 'casRetries'),
    contended: total(view, 'contended'),
    helps: total(view, 'helps'),
    refused: { memory: total(view, 'refusedForMemory'), slots: total(view, 'refusedForSlots') },
    pagesMoved: total(view, 'pagesMoved'),
    entriesMoved: total(view, 'entriesMoved'),
    threads: lessees(view).length,
    recoveries: total(view, 'recoveries'),
  }
}

function freePages(view: MemoryView): number {
  let free = 0
  for (let page = load(view.control, CONTROL.FRESH) || 1; page <= view.plan.pages; page++) {
    if (isFree(view, page)) free++
  }
  return free
}
