/**
 * Where the bytes of an entry go, by the constants of native-layout: what a process's RSS growth
 * is made of.
 *
 *   key, value   the user's own bytes
 *   header       the words in front of the key
 *   rounding     key padded to a word, entry rounded up to its size class
 *   page ends    what is left over at the end of each page, and the free chunks of the last ones
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
import { type Contents, sizeFor } from './contents.ts'

/** Bytes per entry, except where a name says otherwise. */
export interface Arithmetic {
  readonly header: number
  readonly rounding: number
  readonly pageEnds: number
  readonly table: number
  readonly control: number
  readonly young: number
  readonly rest: number
  readonly slots: number
  readonly pagesUsed: number
  readonly pages: number
}

const WORD_BYTES = 4

export function accountFor(
  plan: Plan,
  contents: Contents,
  rssGrowth: number,
  youngGrowth: number,
): Arithmetic {
  const { entries, keyBytes } = contents
  const { classes } = planShapes(plan)
  const header = HEADER.WORDS * WORD_BYTES
  const before = header + Math.ceil(keyBytes / WORD_BYTES) * WORD_BYTES
  const chunks = new Float64Array(classes.bytes.length)
  let payload = entries * keyBytes
  let inChunks = 0
  for (let id = 0; id < entries; id++) {
    const size = sizeFor(contents, id)
    const sizeClass = classFor(classes, before + size)
    chunks[sizeClass]!++
    payload += size
    inChunks += classes.bytes[sizeClass]!
  }
  let pagesUsed = 0
  for (const [sizeClass, count] of chunks.entries()) {
    pagesUsed += Math.ceil(count / Math.floor(plan.pageBytes / classes.bytes[sizeClass]!))
  }
  const rounding = (inChunks - payload) / entries - header
  const pageEnds = (pagesUsed * plan.pageBytes - inChunks) / entries
  const table = (plan.buckets * BUCKET_BYTES) / entries
  const control = (plan.segments[0] as number) / entries
  const young = youngGrowth / entries
  const known = payload / entries + header + rounding + pageEnds + table + control + young
  const rest = rssGrowth / entries - known
  const slots = plan.buckets * WAYS
  return {
    ...{ header, rounding, pageEnds, table, control, young, rest },
    ...{ slots, pagesUsed, pages: plan.pages },
  }
}
