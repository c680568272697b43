/**
 * Reading many keys in one call, in phases: all keys are hashed, all index lines touched, all
 * entries touched, all values copied. In a cache larger than the processor's, a single get waits
 * for two cache misses one after the other; here those of 64 keys are waited for together.
 *
 * Each key is still read by itself, at a moment of its own. What was touched before says where
 * to look and nothing else (ahead-reader.ts).
 */
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { contended, targetTooShort } from './errors.ts'
import { type LookAhead, MOST_AHEAD } from './look-ahead.ts'
import type { NearSpace } from './near/near-cache.ts'
import { HIT, LOST_RACE, OVER, readBytes } from './read.ts'
import { readValue, STAGED } from './read-value.ts'
import { removeOver } from './remove.ts'
import type { Session } from './session.ts'
import { type Key, stageKey } from './stage-key.ts'

/** Length of a value that is not there. */
const ABSENT = -1
/** It was not read. */
const UNREAD = -2

/**
 * The values of keys, decoded; `undefined` for those that are not there.
 * @param near what is to keep them
 */
export function readValues(
  session: Session,
  space: number,
  keys: readonly Key[],
  near?: NearSpace,
): unknown[] {
  const values = new Array<unknown>(keys.length)
  const ahead = session.borrowLookAhead()
  try {
    for (let first = 0; first < keys.length; first += MOST_AHEAD) {
      const end = Math.min(first + MOST_AHEAD, keys.length)
      lookAhead(session, ahead, space, keys, first, end)
      for (let i = first; i < end; i++) {
        stageAgain(session, ahead, space, keys, first, i)
        values[i] = readValue(session, STAGED, keys[i], near)
      }
    }
  } finally {
    session.returnLookAhead(ahead)
  }
  return values
}

/** The same where values are kept near: what is, and the others together. */
export function readNearValues(
  session: Session,
  space: number,
  keys: readonly Key[],
  near: NearSpace,
): unknown[] {
  const values = keys.map((key) => near.get(key as string))
  const missed = keys.filter((_, at) => values[at] === undefined)
  if (missed.length === 0) return values
  const read = readValues(session, space, missed, near)
  let next = 0
  return values.map((value) => (value === undefined ? read[next++] : value))
}

/**
 * Copies the bytes of values into `target`, one after the other, and their lengths into `lengths`.
 * @returns bytes of all values
 * @throws HeddleError HEDDLE_TARGET_TOO_SHORT naming the bytes that all of them need
 */
export function copyValues(
  session: Session,
  space: number,
  keys: readonly Key[],
  target: Uint8Array,
  lengths: Int32Array,
): number {
  const ahead = session.borrowLookAhead()
  const places = wordsOf(target)
  let total = 0
  try {
    for (let first = 0; first < keys.length; first += MOST_AHEAD) {
      const end = Math.min(first + MOST_AHEAD, keys.length)
      lookAhead(session, ahead, space, keys, first, end)
      for (let i = first; i < end; i++) {
        let length = copyAhead(ahead, i - first, target, places, total)
        if (length === UNREAD) {
          stageAgain(session, ahead, space, keys, first, i)
          length = copyValue(session, target, total)
        }
        lengths[i] = length
        if (length !== ABSENT) total += length
      }
    }
  } finally {
    session.returnLookAhead(ahead)
  }
  if (total > target.length) throw targetTooShort(target.length, total, 'the values need')
  return total
}

/** Copies the value of a key from where its entry was seen; UNREAD: stage it and look for it. */
function copyAhead(
  ahead: LookAhead | undefined,
  index: number,
  target: Uint8Array,
  places: DataView,
  to: number,
): number {
  if (ahead === undefined) return UNREAD
  const { reader } = ahead
  if (!reader.open(index)) return UNREAD
  const { length } = reader
  if (to + length > target.length) return UNREAD
  reader.copy(target, to, places)
  return reader.confirm() ? length : UNREAD
}

const NO_BYTES = new DataView(new ArrayBuffer(0))
const dataViews = new WeakMap<Uint8Array, DataView>()

/**
 * A view of the same bytes by which words can be stored anywhere: the same one for each target, but
 * for those whose buffer may shrink, which leaves a view behind that must not even be asked.
 */
function wordsOf(target: Uint8Array): DataView {
  const { buffer, byteOffset, length } = target
  if (length === 0) return NO_BYTES // Its buffer may be detached.
  const isFixed = !('resizable' in buffer && buffer.resizable)
  const made = isFixed ? dataViews.get(target) : undefined
  if (made?.byteLength === length) return made
  const fresh = new DataView(buffer, byteOffset, length)
  if (isFixed) dataViews.set(target, fresh)
  return fresh
}

/**
 * Copies the bytes of the staged key's value to `target[to]`, if there is room for them.
 * @returns their number, -1 on a miss
 */
export function copyValue(session: Session, target: Uint8Array, to: number): number {
  const { view, reading } = session
  for (let tries = 0; ; tries++) {
    const found = readBytes(view, reading, target, to)
    if (found === HIT) return reading.length
    if (isMiss(session, found, tries)) return ABSENT
  }
}

/** Whether the key is gone for good; false: its entry was given a longer life, read again. */
export function isMiss(session: Session, found: number, tries: number): boolean {
  if (found === LOST_RACE || tries === MAX_RETRIES) throw contended('read', MAX_RETRIES)
  return found !== OVER || removeOver(session.view)
}

function lookAhead(
  session: Session,
  ahead: LookAhead | undefined,
  space: number,
  keys: readonly Key[],
  first: number,
  end: number,
): void {
  if (ahead === undefined) return
  session.begin()
  ahead.begin(space)
  for (let i = first; i < end; i++) {
    const key = keys[i]!
    if (typeof key === 'string' && ahead.addText(key)) continue
    stageKey(session, key, space)
    ahead.take()
  }
  ahead.touch()
}

/** Stages a key for its own read: what the read of an earlier one ran may have staged another. */
function stageAgain(
  session: Session,
  ahead: LookAhead | undefined,
  space: number,
  keys: readonly Key[],
  first: number,
  at: number,
): void {
  if (ahead?.isKept(at - first)) {
    ahead.stage(at - first)
    return
  }
  session.begin()
  stageKey(session, keys[at]!, space)
  session.used()
}
