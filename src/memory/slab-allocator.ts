/**
 * The slab allocator: where a chunk of a class comes from, and how pages follow the demand.
 *
 *   magazine -> free chunks of a page of the class -> a free page -> parked chunks -> eviction in
 *   the class -> a page of another class -> a larger class
 *
 * Pages move between classes by being drained: the page stops handing out chunks, its entries are
 * moved or evicted a few at a time by whoever passes, its free chunks find their way home to its
 * stack, and when all are there it is free. Nobody waits for a drain.
 */
import * as atomics from '#atomics'
import * as controlBlock from '../../native-layout/control-block.ts'
import * as page from '../../native-layout/page.ts'
import * as threadRow from '../../native-layout/thread-row.ts'
import type { ChunkHandle, PageNumber, SizeClass } from '../../native-layout/units.ts'
import * as cutPage from './cut-page.ts'
import * as magazine from './magazine.ts'
import * as pageClaim from './page-claim.ts'
import * as pageDemand from './page-demand.ts'
import * as pageMoves from './page-moves.ts'
import * as row from './row.ts'
import * as view from './view.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { add, load, peek } = atomics
const { CLASS, CONTROL } = controlBlock
const { PAGE, PAGE_ACTIVE, PAGE_DRAINING, pageClassOf, pageStateOf, stackCount } = page
const { COUNTER, MAGAZINE, ROW } = threadRow
const { cutFree } = cutPage
const { magazineAt, pop, unpark } = magazine
const { capacityOf, giveBackTop, lastPage, releaseClaim, takeBatch, tryClaim } = pageClaim
const { stampBatch } = pageDemand
const { drainStep, moveTowards, wishForPage } = pageMoves
const { enter, field, leave, renew } = row
const { classAddress, pageAddress, pageOf } = view

/** Entries evicted for one chunk before the allocator turns elsewhere. */
const EVICTIONS_PER_CHUNK = 8
/** Chunks of a page being drained that each write looks at. */
const DRAIN_CHUNKS_PER_WRITE = 8

/**
 * Takes a chunk of a class, or of a larger one when the class can have none. Inside a bracket.
 * @param asPart whether it continues a value (recorded as NEW_PART) or begins an entry (NEW)
 * @returns its handle, recorded in the row; 0 when memory is used up and nothing may be evicted
 */
export function allocate(view: MemoryView, sizeClass: SizeClass, asPart: boolean): ChunkHandle {
  const cheap = takeFree(view, sizeClass, asPart)
  if (cheap !== 0) return cheap
  if (view.restingPage !== 0) {
    // A page rests for this very operation: end its sequence, as an eviction would.
    renew(view)
    const rested = takeFree(view, sizeClass, asPart)
    if (rested !== 0) return rested
  }
  const bytes = view.classes.bytes[sizeClass]!
  // The pieces of a long value are all of the largest size but for one.
  moveTowards(view, sizeClass, bytes === view.classes.largest ? view.wantedBytes : bytes)
  const moved = takeFree(view, sizeClass, asPart)
  if (moved !== 0) return moved
  for (let tries = 0; tries < EVICTIONS_PER_CHUNK; tries++) {
    if (view.policy.evict(view, sizeClass, COUNTER.evictedForMemory)) {
      const handle = takeFree(view, sizeClass, asPart)
      if (handle !== 0) return handle
    } else break
  }
  const lent = borrow(view, sizeClass, asPart)
  if (lent !== 0) return lent
  const taken = takePage(view, sizeClass, asPart)
  if (taken !== 0) return taken
  return takeLarger(view, sizeClass, asPart, view.classes.widest)
}

/**
 * A chunk that is free already, recorded as NEW or NEW_PART: for a page mover, which must not evict
 * for it.
 */
export function popFree(view: MemoryView, sizeClass: SizeClass, asPart: boolean): ChunkHandle {
  return takeFree(view, sizeClass, asPart)
}

/** A chunk that is free already. */
function takeFree(view: MemoryView, sizeClass: SizeClass, asPart: boolean): ChunkHandle {
  const ready = popHere(view, sizeClass, asPart)
  if (ready !== 0) return ready
  if (refill(view, sizeClass)) return popHere(view, sizeClass, asPart)
  if (unpark(view)) return popHere(view, sizeClass, asPart)
  return 0
}

/** Pops, but sends chunks of the page being drained home first. */
function popHere(view: MemoryView, sizeClass: SizeClass, asPart: boolean): ChunkHandle {
  const drain = peek(view.control, CONTROL.DRAIN)
  if (drain !== 0 && isDraining(view, drain)) {
    const at = magazineAt(view, sizeClass) + MAGAZINE.TOP
    for (;;) {
      const top = peek(view.control, at)
      if (top === 0 || pageOf(view, top) !== drain || !giveBackTop(view, sizeClass)) break
    }
  }
  return pop(view, sizeClass, asPart)
}

function isDraining(view: MemoryView, page: PageNumber): boolean {
  const state = load(view.control, pageAddress(view, page) + PAGE.STATE)
  return pageStateOf(state) === PAGE_DRAINING
}

/** Fills the empty magazine of a class from a page that has free chunks, or from a free page. */
function refill(view: MemoryView, sizeClass: SizeClass): boolean {
  const hinted = view.pageHint[sizeClass]!
  if (hinted !== 0 && refillFrom(view, hinted, sizeClass)) return true
  const freed = load(view.control, classAddress(sizeClass) + CLASS.FREED)
  if (freed !== view.freedSeen[sizeClass]) {
    const { pages } = view.plan
    for (let page = 1; page <= pages; page++) {
      if (hasRoom(view, page, sizeClass) && refillFrom(view, page, sizeClass)) return true
    }
    view.freedSeen[sizeClass] = freed
  }
  return cutFree(view, sizeClass, false)
}

function hasRoom(view: MemoryView, page: PageNumber, sizeClass: SizeClass): boolean {
  const at = pageAddress(view, page)
  const state = peek(view.control, at + PAGE.STATE)
  if (pageStateOf(state) !== PAGE_ACTIVE || pageClassOf(state) !== sizeClass) return false
  if (page > lastPage(view)) return false
  if (stackCount(peek(view.control, at + PAGE.STACK)) > 0) return true
  return peek(view.control, at + PAGE.CARVED) < capacityOf(view, sizeClass)
}

function refillFrom(view: MemoryView, page: PageNumber, sizeClass: SizeClass): boolean {
  if (!hasRoom(view, page, sizeClass) || !tryClaim(view, page)) return false
  const taken =
    hasRoom(view, page, sizeClass) && takeBatch(view, page, sizeClass, view.batches[sizeClass]!)
  releaseClaim(view, page)
  if (taken) stampBatch(view, page, sizeClass)
  view.pageHint[sizeClass] = taken ? page : 0
  return taken
}

/**
 * A class without anything to evict, mostly one without a page, takes a chunk that is not much
 * larger while a page is emptied for it: nobody empties a whole page within one write unless
 * nothing else helps.
 */
function borrow(view: MemoryView, sizeClass: SizeClass, asPart: boolean): ChunkHandle {
  if (view.policy.name === 'none') return 0
  const lent = add(view.control, classAddress(sizeClass) + CLASS.LENT, 1) + 1
  if (lent * SHARE_LENT >= capacityOf(view, sizeClass)) {
    // Before the chunk is recorded: a move gives back what the row holds.
    wishForPage(view, sizeClass, true)
    drainStep(view, DRAIN_CHUNKS_PER_WRITE)
  }
  return takeLarger(view, sizeClass, asPart, MOST_BORROWED * view.classes.bytes[sizeClass]!)
}
const MOST_BORROWED = 1.5
/** A class that borrowed so large a part of a page's chunks is worth a page. */
const SHARE_LENT = 4

/** Drains pages of other classes until one can be cut for this one; bounded. */
function takePage(view: MemoryView, sizeClass: SizeClass, asPart: boolean): ChunkHandle {
  if (view.policy.name === 'none') freeDead(view)
  if (cutFree(view, sizeClass, true)) return takeFree(view, sizeClass, asPart)
  for (let round = 0; round < MOST_DRAINED; round++) {
    wishForPage(view, sizeClass, true)
    const page = load(view.control, CONTROL.DRAIN)
    if (page === 0) break
    const cutInto = capacityOf(view, 0)
    for (let steps = 0; steps < cutInto; steps += 64) {
      if (drainStep(view, 64)) break
    }
    const handle = takeFree(view, sizeClass, asPart)
    if (handle !== 0) return handle
  }
  return 0
}

/** Pages that one search for a chunk empties: what it costs at most. */
const MOST_DRAINED = 2

/** Gets another page for a class, whose first chunk is then held as a part (`dropNew` lets go). */
export function makeRoom(view: MemoryView, sizeClass: SizeClass): boolean {
  return takePage(view, sizeClass, true) !== 0
}

/**
 * Without eviction a page can be emptied only if what lives in it finds room elsewhere: dead
 * entries of all classes go first, and their chunks back to their pages, so that the emptiest page
 * is chosen.
 */
function freeDead(view: MemoryView): void {
  let freed = 0
  while (freed < MOST_DEAD_AT_ONCE && view.policy.evict(view, -1, COUNTER.evictedForMemory)) freed++
  if (freed === 0) return
  for (let sizeClass = 0; sizeClass < view.classes.bytes.length; sizeClass++) {
    const count = magazineAt(view, sizeClass) + MAGAZINE.COUNT
    while (peek(view.control, count) > 0 && giveBackTop(view, sizeClass));
  }
}
const MOST_DEAD_AT_ONCE = 512

/**
 * A chunk of a larger class, free or evicted: better a wasted margin than a refused write.
 * @param most bytes of the chunk at most
 */
function takeLarger(
  view: MemoryView,
  sizeClass: SizeClass,
  asPart: boolean,
  most: number,
): ChunkHandle {
  const evicts = view.policy.name !== 'none' // What is dead has been freed before, of all classes.
  const { bytes } = view.classes
  for (let larger = sizeClass + 1; larger < bytes.length && bytes[larger]! <= most; larger++) {
    const free = takeFree(view, larger, asPart)
    if (free !== 0) return free
    if (evicts && view.policy.evict(view, larger, COUNTER.evictedForMemory)) {
      const handle = takeFree(view, larger, asPart)
      if (handle !== 0) return handle
    }
  }
  return 0
}

/**
 * Between operations: looks after the page being drained, then gives what a magazine holds above
 * its measure back to the pages (chunks of any class may be free: of what was replaced, or evicted)
 * and looks after the quarantine.
 */
export function settle(view: MemoryView): void {
  view.isSettling = true
  if (peek(view.control, CONTROL.DRAIN) !== 0) {
    enter(view)
    drainStep(view, DRAIN_CHUNKS_PER_WRITE)
    leave(view)
  }
  if (view.crowded.size > 0) {
    for (const sizeClass of view.crowded) {
      const count = magazineAt(view, sizeClass) + MAGAZINE.COUNT
      const measure = view.batches[sizeClass]!
      for (let over = 1; over > 0; ) {
        over = peek(view.control, count) - measure
        if (over > 0 && !giveBackTop(view, sizeClass, over)) break
      }
      if (peek(view.control, count) <= 2 * measure) view.crowded.delete(sizeClass)
    }
  }
  if (field(view, ROW.PARKED) !== 0 || field(view, ROW.PARKING) !== 0) unpark(view)
  view.isSettling = false
}
