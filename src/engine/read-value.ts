/**
 * `get` and `gets`: the value of the staged key, decoded.
 *
 * Text and bytes are decoded where they lie and thrown away if the entry changed meanwhile; what a
 * parser would look at is copied first and parsed only after the copy was validated.
 */
import * as atomics from '#atomics'
import * as limits from '../../native-layout/limits.ts'
import * as entries from '../memory/entry.ts'
import * as table from '../memory/table.ts'
import * as codecs from './codec.ts'
import { contended } from './errors.ts'
import type { NearSpace } from './near/near-cache.ts'
import * as read from './read.ts'
import type { Reading } from './read.ts'
import { removeOver } from './remove.ts'
import type { Session } from './session.ts'
import * as staging from './stage-key.ts'
import type { Key } from './stage-key.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { peekBuffer } = atomics
const { MAX_RETRIES } = limits
const { versionIn } = entries
const { ABSENT, CONTENDED, find, isStill, stampOf } = table
const { decodeBytes, TAG_UTF8 } = codecs
const { stageKey } = staging
const { copyChain, expiryOf, hit, isOver, isWhole, look, miss } = read

/** In place of a namespace: the key was staged. */
export const STAGED = -1

/**
 * The decoded value of a key, `undefined` on a miss. Its version stays in the reading.
 *
 * Staging is a part of it so that V8 finds it too large to be inlined: a near hit and what it
 * consists of are to be inlined together where they are called, and share a budget with what
 * follows a near miss.
 * @param space of the key, which is staged here; STAGED: the caller has
 * @param key the key; only asked for to be staged, or kept
 * @param near what is to keep the value, if it can be kept
 */
export function readValue(
  session: Session,
  space: number,
  key: Key = '',
  near?: NearSpace,
): unknown {
  const { view, reading } = session
  if (space !== STAGED) {
    session.begin()
    stageKey(session, key, space)
    session.used()
  }
  const keeper = typeof key === 'string' ? near : undefined
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const found = find(view)
    if (found === ABSENT) {
      miss(view)
      return undefined
    }
    if (found === CONTENDED) break
    const at = look(view, reading)
    const isPlain = reading.codec <= TAG_UTF8 && isWhole(view, reading, at)
    const raw = isPlain
      ? decodeBytes(
          reading.codec,
          peekBuffer(view.dataBuffers[view.entrySegment]!, at, at + reading.length),
          at,
          at + reading.length,
          session.codec,
        )
      : copyOut(session, reading, at)
    reading.version = versionIn(view.entry, view.entryAt)
    if (keeper !== undefined) {
      reading.expiry = expiryOf(view, reading.presence)
      reading.stamp = stampOf(view.entry, view.entryAt, reading.presence)
    }
    const over = isOver(view, reading.presence)
    if (!isStill(view) || raw === undefined) continue
    if (over) {
      if (!removeOver(view)) continue
      miss(view)
      return undefined
    }
    hit(view)
    // Asked before it is decoded: a codec of the user's may read something else meanwhile.
    const isKept = keeper !== undefined && session.near!.keeps(reading)
    const value = isPlain
      ? raw
      : decodeBytes(reading.codec, raw as Buffer, 0, reading.length, session.codec)
    if (isKept) session.near!.keep(keeper, key as string, value, reading)
    return value
  }
  throw contended('get', MAX_RETRIES)
}

/** A private copy of a value that is parsed, or that continues in other chunks. */
function copyOut(session: Session, reading: Reading, at: number): Buffer | undefined {
  const { view } = session
  if (reading.length < 0 || reading.length > session.facts.maxItemBytes) return undefined
  const copy = session.scratchFor(reading.length)
  if (!isWhole(view, reading, at)) {
    return copyChain(view, reading, at, copy) ? copy : undefined
  }
  const shared = peekBuffer(view.dataBuffers[view.entrySegment]!, at, at + reading.length)
  shared.copy(copy, 0, at, at + reading.length)
  return copy
}
