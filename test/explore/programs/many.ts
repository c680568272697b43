/**
 * Programs about getManyBytes: two keys are located together, then each is read from where it was
 * seen (src/engine/ahead-reader.ts), whatever the others did meanwhile.
 *
 * Slot words without a version (`versionBits: 0`) recur as soon as a chunk is used again.
 */
import type { Program } from '../program.ts'
import {
  ADD,
  DELETE,
  EVICT,
  EXPIRE,
  FLUSH,
  GET_MANY_BYTES,
  INCR,
  type Kind,
  MOVE,
  SET,
  TOUCH,
} from './operations.ts'
import { LATER, TOUCH_TTL } from './more-operations.ts'
import { on, together } from './pairs.ts'
import type { WorldOptions } from './world.ts'

const RECURS: Partial<WorldOptions> = { versionBits: 0 }
const READS = [on(GET_MANY_BYTES)]
/** Both keys are there, and both are read. */
const BOTH = [on(SET, 1), on(GET_MANY_BYTES)]
const CHANGES: readonly Kind[] = [SET, DELETE, INCR, TOUCH, FLUSH, EXPIRE, EVICT, MOVE]

export const MANY: readonly Program[] = [
  ...CHANGES.map((kind) => together('one-home', [READS, [on(kind)]])),
  ...[SET, DELETE, FLUSH, MOVE].map((kind) => together('one-home', [BOTH, [on(kind)]])),
  together('one-home', [BOTH, [on(FLUSH), on(SET)]]),
  together('one-home', [READS, [on(TOUCH_TTL), on(LATER)], [on(TOUCH)]]),
  together('one-home', [BOTH, [on(DELETE), on(ADD)], [on(SET, 1)]]),
  together('reuse', [READS, [on(SET), on(SET)]], RECURS),
  together('reuse', [READS, [on(SET), on(SET), on(SET)]]),
  together('reuse', [READS, [on(DELETE), on(SET, 1)]], RECURS),
  together('reuse', [BOTH, [on(SET), on(SET)]], RECURS),
]
