/**
 * Where the bytes of an entry go, by the constants of native-layout: what a process's RSS growth
 * is made of.
 *
 *   key, value   the user's own bytes
 *   header       the words in front of the key
 *   rounding     key padded to a word, entry rounded up to its size class
 *   page ends    what is left over at the end of each page, and the free chunks of the last one
 *   table        all buckets: slots for every planned entry, used or not
 *   control      control block, page descriptors, thread rows
 *   young        growth of the young generation of the process's heap
 *   rest         RSS growth minus all of these: heap, code, malloc; minus untouched control pages
 */
import { HEADER } from '../../native-layout/entry-header.ts'
import { planShapes } from '../../native-layout/region-map.ts'
import type { Plan } from '../../native-layout/region-map.ts'
import { classFor } from '../../native-layout/size-classes.ts'
import { BUCKET_BYTES } from '../../native-layout/table-slot.ts'
import { WAYS } from '../../native-layout/limits.ts'

export interface EntryShape {
  readonly entries: number
  readonly keyBytes: number
  readonly valueBytes: number
}

/** Bytes per entry, except where a name says otherwise. */
export interface Arithmetic {
  readonly header: number
  readonly rounding: number
  readonly pageEnds: number
  readonly table: number
  readonly control: number
  readonly young: number
  readonly rest: number
  readonly chunkBytes: number
  readonly slots: number
  readonly pagesUsed: number
  readonly pages: number
}

const WORD_BYTES = 4

export function accountFor(
  plan: Plan,
  shape: EntryShape,
  rssGrowth: number,
  youngGrowth: number,
): Arithmetic {
  const { entries, keyBytes, valueBytes } = shape
  const { classes } = planShapes(plan)
  const headerBytes = HEADER.WORDS * WORD_BYTES
  const chunkBytes = classes.bytes[classFor(classes, entryBytes(shape))] as number
  const chunksPerPage = Math.floor(plan.pageBytes / chunkBytes)
  const pagesUsed = Math.ceil(entries / chunksPerPage)
  const header = headerBytes
  const rounding = chunkBytes - headerBytes - keyBytes - valueBytes
  const pageEnds = (pagesUsed * plan.pageBytes) / entries - chunkBytes
  const table = (plan.buckets * BUCKET_BYTES) / entries
  const control = (plan.segments[0] as number) / entries
  const young = youngGrowth / entries
  const known = keyBytes + valueBytes + header + rounding + pageEnds + table + control + young
  return {
    header,
    rounding,
    pageEnds,
    table,
    control,
    young,
    rest: rssGrowth / entries - known,
    chunkBytes,
    slots: plan.buckets * WAYS,
    pagesUsed,
    pages: plan.pages,
  }
}

function entryBytes(shape: EntryShape): number {
  const paddedKey = Math.ceil(shape.keyBytes / WORD_BYTES) * WORD_BYTES
  return HEADER.WORDS * WORD_BYTES + paddedKey + shape.valueBytes
}
