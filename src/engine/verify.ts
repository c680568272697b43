/**
 * The integrity walk while others may write: a maintenance thread cannot be asked to pause, and one
 * that recovers a dead thread's row comes when it comes. A walk that finds nothing is the answer.
 * One that finds something is the answer only if nobody moved a chunk meanwhile; else it is done
 * again, for a second at most.
 */
import { load } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import { PAGE } from '../../native-layout/page.ts'
import {
  kindOf,
  LEASE_DEAD,
  leaseStatus,
  MAGAZINE,
  ROW,
  ROW_IDLE,
} from '../../native-layout/thread-row.ts'
import { checkIntegrity, type IntegrityReport } from '../memory/check-integrity.ts'
import { pageAddress, rowAddress, type MemoryView } from '../memory/view.ts'

/** What `verify()` found. */
export interface VerifyReport extends IntegrityReport {
  /**
   * Problems were found, and others wrote during every walk, or a dead thread's work is unfinished:
   * the problems may be none. False when there are no problems.
   */
  readonly disturbed: boolean
}

/** After so long the last walk is reported as it is. */
const PATIENCE_MS = 1000

/**
 * Walks the whole memory until a walk finds nothing, or nobody wrote during one.
 * @param patienceMs how long walks are begun anew
 */
export function verifyMemory(view: MemoryView, patienceMs = PATIENCE_MS): VerifyReport {
  const until = performance.now() + patienceMs
  for (;;) {
    const before = movesOf(view)
    const report = checkIntegrity(view)
    if (report.ok) return { ...report, disturbed: false }
    const disturbed = inMidst(view) || !isSame(before, movesOf(view))
    if (!disturbed || performance.now() >= until) return { ...report, disturbed }
  }
}

/** What every write changes: the records and magazines of the rows, the pages' descriptors. */
function movesOf(view: MemoryView): Int32Array {
  const { control, plan } = view
  const rows = load(control, CONTROL.ROWS)
  const { magazines } = view.rowLayout
  const magazineWords = MAGAZINE.WORDS * view.classes.bytes.length
  const perRow = ROW.WORDS + magazineWords
  const words = new Int32Array(rows * perRow + plan.pages * PAGE.WORDS)
  let to = 0
  function copy(from: number, count: number): void {
    for (let n = 0; n < count; n++) words[to++] = load(control, from + n)
  }
  for (let row = 0; row < rows; row++) {
    const at = rowAddress(view, row)
    copy(at, ROW.WORDS)
    copy(at + magazines, magazineWords)
  }
  for (let page = 1; page <= plan.pages; page++) copy(pageAddress(view, page), PAGE.WORDS)
  return words
}

/** Whether a thread is within an operation, or a dead one's row waits for its recovery. */
function inMidst(view: MemoryView): boolean {
  const { control } = view
  const rows = load(control, CONTROL.ROWS)
  for (let row = 0; row < rows; row++) {
    const at = rowAddress(view, row)
    if (kindOf(load(control, at + ROW.STATE)) !== ROW_IDLE) return true
    if (leaseStatus(load(control, at + ROW.LEASE)) === LEASE_DEAD) return true
  }
  return false
}

function isSame(one: Int32Array, other: Int32Array): boolean {
  return one.length === other.length && one.every((word, at) => word === other[at])
}
