/**
 * Copying a part of a value: of a large one, a command may ask for a few bytes. The chunks before
 * the part are stepped over, those behind it are not looked at.
 *
 * As with every read, what was copied is believed only when the entry was validated afterwards.
 */
import { peek, peekBuffer } from '#atomics'
import {
  CHAIN,
  CONTINUATION,
  continuationLength,
  offsetOf,
} from '../../native-layout/entry-header.ts'
import { chunkAddress, type MemoryView, pageOf, segmentOf } from '../memory/view.ts'
import { isWhole, type Reading } from './read.ts'

/**
 * Copies the bytes `from` to `to` of the value in the registers, both within its length.
 * @param valueAt what `look` returned
 * @returns false when its chunks do not add up (recycled bytes)
 */
export function copyPart(
  view: MemoryView,
  reading: Reading,
  valueAt: number,
  from: number,
  to: number,
  target: Uint8Array,
  at: number,
): boolean {
  const { entry, entryAt } = view
  if (isWhole(view, reading, valueAt)) {
    copyBytes(view, view.entrySegment, valueAt + from, target, at, to - from)
    return true
  }
  if ((reading.presence & CHAIN) === 0) return false
  const chainAt = entryAt + offsetOf(CHAIN, reading.presence)
  let part = peek(entry, chainAt)
  let segment = view.entrySegment
  let start = valueAt
  let bytes = peek(entry, chainAt + 1)
  if (bytes < 0 || start + bytes > (entryAt + view.entryShape) * 4) return false
  // The chunk of this turn holds the bytes from `begin` on.
  let begin = 0
  for (;;) {
    const first = Math.max(from, begin)
    const end = Math.min(to, begin + bytes)
    if (first < end) {
      copyBytes(view, segment, start + first - begin, target, at + first - from, end - first)
    }
    begin += bytes
    if (begin >= to) return true
    const partAt = part === 0 ? -1 : chunkAddress(view, part)
    if (partAt < 0) return false
    segment = segmentOf(view, pageOf(view, part))
    const words = view.data[segment]!
    bytes = continuationLength(peek(words, partAt + CONTINUATION.LENGTH_AND_TYPE))
    start = (partAt + CONTINUATION.BYTES) * 4
    // A chunk without bytes would let a circle go on for ever.
    if (bytes <= 0 || start + bytes > words.length * 4) return false
    part = peek(words, partAt + CONTINUATION.NEXT)
  }
}

function copyBytes(
  view: MemoryView,
  segment: number,
  from: number,
  target: Uint8Array,
  at: number,
  bytes: number,
): void {
  const shared = peekBuffer(view.dataBuffers[segment]!, from, from + bytes)
  shared.copy(target, at, from, from + bytes)
}
