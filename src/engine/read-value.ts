/**
 * `get` and `gets`: the value of the staged key, decoded.
 *
 * Text and bytes are decoded where they lie and thrown away if the entry changed meanwhile; what a
 * parser would look at is copied first and parsed only after the copy was validated.
 */
import { peekBuffer } from '#atomics'
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { versionIn } from '../memory/entry.ts'
import { ABSENT, CONTENDED, find, isStill } from '../memory/table.ts'
import { decodeBytes, TAG_UTF8 } from './codec.ts'
import { contended } from './errors.ts'
import { copyChain, hit, isOver, isWhole, look, miss, type Reading } from './read.ts'
import { removeOver } from './remove.ts'
import type { Session } from './session.ts'

/** The decoded value of the staged key, `undefined` on a miss. Its version stays in the reading. */
export function readValue(session: Session): unknown {
  const { view, reading } = session
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
    const over = isOver(view, reading.presence)
    if (!isStill(view) || raw === undefined) continue
    if (over) {
      if (!removeOver(view)) continue
      miss(view)
      return undefined
    }
    hit(view)
    if (isPlain) return raw
    return decodeBytes(reading.codec, raw as Buffer, 0, reading.length, session.codec)
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
