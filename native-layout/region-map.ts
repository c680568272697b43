/**
 * The region map: how the budget is divided, and in which segment each part lies.
 *
 *   segment 0      control block | classes | version stripes | content types | namespaces |
 *                  shapes | page descriptors | rows | mutation rings
 *   table          buckets of 128 bytes, as many segments as needed, a power of two each
 *   data           pages, as many segments as needed, a power of two each
 *   eviction       what the policy keeps beside the table, if anything: eviction-state.ts
 *
 * Everything is inside `memory`: the table is sized for the expected number of entries, the pages
 * take what is left. A plan is plain data: it travels in the handle, and every thread derives the
 * same offsets from it.
 */
import {
  LEAD_BYTES,
  MAX_PAGE_BYTES,
  MIN_CHUNK_BYTES,
  MIN_PAGE_BYTES,
  PLANNED_LOAD,
  WAYS,
} from './limits.ts'
import { BUCKET_BYTES } from './table-slot.ts'
import { SPACES_AT, SPACE } from './control-block.ts'
import { evictionLayout, type EvictionLayout, type EvictionName } from './eviction-state.ts'
import { PAGE } from './page.ts'
import { rowLayout, type RowLayout } from './thread-row.ts'
import { sizeClasses, type SizeClasses } from './size-classes.ts'
import { bitsFor, check, powerOfTwoAtMost, WORD_BYTES } from './units.ts'

/** What a plan is made from; all sizes in bytes. */
export interface PlanRequest {
  readonly memoryBytes: number
  readonly maxThreads: number
  readonly maxNamespaces: number
  /** 0: derived from the budget and EXPECTED_ENTRY_BYTES. */
  readonly expectedEntries: number
  readonly feedBytes: number
  readonly segmentBytes: number
  readonly eviction: EvictionName
}

/** The numbers every thread needs to find its way. */
export interface Plan extends PlanRequest {
  readonly pageBytes: number
  readonly pages: number
  readonly buckets: number
  readonly ordinalBits: number
  readonly versionBits: number
  readonly shapesAt: number
  readonly pagesAt: number
  readonly rowsAt: number
  readonly ringsAt: number
  /** Words of one row's mutation ring; 0 without a feed. */
  readonly ringWords: number
  /** Bytes of each segment: control first, then the table's, the data's, the policy's. */
  readonly segments: readonly number[]
  readonly tableSegments: number
  readonly evictionSegments: number
  readonly evictionState: EvictionLayout
}

/** The size of entry (with its header) that the table is planned for when nothing is said. */
export const EXPECTED_ENTRY_BYTES = 160
const MIN_PAGES = 32
const MIN_BUCKETS = 8
const PAGES_IN_A_SMALL_CACHE = 512

/** Page size for a budget: about 512 pages in a small cache, at most 65,535 in a large one. */
export function pageBytesFor(memoryBytes: number, segmentBytes: number): number {
  const wished = powerOfTwoAtMost(memoryBytes / PAGES_IN_A_SMALL_CACHE)
  return Math.min(Math.max(wished, MIN_PAGE_BYTES), MAX_PAGE_BYTES, segmentBytes)
}

/** Divides the budget. Throws when the parts that do not hold entries leave too little. */
export function makePlan(request: PlanRequest): Plan {
  const { memoryBytes, maxThreads, maxNamespaces, segmentBytes } = request
  const pageBytes = pageBytesFor(memoryBytes, segmentBytes)
  const classes = sizeClasses(pageBytes)
  const row = rowLayout(classes.bytes.length, maxNamespaces)
  const ringWords = Math.floor(request.feedBytes / maxThreads / 64) * 16
  const perPage = pageBytes + (PAGE.WORDS + 1) * WORD_BYTES
  const fixed = SPACES_AT + SPACE.WORDS * (maxNamespaces + 1) + (row.words + ringWords) * maxThreads
  const leads = (Math.ceil(memoryBytes / segmentBytes) + 2) * LEAD_BYTES
  const left = memoryBytes - (fixed + 64) * WORD_BYTES - leads
  const perSlot = BUCKET_BYTES / WAYS / PLANNED_LOAD
  const expected = request.expectedEntries || left / (EXPECTED_ENTRY_BYTES + perSlot)
  const buckets = Math.max(MIN_BUCKETS, Math.ceil(expected / (WAYS * PLANNED_LOAD)))
  const evictionState = evictionLayout(request.eviction, buckets)
  const beside = buckets * BUCKET_BYTES + evictionState.words * WORD_BYTES
  const pages = Math.floor((left - beside) / perPage)
  if (pages < MIN_PAGES) throw new PlanError(pages, beside, fixed * WORD_BYTES)
  const ordinalBits = bitsFor(pageBytes / MIN_CHUNK_BYTES)
  const versionBits = 31 - ordinalBits - bitsFor(pages + 1)
  check(versionBits >= 0, `${pages} pages of ${pageBytes} bytes do not fit a handle`)
  const shapesAt = SPACES_AT + SPACE.WORDS * (maxNamespaces + 1)
  const pagesAt = roundToLine(shapesAt + pages + 1)
  const rowsAt = roundToLine(pagesAt + PAGE.WORDS * (pages + 1))
  const ringsAt = rowsAt + row.words * maxThreads
  const control = (ringsAt + ringWords * maxThreads) * WORD_BYTES
  const table = segmentSizes(buckets * BUCKET_BYTES, segmentBytes)
  const data = segmentSizes(pages * pageBytes, segmentBytes)
  const eviction = segmentSizes(evictionState.words * WORD_BYTES, segmentBytes)
  return {
    ...request,
    pageBytes,
    pages,
    buckets,
    ordinalBits,
    versionBits,
    shapesAt,
    pagesAt,
    rowsAt,
    ringsAt,
    ringWords,
    segments: [control, ...table, ...data, ...eviction],
    tableSegments: table.length,
    evictionSegments: eviction.length,
    evictionState,
  }
}

/** Sizes and row layout that follow from a plan. */
export function planShapes(plan: Plan): { classes: SizeClasses; row: RowLayout } {
  const classes = sizeClasses(plan.pageBytes)
  return { classes, row: rowLayout(classes.bytes.length, plan.maxNamespaces) }
}

/** Thrown when the budget leaves fewer than MIN_PAGES pages for entries. */
export class PlanError extends Error {
  readonly tableBytes: number
  readonly rowBytes: number
  constructor(pages: number, tableBytes: number, fixedBytes: number) {
    super(
      `table (${tableBytes} bytes) and rows (${fixedBytes} bytes) leave ` +
        `${Math.max(0, pages)} pages for entries, fewer than ${MIN_PAGES}`,
    )
    this.tableBytes = tableBytes
    this.rowBytes = fixedBytes
  }
}

function roundToLine(words: number): number {
  return Math.ceil(words / 16) * 16
}

function segmentSizes(bytes: number, segmentBytes: number): number[] {
  const sizes: number[] = []
  for (let left = bytes; left > 0; left -= segmentBytes) sizes.push(Math.min(left, segmentBytes))
  return sizes
}
