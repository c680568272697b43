/**
 * Free chunks in the hands of a thread: one magazine per size class, and the quarantine.
 *
 * A magazine is a list through the chunks themselves with its top in the row, so a dead thread's
 * can be walked. Taking a chunk records it first and shrinks the magazine then; recovery asks
 * whether the recorded chunk is still the top. A chunk whose version wraps to 0 is parked instead
 * and comes back once every row that was busy when its quarantine began is idle or at another
 * sequence (I-QUARANTINE): until then a writer may hold a slot word that its next use would repeat.
 */
import * as atomics from '#atomics'
import * as controlBlock from '../../native-layout/control-block.ts'
import * as entryHeader from '../../native-layout/entry-header.ts'
import * as page from '../../native-layout/page.ts'
import * as threadRow from '../../native-layout/thread-row.ts'
import type { ChunkHandle, SizeClass, WordIndex } from '../../native-layout/units.ts'
import * as row from './row.ts'
import * as view from './view.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { load, peek, poke } = atomics
const { CONTROL } = controlBlock
const { chunkVersion, HEADER, isComplete, NEXT_FREE } = entryHeader
const { pageClassOf, PAGE } = page
const { kindOf, MAGAZINE, ROW, ROW_IDLE, sequenceOf } = threadRow
const { count, field, record } = row
const { chunkAddress, liveWord, pageAddress, pageOf, rowAddress, segmentOf } = view

export function magazineAt(view: MemoryView, sizeClass: SizeClass): WordIndex {
  return view.rowAt + view.rowLayout.magazines + sizeClass * MAGAZINE.WORDS
}
export function classOf(view: MemoryView, handle: ChunkHandle): SizeClass {
  return pageClassOf(peek(view.control, pageAddress(view, pageOf(view, handle)) + PAGE.STATE))
}
/** The words a chunk lies in. */
export function wordsOf(view: MemoryView, handle: ChunkHandle): Int32Array {
  return view.data[segmentOf(view, pageOf(view, handle))]!
}
export function nextOf(view: MemoryView, handle: ChunkHandle): ChunkHandle {
  return peek(wordsOf(view, handle), chunkAddress(view, handle) + NEXT_FREE)
}
export function setNext(view: MemoryView, handle: ChunkHandle, next: ChunkHandle): void {
  poke(wordsOf(view, handle), chunkAddress(view, handle) + NEXT_FREE, next)
}

/** Takes the top chunk and records it as the entry (or continuation) being made; 0 when empty. */
export function pop(view: MemoryView, sizeClass: SizeClass, asPart: boolean): ChunkHandle {
  const at = magazineAt(view, sizeClass)
  const top = peek(view.control, at + MAGAZINE.TOP)
  if (top === 0) return 0
  if (asPart) record(view, ROW.NEW_PART, top)
  else {
    const header = peek(wordsOf(view, top), chunkAddress(view, top) + HEADER.INCARNATION)
    record(view, ROW.NEW, liveWord(view, top, header))
  }
  shrink(view, at, top)
  return top
}

/** Removes the recorded top from its magazine. */
export function shrink(view: MemoryView, at: WordIndex, top: ChunkHandle): void {
  poke(view.control, at + MAGAZINE.TOP, nextOf(view, top))
  poke(view.control, at + MAGAZINE.COUNT, peek(view.control, at + MAGAZINE.COUNT) - 1)
}

/** Frees a chunk that no slot links any more: next incarnation, then magazine or quarantine. */
export function free(view: MemoryView, handle: ChunkHandle): void {
  freeAt(view, handle, wordsOf(view, handle), chunkAddress(view, handle))
}

/**
 * The same of a chunk whose place is known.
 * @param words @param at where it lies
 */
export function freeAt(
  view: MemoryView,
  handle: ChunkHandle,
  words: Int32Array,
  at: WordIndex,
): void {
  let incarnation = peek(words, at + HEADER.INCARNATION)
  if (isComplete(incarnation)) poke(words, at + HEADER.INCARNATION, ++incarnation)
  if (chunkVersion(incarnation, view.versionBits) === 0) park(view, handle, words, at)
  else pushAt(view, handle, words, at)
}

function park(view: MemoryView, handle: ChunkHandle, words: Int32Array, at: WordIndex): void {
  poke(words, at + NEXT_FREE, field(view, ROW.PARKING))
  record(view, ROW.PARKING, handle)
  count(view, 'parked')
}

/** Puts a free chunk on its magazine whatever its version. */
export function pushFree(view: MemoryView, handle: ChunkHandle): void {
  pushAt(view, handle, wordsOf(view, handle), chunkAddress(view, handle))
}

function pushAt(view: MemoryView, handle: ChunkHandle, words: Int32Array, at: WordIndex): void {
  const sizeClass = classOf(view, handle)
  const magazine = magazineAt(view, sizeClass)
  poke(words, at + NEXT_FREE, peek(view.control, magazine + MAGAZINE.TOP))
  poke(view.control, magazine + MAGAZINE.TOP, handle)
  const held = peek(view.control, magazine + MAGAZINE.COUNT) + 1
  poke(view.control, magazine + MAGAZINE.COUNT, held)
  if (held > 2 * view.batches[sizeClass]!) view.crowded.add(sizeClass)
}

/** Whether this row has the chunk on top of its magazine or parking list: the last one pushed. */
export function holdsOnTop(view: MemoryView, handle: ChunkHandle): boolean {
  return (
    field(view, ROW.PARKING) === handle ||
    peek(view.control, magazineAt(view, classOf(view, handle)) + MAGAZINE.TOP) === handle
  )
}

/**
 * Notes the state of every other row, from which a quarantine counts.
 * @param own also the state of this row: for chunks that others have had meanwhile
 */
export function snapshotRows(view: MemoryView, into: Int32Array, own = false): void {
  const rows = load(view.control, CONTROL.ROWS)
  into.fill(0)
  for (let row = 0; row < rows; row++) {
    if (own || row !== view.row) into[row] = load(view.control, rowAddress(view, row) + ROW.STATE)
  }
}

/** Whether every row that was busy in the snapshot has ended that operation. */
export function quarantinePassed(view: MemoryView, since: Int32Array): boolean {
  const rows = load(view.control, CONTROL.ROWS)
  for (let row = 0; row < rows; row++) {
    const then = since[row]!
    if (kindOf(then) === ROW_IDLE) continue
    const now = load(view.control, rowAddress(view, row) + ROW.STATE)
    if (kindOf(now) !== ROW_IDLE && sequenceOf(now) === sequenceOf(then)) return false
  }
  return true
}

/** Moves parked chunks on: starts a quarantine when none runs, releases one that has passed. */
export function unpark(view: MemoryView): boolean {
  if (field(view, ROW.PARKED) === 0) {
    const waiting = field(view, ROW.PARKING)
    if (waiting === 0) return false
    record(view, ROW.PARKED, waiting)
    record(view, ROW.PARKING, 0)
    snapshotRows(view, view.snapshot)
    view.quarantineOpen = true
  } else if (!view.quarantineOpen) {
    snapshotRows(view, view.snapshot)
    view.quarantineOpen = true
  }
  if (!quarantinePassed(view, view.snapshot)) return false
  for (let handle = field(view, ROW.PARKED); handle !== 0; handle = field(view, ROW.PARKED)) {
    record(view, ROW.MOVING, handle)
    record(view, ROW.PARKED, nextOf(view, handle))
    pushFree(view, handle)
    record(view, ROW.MOVING, 0)
  }
  view.quarantineOpen = false
  return true
}
