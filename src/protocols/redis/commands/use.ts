/**
 * When an entry was last used: noted in it by reads at most once a minute, as memcached does, so
 * that a hit writes nothing else. OBJECT IDLETIME tells it; what has no such note gets none.
 */
import {
  type Change,
  type Draft,
  MARK_BITS,
  MARK_FETCHED,
  type Outcome,
  type Reading,
  STORED,
} from '../../../engine/raw-access.ts'
import { FLAG, RECORD, SETTING } from '../board.ts'
import type { RedisClient } from '../client.ts'

const USE_INTERVAL_SECONDS = 60
/** A note writes the entry anew, at the cost of a SET: a flood of reads takes no more of them. */
const MOST_NOTES_PER_MS = 2
const BITS = (1 << MARK_BITS) - 1

/** The entry was used now, and is as it was. One per thread. */
class UseChange implements Change {
  readonly keepsVersion = true
  marks = 0

  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome {
    draft.marks = this.marks | (reading.marks & BITS) | MARK_FETCHED
    draft.bytes = old
    draft.from = 0
    draft.length = old.length
    return STORED
  }
}
const useChange = new UseChange()
/** The engine's and the moment's notes so far. */
let noted: RedisClient['raw'] | undefined
let notedAt = 0
let notes = 0

/**
 * After a hit that counts as a use: `raw.reading` is what was read.
 * @param isFlood one of reads that may be very many: a few of them are noted
 */
export function noteUse(client: RedisClient, isFlood = false): void {
  if (isNoteDue(client, client.raw.reading.marks, isFlood)) noteStaged(client)
}

/** Whether the use of an entry with these marks is to be noted in it. */
export function isNoteDue(client: RedisClient, marks: number, isFlood: boolean): boolean {
  if (marks === 0 || client.idleSeconds(marks) < USE_INTERVAL_SECONDS) return false
  const { board } = client.host
  // The feed could not tell such a note from a new value.
  if (board.setting(SETTING.keyspaceEvents) !== 0 || client.worker.tracking.isNeeded) return false
  if ((board.word(client.slot, RECORD.flags) & FLAG.noTouch) !== 0) return false
  return !isFlood || mayNote(client)
}

/** Notes the use of the staged key. */
export function noteStaged(client: RedisClient): void {
  useChange.marks = client.marks
  // A lost race or a full memory loses a note, nothing else.
  client.raw.change(useChange)
}

function mayNote({ raw, now }: RedisClient): boolean {
  if (now !== notedAt || raw !== noted) notes = 0
  noted = raw
  notedAt = now
  return notes++ < MOST_NOTES_PER_MS
}
