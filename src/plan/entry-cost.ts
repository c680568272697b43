/**
 * What entries take of an engine's memory, and how much memory holds them: the arithmetic of
 * native-layout, the same that the engine plans and allocates by.
 */
import { CHAIN, CONTINUATION, EXPIRY, LONG } from '../../native-layout/entry-header.ts'
import { SHORT_KEY_LIMIT, SHORT_VALUE_LIMIT } from '../../native-layout/entry-header.ts'
import { WORDS_BEFORE_KEY } from '../../native-layout/entry-header.ts'
import { MAX_MEMORY_BYTES, PLANNED_LOAD, WAYS } from '../../native-layout/limits.ts'
import { makePlan, pageBytesFor } from '../../native-layout/region-map.ts'
import type { EvictionName } from '../../native-layout/eviction-state.ts'
import { classFor, sizeClasses, type SizeClasses } from '../../native-layout/size-classes.ts'
import { BUCKET_BYTES } from '../../native-layout/table-slot.ts'
import { GIB, MIB } from '../engine/sizes.ts'

const WORD_BYTES = 4
/** As `heddle serve` has it. */
export const SERVER = {
  maxThreads: 126,
  maxNamespaces: 16,
  feedBytes: 0,
  segmentBytes: GIB,
}
/** Pages that are not full: the one that each size class in use fills, and those being emptied. */
const OPEN_PAGES_PER_CLASS = 0.5

/** A share of the table for each entry, in bytes. */
export const TABLE_BYTES: number = BUCKET_BYTES / WAYS / PLANNED_LOAD

/** The size classes of a cache of so much memory: its pages may be smaller than a large one's. */
export function classesFor(memoryBytes: number): SizeClasses {
  return sizeClasses(pageBytesFor(memoryBytes, SERVER.segmentBytes))
}

/**
 * Bytes of chunks that an entry takes: header, key, value, and what rounding to size classes adds.
 * @param expires whether it has a TTL
 */
export function chunkBytesOf(
  classes: SizeClasses,
  keyBytes: number,
  valueBytes: number,
  expires: boolean,
): number {
  const isLong = keyBytes >= SHORT_KEY_LIMIT || valueBytes >= SHORT_VALUE_LIMIT
  const presence = (expires ? EXPIRY : 0) | (isLong ? LONG : 0)
  const paddedKey = Math.ceil(keyBytes / WORD_BYTES) * WORD_BYTES
  const before = WORDS_BEFORE_KEY[presence]! * WORD_BYTES + paddedKey
  const { largest } = classes
  if (before + valueBytes <= largest || valueBytes === 0) {
    return classes.bytes[classFor(classes, before + valueBytes)]!
  }
  const chained = WORDS_BEFORE_KEY[presence | CHAIN]! * WORD_BYTES + paddedKey
  const inHead = Math.max(0, Math.min(valueBytes, largest - chained))
  const room = largest - CONTINUATION.BYTES * WORD_BYTES
  const parts = Math.ceil((valueBytes - inHead) / room)
  const rest = valueBytes - inHead - (parts - 1) * room
  const restClass = classFor(classes, CONTINUATION.BYTES * WORD_BYTES + rest)
  const head = classes.bytes[classFor(classes, chained + inHead)]!
  return head + (parts - 1) * largest + classes.bytes[restClass]!
}

/**
 * Bytes of chunks that a cache has room for; more memory than one may have is that of several.
 * @param memoryBytes its `memory`
 * @param entries its `expectedEntries`
 * @param classesUsed how many size classes its entries are of
 * @param eviction its policy, some of which keep notes of their own beside the table
 * @throws PlanError where table and bookkeeping leave too little
 */
export function roomOf(
  memoryBytes: number,
  entries: number,
  classesUsed: number,
  eviction: EvictionName,
): number {
  const caches = Math.ceil(memoryBytes / MAX_MEMORY_BYTES)
  const expectedEntries = Math.max(1, Math.ceil(entries / caches))
  const each = Math.floor(memoryBytes / caches)
  const { pages, pageBytes } = makePlan({ ...SERVER, memoryBytes: each, expectedEntries, eviction })
  return Math.max(0, pages - classesUsed * OPEN_PAGES_PER_CLASS) * pageBytes * caches
}

/** The least memory, in whole MiB, that has this room. */
export function memoryFor(
  chunkBytes: number,
  entries: number,
  classesUsed: number,
  eviction: EvictionName,
): number {
  const hasRoom = (memory: number) => {
    try {
      return roomOf(memory, entries, classesUsed, eviction) >= chunkBytes
    } catch {
      return false
    }
  }
  let low = 2
  let high = Math.max(4, Math.ceil((chunkBytes + entries * TABLE_BYTES) / MIB) * 2 + 16)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (hasRoom(middle * MIB)) high = middle
    else low = middle + 1
  }
  return low * MIB
}
