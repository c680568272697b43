/** incr, decr, touch, delete: one line in, one line out. */
import { DELETED, MISSING, type Outcome, STORED, UNFIT } from '../../engine/raw-access.ts'
import { TouchChange, type WantedCas } from './changes.ts'
import { BAD_FORMAT, type ClientSession } from './client-session.ts'
import { CountChange } from './count-change.ts'
import { COUNT } from './counters.ts'
import { asBigInt, long, readLong, readSigned } from './decimal.ts'
import { WATCH_DELETIONS } from './host.ts'
import { line } from './line.ts'
import { countPrefix, PREFIX_DELETE } from './prefixes.ts'
import { touchKey } from './retrieve.ts'
import { logDelete } from './watch-lines.ts'

export const NO_NUMBER = 'CLIENT_ERROR cannot increment or decrement non-numeric value\r\n'

/** The line of incr, decr, touch: a key, one more word, perhaps noreply. Refuses what is not. */
function hasKeyAndNumber(session: ClientSession): boolean {
  if (line.count < 3 || line.count > 4) {
    session.say('ERROR\r\n')
    return false
  }
  session.isQuiet = line.endsInNoreply()
  if (line.isKey(1)) return true
  session.reply(BAD_FORMAT)
  return false
}

/** incr, decr. */
export function executeCount(session: ClientSession, isDown: boolean): void {
  if (!hasKeyAndNumber(session)) return
  if (!readLong(line.bytes, line.starts[2]!, line.ends[2]!)) {
    session.reply('CLIENT_ERROR invalid numeric delta argument\r\n')
    return
  }
  const change = new CountChange({
    by: asBigInt(long.high, long.low),
    isDown,
    expiry: undefined,
    wanted: undefined,
    own: undefined,
  })
  const { raw } = session
  const isKey = raw.stage(line.bytes, line.starts[1]!, line.ends[1]!)
  const outcome = isKey ? raw.change(change) : MISSING
  session.reply(countReply(session, outcome, change, isDown))
}

function countReply(
  session: ClientSession,
  outcome: Outcome,
  change: CountChange,
  isDown: boolean,
): string {
  noteCount(session, outcome, isDown)
  if (outcome === STORED) return `${change.number}\r\n`
  if (outcome === UNFIT) return NO_NUMBER
  return outcome === MISSING ? 'NOT_FOUND\r\n' : session.refusal(outcome)
}

/** Counts what counting came to. */
export function noteCount(session: ClientSession, outcome: Outcome, isDown: boolean): void {
  if (outcome === STORED) session.count(isDown ? COUNT.decr_hits : COUNT.incr_hits)
  else if (outcome === MISSING) session.count(isDown ? COUNT.decr_misses : COUNT.incr_misses)
}

export function executeTouch(session: ClientSession): void {
  if (!hasKeyAndNumber(session)) return
  const seconds = readSigned(line.bytes, line.starts[2]!, line.ends[2]!)
  if (Number.isNaN(seconds)) {
    session.reply('CLIENT_ERROR invalid exptime argument\r\n')
    return
  }
  const change = new TouchChange(session, session.expiry(seconds))
  const outcome = touchKey(session, change, line.bytes, line.starts[1]!, line.ends[1]!)
  if (outcome === STORED) session.reply('TOUCHED\r\n')
  else if (outcome === MISSING) session.reply('NOT_FOUND\r\n')
  else session.reply(session.refusal(outcome))
}

const DELETE_USAGE = 'CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n'

export function executeDelete(session: ClientSession): void {
  if (line.count < 2 || line.count > 4) {
    session.say('ERROR\r\n')
    return
  }
  // `delete noreply` is about a key of that name.
  session.isQuiet = line.count > 2 && line.endsInNoreply()
  if (line.count > 2) {
    // Clients of old send a time, which may be 0 only.
    const isZero = line.is(2, '0')
    const isPlain = line.count === 3 ? isZero || session.isQuiet : session.isQuiet
    if (!isPlain) {
      session.reply(DELETE_USAGE)
      return
    }
  }
  if (!line.isKey(1)) {
    session.reply(BAD_FORMAT)
    return
  }
  const outcome = deleteKey(session, line.bytes, line.starts[1]!, line.ends[1]!, undefined)
  if (outcome === DELETED) session.reply('DELETED\r\n')
  else if (outcome === MISSING) session.reply('NOT_FOUND\r\n')
  else session.reply(session.refusal(outcome))
}

/** Deletes the entry of the key `bytes[from, to)`, if it has the wanted CAS. */
export function deleteKey(
  session: ClientSession,
  bytes: Uint8Array,
  from: number,
  to: number,
  wanted: WantedCas | undefined,
): Outcome {
  const { raw } = session
  countPrefix(session, bytes, from, to, PREFIX_DELETE)
  let outcome: Outcome = MISSING
  if (raw.stage(bytes, from, to)) {
    outcome = wanted === undefined ? raw.remove() : raw.removeMatching(wanted.high, wanted.low)
  }
  if (outcome === MISSING) session.count(COUNT.delete_misses)
  if (outcome !== DELETED) return outcome
  session.count(COUNT.delete_hits)
  if ((session.watched & WATCH_DELETIONS) !== 0) logDelete(session, bytes, from, to, 'delete')
  return DELETED
}
