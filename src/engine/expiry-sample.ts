/**
 * How many entries expire, and when, as far as a sample of all chunks tells: for those who look at
 * the cache from outside. Of a cache with fewer chunks than the sample every one is looked at.
 *
 * Rejected: a counter. Each commit would have to record whether the new entry and the old one
 * expire and count it once more (I-COUNT-ONCE), in every namespace, for a figure that is read now
 * and then. A mean time to live could not be counted at all: it falls by itself.
 *
 * A chunk is taken from every stretch of the same length, at a place by chance: entries that were
 * written in turns, every other one with an expiry, are met in their proportion.
 */
import { closeReads, load, peek } from '#atomics'
import { EXPIRY, HEADER, isComplete, presenceOf } from '../../native-layout/entry-header.ts'
import { PAGE } from '../../native-layout/page.ts'
import type { PageNumber, WordIndex } from '../../native-layout/units.ts'
import { expiryIn, isEntry, isVacant, spaceIn } from '../memory/entry.ts'
import { classOfPage } from '../memory/page-demand.ts'
import { firstOf, type MemoryView, pageAddress, segmentOf, shapeOf } from '../memory/view.ts'
import { isFlushed } from './sweep-group.ts'

/** Chunks that are looked at, at most: each a cache miss, and other requests of the thread wait. */
const SAMPLE = 2048

/** What the sample held of one namespace. */
export interface ExpirySample {
  /** Entries, and those of them that expire. */
  entries: number
  expiring: number
  /** Of those whose time is not over: how many, and the milliseconds they have left together. */
  timed: number
  leftMs: number
}

/** A sample of the entries of every namespace, by its number. */
export function sampleExpiries(view: MemoryView): ExpirySample[] {
  const samples = Array.from({ length: view.plan.maxNamespaces + 1 }, () => {
    return { entries: 0, expiring: 0, timed: 0, leftMs: 0 }
  })
  let chunks = 0
  for (let page = 1; page <= view.pages; page++) chunks += chunksOf(view, page)
  const stretch = Math.max(1, chunks / SAMPLE)
  const now = view.now()
  let begin = 0
  let stretches = 0
  let next = Math.floor(Math.random() * stretch)
  for (let page = 1; page <= view.pages; page++) {
    const end = begin + chunksOf(view, page)
    while (next < end) {
      note(view, page, next - begin, now, samples)
      next = Math.floor((++stretches + Math.random()) * stretch)
    }
    begin = end
  }
  return samples
}

/** Chunks of a page that were ever given out. */
function chunksOf(view: MemoryView, page: PageNumber): number {
  const shape = shapeOf(view, page)
  if (classOfPage(view, page) < 0 || shape === 0) return 0
  const carved = load(view.control, pageAddress(view, page) + PAGE.CARVED)
  return Math.min(carved, Math.floor(view.pageWords / shape))
}

/** Adds what a chunk holds, if that is an entry now, and was while it was looked at. */
function note(
  view: MemoryView,
  page: PageNumber,
  ordinal: number,
  now: number,
  samples: readonly ExpirySample[],
): void {
  const shape = shapeOf(view, page)
  if ((ordinal + 1) * shape > view.pageWords) return
  const segment = segmentOf(view, page)
  const words = view.data[segment]!
  const at: WordIndex = firstOf(view, page) + ordinal * shape
  const incarnation = peek(words, at + HEADER.INCARNATION)
  if (!isComplete(incarnation) || !isEntry(words, at)) return
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  const space = spaceIn(words, at, presence)
  const expiry = expiryIn(view.dataDoubles[segment]!, at, presence)
  const isAbsent = isVacant(words, at, presence) || isFlushed(view, words, at, presence)
  if (closeReads(words, at + HEADER.INCARNATION, incarnation) !== incarnation || isAbsent) return
  const sample = samples[space]
  if (shape !== shapeOf(view, page) || sample === undefined) return
  sample.entries++
  if ((presence & EXPIRY) === 0) return
  sample.expiring++
  if (expiry <= now) return
  sample.timed++
  sample.leftMs += expiry - now
}
