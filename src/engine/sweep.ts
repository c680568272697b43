/**
 * Sweeping a page: freeing what is over in it, and renewing the bound that tells when something in
 * it expires.
 *
 * A sweep reads the headers of a page in their order and unlinks what is over in groups: for all of
 * a group the home buckets are touched first, so that their cache misses overlap. It ends after so
 * many removals that no caller is held up; a later one goes on where it ended.
 *
 * Rejected: pages that hold entries of one band of expiries (Segcache, J. Yang et al., NSDI 2021).
 * A sweep would look at one entry for each that it frees instead of about twenty; that is a third
 * of what an expiry costs, for as many magazines and half filled pages as there are bands.
 */
import { closeOperation, compareExchange, load, peek, store } from '#atomics'
import { HEADER, INTENT, isComplete, presenceOf } from '../../native-layout/entry-header.ts'
import { NEVER_TICK, PAGE, PAGE_ACTIVE, pageStateOf } from '../../native-layout/page.ts'
import { ROW } from '../../native-layout/thread-row.ts'
import { tickOf } from '../memory/complete-entry.ts'
import { expiryIn, isEntry, keyAt, keyLength, spaceIn } from '../memory/entry.ts'
import { deadReason, evictLocated } from '../memory/evict-entry.ts'
import { seedOf, xxh32 } from '../memory/hash.ts'
import { chunkIn, locate, Located } from '../memory/locate.ts'
import { handleAt } from '../memory/page-claim.ts'
import { currentStamp, enter, leave, record } from '../memory/row.ts'
import { settle } from '../memory/slab-allocator.ts'
import { stampOf, touchHome } from '../memory/table.ts'
import { pageAddress, type MemoryView } from '../memory/view.ts'

const resident = new Located()
/** Entries that are unlinked as a group. */
const GROUP = 32
const group = new Int32Array(GROUP)

/**
 * Frees what is over in a page, flushed entries too, and renews its expiry bound unless it ends
 * before it has seen all.
 * @param most entries freed at most, or a few more
 * @param from ordinal that it begins at
 * @returns entries freed
 */
export function sweepPage(view: MemoryView, page: number, most = Infinity, from = 0): number {
  const { control } = view
  const at = pageAddress(view, page)
  if (pageStateOf(load(control, at + PAGE.STATE)) !== PAGE_ACTIVE) return 0
  enter(view)
  record(view, ROW.SCAN_PAGE, page)
  const before = load(control, at + PAGE.EXPIRY)
  store(control, at + PAGE.EXPIRY, NEVER_TICK)
  // The looks at the chunks come after the reset: see markComplete.
  closeOperation(control, view.rowAt + ROW.MOVING)
  const carved = load(control, at + PAGE.CARVED)
  const now = view.now()
  let earliest = NEVER_TICK
  let freed = 0
  let grouped = 0
  view.sweepFrom = 0
  for (let n = 0; n < carved; n++) {
    const ordinal = from + n < carved ? from + n : from + n - carved
    const expiry = lookAt(view, page, ordinal, now)
    if (expiry > 0) earliest = Math.min(earliest, tickOf(view, expiry))
    else if (expiry === PERHAPS_OVER) group[grouped++] = ordinal
    if (grouped === GROUP || (grouped > 0 && n === carved - 1)) {
      for (let i = 0; i < grouped; i++) touchEntry(view, page, group[i]!)
      for (let i = 0; i < grouped; i++) {
        const left = removeIn(view, page, group[i]!)
        if (left === FREED) freed++
        else if (left > 0) earliest = Math.min(earliest, tickOf(view, left))
      }
      grouped = 0
    }
    if (freed >= most && n < carved - 1) {
      earliest = Math.min(earliest, before)
      view.sweepFrom = ordinal + 1
      break
    }
  }
  for (let seen = load(control, at + PAGE.EXPIRY); earliest < seen; ) {
    compareExchange(control, at + PAGE.EXPIRY, seen, earliest)
    seen = load(control, at + PAGE.EXPIRY)
  }
  record(view, ROW.SCAN_PAGE, 0)
  leave(view)
  settle(view)
  return freed
}

const PERHAPS_OVER = -1
const FREED = -1

/**
 * The expiry of a complete entry that is not over, 0 if it has none, or nothing is there;
 * PERHAPS_OVER if it has to be looked at in its slot. Reads nothing but the chunk.
 */
function lookAt(view: MemoryView, page: number, ordinal: number, now: number): number {
  if (!chunkIn(view, page, ordinal, resident)) return 0
  const { words, at } = resident
  if (!isComplete(peek(words, at + HEADER.INCARNATION)) || !isEntry(words, at)) return 0
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  if ((presence & INTENT) !== 0) return PERHAPS_OVER
  const expiry = expiryIn(view.dataDoubles[resident.segment]!, at, presence)
  if (expiry !== 0 && expiry <= now) return PERHAPS_OVER
  const space = spaceIn(words, at, presence)
  if (space < 0 || space > view.plan.maxNamespaces) return expiry
  const stamp = stampOf(words, at, presence)
  return ((currentStamp(view, space) - stamp) | 0) > 0 ? PERHAPS_OVER : expiry
}

/** Whether so much of a page is over that a sweep pays, by a sample of its chunks. */
export function isWorthSweeping(view: MemoryView, page: number): boolean {
  const carved = peek(view.control, pageAddress(view, page) + PAGE.CARVED)
  if (carved <= SAMPLE) return true
  const now = view.now()
  const stride = Math.floor(carved / SAMPLE)
  let over = 0
  let ordinal = view.sampleFrom++ % stride
  for (let n = 0; n < SAMPLE; n++, ordinal += stride) {
    if (lookAt(view, page, ordinal, now) === PERHAPS_OVER && ++over === SAMPLE_OVER) return true
  }
  return false
}
/** A page is swept when so many chunks of the sample are over: about a twentieth of it. */
const SAMPLE = 32
const SAMPLE_OVER = 3

/** Reads the home bucket of an entry's key, so that it is in the cache when it is asked for. */
function touchEntry(view: MemoryView, page: number, ordinal: number): void {
  if (!chunkIn(view, page, ordinal, resident)) return
  const { words, at, shape } = resident
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  const length = keyLength(words, at)
  const key = keyAt(words, at)
  if (length < 0 || key - at + ((length + 3) >>> 2) > shape) return
  touchHome(view, xxh32(words, key, length, seedOf(view.seed, spaceIn(words, at, presence))))
}

/** Frees an entry if it is over: FREED, or its expiry, linked or about to be; 0: none. */
function removeIn(view: MemoryView, page: number, ordinal: number): number {
  if (!chunkIn(view, page, ordinal, resident)) return 0
  const { words, at } = resident
  if (!isComplete(peek(words, at + HEADER.INCARNATION)) || !isEntry(words, at)) return 0
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  const expiry = expiryIn(view.dataDoubles[resident.segment]!, at, presence)
  if (!locate(view, handleAt(view, page, ordinal), resident)) return expiry
  const dead = deadReason(view, resident)
  return dead >= 0 && evictLocated(view, resident, dead) ? FREED : expiry
}
