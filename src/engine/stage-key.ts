/**
 * A key as users pass it, checked and staged in the view: what every call on keys begins with. Its
 * caller has called `begin`, and calls `used` for a key that counts as a use.
 */
import { badType, keyTooLong } from './errors.ts'
import type { Session } from './session.ts'

/** A key: text (stored as UTF-8) or bytes, up to 65,535 bytes. */
export type Key = string | Uint8Array

/** @throws HeddleError HEDDLE_BAD_TYPE, HEDDLE_KEY_TOO_LONG */
export function stageKey(session: Session, key: Key, space: number): void {
  const scratch = session.view.key
  if (typeof key === 'string') {
    if (!scratch.loadString(key, space)) throw keyTooLong(Buffer.byteLength(key))
  } else if (key instanceof Uint8Array) {
    if (!scratch.loadBytes(key, 0, key.length, space)) throw keyTooLong(key.length)
  } else throw badType('key', key, 'a string or a Uint8Array')
  if (scratch.length > session.longestKey) throw keyTooLong(scratch.length, session.longestKey)
}
