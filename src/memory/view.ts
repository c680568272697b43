/**
 * A thread's view of the shared memory: typed arrays over every segment, the numbers of the plan,
 * the scratch in which a key is staged, and the registers in which a look-up leaves what it found.
 *
 * One object per engine and thread, passed to every function of this folder. Its registers replace
 * result objects, so a read allocates nothing but what it returns.
 */
import * as atomics from '#atomics'
import { CLASS, CLASSES_AT, CONTROL } from '../../native-layout/control-block.ts'
import type { EvictionName } from '../../native-layout/eviction-state.ts'
import * as pages from '../../native-layout/page.ts'
import { planShapes, type Plan } from '../../native-layout/region-map.ts'
import type { SizeClasses } from '../../native-layout/size-classes.ts'
import * as slots from '../../native-layout/table-slot.ts'
import type { RowLayout } from '../../native-layout/thread-row.ts'
import {
  bitsFor,
  type ChunkHandle,
  type PageNumber,
  type RowNumber,
  type SizeClass,
  type SlotIndex,
  type WordIndex,
} from '../../native-layout/units.ts'
import { KeyScratch } from './key-scratch.ts'
import type { MemoryHandle } from './shared-memory.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { peek, peekDouble } = atomics
const { PAGE } = pages
const { BUCKET_BYTES, handleOf, LIVE_BIT } = slots

/** What the allocator asks when it has no free chunk: see src/engine/eviction. */
export interface EvictionPolicy {
  readonly name: EvictionName
  /** Whether the heat of a slot says how often its entry was used. */
  readonly countsUses: boolean
  /** Unlinks one entry whose first chunk is of the class (-1: any); false when it found none. */
  evict(view: MemoryView, sizeClass: number, reason: number): boolean
  /** Marks the entry at `slotSegment` and `slotAt` as used. At most one plain store. */
  touched(view: MemoryView): void
  /**
   * Told of the slot that a new key was given, before its entry is there (and perhaps never is):
   * only policies that have to know who is new.
   */
  created?(view: MemoryView, slot: SlotIndex, sizeClass: SizeClass): void
}

/** Looks at a word, well below a microsecond: a transaction of few keys is open for some. */
const PATIENCE = 64

export class MemoryView {
  readonly plan: Plan
  readonly classes: SizeClasses
  readonly rowLayout: RowLayout
  /** The control segment, in its three widths. */
  readonly control: Int32Array
  readonly controlDoubles: Float64Array
  readonly controlPairs: BigInt64Array
  readonly tables: Int32Array[] = []
  readonly tableBytes: Uint8Array[] = []
  readonly data: Int32Array[] = []
  readonly dataBytes: Uint8Array[] = []
  readonly dataDoubles: Float64Array[] = []
  /** Buffers over the data segments, for decoding strings in place. */
  readonly dataBuffers: Buffer[] = []
  /** What the policy keeps beside the table: one space of words (native-layout). */
  readonly aside: Int32Array[] = []
  readonly asideBytes: Uint8Array[] = []
  readonly asideShift: number
  readonly asideMask: number

  readonly versionBits: number
  readonly versionMask: number
  readonly ordinalBits: number
  readonly ordinalMask: number
  readonly pages: number
  readonly pageWords: number
  readonly pageShift: number
  readonly pageMask: number
  readonly tableShift: number
  readonly tableMask: number
  readonly buckets: number
  readonly wideTable: boolean
  readonly seed: number
  readonly startedAt: number
  readonly shapesAt: WordIndex
  readonly pagesAt: WordIndex

  row: RowNumber = -1
  rowAt: WordIndex = 0
  /** Of its counters, in doubles of the control segment. */
  countersAt = 0
  readonly key: KeyScratch
  policy: EvictionPolicy
  now: () => number
  /** More than this many linked entries are not kept; 0: no bound. */
  maxEntries = 0
  /** Flushes ever when a walk last found nothing flushed, and whether they have grown since. */
  flushesSwept = 0
  mayHoldFlushed = false

  // What a look-up leaves behind.
  home = 0
  slotTable: Int32Array
  slotSegment = 0
  slotAt: WordIndex = 0
  slotIndex = 0
  slotWord = 0
  entrySegment = 0
  entry: Int32Array
  entryAt: WordIndex = 0
  entryShape = 0
  entryIncarnation = 0

  // What a writer's scan leaves behind.
  homeWord = 0
  emptySlot = -1
  emptyWord = 0
  emptyDepth = 0
  // What the sequence of the current operation started with.
  state = 0
  /** The flush stamp read at the start of the operation. */
  stamp = 0

  // Local hints; losing them costs a search.
  readonly pageHint: Int32Array
  readonly freedSeen: Int32Array
  /** Row states seen when the parked chunks' quarantine began. */
  readonly snapshot: Int32Array
  quarantineOpen = false
  /** Between operations, while free chunks are on their way: see `isTorn`. */
  isSettling = false
  /** From the beginning of a transaction to its end. */
  isInTransaction = false
  restingPage = 0
  restingState = 0
  /** The CAS that an entry must have to be deleted, for a delete that asks for one. */
  wantedHigh = 0
  wantedLow = 0
  /** Bytes of the longest value: what an unvalidated length is held against. */
  longestValue = 0
  /** A writer looks so often at an open transaction before it aborts it. */
  patience = PATIENCE
  /** Chunks evicted for since this thread last compared the classes. */
  chunksSinceLook = 0
  /** Pages of each class when eviction last counted them, and when it will again. */
  pagesOfClasses: Int32Array | undefined
  evictionsToCount = 0
  /** Where a sweep ended before it had seen all of its page; 0: nowhere. */
  sweptPage = 0
  sweepFrom = 0
  /** What a sweep leaves in its page: when the first of it is over, in ms. */
  soonest = Number.POSITIVE_INFINITY
  /** Turns with each sample, so that the next one looks elsewhere. */
  sampleFrom = 0
  /** For each page: tick before which a sample of it would say the same as the last one. */
  readonly sampleDue: Int32Array
  /** What touched words gave: read by nobody, so that the reads are made. */
  touched = 0
  /** Bytes of the entry being built: what a page move should keep pace with. */
  wantedBytes = 0
  /** Chunks that a magazine of each class is filled to; above twice that it is crowded. */
  readonly batches: Int32Array
  /** Classes whose magazine this thread has to give chunks back from. */
  readonly crowded = new Set<number>()
  /** Pages whose drain was given up: not chosen again for a while. */
  readonly abandoned = new Set<number>()
  readonly restingSnapshot: Int32Array
  /** Random numbers for the choice among equals (xorshift). */
  random = 0x2545f491

  constructor(handle: MemoryHandle, policy: EvictionPolicy, now: () => number) {
    const { plan, segments, lead } = handle
    this.plan = plan
    const { classes, row } = planShapes(plan)
    this.classes = classes
    this.rowLayout = row
    const controlBytes = plan.segments[0]!
    this.control = new Int32Array(segments[0]!, lead, controlBytes >>> 2)
    this.controlDoubles = new Float64Array(segments[0]!, lead, controlBytes >>> 3)
    this.controlPairs = new BigInt64Array(segments[0]!, lead, controlBytes >>> 3)
    for (let at = 1; at < segments.length; at++) {
      const segment = segments[at]!
      const count = plan.segments[at]!
      const words = new Int32Array(segment, lead, count >>> 2)
      const bytes = new Uint8Array(segment, lead, count)
      if (at <= plan.tableSegments) {
        this.tables.push(words)
        this.tableBytes.push(bytes)
      } else if (at >= segments.length - plan.evictionSegments) {
        this.aside.push(words)
        this.asideBytes.push(bytes)
      } else {
        this.data.push(words)
        this.dataBytes.push(bytes)
        this.dataDoubles.push(new Float64Array(segment, lead, count >>> 3))
        this.dataBuffers.push(Buffer.from(segment, lead, count))
      }
    }
    this.versionBits = plan.versionBits
    this.versionMask = (1 << plan.versionBits) - 1
    this.ordinalBits = plan.ordinalBits
    this.ordinalMask = (1 << plan.ordinalBits) - 1
    this.pages = plan.pages
    this.sampleDue = new Int32Array(plan.pages + 1)
    this.pageWords = plan.pageBytes >>> 2
    this.pageShift = bitsFor(plan.segmentBytes / plan.pageBytes)
    this.pageMask = (1 << this.pageShift) - 1
    this.tableShift = bitsFor(plan.segmentBytes / BUCKET_BYTES)
    this.tableMask = (1 << this.tableShift) - 1
    this.asideShift = bitsFor(plan.segmentBytes >>> 2)
    this.asideMask = (1 << this.asideShift) - 1
    this.buckets = plan.buckets
    this.wideTable = plan.buckets > 1 << 20
    this.seed = peek(this.control, CONTROL.SEED)
    this.startedAt = peekDouble(this.controlDoubles, CONTROL.STARTED_AT >>> 1)
    this.shapesAt = plan.shapesAt
    this.pagesAt = plan.pagesAt
    this.key = new KeyScratch(this.seed)
    this.policy = policy
    this.now = now
    this.slotTable = this.tables[0]!
    this.entry = this.data[0]!
    this.pageHint = new Int32Array(classes.bytes.length)
    this.batches = Int32Array.from(classes.bytes, batchOf)
    this.freedSeen = new Int32Array(classes.bytes.length).fill(-1)
    this.snapshot = new Int32Array(plan.maxThreads)
    this.restingSnapshot = new Int32Array(plan.maxThreads)
  }

  /** The row this thread writes to (its own, or the one it recovers). */
  useRow(row: RowNumber): void {
    this.row = row
    this.rowAt = this.plan.rowsAt + row * this.rowLayout.words
    this.countersAt = (this.rowAt + this.rowLayout.counters) >>> 1
    this.quarantineOpen = false
  }
}

export function rowAddress(view: MemoryView, row: RowNumber): WordIndex {
  return view.plan.rowsAt + row * view.rowLayout.words
}
/** A magazine holds this many chunks, or bytes if that is less. */
const BATCH_CHUNKS = 16
const BATCH_BYTES = 32 * 1024

function batchOf(chunkBytes: number): number {
  return Math.max(1, Math.min(BATCH_CHUNKS, Math.floor(BATCH_BYTES / chunkBytes)))
}

export function pageAddress(view: MemoryView, page: PageNumber): WordIndex {
  return view.pagesAt + page * PAGE.WORDS
}
export function classAddress(sizeClass: number): WordIndex {
  return CLASSES_AT + sizeClass * CLASS.WORDS
}
export function pageOf(view: MemoryView, handle: ChunkHandle): PageNumber {
  return handle >>> view.ordinalBits
}
/** The handle of a live slot word. */
export function handleIn(view: MemoryView, word: number): ChunkHandle {
  return handleOf(word, view.versionBits)
}
/** Chunk size in words of a page, 0 while it holds none. */
export function shapeOf(view: MemoryView, page: PageNumber): number {
  return peek(view.control, view.shapesAt + page)
}
/** The data segment (an index into `view.data`) that a page lies in. */
export function segmentOf(view: MemoryView, page: PageNumber): number {
  return (page - 1) >>> view.pageShift
}
/** Word index of the first chunk of a page in its segment. */
export function firstOf(view: MemoryView, page: PageNumber): WordIndex {
  return ((page - 1) & view.pageMask) * view.pageWords
}
/** Word index of a chunk inside its segment; -1 when the handle cannot be one of its page. */
export function chunkAddress(view: MemoryView, handle: ChunkHandle): WordIndex {
  const page = handle >>> view.ordinalBits
  if (page < 1 || page > view.pages) return -1
  return chunkInPage(view, page, handle & view.ordinalMask, shapeOf(view, page))
}
/** The same of a page whose shape was read. */
export function chunkInPage(
  view: MemoryView,
  page: PageNumber,
  ordinal: number,
  shape: number,
): WordIndex {
  const offset = ordinal * shape
  if (shape === 0 || offset + shape > view.pageWords) return -1
  return ((page - 1) & view.pageMask) * view.pageWords + offset
}
/** The live slot word of a chunk whose header holds this incarnation. */
export function liveWord(view: MemoryView, handle: ChunkHandle, incarnation: number): number {
  const version = ((incarnation + 1) >>> 1) & view.versionMask
  return LIVE_BIT | (handle << view.versionBits) | version
}
