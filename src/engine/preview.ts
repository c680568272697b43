/**
 * A look at an entry and the first bytes of its value, for people who browse: neither a hit nor a
 * miss, no use that keeps an entry alive or makes its key a hot one. Bounded whatever the value's
 * size: of one that lies in several chunks, bytes of the first chunk are shown.
 */
import { copyOut, peek } from '#atomics'
import { CHAIN, offsetOf } from '../../native-layout/entry-header.ts'
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { versionIn } from '../memory/entry.ts'
import { ABSENT, CONTENDED, find, isStill } from '../memory/table.ts'
import type { MemoryView } from '../memory/view.ts'
import { expiryOf, isOver, isWhole, look, lookAtWords, type Reading } from './read.ts'

/**
 * @param into says of the staged key's entry what a read would say
 * @param most bytes that are copied
 * @returns the first bytes; undefined: there is no such entry, or it is changed all the time
 */
export function previewEntry(view: MemoryView, into: Reading, most: number): Buffer | undefined {
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const found = find(view)
    if (found === ABSENT || found === CONTENDED) return undefined
    const at = look(view, into)
    if (into.length < 0 || into.length > view.longestValue) continue
    lookAtWords(view, into)
    into.version = versionIn(view.entry, view.entryAt)
    into.expiry = expiryOf(view, into.presence)
    const there = bytesInFirst(view, into, at)
    if (there < 0) continue
    const bytes = Buffer.alloc(Math.min(there, most))
    copyOut(view.entry, at >>> 2, bytes, 0, bytes.length)
    const isGone = isOver(view, into.presence)
    if (isStill(view)) return isGone ? undefined : bytes
  }
  return undefined
}

/** Bytes of the value in the entry's own chunk; -1: it was recycled meanwhile. */
function bytesInFirst(view: MemoryView, reading: Reading, at: number): number {
  if (isWhole(view, reading, at)) return reading.length
  if ((reading.presence & CHAIN) === 0) return -1
  const first = peek(view.entry, view.entryAt + offsetOf(CHAIN, reading.presence) + 1)
  const end = (view.entryAt + view.entryShape) * 4
  return first < 0 || first > reading.length || at + first > end ? -1 : first
}
