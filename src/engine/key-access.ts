/** The part of `RawAccess` that a transaction puts something else in the place of. */
import type { RawAccess } from './raw-access.ts'

export type KeyAccess = Pick<
  RawAccess,
  | 'session'
  | 'view'
  | 'reading'
  | 'draft'
  | 'stage'
  | 'open'
  | 'copy'
  | 'copyPart'
  | 'confirm'
  | 'confirmQuietly'
  | 'heat'
  | 'chunkBytes'
  | 'uses'
  | 'store'
  | 'change'
  | 'remove'
  | 'flush'
  | 'flushSpace'
  | 'hasSpaces'
  | 'keysIn'
  | 'entriesIn'
  | 'spaceOf'
  | 'now'
>
