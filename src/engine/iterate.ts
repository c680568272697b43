/**
 * Iterating by cursor while others write: the cursor is a slot index, a call looks at one bucket.
 *
 * An entry never changes its slot, so each key that lives throughout is met once; one that is
 * deleted and created again meanwhile may be met twice or not at all. Nobody is stopped.
 */
import { closeReads, copyOut, load, peek } from '#atomics'
import { HEADER, presenceOf } from '../../native-layout/entry-header.ts'
import { MAX_KEY_BYTES, MAX_RETRIES, WAYS } from '../../native-layout/limits.ts'
import { BUCKET, BUCKET_SHIFT, handleOf, isLive } from '../../native-layout/table-slot.ts'
import { keyAt, keyLength, spaceIn } from '../memory/entry.ts'
import { deadReason } from '../memory/evict-entry.ts'
import { chunkIn, locate, Located } from '../memory/locate.ts'
import { pageOf, type MemoryView } from '../memory/view.ts'

const seen = new Located()

/**
 * The keys of one bucket, as bytes of their own.
 * @param bucket 0 to `view.buckets - 1`
 * @param space namespace whose keys are wanted; -1: all
 */
export function keysIn(view: MemoryView, bucket: number, space: number): Uint8Array[] {
  const keys: Uint8Array[] = []
  const table = view.tables[bucket >>> view.tableShift]!
  const at = ((bucket & view.tableMask) << BUCKET_SHIFT) + BUCKET.A
  for (let way = 0; way < WAYS; way++) {
    const key = keyOf(view, table, at + way, space)
    if (key !== undefined) keys.push(key)
  }
  return keys
}

function keyOf(
  view: MemoryView,
  table: Int32Array,
  slotAt: number,
  space: number,
): Uint8Array | undefined {
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const word = load(table, slotAt)
    if (!isLive(word)) return undefined
    const handle = handleOf(word, view.versionBits)
    if (!chunkIn(view, pageOf(view, handle), handle & view.ordinalMask, seen)) continue
    const incarnation = load(seen.words, seen.at)
    if (!locate(view, handle, seen) || seen.word !== word) continue
    const presence = presenceOf(peek(seen.words, seen.at + HEADER.VALUE_AND_PRESENCE))
    const wanted = space < 0 || spaceIn(seen.words, seen.at, presence) === space
    const over = deadReason(view, seen) >= 0
    const length = keyLength(seen.words, seen.at)
    if (length < 0 || length > MAX_KEY_BYTES) continue // Recycled meanwhile.
    const key = new Uint8Array(length)
    copyOut(seen.words, keyAt(seen.words, seen.at), key, 0, length)
    if (closeReads(table, slotAt, word) !== word) continue
    if (load(seen.words, seen.at) !== incarnation) continue
    return wanted && !over ? key : undefined
  }
  return undefined
}
