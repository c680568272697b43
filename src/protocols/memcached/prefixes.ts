/**
 * `stats detail`: on, off, dump. While it is on, each command on a key with a colon counts for its
 * prefix; while it is off, that costs a look at one shared number.
 */
import type { ClientSession } from './client-session.ts'
import { SETTING } from './counters.ts'

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

/** `stats detail on|off|dump`: what to answer, or undefined where the word is another. */
export function tellDetail(session: ClientSession, word: string): string | undefined {
  const { board } = session.facts
  if (word === 'on' || word === 'off') {
    board.set(SETTING.detail, word === 'on' ? 1 : 0)
    return 'OK\r\n'
  }
  if (word !== 'dump') return undefined
  let text = ''
  for (const [prefix, sums] of board.prefixes.sums(board.setting(SETTING.detailEra))) {
    const [gets, hits, sets, deletes] = sums
    text += `PREFIX ${prefix} get ${gets} hit ${hits} set ${sets} del ${deletes}\r\n`
  }
  return `${text}END\r\n`
}
