/**
 * The table's words: a bucket of two cache lines, with the two words of each slot and the home word
 * through which every creation of the bucket's keys passes.
 *
 *   word  0          1 ............ 15   16 ........... 30   31
 *        +----------+-------------------+-------------------+--------+
 *        | home     | A of 15 slots     | B of 15 slots     | clock  |
 *        +----------+-------------------+-------------------+--------+
 *
 *   A     31 30      27 26                    20 19                  0
 *        +--+----------------------------------------+----------------+
 *        |1 |        handle (H bits)                 | version (V)    |  live, H + V = 31
 *        |0 |0 |    0       |      0                 | filling (20)   |  empty
 *        |0 |1 |    0       |    row (7)             | filling (20)   |  reserved by a row
 *        +--+--+------------+------------------------+----------------+
 *   B    | tag (12)                                  | filling (20)   |
 *        +-------------------------------------------+----------------+
 *   home | version (23)                     | depth (2) | row + 1 (7) |
 *        +----------------------------------+-----------+-------------+
 *
 *   A        the entry's only compare-and-exchange word: each change of an entry is one step.
 *   handle   page number and ordinal of the entry's first chunk.
 *   version  low bits of that chunk's incarnation; writers rely on it inside a bracket (I-BRACKET).
 *   filling  how often the slot was filled. An empty word carries the number in B, read after the
 *            live word it replaces (I-STAMP); the row that reserves the slot stores one more in B.
 *   tag      12 hash bits, never 0 once the slot was used. A filter: the key in the entry decides.
 *   home     its version counts announced creations; row + 1 names the announcer, 0 nobody;
 *            depth is the deepest candidate that a key of this home was ever placed in, raised by
 *            the announcement itself (I-DEPTH), so a scan need not look beyond it.
 *   clock    15 x 2 reference bits, written by plain byte stores: a lost mark is harmless.
 *
 * All slots are of one kind: a slot serves keys of any home, so it is reserved privately before
 * the creation is announced. The rejected alternative, slots that only their home may fill plus a
 * stash, needs two protocols and refuses keys at 85 % load (docs/DESIGN.md).
 */
import { check, tile, type ChunkHandle, type RowNumber, type SlotWord } from './units.ts'
import { WAYS } from './limits.ts'

export const BUCKET = tile(
  [
    ['HOME', 1],
    ['A', WAYS],
    ['B', WAYS],
    ['CLOCK', 1],
  ],
  32,
)
export const BUCKET_BYTES = BUCKET.WORDS * 4
export const BUCKET_SHIFT = 5

export const LIVE_BIT = 1 << 31
const RESERVED_BIT = 1 << 30
const FILLING_BITS = 20
export const FILLING_MASK = (1 << FILLING_BITS) - 1
const ROW_SHIFT = FILLING_BITS
const ROW_MASK = 0x7f
export const TAG_SHIFT = 20
export const TAG_BITS = 12

const HOME_ROW_BITS = 7
const HOME_ROW_MASK = (1 << HOME_ROW_BITS) - 1
const DEPTH_SHIFT = HOME_ROW_BITS
const DEPTH_MASK = 3
const HOME_VERSION_SHIFT = DEPTH_SHIFT + 2
const HOME_VERSION_ONE = 1 << HOME_VERSION_SHIFT

check(FILLING_BITS + TAG_BITS === 32, 'the fields of word B do not tile it')
check(ROW_SHIFT + 7 <= 30, 'a reserved word has no room for its row')

export function packLive(handle: ChunkHandle, version: number, versionBits: number): SlotWord {
  return LIVE_BIT | (handle << versionBits) | version
}
export function isLive(word: SlotWord): boolean {
  return word < 0
}
export function handleOf(word: SlotWord, versionBits: number): ChunkHandle {
  return (word & 0x7fffffff) >>> versionBits
}
export function versionOf(word: SlotWord, versionBits: number): number {
  return word & ((1 << versionBits) - 1)
}

export function packEmpty(filling: number): SlotWord {
  return filling & FILLING_MASK
}
export function packReserved(row: RowNumber, filling: number): SlotWord {
  return RESERVED_BIT | (row << ROW_SHIFT) | (filling & FILLING_MASK)
}
export function isReserved(word: SlotWord): boolean {
  return word >= RESERVED_BIT
}
export function isEmpty(word: SlotWord): boolean {
  return word >= 0 && word < RESERVED_BIT
}
/** The row that holds a reserved slot. */
export function reserverOf(word: SlotWord): RowNumber {
  return (word >>> ROW_SHIFT) & ROW_MASK
}
/** The filling number of an empty, reserved or B word. */
export function fillingOf(word: number): number {
  return word & FILLING_MASK
}
export function packTag(tag: number, filling: number): number {
  return (tag << TAG_SHIFT) | (filling & FILLING_MASK)
}
export function tagOf(word: number): number {
  return word >>> TAG_SHIFT
}

/** The home word after `row` announces a creation that is placed in candidate `depth`. */
export function announce(home: number, row: RowNumber, depth: number): number {
  const deepest = Math.max(depthOf(home), depth)
  const version = (home & ~(HOME_VERSION_ONE - 1)) + HOME_VERSION_ONE
  return version | (deepest << DEPTH_SHIFT) | (row + 1)
}
/** The home word after the announced creation is finished. */
export function clearAnnouncement(home: number): number {
  return home & ~HOME_ROW_MASK
}
/** Row + 1 of the announcer, or 0. */
export function announcerOf(home: number): number {
  return home & HOME_ROW_MASK
}
/** Announced creations of a home word so far, modulo 2^23. */
export function creationsIn(home: number): number {
  return home >>> HOME_VERSION_SHIFT
}
/** Creations and some more, modulo 2^23. */
export function addCreations(creations: number, more: number): number {
  return (creations + more) & ((1 << (32 - HOME_VERSION_SHIFT)) - 1)
}
/** The deepest candidate ever used by keys of this home. */
export function depthOf(home: number): number {
  return (home >>> DEPTH_SHIFT) & DEPTH_MASK
}
