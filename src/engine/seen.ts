/**
 * What a key was when it was looked at, and whether it is so still, and was all the while: for what
 * a transaction reads, and for keys that are watched.
 */
import { load } from '#atomics'
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import {
  addCreations,
  announcerOf,
  BUCKET,
  BUCKET_SHIFT,
  creationsIn,
} from '../../native-layout/table-slot.ts'
import { isVacant } from '../memory/entry.ts'
import { intentState, PENDING } from '../memory/intent.ts'
import { bucketOf } from '../memory/table.ts'
import type { MemoryView } from '../memory/view.ts'
import { HIT, LOST_RACE, OVER, peekEntry, Reading } from './read.ts'
import { removeOver } from './remove.ts'

/** What was seen of a key. */
export interface Seen {
  /** 0: it was absent. */
  readonly version: number
  /** Absolute, ms; 0 none. */
  readonly expiry: number
  /** Of an absent key: the creations in its home bucket so far, modulo 2^23. */
  creations: number
}

const reading = new Reading()

/** Looks at the staged key; undefined when the race was lost too often. */
export function seeKey(view: MemoryView): Seen | undefined {
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const creations = creationsAt(view)
    const found = peekEntry(view, reading)
    if (found === LOST_RACE) return undefined
    if (found === HIT) return { version: reading.version, expiry: reading.expiry, creations: 0 }
    const ahead = found === OVER && isAhead(view) ? -1 : 0
    if (found !== OVER || removeOver(view)) {
      return { version: 0, expiry: 0, creations: addCreations(creations, ahead) }
    }
  }
  return undefined
}

/** Whether the staged key is as it was seen, and was all the while. */
export function isAsSeen(view: MemoryView, seen: Seen): boolean {
  const now = seeKey(view)
  if (now === undefined || now.version !== seen.version || now.expiry !== seen.expiry) return false
  return seen.version !== 0 || now.creations === seen.creations
}

/**
 * Whether the entry in the registers holds the place of a key that an open transaction is about to
 * create: that creation is counted already, and comes later.
 */
function isAhead(view: MemoryView): boolean {
  const { entry, entryAt } = view
  const { presence } = reading
  if (!isVacant(entry, entryAt, presence)) return false
  return intentState(view, entry, entryAt, presence) === PENDING
}

/**
 * Creations in the home bucket of the staged key. One that is announced and not in place yet does
 * not count: whoever looks now cannot see it, and will find that it came later.
 */
function creationsAt(view: MemoryView): number {
  const home = bucketOf(view, view.key.digest)
  const table = view.tables[home >>> view.tableShift]!
  const word = load(table, ((home & view.tableMask) << BUCKET_SHIFT) + BUCKET.HOME)
  return addCreations(creationsIn(word), announcerOf(word) === 0 ? 0 : -1)
}
