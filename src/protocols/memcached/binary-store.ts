/** set, add, replace, append, prepend, delete, increment, decrement, and their quiet forms. */
import {
  DELETED,
  EXISTS,
  FULL,
  MISSING,
  type Outcome,
  STORED,
  TOO_LARGE,
  UNFIT,
} from '../../engine/raw-access.ts'
import {
  frame,
  HEADER_BYTES,
  putCas,
  putHeader,
  putWord,
  replyDone,
  replyError,
  replyText,
  STATUS,
} from './binary-frame.ts'
import type { WantedCas } from './changes.ts'
import type { ClientSession } from './client-session.ts'
import { CountChange, countKey } from './count-change.ts'
import { deleteKey, noteCount } from './count.ts'
import { asBigInt } from './decimal.ts'
import { parsed, refuseSize, STORE_APPEND, STORE_CAS, STORE_PREPEND, storeFound } from './store.ts'

const TWO_32 = 2 ** 32
const NUMBER_BYTES = 8
/** An expiration of increment and decrement that makes no counter where there is none. */
const NO_CREATION = 0xffff_ffff

/** The CAS that the entry must have; undefined: any. */
function wantedCas(): WantedCas | undefined {
  return frame.hasCas ? { high: frame.casHigh, low: frame.casLow } : undefined
}

/** Nothing was changed, for a reason that is not in the request. */
export function refuse(session: ClientSession, outcome: Outcome): void {
  if (outcome === FULL) replyText(session, STATUS.NO_MEMORY, 'Out of memory allocating item')
  else {
    const text = session.refusal(outcome).slice('SERVER_ERROR '.length).trimEnd()
    replyText(session, STATUS.TRY_AGAIN, text)
  }
}

/** Refuses a value that is larger than an item may be; key and extras are there. */
export function refuseValue(session: ClientSession, kind: number): void {
  refuseSize(session, kind, frame.bytes, frame.keyAt, frame.valueAt)
  replyError(session, STATUS.TOO_LARGE)
}

/** With a CAS, set, add and replace are one command: as in memcached. */
function kindOf(kind: number): number {
  const isConcat = kind === STORE_APPEND || kind === STORE_PREPEND
  return frame.hasCas && !isConcat ? STORE_CAS : kind
}

/** set, add, replace, append, prepend. */
export function executeStore(session: ClientSession, kind: number): void {
  const { bytes, keyAt, valueAt } = frame
  storeStaged(session, kind, session.raw.stage(bytes, keyAt, valueAt))
}

/** The same of a key that is staged. @param fits false: no entry can have it */
export function storeStaged(session: ClientSession, kind: number, fits: boolean): void {
  const { bytes, keyAt, valueAt, extraBytes } = frame
  parsed.flags = extraBytes === 0 ? 0 : frame.extra(0)
  parsed.seconds = extraBytes === 0 ? 0 : frame.extra(1)
  parsed.length = frame.valueBytes
  parsed.casHigh = frame.casHigh
  parsed.casLow = frame.casLow
  const outcome = storeFound(session, kindOf(kind), bytes, keyAt, valueAt, valueAt, fits)
  if (outcome === STORED) replyStored(session)
  else if (outcome === EXISTS) replyError(session, STATUS.EXISTS)
  else if (outcome === MISSING) replyError(session, missingStatus(kind))
  else if (outcome === TOO_LARGE) replyError(session, STATUS.NOT_STORED)
  else refuse(session, outcome)
}

function missingStatus(kind: number): number {
  const isConcat = kind === STORE_APPEND || kind === STORE_PREPEND
  return isConcat ? STATUS.NOT_STORED : STATUS.NOT_FOUND
}

/** A success, with the CAS that the entry got. */
function replyStored(session: ClientSession): void {
  const { version } = session.raw.draft
  replyDone(session, Math.floor(version / TWO_32), version | 0)
}

export function executeDelete(session: ClientSession): void {
  const { bytes, keyAt, valueAt } = frame
  const outcome = deleteKey(session, bytes, keyAt, valueAt, wantedCas())
  if (outcome === DELETED) replyDone(session, 0, 0)
  else if (outcome === MISSING) replyError(session, STATUS.NOT_FOUND)
  else if (outcome === EXISTS) replyError(session, STATUS.EXISTS)
  else refuse(session, outcome)
}

/** increment, decrement. */
export function executeCount(session: ClientSession, isDown: boolean): void {
  const { raw } = session
  const { bytes, keyAt, valueAt } = frame
  const by = asBigInt(frame.extra(0), frame.extra(1))
  const seconds = frame.extra(4)
  const change = new CountChange({
    by,
    isDown,
    expiry: undefined,
    wanted: wantedCas(),
    own: undefined,
  })
  const number = asBigInt(frame.extra(2), frame.extra(3))
  const first =
    seconds === NO_CREATION
      ? undefined
      : { number, expiry: session.expiry(seconds), own: undefined }
  if (!raw.stage(bytes, keyAt, valueAt)) {
    replyError(session, STATUS.NOT_FOUND)
    return
  }
  const counted = countKey(session, change, first)
  const { outcome } = counted
  if (counted.isCreated) {
    if (outcome === STORED) replyNumber(session, counted.number)
    else refuse(session, outcome)
    return
  }
  noteCount(session, outcome, isDown)
  if (outcome === STORED) replyNumber(session, counted.number)
  else if (outcome === UNFIT) replyError(session, STATUS.NOT_A_NUMBER)
  else if (outcome === EXISTS) replyError(session, STATUS.EXISTS)
  else if (outcome === MISSING) replyError(session, STATUS.NOT_FOUND)
  else refuse(session, outcome)
}

function replyNumber(session: ClientSession, number: bigint): void {
  if (session.isQuiet) return
  const { out, raw } = session
  const { version } = raw.draft
  const start = out.reserve(HEADER_BYTES + NUMBER_BYTES)
  const { bytes } = out
  let at = putHeader(bytes, start, STATUS.OK, 0, 0, NUMBER_BYTES)
  putCas(bytes, start, Math.floor(version / TWO_32), version | 0)
  at = putWord(bytes, at, Number(number >> 32n))
  out.length = putWord(bytes, at, Number(number & 0xffff_ffffn))
}
