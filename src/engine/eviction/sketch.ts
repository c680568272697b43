/**
 * How often keys were asked for lately: a count-min sketch of 4-bit counters (Einziger, Friedman,
 * Manes, TinyLFU, ACM ToS 2017), its four rows within one cache line for each key, as in Caffeine.
 *
 * Counters are stored plainly, eight to a word: threads that race lose a count now and then, which
 * moves an estimate by one and no other thing. The halving of all counters, due once in ten times
 * as many counts as there may be entries, is done a block at a time on the way, so nobody halves a
 * whole table at once.
 */
import { peek, peekByte, poke, pokeByte } from '#atomics'
import { SKETCH_BLOCK_BYTES, STATE } from '../../../native-layout/eviction-state.ts'
import { PLANNED_LOAD, WAYS } from '../../../native-layout/limits.ts'
import type { WordIndex } from '../../../native-layout/units.ts'
import { remix } from '../../memory/hash.ts'
import type { MemoryView } from '../../memory/view.ts'

const ROWS = 4
const ROW_BYTES = SKETCH_BLOCK_BYTES / ROWS
const COUNTERS_BITS = 5
const COUNTERS_MASK = (1 << COUNTERS_BITS) - 1
const MOST_COUNT = 15
const SAMPLE = 10
const HALVES = 0x77777777
const TWO_TO_MINUS_32 = 2 ** -32

/** Counts uses of the key of a digest. */
export function countUses(view: MemoryView, digest: number, times: number): void {
  if (times === 0) return
  const block = blockOf(view, digest)
  const bytes = view.asideBytes[block >>> view.asideShift]!
  const at = (block & view.asideMask) << 2
  const places = remix(digest, 1)
  const wanted = Math.min(MOST_COUNT, usesOf(view, digest) + times)
  for (let row = 0; row < ROWS; row++) {
    const counter = (places >>> (row * COUNTERS_BITS)) & COUNTERS_MASK
    const byteAt = at + row * ROW_BYTES + (counter >>> 1)
    const shift = (counter & 1) << 2
    const seen = peekByte(bytes, byteAt)
    const count = (seen >>> shift) & MOST_COUNT
    // What is above already stands for other keys, too (conservative update).
    if (count < wanted) pokeByte(bytes, byteAt, seen + ((wanted - count) << shift))
  }
  age(view, times)
}

/** Uses of the key of a digest, at least, as far as they are remembered; up to 15. */
export function usesOf(view: MemoryView, digest: number): number {
  const block = blockOf(view, digest)
  const bytes = view.asideBytes[block >>> view.asideShift]!
  const at = (block & view.asideMask) << 2
  const places = remix(digest, 1)
  let least = MOST_COUNT
  for (let row = 0; row < ROWS; row++) {
    const counter = (places >>> (row * COUNTERS_BITS)) & COUNTERS_MASK
    const byte = peekByte(bytes, at + row * ROW_BYTES + (counter >>> 1))
    const count = (byte >>> ((counter & 1) << 2)) & MOST_COUNT
    if (count < least) least = count
  }
  return least
}

/** Halves the next blocks, as many as their share of the period has gone by. */
function age(view: MemoryView, times: number): void {
  const { sketchAt, sketchBlocks } = view.plan.evictionState
  const entries = view.maxEntries || view.buckets * WAYS * PLANNED_LOAD
  const blocksPerCount = sketchBlocks / (SAMPLE * entries)
  const before = peek(view.aside[0]!, STATE.COUNTED)
  const after = before + times
  const due = Math.floor(after * blocksPerCount)
  // Starts over after a whole round, so it is no count that overflows.
  poke(view.aside[0]!, STATE.COUNTED, due >= sketchBlocks ? 0 : after)
  for (let turn = Math.floor(before * blocksPerCount) + 1; turn <= due; turn++) {
    const block = sketchAt + ((turn % sketchBlocks) * SKETCH_BLOCK_BYTES) / 4
    halve(view.aside[block >>> view.asideShift]!, block & view.asideMask)
  }
}

function halve(words: Int32Array, at: WordIndex): void {
  for (let word = 0; word < SKETCH_BLOCK_BYTES / 4; word++) {
    const seen = peek(words, at + word)
    if (seen !== 0) poke(words, at + word, (seen >>> 1) & HALVES)
  }
}

function blockOf(view: MemoryView, digest: number): number {
  const { sketchAt, sketchBlocks } = view.plan.evictionState
  const block = Math.floor((digest >>> 0) * TWO_TO_MINUS_32 * sketchBlocks)
  return sketchAt + (block * SKETCH_BLOCK_BYTES) / 4
}
