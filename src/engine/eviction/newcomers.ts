/**
 * Newcomers in the order of their arrival: a ring of slot indices, and a mark for each slot that
 * says where in the ring its entry's record is (native-layout/eviction-state.ts). Where a policy
 * has two rings, an entry waits in the one that its mark names.
 *
 * An entry never changes its slot (I-STAY), so a record stays right when the entry is replaced or
 * moved. It may outlive the entry: whoever takes it looks at what the slot holds then, and if that
 * is a later newcomer, the mark tells. Taking a record is one exchange, so one thread has it.
 *
 * Nothing here has to be exact. A record that is lost (its writer or taker was killed, the ring
 * came round, two threads raced) leaves an entry with a mark that no record stands for. Once the
 * tail has passed the place, the mark says nothing any more, and the main hand takes the entry like
 * any other one: no entry stays out of reach. I-NEWCOMER.
 */
import {
  add,
  closeWrites,
  compareExchange,
  load,
  peek,
  peekByte,
  poke,
  pokeByte,
  store,
} from '#atomics'
import { CLASS } from '../../../native-layout/control-block.ts'
import {
  isMarkWithin,
  markAt,
  packNewcomer,
  type Ring,
  ringIn,
  SECOND_RING,
  slotOf,
  STATE,
} from '../../../native-layout/eviction-state.ts'
import type { SizeClass, SlotIndex, WordIndex } from '../../../native-layout/units.ts'
import { classOf } from '../../memory/magazine.ts'
import { capacityOf } from '../../memory/page-claim.ts'
import { countPages } from '../../memory/page-demand.ts'
import { LINKED, type Located, locateSlot } from '../../memory/locate.ts'
import { linkedEntries } from '../../memory/row.ts'
import { classAddress, handleIn, type MemoryView } from '../../memory/view.ts'

export const NONE = -1
const FIRST: Ring = 0

/** Entries that there are, or may be. */
export function entriesIn(view: MemoryView): number {
  return view.maxEntries || linkedEntries(view)
}

/** Evictions for which a count of the pages of each class is good enough. */
const COUNT_LASTS = 4096

/**
 * Whether newcomers make up a share of all entries at least; with classes, of the chunks of the
 * class, which are all in use when it evicts.
 */
export function areMany(view: MemoryView, sizeClass: SizeClass, share: number): boolean {
  if (sizeClass < 0) return newcomers(view) >= Math.max(1, Math.floor(entriesIn(view) * share))
  if (view.evictionsToCount-- <= 0 || view.pagesOfClasses === undefined) {
    view.pagesOfClasses = countPages(view)
    view.evictionsToCount = COUNT_LASTS
  }
  const chunks = view.pagesOfClasses[sizeClass]! * capacityOf(view, sizeClass)
  const waiting = load(view.control, classAddress(sizeClass) + CLASS.WAITING)
  return waiting >= Math.max(1, Math.floor(chunks * share))
}

/** Puts the entry of a slot last. */
export function enroll(
  view: MemoryView,
  slot: SlotIndex,
  sizeClass: SizeClass,
  ring: Ring = FIRST,
): void {
  const { ringBits, ringAt, ringWords, classesAt, marksAt } = view.plan.evictionState
  const position = add(view.aside[0]!, STATE.HEAD + ring * SECOND_RING, 1)
  const place = position & (2 ** ringBits - 1)
  setByte(view, classesAt + ring * ringWords, place, sizeClass)
  // Before the record, for whoever takes that believes it only by the mark.
  setByte(view, marksAt, slot, markAt(ring, position, ringBits))
  add(view.control, classAddress(sizeClass) + CLASS.WAITING, 1)
  const at = ringAt + ring * ringWords + place
  closeWrites(segmentOf(view, at), at & view.asideMask, packNewcomer(slot))
}

/** Makes the entry of a slot one of the main part. */
export function settle(view: MemoryView, slot: SlotIndex): void {
  setByte(view, view.plan.evictionState.marksAt, slot, 0)
}

/**
 * Locates the entry of a slot whose record was taken, in its class still; otherwise it is one of
 * the main part from now on.
 */
export function locateNewcomer(
  view: MemoryView,
  slot: SlotIndex,
  sizeClass: SizeClass,
  into: Located,
): boolean {
  if (locateSlot(view, slot, into) === LINKED) {
    if (sizeClass < 0 || classOf(view, handleIn(view, into.word)) === sizeClass) return true
  }
  settle(view, slot)
  return false
}

/** Whether the entry of a slot still waits for its turn among the newcomers. */
export function isNewcomer(view: MemoryView, slot: SlotIndex): boolean {
  const { ringBits, marksAt } = view.plan.evictionState
  const mark = byteOf(view, marksAt, slot)
  if (mark === 0) return false
  const words = view.aside[0]!
  const ring = ringIn(mark) * SECOND_RING
  const tail = peek(words, STATE.TAIL + ring)
  const head = peek(words, STATE.HEAD + ring)
  return head !== tail && isMarkWithin(mark, tail, (head - 1) | 0, ringBits)
}

/** Places from the oldest record to the newest, those between that were taken included. */
export function newcomers(view: MemoryView, ring: Ring = FIRST): number {
  const words = view.aside[0]!
  const own = ring * SECOND_RING
  return Math.max(0, (load(words, STATE.HEAD + own) - load(words, STATE.TAIL + own)) | 0)
}

/**
 * Gives up the oldest records until there are no more than `most`: their entries go on as they are.
 */
export function trim(view: MemoryView, most: number, ring: Ring = FIRST): void {
  const words = view.aside[0]!
  const tailAt = STATE.TAIL + ring * SECOND_RING
  const tail = load(words, tailAt)
  const head = load(words, STATE.HEAD + ring * SECOND_RING)
  if (((head - tail) | 0) > most) compareExchange(words, tailAt, tail, (head - most) | 0)
}

/**
 * Takes the record of the oldest newcomer of a class (-1: of any).
 * @returns its slot, or NONE when there is none, or none within a bounded search
 */
export function takeOldest(view: MemoryView, sizeClass: SizeClass, ring: Ring = FIRST): SlotIndex {
  trim(view, 2 ** view.plan.evictionState.ringBits, ring)
  return sizeClass < 0 ? takeFirst(view, ring) : takeOfClass(view, sizeClass, ring)
}

const MOST_TRIES = 64

function takeFirst(view: MemoryView, ring: Ring): SlotIndex {
  const words = view.aside[0]!
  const tailAt = STATE.TAIL + ring * SECOND_RING
  for (let tries = 0; tries < MOST_TRIES; ) {
    const tail = load(words, tailAt)
    if (((load(words, STATE.HEAD + ring * SECOND_RING) - tail) | 0) <= 0) return NONE
    if (compareExchange(words, tailAt, tail, (tail + 1) | 0) !== tail) {
      tries++
      continue
    }
    const slot = takeRecord(view, ring, tail)
    if (slot !== NONE) return slot
  }
  return NONE
}

/** Takes the record at a place; NONE when it is taken, or not that of the slot's entry of now. */
function takeRecord(view: MemoryView, ring: Ring, position: number): SlotIndex {
  const { ringBits, ringAt, ringWords, marksAt, classesAt } = view.plan.evictionState
  const place = position & (2 ** ringBits - 1)
  const at = ringAt + ring * ringWords + place
  const words = segmentOf(view, at)
  const record = load(words, at & view.asideMask)
  if (record === 0) return NONE
  if (compareExchange(words, at & view.asideMask, record, 0) !== record) return NONE
  const sizeClass = byteOf(view, classesAt + ring * ringWords, place)
  add(view.control, classAddress(sizeClass) + CLASS.WAITING, -1)
  const slot = slotOf(record)
  return byteOf(view, marksAt, slot) === markAt(ring, position, ringBits) ? slot : NONE
}

/** Bytes that one search reads; the next one goes on where it ended. */
const LONGEST_SCAN = 512

/** Whether there is another newcomer of a class (-1: of any), as far as a search goes. */
export function hasNewcomers(view: MemoryView, sizeClass: SizeClass, ring: Ring): boolean {
  if (newcomers(view, ring) === 0) return false
  return sizeClass < 0 || findOfClass(view, sizeClass, ring, false) !== NONE
}

function takeOfClass(view: MemoryView, sizeClass: SizeClass, ring: Ring): SlotIndex {
  skipTaken(view, ring)
  return findOfClass(view, sizeClass, ring, true)
}

/**
 * The oldest of a class. The classes stand in bytes beside the records, and each class remembers
 * how far it has looked: a search reads each byte once in a round of the ring.
 * @returns its slot when it was taken, or else 0
 */
function findOfClass(
  view: MemoryView,
  sizeClass: SizeClass,
  ring: Ring,
  takes: boolean,
): SlotIndex {
  const { ringBits, ringWords } = view.plan.evictionState
  const classesAt = view.plan.evictionState.classesAt + ring * ringWords
  const words = view.aside[0]!
  const scanAt = classAddress(sizeClass) + (ring === FIRST ? CLASS.SCAN : CLASS.SCAN_2)
  const tail = load(words, STATE.TAIL + ring * SECOND_RING)
  const left = (load(words, STATE.HEAD + ring * SECOND_RING) - tail) | 0
  let from = (peek(view.control, scanAt) - tail) | 0
  if (from < 0 || from > left) from = 0
  const end = Math.min(left, from + LONGEST_SCAN)
  for (; from < end; from++) {
    const position = (tail + from) | 0
    if (byteOf(view, classesAt, position & (2 ** ringBits - 1)) !== sizeClass) continue
    const slot = takes ? takeRecord(view, ring, position) : slotOf(recordAt(view, ring, position))
    if (slot === NONE) continue
    poke(view.control, scanAt, takes ? (position + 1) | 0 : position)
    return takes ? slot : 0
  }
  poke(view.control, scanAt, (tail + Math.max(0, end)) | 0)
  // What was lost or given up is counted still.
  if (end === left) store(view.control, classAddress(sizeClass) + CLASS.WAITING, 0)
  return NONE
}

/** Moves the tail over records that were taken. */
function skipTaken(view: MemoryView, ring: Ring): void {
  const words = view.aside[0]!
  const tailAt = STATE.TAIL + ring * SECOND_RING
  for (let steps = 0; steps < MOST_TRIES; steps++) {
    const tail = load(words, tailAt)
    if (((load(words, STATE.HEAD + ring * SECOND_RING) - tail) | 0) <= 0) return
    if (recordAt(view, ring, tail) !== 0) return
    compareExchange(words, tailAt, tail, (tail + 1) | 0)
  }
}

function recordAt(view: MemoryView, ring: Ring, position: number): number {
  const { ringBits, ringAt, ringWords } = view.plan.evictionState
  const at = ringAt + ring * ringWords + (position & (2 ** ringBits - 1))
  return load(segmentOf(view, at), at & view.asideMask)
}
function segmentOf(view: MemoryView, at: WordIndex): Int32Array {
  return view.aside[at >>> view.asideShift]!
}
/** A byte of an array that begins at a word of the space. */
function byteOf(view: MemoryView, from: WordIndex, index: number): number {
  const at = from + (index >>> 2)
  const byte = ((at & view.asideMask) << 2) | (index & 3)
  return peekByte(view.asideBytes[at >>> view.asideShift]!, byte)
}
function setByte(view: MemoryView, from: WordIndex, index: number, value: number): void {
  const at = from + (index >>> 2)
  const byte = ((at & view.asideMask) << 2) | (index & 3)
  pokeByte(view.asideBytes[at >>> view.asideShift]!, byte, value)
}
