/**
 * The page descriptor: nine words that say what a data page is cut into and which of its chunks
 * are free.
 *
 *   STATE   31                          10 9        2 1   0
 *          +------------------------------+----------+-----+
 *          | generation (22)              | class (8)| st  |   FREE, CUTTING, ACTIVE, DRAINING
 *          +------------------------------+----------+-----+
 *   STACK  | free chunks in the stack (16)| top ordinal + 1 (16) |
 *          +------------------------------+----------------------+
 *
 *   STATE   changed by CAS only; the generation counts the cuttings: a resting page is known by it.
 *           The class of a free page is 1 + that which it was emptied for, 0 any.
 *   CLAIM   row + 1 of the thread that changes STACK, CARVED or BASE, 0 nobody. Taken by CAS; who
 *           finds it taken turns to another page or keeps its chunk (nobody waits for a claim).
 *   STACK   chunks of this page that no thread holds, linked through NEXT_FREE by handle.
 *   CARVED  ordinals from 0 on that were ever given out in this cutting; the rest is untouched
 *           memory.
 *   BASE    incarnation that the chunks of this cutting start from, above the old maximum
 *           (I-GROWS).
 *   EXPIRY  lower bound of the expiry of the entries in the page, in ticks; NEVER if none expires.
 *   TOP     highest incarnation seen while the page was drained.
 *   MARK    how far a drain has come: rounds (16), ordinal (16).
 *   STAMP   CONTROL.TURNS when a chunk of the page was last given out or evicted: its age. A hint.
 *
 * The chunk size in words of every page lies in an array of its own (`shapes`), because readers
 * need nothing else and it stays in the cache; 0 means the page holds no chunks.
 */
import { check, tile } from './units.ts'

export const PAGE = tile(
  [
    ['STATE', 1],
    ['CLAIM', 1],
    ['STACK', 1],
    ['CARVED', 1],
    ['BASE', 1],
    ['EXPIRY', 1],
    ['TOP', 1],
    ['MARK', 1],
    ['STAMP', 1],
  ],
  9,
)

export const PAGE_FREE = 0
export const PAGE_CUTTING = 1
export const PAGE_ACTIVE = 2
export const PAGE_DRAINING = 3
const STATE_MASK = 3
const CLASS_SHIFT = 2
const CLASS_MASK = 0xff
const GENERATION_SHIFT = 10

export function packPageState(generation: number, sizeClass: number, state: number): number {
  return (generation << GENERATION_SHIFT) | (sizeClass << CLASS_SHIFT) | state
}
export function pageStateOf(word: number): number {
  return word & STATE_MASK
}
export function pageClassOf(word: number): number {
  return (word >>> CLASS_SHIFT) & CLASS_MASK
}
export function pageGenerationOf(word: number): number {
  return word >>> GENERATION_SHIFT
}

export function packStack(count: number, topOrdinalPlus1: number): number {
  return (count << 16) | topOrdinalPlus1
}
export function stackCount(word: number): number {
  return word >>> 16
}
/** Ordinal + 1 of the top chunk, 0 when the stack is empty. */
export function stackTop(word: number): number {
  return word & 0xffff
}

/** Expiry ticks: 128 ms since the engine's start, for 8 years; NEVER sorts last. */
export const TICK_MS = 128
export const NEVER_TICK = 0x7fffffff

check(GENERATION_SHIFT === CLASS_SHIFT + 8, 'the fields of a page state do not tile')
