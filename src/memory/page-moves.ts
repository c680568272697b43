/**
 * Page moves: which page a class gives up when another one needs it more, and the draining of it.
 *
 * One page is drained at a time, by everybody who passes: it stops handing out chunks, its entries
 * are moved or evicted a few at a time, its free chunks find their way home to its stack, and when
 * all are there it is free. Nobody waits for a drain, and a dead drainer is simply missed.
 */
import { add, compareExchange, load, peek, poke, store } from '#atomics'
import { CLASS, CONTROL } from '../../native-layout/control-block.ts'
import {
  packPageState,
  PAGE,
  PAGE_ACTIVE,
  PAGE_DRAINING,
  pageClassOf,
  pageGenerationOf,
  pageStateOf,
  stackCount,
} from '../../native-layout/page.ts'
import { MAGAZINE } from '../../native-layout/thread-row.ts'
import type { ChunkHandle, PageNumber, SizeClass } from '../../native-layout/units.ts'
import { magazineAt, nextOf, unpark } from './magazine.ts'
import {
  declareDrained,
  giveBackTop,
  isFree,
  lastPage,
  lowestFree,
  releaseClaim,
  tryClaim,
} from './page-claim.ts'
import { hasPage, mayLook, pageFor } from './page-demand.ts'
import { raiseHint } from './row.ts'
import { classAddress, pageAddress, pageOf, type MemoryView } from './view.ts'

/**
 * Starts draining the page of another class that is missed least, unless a drain is under way.
 * @param isForced any page will do: the class can have no chunk otherwise
 */
export function wishForPage(view: MemoryView, sizeClass: SizeClass, isForced: boolean): void {
  const { control } = view
  const current = load(control, CONTROL.DRAIN)
  if (current !== 0) {
    const state = load(control, pageAddress(view, current) + PAGE.STATE)
    if (pageStateOf(state) !== PAGE_DRAINING) compareExchange(control, CONTROL.DRAIN, current, 0)
    return
  }
  if (adoptDrain(view)) return
  if (hasPage(view, sizeClass) && freePages(view) >= MOST_FREE) return
  const page = pageFor(view, sizeClass, isForced)
  if (page === 0) return
  const state = load(control, pageAddress(view, page) + PAGE.STATE)
  if (pageStateOf(state) === PAGE_ACTIVE && pageClassOf(state) !== sizeClass) {
    beginDrain(view, page, state, sizeClass + 1)
  }
}

/**
 * Starts draining a page whose state was just read; false when another drain is under way.
 * @param wishedFor class + 1 that may have it first; 0: all may
 */
export function beginDrain(
  view: MemoryView,
  page: PageNumber,
  state: number,
  wishedFor = 0,
): boolean {
  const { control } = view
  const at = pageAddress(view, page)
  store(control, at + PAGE.MARK, 0)
  const draining = packPageState(pageGenerationOf(state), pageClassOf(state), PAGE_DRAINING)
  if (compareExchange(control, CONTROL.DRAIN, 0, page) !== 0) return false
  poke(control, CONTROL.WISH, wishedFor)
  if (compareExchange(control, at + PAGE.STATE, state, draining) === state) return true
  compareExchange(control, CONTROL.DRAIN, page, 0)
  return false
}

/** Free pages, counted as far as `MOST_FREE`: they may have to rest before they can be cut. */
function freePages(view: MemoryView): number {
  let free = 0
  for (let page = lowestFree(view); page > 0 && page <= lastPage(view); page++) {
    if (isFree(view, page) && ++free === MOST_FREE) break
  }
  return free
}
/** A class that has pages drains no more of others' while so many wait to be used. */
const MOST_FREE = 4

/** Takes up a page whose drainer was stopped between naming and marking it, if there is one. */
export function adoptDrain(view: MemoryView): boolean {
  const orphan = drainingPage(view)
  if (orphan !== 0) compareExchange(view.control, CONTROL.DRAIN, 0, orphan)
  return orphan !== 0
}

function drainingPage(view: MemoryView): PageNumber {
  for (let page = 1; page <= view.plan.pages; page++) {
    const state = load(view.control, pageAddress(view, page) + PAGE.STATE)
    if (pageStateOf(state) === PAGE_DRAINING) return page
  }
  return 0
}

/** A drain that went round so often without end is given up: an idle thread holds a chunk. */
const MOST_ROUNDS = 3
const ROUND_SHIFT = 16
const ORDINAL_MASK = 0xffff
const MOST_ABANDONED = 64

/** Gives a drain up: the page keeps what it holds, and this thread looks at other pages first. */
export function abandonDrain(view: MemoryView, page: PageNumber): void {
  const { control } = view
  const at = pageAddress(view, page) + PAGE.STATE
  const state = load(control, at)
  if (view.abandoned.size >= MOST_ABANDONED) view.abandoned.clear()
  view.abandoned.add(page)
  if (pageStateOf(state) !== PAGE_DRAINING) return
  const active = packPageState(pageGenerationOf(state), pageClassOf(state), PAGE_ACTIVE)
  if (compareExchange(control, at, state, active) === state) {
    raiseHint(view, classAddress(pageClassOf(state)) + CLASS.FREED)
  }
  compareExchange(control, CONTROL.DRAIN, page, 0)
}

/** How `drainStep` gets rid of an entry: set by src/memory/relocate.ts, which needs this file. */
export interface Drainer {
  /** Unlinks or moves what the chunk holds; true when the chunk is free or was freed. */
  clear(view: MemoryView, page: PageNumber, ordinal: number): void
}
let drainer: Drainer | undefined
export function setDrainer(to: Drainer): void {
  drainer = to
}

/**
 * Works on the page being drained, if there is one: `chunks` chunks at most.
 * @returns whether no page is left to drain
 */
export function drainStep(view: MemoryView, chunks: number): boolean {
  const { control } = view
  const page = load(control, CONTROL.DRAIN)
  if (page === 0) return true
  const at = pageAddress(view, page)
  const state = load(control, at + PAGE.STATE)
  if (pageStateOf(state) !== PAGE_DRAINING) {
    compareExchange(control, CONTROL.DRAIN, page, 0)
    return true
  }
  const carved = peek(control, at + PAGE.CARVED)
  if (stackCount(peek(control, at + PAGE.STACK)) < carved) {
    const mark = peek(control, at + PAGE.MARK)
    let ordinal = mark & ORDINAL_MASK
    let rounds = mark >>> ROUND_SHIFT
    for (let n = 0; n < chunks && n < carved; n++) {
      if (ordinal >= carved) {
        ordinal = 0
        rounds++
      }
      drainer?.clear(view, page, ordinal++)
    }
    store(control, at + PAGE.MARK, (rounds << ROUND_SHIFT) | ordinal)
    sendHome(view, page, pageClassOf(state))
    if (rounds > MOST_ROUNDS && stackCount(peek(control, at + PAGE.STACK)) < carved) {
      abandonDrain(view, page)
      return true
    }
  }
  if (stackCount(peek(control, at + PAGE.STACK)) !== carved) return false
  if (!tryClaim(view, page)) return passOver(view, page)
  const done = declareDrained(view, page)
  releaseClaim(view, page)
  return done
}

/** An emptied page whose claim another has, perhaps for ever: given up, so that others can move. */
function passOver(view: MemoryView, page: PageNumber): boolean {
  const at = pageAddress(view, page) + PAGE.MARK
  const mark = add(view.control, at, 1 << ROUND_SHIFT)
  if (mark >>> ROUND_SHIFT <= MOST_ROUNDS) return false
  abandonDrain(view, page)
  return true
}

/**
 * Moves pages to a class under pressure, a few times as many bytes as are wanted: a drain keeps
 * pace with large values, of which a few take what thousands of small ones held.
 */
export function moveTowards(view: MemoryView, sizeClass: SizeClass, bytes: number): void {
  const { control } = view
  let budget = DRAIN_RATIO * bytes
  const isDue = mayLook(view, sizeClass, bytes)
  for (let pages = 0; budget > 0 && pages < MOST_PAGES_AT_ONCE; pages++) {
    if (load(control, CONTROL.DRAIN) === 0) {
      if (!isDue) return
      wishForPage(view, sizeClass, false)
    }
    const page = load(control, CONTROL.DRAIN)
    if (page === 0) return
    const state = load(control, pageAddress(view, page) + PAGE.STATE)
    const chunk = view.classes.bytes[pageClassOf(state)]!
    const chunks = Math.ceil(Math.min(budget, view.plan.pageBytes) / chunk)
    if (!drainStep(view, chunks)) return
    budget -= chunks * chunk
  }
}
const DRAIN_RATIO = 4
const MOST_PAGES_AT_ONCE = 64

/** Gives the drained page's chunks in this thread's magazine and quarantine back to it. */
export function sendHome(view: MemoryView, page: PageNumber, sizeClass: SizeClass): void {
  unpark(view)
  const at = magazineAt(view, sizeClass)
  for (let n = peek(view.control, at + MAGAZINE.COUNT); n > 0; n--) {
    const top = peek(view.control, at + MAGAZINE.TOP)
    if (top === 0) return
    if (pageOf(view, top) !== page && !hasBelow(view, top, page)) return
    if (!giveBackTop(view, sizeClass)) return
  }
}
function hasBelow(view: MemoryView, top: ChunkHandle, page: PageNumber): boolean {
  for (let handle = top; handle !== 0; handle = nextOf(view, handle)) {
    if (pageOf(view, handle) === page) return true
  }
  return false
}
