/**
 * What this thread itself is doing and has done: for protocols. What it has put into its mutation
 * ring is how they know their own changes when the feed tells them later; without a reader of the
 * feed there is nothing.
 */
import { copyOut, peek } from '#atomics'
import { kindOf, ROW, ROW_IDLE } from '../../native-layout/thread-row.ts'
import {
  advance,
  COMMITTED,
  offsetIn,
  RECORD,
  recordStatus,
  recordWords,
  ringAt,
} from '../memory/commit.ts'
import { field } from '../memory/row.ts'
import type { MemoryView } from '../memory/view.ts'

/** Whether this thread is in the midst of an operation: an exception may leave it there. */
export function isWithinOperation(view: MemoryView): boolean {
  return kindOf(view.state) !== ROW_IDLE
}

/** Where the next record will be. */
export function changesSoFar(view: MemoryView): number {
  return field(view, ROW.FEED_HEAD)
}

/** One of them: the version, which orders changes of one key, and the key's bytes. */
export interface OwnChange {
  readonly version: number
  readonly key: Buffer
}

/**
 * What was committed since then, in order, whatever it was.
 * @param since of `changesSoFar`; what was recorded since must be less than a ring
 */
export function changesSince(view: MemoryView, since: number): OwnChange[] {
  const changes: OwnChange[] = []
  const head = changesSoFar(view)
  const { ringWords } = view.plan
  const distance = head - since
  if ((distance < 0 ? distance + 2 * ringWords : distance) > ringWords) return changes
  for (let at = since; at !== head; ) {
    const position = ringAt(view, view.row) + offsetIn(view, at)
    const word = peek(view.control, position)
    if (recordStatus(word) === COMMITTED) changes.push(readChange(view, position))
    at = advance(view, at, recordWords(word))
  }
  return changes
}

function readChange({ control }: MemoryView, position: number): OwnChange {
  const bytes = peek(control, position + RECORD.KEY)
  const key = Buffer.alloc(bytes)
  copyOut(control, position + RECORD.BYTES, key, 0, bytes)
  const high = peek(control, position + RECORD.HIGH)
  return { version: high * 2 ** 32 + (peek(control, position + RECORD.LOW) >>> 0), key }
}
