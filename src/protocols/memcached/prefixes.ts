/**
 * `stats detail`: on, off, dump. While it is on, each command on a key with a colon counts for its
 * prefix; while it is off, that costs a look at one shared number.
 */
import type { ClientSession } from './client-session.ts'
import { SETTING } from './counters.ts'
import { line } from './line.ts'

export const PREFIX_GET = 0
export const PREFIX_HIT = 1
export const PREFIX_SET = 2
export const PREFIX_DELETE = 3
const COLON = 58

/** Counts a use of the prefix of the key `bytes[from..to)`, when that is asked for. */
export function countPrefix(
  session: ClientSession,
  bytes: Uint8Array,
  from: number,
  to: number,
  what: number,
): void {
  const { board } = session.facts
  if (board.setting(SETTING.detail) === 0) return
  let at = from
  while (at < to && bytes[at] !== COLON) at++
  if (at === to) return
  const prefix = Buffer.from(bytes.subarray(from, at)).toString('latin1')
  board.prefixes.count(prefix, what, board.setting(SETTING.detailEra))
}

/** `stats detail on|off|dump`. */
export function executeDetail(session: ClientSession): void {
  const { board } = session.facts
  if (line.is(2, 'on') || line.is(2, 'off')) {
    board.set(SETTING.detail, line.is(2, 'on') ? 1 : 0)
    session.say('OK\r\n')
    return
  }
  if (!line.is(2, 'dump')) {
    session.say('CLIENT_ERROR usage: stats detail on|off|dump\r\n')
    return
  }
  for (const [prefix, sums] of board.prefixes.sums(board.setting(SETTING.detailEra))) {
    const [gets, hits, sets, deletes] = sums
    session.say(`PREFIX ${prefix} get ${gets} hit ${hits} set ${sets} del ${deletes}\r\n`)
  }
  session.say('END\r\n')
}
