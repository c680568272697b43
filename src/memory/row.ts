/**
 * The bracket of an operation, its record, and the counters it moves.
 *
 * Between `enter` and `leave` no pair of handle and chunk version recurs (I-BRACKET): chunks whose
 * version wraps wait until every row that was busy has moved on. The record says what the thread
 * holds, so that whoever finds it dead can finish or undo the operation (I-RECORD-FIRST).
 */
import * as atomics from '#atomics'
import * as block from '../../native-layout/control-block.ts'
import * as rows from '../../native-layout/thread-row.ts'
import type { CounterName } from '../../native-layout/thread-row.ts'
import type { MemoryView } from './view.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { add, closeOperation, closeWrites, load, peek, peekDouble, poke, pokeDouble, store } =
  atomics
const { CONTROL, SPACE, SPACES_AT } = block
const { CELL, CELL_HALF_WORDS, COUNTER, packRowState, ROW, ROW_BUSY, sequenceOf, ROW_IDLE } = rows
const { CELL_WORDS } = rows

/** Opens the bracket. A real fence: the state is visible before the first slot is read. */
export function enter(view: MemoryView): void {
  const at = view.rowAt + ROW.STATE
  poke(view.control, view.rowAt + ROW.NEW, 0)
  poke(view.control, view.rowAt + ROW.NEW_PART, 0)
  poke(view.control, view.rowAt + ROW.NEW_CHAIN, 0)
  view.state = packRowState(sequenceOf(peek(view.control, at)) + 1, ROW_BUSY)
  store(view.control, at, view.state)
}

/**
 * Closes the bracket: one store ends the operation; the record means nothing from here on. What the
 * thread reads next must not pass before it.
 */
export function leave(view: MemoryView): void {
  const idle = packRowState(sequenceOf(view.state), ROW_IDLE)
  view.state = idle
  closeWrites(view.control, view.rowAt + ROW.STATE, idle)
  closeOperation(view.control, view.rowAt + ROW.STATE)
}

/** Ends an eviction inside an operation: next sequence, still busy. No slot word is held across. */
export function renew(view: MemoryView): void {
  view.state = packRowState(sequenceOf(view.state) + 1, ROW_BUSY)
  store(view.control, view.rowAt + ROW.STATE, view.state)
}

/**
 * Changes the kind within the operation, by which others decide: after the record was written, and
 * before what it announces, which is an exchange or comes after one.
 */
export function setKind(view: MemoryView, kind: number): void {
  view.state = packRowState(sequenceOf(view.state), kind)
  closeWrites(view.control, view.rowAt + ROW.STATE, view.state)
}

export function field(view: MemoryView, name: number): number {
  return peek(view.control, view.rowAt + name)
}
export function record(view: MemoryView, name: number, value: number): void {
  poke(view.control, view.rowAt + name, value)
}

/** Flush count of everybody plus that of the namespace: the stamp of what is written now. */
export function currentStamp(view: MemoryView, space: number): number {
  const all = peek(view.control, CONTROL.EPOCH)
  if (space === 0) return all
  return (all + peek(view.control, SPACES_AT + space * SPACE.WORDS + SPACE.EPOCH)) | 0
}

/** Raises one statistic of this thread. */
export function count(view: MemoryView, name: CounterName): void {
  countAt(view, COUNTER[name])
}
export function countAt(view: MemoryView, index: number, by = 1): void {
  const at = view.countersAt + index
  pokeDouble(view.controlDoubles, at, peekDouble(view.controlDoubles, at) + by)
}

const HAS_NEW = 1
const HAS_OLD = 2
/** Only the bytes change. */
const HAS_BYTES = 4

/**
 * Notes what the commit in progress will count: entries, bytes, and the stamps in its namespace.
 */
export function recordDelta(
  view: MemoryView,
  entries: number,
  bytes: number,
  space: number,
  stampNew: number,
  stampOld: number,
): void {
  const { control, rowAt } = view
  poke(control, rowAt + ROW.DELTA_ENTRIES, entries)
  poke(control, rowAt + ROW.DELTA_BYTES, bytes)
  poke(control, rowAt + ROW.SPACE, space)
  poke(control, rowAt + ROW.STAMP_NEW, stampNew)
  poke(control, rowAt + ROW.STAMP_OLD, stampOld)
  const has = entries > 0 ? HAS_NEW : entries < 0 ? HAS_OLD : HAS_NEW | HAS_OLD
  poke(control, rowAt + ROW.HAS, has)
}

/**
 * The same of a replacement, which mostly counts nothing: as many bytes under the same stamp.
 */
export function recordReplacement(
  view: MemoryView,
  bytes: number,
  space: number,
  stampNew: number,
  stampOld: number,
): void {
  if (stampNew !== stampOld) {
    recordDelta(view, 0, bytes, space, stampNew, stampOld)
  } else if (bytes === 0) {
    poke(view.control, view.rowAt + ROW.HAS, 0)
  } else {
    poke(view.control, view.rowAt + ROW.DELTA_ENTRIES, 0)
    poke(view.control, view.rowAt + ROW.DELTA_BYTES, bytes)
    poke(view.control, view.rowAt + ROW.HAS, HAS_BYTES)
  }
}

/** Applies the noted delta once, however often it is called for one sequence (I-COUNT-ONCE). */
export function applyDelta(view: MemoryView, sequence: number): void {
  const { control, rowAt, rowLayout } = view
  const has = peek(control, rowAt + ROW.HAS)
  if (has === 0) return
  const totals = rowAt + rowLayout.totals
  if (beginCell(view, totals, sequence)) {
    const from = halfOf(control, totals)
    const to = otherHalf(control, totals)
    poke(control, to + 1, (peek(control, from + 1) + peek(control, rowAt + ROW.DELTA_ENTRIES)) | 0)
    const bytes = peekDouble(view.controlDoubles, (from + 2) >>> 1)
    pokeDouble(view.controlDoubles, (to + 2) >>> 1, bytes + peek(control, rowAt + ROW.DELTA_BYTES))
    turnCell(control, totals, to, sequence)
  }
  if (has === HAS_BYTES) return
  const cell = rowAt + rowLayout.spaces + peek(control, rowAt + ROW.SPACE) * CELL_WORDS
  if (beginCell(view, cell, sequence)) {
    const to = otherHalf(control, cell)
    writeLiveCount(view, halfOf(control, cell), to)
    turnCell(control, cell, to, sequence)
  }
}

/** The count of entries that carry the newest stamp the row has seen in the namespace. */
function writeLiveCount(view: MemoryView, from: number, to: number): void {
  const { control, rowAt } = view
  const has = peek(control, rowAt + ROW.HAS)
  const fresh = peek(control, rowAt + ROW.STAMP_NEW)
  const old = peek(control, rowAt + ROW.STAMP_OLD)
  const before = peek(control, from + 2)
  let stamp = before
  if ((has & HAS_NEW) !== 0 && ((fresh - stamp) | 0) > 0) stamp = fresh
  if ((has & HAS_OLD) !== 0 && ((old - stamp) | 0) > 0) stamp = old
  let live = stamp === before ? peek(control, from + 1) : 0
  if ((has & HAS_NEW) !== 0 && fresh === stamp) live++
  // A group that is removed has one stamp.
  if (has === HAS_OLD && old === stamp) live += peek(control, rowAt + ROW.DELTA_ENTRIES)
  else if ((has & HAS_OLD) !== 0 && old === stamp) live--
  poke(control, to + 1, live)
  poke(control, to + 2, stamp)
}

function halfOf(control: Int32Array, cell: number): number {
  return cell + CELL.SEQUENCE + CELL_HALF_WORDS * peek(control, cell + CELL.SELECT)
}
function otherHalf(control: Int32Array, cell: number): number {
  return cell + CELL.SEQUENCE + CELL_HALF_WORDS * (1 - peek(control, cell + CELL.SELECT))
}
function beginCell(view: MemoryView, cell: number, sequence: number): boolean {
  return peek(view.control, halfOf(view.control, cell)) !== sequence
}
function turnCell(control: Int32Array, cell: number, to: number, sequence: number): void {
  poke(control, to, sequence)
  closeWrites(control, cell + CELL.SELECT, 1 - peek(control, cell + CELL.SELECT))
}

/** Linked entries counted by all rows, dead ones included. Stops nobody; exact at rest. */
export function linkedEntries(view: MemoryView): number {
  const { control, rowLayout } = view
  const rows = load(control, CONTROL.ROWS)
  let sum = 0
  let at = view.plan.rowsAt + rowLayout.totals
  for (let row = 0; row < rows; row++, at += rowLayout.words) {
    sum += peek(control, halfOf(control, at) + 1)
  }
  return sum
}
/** Bytes of the linked entries. */
export function linkedBytes(view: MemoryView): number {
  const { control, rowLayout } = view
  const rows = load(control, CONTROL.ROWS)
  let sum = 0
  for (let row = 0; row < rows; row++) {
    const cell = view.plan.rowsAt + row * rowLayout.words + rowLayout.totals
    sum += peekDouble(view.controlDoubles, (halfOf(control, cell) + 2) >>> 1)
  }
  return sum
}
/** Entries of a namespace that were written since its last flush. */
export function liveEntries(view: MemoryView, space: number): number {
  const { control, rowLayout } = view
  const rows = load(control, CONTROL.ROWS)
  const stamp = currentStamp(view, space)
  let sum = 0
  for (let row = 0; row < rows; row++) {
    const base = view.plan.rowsAt + row * rowLayout.words
    const half = halfOf(control, base + rowLayout.spaces + space * CELL_WORDS)
    if (peek(control, half + 2) === stamp) sum += peek(control, half + 1)
  }
  return sum
}
/** One statistic, summed over all rows. */
export function total(view: MemoryView, name: CounterName): number {
  const rows = load(view.control, CONTROL.ROWS)
  let sum = 0
  for (let row = 0; row < rows; row++) {
    const at = view.plan.rowsAt + row * view.rowLayout.words + view.rowLayout.counters
    sum += peekDouble(view.controlDoubles, (at >>> 1) + COUNTER[name])
  }
  return sum
}

/** Raises a hint word that only saves searches; its loss is harmless. */
export function raiseHint(view: MemoryView, at: number): void {
  add(view.control, at, 1)
}
