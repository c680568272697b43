/**
 * The type of a value as Redis names it. Today all are strings; codec tags from 10 on are kept for
 * structures, which the commands on strings refuse.
 */
import type { KeyAccess } from '../../engine/key-access.ts'

const FIRST_STRUCTURE_TAG = 10
const STRUCTURES: readonly string[] = ['list', 'set', 'zset', 'hash', 'stream']

/** Whether an entry with this codec tag is a string for Redis, whoever wrote it. */
export function isString(codec: number): boolean {
  return codec < FIRST_STRUCTURE_TAG
}

/** The name of the type, as TYPE says it. */
export function typeName({ reading }: KeyAccess): string {
  const { codec } = reading
  return isString(codec) ? 'string' : (STRUCTURES[codec - FIRST_STRUCTURE_TAG] ?? 'unknown')
}
