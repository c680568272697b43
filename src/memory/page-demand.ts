/**
 * Which class gives a page up when another one wants it: the one whose entries are oldest.
 *
 * CONTROL.TURNS counts what was taken and evicted so far, of all classes, in units of 32 bytes: a
 * clock. A page's STAMP is that clock when a chunk of it was last given out or evicted. So the
 * oldest page of a class tells at what age the class loses its entries, and pages follow until that
 * age is about the same in all classes, as one LRU over all of memory would have it. A page that
 * costs nothing goes first: one whose entries all have room in the rest of their class.
 *
 * Rejected: counting evictions per class and comparing shares. The counts of a class that is not
 * used any more have to decay, and however fast they do, either a shift between mixes is answered
 * late or noise moves pages to and fro (docs/performance.md, experiments).
 */
import { add, load, peek, poke } from '#atomics'
import { CLASS, CONTROL } from '../../native-layout/control-block.ts'
import {
  PAGE,
  PAGE_ACTIVE,
  pageClassOf,
  pageStateOf,
  stackCount,
} from '../../native-layout/page.ts'
import type { PageNumber, SizeClass } from '../../native-layout/units.ts'
import { capacityOf } from './page-claim.ts'
import { classAddress, pageAddress, type MemoryView } from './view.ts'

/** What the classes have, as a search for a page saw it. Private to the thread, used at once. */
interface Census {
  /** For each class: pages, free chunks in them, age of the oldest and of the youngest page. */
  readonly pages: Int32Array
  readonly free: Int32Array
  readonly oldest: Float64Array
  readonly youngest: Float64Array
}

function takeCensus(view: MemoryView): Census {
  const { control, plan } = view
  const count = view.classes.bytes.length
  const pages = new Int32Array(count)
  const free = new Int32Array(count)
  const oldest = new Float64Array(count)
  const youngest = new Float64Array(count).fill(Infinity)
  const now = load(control, CONTROL.TURNS)
  for (let page = 1; page <= plan.pages; page++) {
    const of = classOfPage(view, page)
    if (of < 0) continue
    const at = pageAddress(view, page)
    pages[of]!++
    free[of]! += freeIn(view, at, of)
    const age = ageOf(view, at, now)
    oldest[of] = Math.max(oldest[of]!, age)
    youngest[of] = Math.min(youngest[of]!, age)
  }
  return { pages, free, oldest, youngest }
}

function ageOf(view: MemoryView, pageAt: number, now: number): number {
  return (now - peek(view.control, pageAt + PAGE.STAMP)) >>> 0
}

/** Chunks of a page that nobody holds, those that were never given out included. */
function freeIn(view: MemoryView, pageAt: number, sizeClass: SizeClass): number {
  const carved = peek(view.control, pageAt + PAGE.CARVED)
  return stackCount(peek(view.control, pageAt + PAGE.STACK)) + capacityOf(view, sizeClass) - carved
}

/** The class of a page that is cut into chunks, -1 of any other. */
export function classOfPage(view: MemoryView, page: PageNumber): number {
  const state = peek(view.control, pageAddress(view, page) + PAGE.STATE)
  return pageStateOf(state) === PAGE_ACTIVE ? pageClassOf(state) : -1
}

/** Pages of each class. */
export function countPages(view: MemoryView): Int32Array {
  const pages = new Int32Array(view.classes.bytes.length)
  for (let page = 1; page <= view.plan.pages; page++) {
    const of = classOfPage(view, page)
    if (of >= 0) pages[of]!++
  }
  return pages
}

export function hasPage(view: MemoryView, sizeClass: SizeClass): boolean {
  for (let page = 1; page <= view.plan.pages; page++) {
    if (classOfPage(view, page) === sizeClass) return true
  }
  return false
}

/**
 * The page of another class that the class should have, if there is one.
 * @param isForced any page will do: the class can have no chunk otherwise
 * @returns its number; 0: every class loses entries at about the same age
 */
export function pageFor(view: MemoryView, sizeClass: SizeClass, isForced: boolean): PageNumber {
  const { control, plan } = view
  const census = takeCensus(view)
  const { pages, free, oldest, youngest } = census
  const own = pages[sizeClass]!
  const now = load(control, CONTROL.TURNS)
  const wanted = MARGIN * ageWithMore(view, sizeClass, own, oldest[sizeClass]!, now)
  const forgotten = TURNS_TO_FORGET * plan.pages * (plan.pageBytes >>> TURN_SHIFT)
  let best = 0
  let bestScore = -1
  for (let page = 1; page <= plan.pages; page++) {
    const other = classOfPage(view, page)
    if (other < 0 || other === sizeClass || view.abandoned.has(page)) continue
    const at = pageAddress(view, page)
    const capacity = capacityOf(view, other)
    const freeHere = freeIn(view, at, other)
    const used = capacity - freeHere
    const isGift = free[other]! - freeHere >= used + capacity * SPARE
    const age = ageOf(view, at, now)
    const isKept = own > 0 && pages[other] === 1 && used > 0
    if (isKept && (isForced || age <= forgotten)) continue
    const isIdle = own > 1 && youngest[other]! > oldest[sizeClass]!
    if (!isGift && !isForced && !isIdle && age <= wanted) continue
    const score = (isGift ? GIFT : age) + freeHere / capacity
    if (score > bestScore) {
      bestScore = score
      best = page
    }
  }
  return best
}
/** A page changes hands only for so much more age, or noise would move pages to and fro. */
const MARGIN = 1.12
/**
 * Turns over all memory after which a class loses its only page. Sooner its stamp says little: it
 * is set by the batch, and what the page holds may be the heads of values that fill many pages.
 */
const TURNS_TO_FORGET = 1.5
/** More than any age. */
const GIFT = 2 ** 33
/** Of a page: what stays free in a class that gives one away for nothing. */
const SPARE = 1 / 4

/**
 * At what age a class would lose its entries if it had one page more. Its oldest page was passed
 * when the hand had all the other ones before it, so that its age is that of a turn over one page
 * less; of a class with one page, which is always in use, evictions are counted since it was cut.
 */
function ageWithMore(
  view: MemoryView,
  sizeClass: SizeClass,
  pages: number,
  oldest: number,
  now: number,
): number {
  if (pages === 0) return 0
  if (pages > 1) return (oldest * (pages + 1)) / (pages - 1)
  const at = classAddress(sizeClass)
  const evicted =
    (peek(view.control, at + CLASS.EVICTED) - peek(view.control, at + CLASS.FROM)) >>> 0
  const since = (now - peek(view.control, at + CLASS.SINCE)) >>> 0
  return (2 * capacityOf(view, sizeClass) * since) / Math.max(1, evicted)
}

/** A class was given a page: its evictions count from now on. */
export function startCounting(view: MemoryView, sizeClass: SizeClass): void {
  const at = classAddress(sizeClass)
  poke(view.control, at + CLASS.SINCE, load(view.control, CONTROL.TURNS))
  poke(view.control, at + CLASS.FROM, peek(view.control, at + CLASS.EVICTED))
  poke(view.control, at + CLASS.LENT, 0)
}

/**
 * Whether a free page was emptied for the class, or for none, or was left lying: whoever happens to
 * look next would take what another class has waited for.
 */
export function isMeantFor(view: MemoryView, page: PageNumber, sizeClass: SizeClass): boolean {
  const at = pageAddress(view, page)
  const owner = pageClassOf(peek(view.control, at + PAGE.STATE))
  if (owner === 0 || owner === sizeClass + 1) return true
  const { pageBytes, pages } = view.plan
  const patience = (pages * (pageBytes >>> TURN_SHIFT)) >>> LEFT_SHIFT
  return ageOf(view, at, load(view.control, CONTROL.TURNS)) > patience
}
/** A sixteenth of a turn over all pages: a rare size comes seldom. */
const LEFT_SHIFT = 4

/** Notes that a chunk of so many bytes was given out, or evicted: the clock goes on. */
export function stampPage(view: MemoryView, page: PageNumber, bytes: number): void {
  const turns = add(view.control, CONTROL.TURNS, bytes >>> TURN_SHIFT)
  poke(view.control, pageAddress(view, page) + PAGE.STAMP, turns)
}
const TURN_SHIFT = 5

/** Notes that a batch of chunks was given out: as many as a magazine takes and a page has. */
export function stampBatch(view: MemoryView, page: PageNumber, sizeClass: SizeClass): void {
  const chunks = Math.min(view.batches[sizeClass]!, capacityOf(view, sizeClass))
  stampPage(view, page, chunks * view.classes.bytes[sizeClass]!)
}

/**
 * Whether a class that is about to evict looks for a page: so seldom that a look, which reads all
 * page states, costs little beside the evictions between.
 * @param bytes what it is asked for
 */
export function mayLook(view: MemoryView, sizeClass: SizeClass, bytes: number): boolean {
  view.chunksSinceLook += bytes / view.classes.bytes[sizeClass]!
  if (view.chunksSinceLook < view.plan.pages / PAGES_PER_EVICTION) return false
  if (peek(view.control, CONTROL.STILL) !== 0 || view.policy.name === 'none') return false
  view.chunksSinceLook = 0
  return true
}
const PAGES_PER_EVICTION = 32
