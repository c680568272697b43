/**
 * The smallest memory in which everything happens: pages of a few chunks, a table of a few buckets,
 * chunk versions of a bit or two, several segments. The same layout as ever: a plan is plain data
 * that every thread derives its offsets from, so it may say less than `makePlan` would.
 */
import { poke } from '#atomics'
import { CONTROL } from '../../../native-layout/control-block.ts'
import {
  evictionLayout,
  type EvictionName,
  SKETCH_BLOCK_BYTES,
} from '../../../native-layout/eviction-state.ts'
import { MIN_CHUNK_BYTES } from '../../../native-layout/limits.ts'
import { makePlan, type Plan } from '../../../native-layout/region-map.ts'
import { BUCKET_BYTES } from '../../../native-layout/table-slot.ts'
import { bitsFor, MIB, WORD_BYTES } from '../../../native-layout/units.ts'
import type { EngineFacts, EngineHandle } from '../../../src/engine/session.ts'
import { createMemory } from '../../../src/memory/shared-memory.ts'

export interface TinyOptions {
  /** Rows. */
  readonly threads: number
  /** A power of two from 256; an eighth of it is the largest chunk but for those of long keys. */
  readonly pageBytes?: number
  readonly pages?: number
  readonly buckets?: number
  /** Bits of the chunk version in a slot word: the fewer, the more often chunks are quarantined. */
  readonly versionBits?: number
  /** Version with which chunks begin; left out: an odd number of some size. */
  readonly firstVersion?: number
  /** Of one segment, a power of two: no less than a page. */
  readonly segmentBytes?: number
  readonly eviction?: EvictionName
  readonly maxEntries?: number
  /** Mutation rings, and bytes of each; 128 are room for a few records. */
  readonly hasFeed?: boolean
  readonly ringBytes?: number
  /** Nobody reads the feed when the program begins. */
  readonly isUnread?: boolean
}

/** Everything begins at this time. */
export const STARTED_AT = 1_800_000_000_000
/** Incarnations begin at an odd number near it, so versions of few bits wrap early. */
const SEED = 7
/** Chunk versions have wrapped so often. */
const LATE_WRAP = 1000
const RING_BYTES = 4096

export function createTinyMemory(options: TinyOptions): EngineHandle {
  const { threads, eviction = 'clock', maxEntries = 0 } = options
  const { hasFeed = false, ringBytes = RING_BYTES } = options
  const request = {
    memoryBytes: 2 * MIB,
    maxThreads: threads,
    maxNamespaces: 1,
    expectedEntries: 1,
    feedBytes: hasFeed ? ringBytes * threads : 0,
    segmentBytes: MIB,
    eviction,
  }
  const whole = createMemory(request, SEED, STARTED_AT, 0)
  const plan = tinyPlan(makePlan(request), options)
  const rest = plan.segments.slice(1).map((bytes) => new SharedArrayBuffer(bytes))
  const facts: EngineFacts = {
    name: 'explored',
    id: 'explored',
    eviction,
    maxEntries,
    maxItemBytes: plan.pages * plan.pageBytes,
    ttlMs: 0,
    codec: 'json',
  }
  const control = whole.segments[0]!
  const { firstVersion } = options
  if (firstVersion !== undefined) {
    const wraps = LATE_WRAP << plan.versionBits
    poke(new Int32Array(control), CONTROL.BASE, 2 * (wraps + firstVersion) - 1)
  }
  return { ...whole, plan, segments: [control, ...rest], facts }
}

/** The plan of a larger memory, of which only the first pages and a few buckets are there. */
function tinyPlan(plan: Plan, options: TinyOptions): Plan {
  const { pageBytes = 512, pages = 4, buckets = 2, versionBits = 2 } = options
  const { segmentBytes = 8192 } = options
  const table = segmentSizes(buckets * BUCKET_BYTES, segmentBytes)
  const data = segmentSizes(pages * pageBytes, segmentBytes)
  const layout = evictionLayout(plan.eviction, buckets)
  // Two blocks of a sketch are enough to share one, or none.
  const sketchBlocks = Math.min(2, layout.sketchBlocks)
  const words = layout.sketchAt + (sketchBlocks * SKETCH_BLOCK_BYTES) / WORD_BYTES
  const evictionState = { ...layout, sketchBlocks, words }
  const eviction = segmentSizes(evictionState.words * WORD_BYTES, segmentBytes)
  return {
    ...plan,
    segmentBytes,
    pageBytes,
    pages,
    buckets,
    versionBits,
    ordinalBits: bitsFor(pageBytes / MIN_CHUNK_BYTES),
    segments: [plan.segments[0]!, ...table, ...data, ...eviction],
    tableSegments: table.length,
    evictionSegments: eviction.length,
    evictionState,
  }
}

function segmentSizes(bytes: number, segmentBytes: number): number[] {
  const sizes: number[] = []
  for (let left = bytes; left > 0; left -= segmentBytes) sizes.push(Math.min(left, segmentBytes))
  return sizes
}
