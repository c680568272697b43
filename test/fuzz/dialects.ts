/** The three dialects that are fuzzed. */
import { BINARY } from './binary-dialect.ts'
import type { Dialect } from './dialect.ts'
import { REDIS } from './redis-dialect.ts'
import { TEXT } from './text-dialect.ts'

export const DIALECTS: readonly Dialect[] = [TEXT, BINARY, REDIS]
