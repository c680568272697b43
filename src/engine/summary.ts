/**
 * An engine or a namespace in a few words: what the console and `JSON.stringify` show of it, also
 * after it was closed. Counts nothing, frees nothing, and runs no delayed flush.
 */
import { linkedBytes, linkedEntries, liveEntries } from '../memory/row.ts'
import { lessees } from '../memory/lease.ts'
import type { Session } from './session.ts'

/** Names and sizes, for people: the members may change. Programs read `stats()`. */
export type Summary = Readonly<Record<string, string | number | boolean>>

/** Entries and bytes include what is over and was not met yet. */
export function summaryOf(session: Session): Summary {
  const { facts, handle, view, isClosed } = session
  const { name, eviction, codec } = facts
  const fixed = { name, closed: isClosed, memory: handle.plan.memoryBytes, eviction, codec }
  if (isClosed) return fixed
  const [entries, bytes, threads] = [linkedEntries(view), linkedBytes(view), lessees(view).length]
  return { ...fixed, entries, bytes, threads }
}

export function summaryOfSpace(session: Session, space: number, name: string): Summary {
  const { facts, view, isClosed } = session
  const fixed = { name, engine: facts.name, closed: isClosed }
  return isClosed ? fixed : { ...fixed, entries: liveEntries(view, space) }
}
