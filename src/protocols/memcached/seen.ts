/**
 * Replying with values from where they were seen when their keys were looked ahead at: keys of
 * requests that arrived together (plain.ts) and of one request (retrieve.ts). What has flags, what
 * is long, and whose use is to be noted goes the way of all others.
 */
import { type LookAhead, LONGEST_AHEAD } from '../../engine/look-ahead.ts'
import type { KeyGroup } from '../key-group.ts'
import { LengthLines, LINE_END, LINE_ROOM, MOST_SHORT } from '../length-lines.ts'
import type { ClientSession } from './client-session.ts'
import { COUNT, SETTING } from './counters.ts'
import { line } from './line.ts'
import { isUseDue } from './use.ts'

/** `VALUE `, as little-endian words. */
const VALU = 0x554c4156
const E_SPACE = 0x2045
const VALUE_BYTES = 6
/** What follows the key of a value without flags. */
const TAILS = new LengthLines(' 0 ')
/** Of a reply beside its key and its value, with what copies by words write beyond. */
const SEEN_ROOM = VALUE_BYTES + LINE_ROOM + 8

/** Looks ahead at the keys of the line from a word on; undefined: nothing is read from there. */
export function lookAt(
  session: ClientSession,
  first: number,
  hasCas: boolean,
): KeyGroup | undefined {
  const { bytes, starts, ends, count } = line
  const isPlain = !hasCas && session.watched === 0
  if (!isPlain || session.facts.board.setting(SETTING.detail) !== 0) return undefined
  const group = session.keyGroup
  group.begin(bytes, 0)
  for (let word = first; word < count; word++) group.add(starts[word]!, ends[word]!)
  group.look()
  return group
}

/** What a hit counts. */
export function countSeen(session: ClientSession): void {
  session.count(COUNT.cmd_get)
  session.count(COUNT.get_hits)
}

/**
 * Replies with a key that was looked ahead at and its value, if that is short, has no flags, and
 * lies where it was seen. @returns false: nothing was replied
 */
export function sendSeen(session: ClientSession, ahead: LookAhead, key: number): boolean {
  const { reader } = ahead
  if (key < 0 || !reader.open(key)) return false
  const { length, flags, marks } = reader
  if (length > MOST_SHORT || flags !== 0 || isUseDue(session, marks)) return false
  const { out } = session
  const start = out.reserve(SEEN_ROOM + LONGEST_AHEAD + length)
  const { view } = out
  view.setInt32(start, VALU, true)
  view.setUint16(start + 4, E_SPACE, true)
  const keyEnd = reader.copyKey(key, view, start + VALUE_BYTES)
  const at = TAILS.put(view, keyEnd, length)
  reader.copy(out.bytes, at, view)
  if (!reader.confirm()) return false
  view.setUint16(at + length, LINE_END, true)
  out.length = at + length + 2
  return true
}
