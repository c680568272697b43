/**
 * What a thread may do with a page while it holds the page's claim: take free chunks from it, give
 * some back, carve fresh ones, cut it for a class, declare it drained.
 *
 * The claim is one word, taken by compare-and-exchange and recorded before (GRAB_PAGE). Nobody
 * waits for it: whoever finds it taken turns to another page, or keeps its chunk. Under it STACK
 * and CARVED have one writer, so a dead holder's half-done batch is decided by comparing it with
 * the stack's top.
 */
import { compareExchange, load, peek, poke, store } from '#atomics'
import { CLASS, CONTROL } from '../../native-layout/control-block.ts'
import { HEADER, NEXT_FREE } from '../../native-layout/entry-header.ts'
import {
  NEVER_TICK,
  packPageState,
  packStack,
  PAGE,
  PAGE_ACTIVE,
  PAGE_CUTTING,
  PAGE_DRAINING,
  PAGE_FREE,
  pageClassOf,
  pageGenerationOf,
  pageStateOf,
  stackCount,
  stackTop,
} from '../../native-layout/page.ts'
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { MAGAZINE, ROW } from '../../native-layout/thread-row.ts'
import type { ChunkHandle, PageNumber, SizeClass } from '../../native-layout/units.ts'
import { magazineAt, nextOf, setNext, shrink } from './magazine.ts'
import { count, raiseHint, record } from './row.ts'
import { classAddress, firstOf, pageAddress, pageOf, segmentOf, type MemoryView } from './view.ts'

export function tryClaim(view: MemoryView, page: PageNumber): boolean {
  const at = pageAddress(view, page) + PAGE.CLAIM
  if (peek(view.control, at) !== 0) return false
  record(view, ROW.GRAB_FROM, 0)
  record(view, ROW.GRAB_PAGE, page)
  return compareExchange(view.control, at, 0, view.row + 1) === 0
}

export function releaseClaim(view: MemoryView, page: PageNumber): void {
  record(view, ROW.GRAB_FROM, 0)
  store(view.control, pageAddress(view, page) + PAGE.CLAIM, 0)
  record(view, ROW.GRAB_PAGE, 0)
}

/** Chunks a page is cut into. */
export function capacityOf(view: MemoryView, sizeClass: SizeClass): number {
  return Math.floor(view.plan.pageBytes / view.classes.bytes[sizeClass]!)
}
export function handleAt(view: MemoryView, page: PageNumber, ordinal: number): ChunkHandle {
  return (page << view.ordinalBits) | ordinal
}
function topHandle(view: MemoryView, page: PageNumber, stack: number): ChunkHandle {
  const top = stackTop(stack)
  return top === 0 ? 0 : handleAt(view, page, top - 1)
}
function pushed(view: MemoryView, stack: number, handle: ChunkHandle, by: number): number {
  return packStack(stackCount(stack) + by, handle === 0 ? 0 : (handle & view.ordinalMask) + 1)
}

/** Moves up to `wanted` free chunks of a claimed page into the empty magazine of its class. */
export function takeBatch(
  view: MemoryView,
  page: PageNumber,
  sizeClass: SizeClass,
  wanted: number,
): boolean {
  const at = pageAddress(view, page)
  const stack = peek(view.control, at + PAGE.STACK)
  if (stackTop(stack) === 0) return carveBatch(view, page, sizeClass, wanted)
  const from = topHandle(view, page, stack)
  let to = from
  let taken = 1
  while (taken < wanted && nextOf(view, to) !== 0) {
    to = nextOf(view, to)
    taken++
  }
  const rest = nextOf(view, to)
  record(view, ROW.GRAB_CARVED, 0)
  record(view, ROW.GRAB_TO, to)
  record(view, ROW.TOOK, taken)
  record(view, ROW.GRAB_FROM, from)
  poke(view.control, at + PAGE.STACK, pushed(view, stack, rest, -taken))
  loadMagazine(view, sizeClass, from, to, taken)
  return true
}

/** The batch becomes the magazine; the last step of taking it. */
export function loadMagazine(
  view: MemoryView,
  sizeClass: SizeClass,
  from: ChunkHandle,
  to: ChunkHandle,
  taken: number,
): void {
  const magazine = magazineAt(view, sizeClass)
  setNext(view, to, 0)
  poke(view.control, magazine + MAGAZINE.COUNT, taken)
  poke(view.control, magazine + MAGAZINE.TOP, from)
}

function carveBatch(
  view: MemoryView,
  page: PageNumber,
  sizeClass: SizeClass,
  wanted: number,
): boolean {
  const at = pageAddress(view, page)
  const carved = peek(view.control, at + PAGE.CARVED)
  const taken = Math.min(wanted, capacityOf(view, sizeClass) - carved)
  if (taken <= 0) return false
  const shape = view.classes.bytes[sizeClass]! >>> 2
  const words = view.data[segmentOf(view, page)]!
  const first = firstOf(view, page)
  const base = peek(view.control, at + PAGE.BASE)
  for (let n = 0; n < taken; n++) {
    const chunk = first + (carved + n) * shape
    poke(words, chunk + HEADER.INCARNATION, base)
    poke(words, chunk + HEADER.KEY_AND_VERSION, 0)
    poke(words, chunk + NEXT_FREE, n + 1 < taken ? handleAt(view, page, carved + n + 1) : 0)
  }
  record(view, ROW.GRAB_CARVED, carved + taken)
  record(view, ROW.GRAB_TO, handleAt(view, page, carved + taken - 1))
  record(view, ROW.TOOK, taken)
  record(view, ROW.GRAB_FROM, handleAt(view, page, carved))
  poke(view.control, at + PAGE.CARVED, carved + taken)
  loadMagazine(
    view,
    sizeClass,
    handleAt(view, page, carved),
    handleAt(view, page, carved + taken - 1),
    taken,
  )
  return true
}

/**
 * Gives the top chunk of a magazine back to its page; false when the page is claimed by another.
 * @param most chunks, while those that follow are of the same page
 */
export function giveBackTop(view: MemoryView, sizeClass: SizeClass, most = 1): boolean {
  const magazine = magazineAt(view, sizeClass)
  let handle = peek(view.control, magazine + MAGAZINE.TOP)
  if (handle === 0) return false
  const page = pageOf(view, handle)
  if (!tryClaim(view, page)) return false
  for (let n = 0; n < most && handle !== 0 && pageOf(view, handle) === page; n++) {
    record(view, ROW.MOVING, handle)
    shrink(view, magazine, handle)
    pushToPage(view, page, handle)
    handle = peek(view.control, magazine + MAGAZINE.TOP)
  }
  releaseClaim(view, page)
  raiseHint(view, classAddress(sizeClass) + CLASS.FREED)
  return true
}

/** Puts the chunk recorded as MOVING on the stack of its page, which is claimed. */
export function pushToPage(view: MemoryView, page: PageNumber, handle: ChunkHandle): void {
  const at = pageAddress(view, page) + PAGE.STACK
  const stack = peek(view.control, at)
  setNext(view, handle, topHandle(view, page, stack))
  poke(view.control, at, pushed(view, stack, handle, 1))
  record(view, ROW.MOVING, 0)
}

/** Whether a chunk is the top of the stack of its page. */
export function isStackTop(view: MemoryView, handle: ChunkHandle): boolean {
  const page = pageOf(view, handle)
  return topHandle(view, page, peek(view.control, pageAddress(view, page) + PAGE.STACK)) === handle
}

/**
 * Cuts a claimed page for a class.
 * @param free the page's state when it was chosen
 */
export function cut(
  view: MemoryView,
  page: PageNumber,
  sizeClass: SizeClass,
  free: number,
): boolean {
  const at = pageAddress(view, page)
  const { control } = view
  if (peek(control, at + PAGE.STATE) !== free) return false
  const generation = pageGenerationOf(free) + 1
  store(control, at + PAGE.STATE, packPageState(generation, sizeClass, PAGE_CUTTING))
  poke(control, at + PAGE.BASE, nextBase(view, page, generation))
  poke(control, at + PAGE.STACK, 0)
  poke(control, at + PAGE.CARVED, 0)
  poke(control, at + PAGE.EXPIRY, NEVER_TICK)
  store(control, view.shapesAt + page, view.classes.bytes[sizeClass]! >>> 2)
  store(control, at + PAGE.STATE, packPageState(generation, sizeClass, PAGE_ACTIVE))
  return true
}

/** Incarnation at which the next cutting of a free page starts: above all of the last one. */
function nextBase(view: MemoryView, page: PageNumber, generation: number): number {
  if (generation === 1) return peek(view.control, CONTROL.BASE)
  return (peek(view.control, pageAddress(view, page) + PAGE.TOP) + 2) | 1
}

/**
 * Whether a free page has to rest before it is cut: when its next chunk versions would begin
 * beyond a wrap. Otherwise none of them was used by the last cutting, and a chunk that reaches the
 * wrap later waits in its quarantine.
 */
export function mustRest(view: MemoryView, page: PageNumber, free: number): boolean {
  const generation = pageGenerationOf(free)
  if (generation === 0) return false
  const last = peek(view.control, pageAddress(view, page) + PAGE.BASE)
  const next = nextBase(view, page, generation + 1)
  return ((last + 1) >>> 1) >>> view.versionBits !== ((next + 1) >>> 1) >>> view.versionBits
}

/** Frees a claimed page whose chunks are all in its stack. */
export function declareDrained(view: MemoryView, page: PageNumber): boolean {
  const at = pageAddress(view, page)
  const { control } = view
  const state = peek(control, at + PAGE.STATE)
  const stack = peek(control, at + PAGE.STACK)
  if (pageStateOf(state) !== PAGE_DRAINING) return false
  if (stackCount(stack) !== peek(control, at + PAGE.CARVED)) return false
  const words = view.data[segmentOf(view, page)]!
  const first = firstOf(view, page)
  // From the class: a holder that died between the steps below has cleared the page's shape.
  const shape = view.classes.bytes[pageClassOf(state)]! >>> 2
  let highest = peek(control, at + PAGE.BASE)
  for (let n = peek(control, at + PAGE.CARVED) - 1; n >= 0; n--) {
    const incarnation = peek(words, first + n * shape + HEADER.INCARNATION)
    if (((incarnation - highest) | 0) > 0) highest = incarnation
  }
  poke(control, at + PAGE.TOP, highest)
  store(control, view.shapesAt + page, 0)
  const sizeClass = pageClassOf(state)
  poke(control, at + PAGE.STAMP, load(control, CONTROL.TURNS))
  const wishedFor = peek(control, CONTROL.WISH)
  store(control, at + PAGE.STATE, packPageState(pageGenerationOf(state), wishedFor, PAGE_FREE))
  lowerFresh(view, page)
  compareExchange(control, CONTROL.DRAIN, page, 0)
  raiseHint(view, classAddress(sizeClass) + CLASS.FREED)
  count(view, 'pagesMoved')
  return true
}

/** Pages below FRESH are not free. Called after a page became free, by it or for it. */
export function lowerFresh(view: MemoryView, page: PageNumber): void {
  const { control } = view
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const fresh = load(control, CONTROL.FRESH)
    if (fresh <= page || compareExchange(control, CONTROL.FRESH, fresh, page) === fresh) return
  }
}

/** Pages above this one are not used: the memory limit may have been lowered. */
export function lastPage(view: MemoryView): PageNumber {
  return peek(view.control, CONTROL.LIMIT) || view.plan.pages
}

/** The lowest free page, 0 when there is none. */
export function lowestFree(view: MemoryView): PageNumber {
  const { control, plan } = view
  for (let tries = 0; tries <= 2 * plan.pages; tries++) {
    const fresh = load(control, CONTROL.FRESH)
    if (fresh > lastPage(view)) return 0
    if (isFree(view, fresh)) return fresh
    compareExchange(control, CONTROL.FRESH, fresh, fresh + 1)
    // It may have become free between the look and the step.
    if (isFree(view, fresh)) lowerFresh(view, fresh)
  }
  return 0
}
export function isFree(view: MemoryView, page: PageNumber): boolean {
  return pageStateOf(load(view.control, pageAddress(view, page) + PAGE.STATE)) === PAGE_FREE
}
