/** All programs of the explorer. */
import type { Program } from '../program.ts'
import { PAIRS } from './pairs.ts'

export const PROGRAMS: readonly Program[] = [...PAIRS]
