/**
 * What eviction policies keep beside the two CLOCK bits of each slot (table-slot.ts): one linear
 * space of words over segments of its own, there only for the policies that need it.
 *
 *   words | ring of slots | its classes | the second ring | marks of the slots | ghosts | sketch
 *
 *   words    HEAD and TAIL of each ring (counts that never fall, modulo 2^32), and two counters
 *   ring     one word for each newcomer, in the order of arrival: slot index + 1; 0: taken. SIEVE
 *            has two, of which one holds those that its hand has passed
 *   classes  a byte beside each word of a ring: the size class its entry came with
 *   marks    a byte for each slot: 0 the entry belongs to the main part, else in which ring its
 *            record is (bit 7) and where, in sixteenths of the ring, modulo 127, plus 1. So an
 *            entry whose record is gone counts as one of the main part as soon as the tail has
 *            passed that sixteenth.
 *   ghosts   sets of sixteen words: a fingerprint of 16 bits and the time of its insertion, in
 *            units of GHOSTS >>> shift, modulo 2^16
 *   sketch   blocks of 64 bytes: four rows of 32 counters of 4 bits
 */
import { PLANNED_LOAD, WAYS } from './limits.ts'
import { bitsFor, check, tile, type SlotIndex, type WordIndex } from './units.ts'

/** The policies, by the names that users know. */
export const EVICTIONS = ['clock', 's3-fifo', 'sieve', 'lfu', 'random', 'fifo', 'none'] as const
export type EvictionName = (typeof EVICTIONS)[number]

/** The words that threads race for, a cache line each. */
export const STATE = tile(
  [
    ['HEAD', 16], //    records ever put into the ring
    ['TAIL', 16], //    those before it are taken or given up
    ['HEAD_2', 16], //  the same of the second ring
    ['TAIL_2', 16],
    ['GHOSTS', 16], //  ghosts ever inserted, about
    ['COUNTED', 16], // counts ever added to the sketch, about
  ],
  96,
)

/** Which of the rings: an index into what there is twice. */
export type Ring = 0 | 1
/** From a word of the first ring to that of the second. */
export const SECOND_RING: number = STATE.HEAD_2 - STATE.HEAD
check(STATE.TAIL_2 - STATE.TAIL === SECOND_RING, 'the words of the rings are not alike')

interface Needs {
  readonly rings: number
  /** For each entry planned: records of a ring, ghosts, and bytes of sketch. */
  readonly ring: number
  readonly ghosts: number
  readonly sketchBytes: number
}
const NO_NEEDS: Needs = { rings: 0, ring: 0, ghosts: 0, sketchBytes: 0 }
const NEEDS: Record<EvictionName, Needs> = {
  clock: NO_NEEDS,
  's3-fifo': { rings: 1, ring: 0.15, ghosts: 1.25, sketchBytes: 0 },
  sieve: { rings: 2, ring: 1, ghosts: 0, sketchBytes: 0 },
  lfu: { rings: 1, ring: 0.02, ghosts: 0, sketchBytes: 8 },
  random: NO_NEEDS,
  fifo: NO_NEEDS,
  none: NO_NEEDS,
}

/** Where each part begins, in words of the space; plain data, part of the plan. */
export interface EvictionLayout {
  /** Records of the ring: 2 to the power of it; 0: the policy needs no space at all. */
  readonly ringBits: number
  readonly rings: number
  readonly ringAt: WordIndex
  readonly classesAt: WordIndex
  /** From the words and the classes of the first ring to those of the second. */
  readonly ringWords: number
  readonly marksAt: WordIndex
  readonly ghostsAt: WordIndex
  readonly ghostSets: number
  readonly ghostShift: number
  readonly sketchAt: WordIndex
  readonly sketchBlocks: number
  readonly words: number
}

/** A ring has as many records, so that its sixteenths are whole. */
const FEWEST_RING_BITS = 4
export const GHOST_WAYS = 16
export const SKETCH_BLOCK_BYTES = 64
/** In a small sketch most counters would be shared. */
const FEWEST_BLOCKS = 512
/** Units of ghost time in which as many ghosts are inserted as entries are planned. */
const GHOST_TIME_BITS = 12
/** Slots that a bucket's indices count, used or not. */
const INDEXED_WAYS = 16

/** The parts for a policy over a table of so many buckets. */
export function evictionLayout(eviction: EvictionName, buckets: number): EvictionLayout {
  const { rings, ring, ghosts, sketchBytes } = NEEDS[eviction]
  const entries = Math.ceil(buckets * WAYS * PLANNED_LOAD)
  const ringBits = ring === 0 ? 0 : Math.max(FEWEST_RING_BITS, bitsFor(Math.ceil(entries * ring)))
  const records = ringBits === 0 ? 0 : 2 ** ringBits
  const ghostSets = Math.ceil((entries * ghosts) / GHOST_WAYS)
  const blocks = Math.ceil((entries * sketchBytes) / SKETCH_BLOCK_BYTES)
  const sketchBlocks = sketchBytes === 0 ? 0 : Math.max(FEWEST_BLOCKS, blocks)
  const ringAt = ringBits === 0 ? 0 : STATE.WORDS
  const classesAt = ringAt + records
  const ringWords = records + Math.ceil(records / 4 / 16) * 16
  const marksAt = ringAt + rings * ringWords
  const ghostsAt = marksAt + (ringBits === 0 ? 0 : Math.ceil((buckets * INDEXED_WAYS) / 64) * 16)
  const sketchAt = ghostsAt + Math.ceil((ghostSets * GHOST_WAYS) / 16) * 16
  const words = sketchAt + (sketchBlocks * SKETCH_BLOCK_BYTES) / 4
  const ghostShift = Math.max(0, bitsFor(entries) - GHOST_TIME_BITS)
  const ofRings = { ringBits, rings, ringAt, classesAt, ringWords, marksAt }
  return { ...ofRings, ghostsAt, ghostSets, ghostShift, sketchAt, sketchBlocks, words }
}

const MARKS = 127
const SIXTEENTHS = 4
const MARK_RING_SHIFT = 7

/** The mark of an entry whose record is at a place of a ring. */
export function markAt(ring: Ring, position: number, ringBits: number): number {
  return (ring << MARK_RING_SHIFT) | (((position >>> (ringBits - SIXTEENTHS)) % MARKS) + 1)
}
/** The ring of a mark that is not 0. */
export function ringIn(mark: number): Ring {
  return (mark >>> MARK_RING_SHIFT) as Ring
}
/** Whether a mark is that of a place from `tail` to `last` of its ring; 0 never is. */
export function isMarkWithin(mark: number, tail: number, last: number, ringBits: number): boolean {
  if (mark === 0) return false
  const ring = ringIn(mark)
  const first = markAt(ring, tail, ringBits)
  return (mark - first + MARKS) % MARKS <= (markAt(ring, last, ringBits) - first + MARKS) % MARKS
}

/** A record of the ring. */
export function packNewcomer(slot: SlotIndex): number {
  return slot + 1
}
/** The slot of a record; -1 when it was taken. */
export function slotOf(record: number): SlotIndex {
  return record - 1
}

const FINGERPRINT_MASK = 0xffff
const GHOST_TIME_SHIFT = 16
const GHOST_TIME_MASK = 0xffff
/** A ghost: fingerprint of a digest, never 0, and time in ghost units. */
export function packGhost(digest: number, time: number): number {
  return (time << GHOST_TIME_SHIFT) | fingerprintOf(digest)
}
export function fingerprintOf(digest: number): number {
  return digest & FINGERPRINT_MASK || 1
}
export function fingerprintIn(ghost: number): number {
  return ghost & FINGERPRINT_MASK
}
/** Units of time since a ghost was inserted, modulo 2^16. */
export function ghostAge(ghost: number, time: number): number {
  return (time - (ghost >>> GHOST_TIME_SHIFT)) & GHOST_TIME_MASK
}

check(STATE.WORDS % 16 === 0, 'the ring does not begin a cache line')
check(GHOST_WAYS * 4 <= SKETCH_BLOCK_BYTES, 'a set of ghosts does not fit a cache line')
