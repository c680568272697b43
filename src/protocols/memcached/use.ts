/** When an entry was last used: noted in it by reads at most once a minute, as in memcached. */
import { MARK_BITS, MARK_FETCHED, type Reading } from '../../engine/raw-access.ts'
import { UseChange } from './changes.ts'
import type { ClientSession } from './client-session.ts'

const USE_INTERVAL_SECONDS = 60

/** After a hit: the time of the last use, when the one that the entry carries is old. */
export function noteUse(session: ClientSession, reading: Reading): void {
  // A lost race or a full memory loses a mark, nothing else.
  if (isUseDue(session, reading.marks)) session.raw.change(new UseChange(session))
}

/** Whether the use of an entry with these marks is to be noted in it. */
export function isUseDue(session: ClientSession, marks: number): boolean {
  if (marks === 0) return false
  const idle = session.stamp - (marks >>> MARK_BITS)
  return idle >= USE_INTERVAL_SECONDS || (!session.keepsHeat && (marks & MARK_FETCHED) === 0)
}
