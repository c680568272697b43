/**
 * What memcached's text and meta commands have in common, as a client reads them: how lines end,
 * the words of errors, and replies to a set, which are one line.
 */
import { BROKEN, REFUSED, STORED, isLine, isText, lineEnd } from './wire-protocol.ts'
import type { ReplyNote, WireProtocol } from './wire-protocol.ts'

export const LINE_BREAK: Buffer = Buffer.from('\r\n')
export const SPACE = 32
export const DIGIT_ZERO = 48
const ERRORS = ['ERROR', 'CLIENT_ERROR ', 'SERVER_ERROR ', 'NOT_STORED'].map((one) =>
  Buffer.from(one),
)

/** An error line. */
export function readError(from: Buffer, at: number, afterLine: number, note: ReplyNote): number {
  for (const error of ERRORS) {
    if (afterLine - at > error.length && isText(from, at, error)) {
      note.outcome = REFUSED
      return afterLine
    }
  }
  return BROKEN
}

/** Reads replies to a set, of which these two lines are no errors. */
export function setReplies(stored: Buffer, notStored: Buffer): WireProtocol['readSetReply'] {
  return (from, at, end, note) => {
    const afterLine = lineEnd(from, at, end)
    if (afterLine < 0) return afterLine
    if (isLine(from, at, afterLine, stored)) note.outcome = STORED
    else if (isLine(from, at, afterLine, notStored)) note.outcome = REFUSED
    else return readError(from, at, afterLine, note)
    return afterLine
  }
}
