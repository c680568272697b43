/**
 * Broken twins for the explorer: the engine, or the server, with one step of its protocol taken
 * away. Each is what a plausible shortcut would look like in the source, and each names the program
 * that must catch it within so many executions.
 */
import type { Options } from '../explore/options.ts'
import type { Patch } from '../stress/twin.ts'
import { CHUNK_TWINS } from './chunk-twins.ts'
import { DEATH_TWINS } from './death-twins.ts'
import { ENTRY_TWINS } from './entry-twins.ts'
import { FRAME_TWINS } from './frame-twins.ts'
import { MOMENT_TWINS } from './moment-twins.ts'
import { PAGE_TWINS } from './page-twins.ts'
import { POLICY_TWINS } from './policy-twins.ts'
import { NEAR_TWINS } from './near-twins.ts'
import { SWEEP_TWINS } from './sweep-twins.ts'
import { TABLE_TWINS } from './table-twins.ts'
import { TRANSACTION_TWINS } from './transaction-twins.ts'

export interface BrokenTwin {
  readonly name: string
  /** The rule that is broken. */
  readonly rule: string
  readonly patches: readonly Patch[]
  /** The program of the explorer that catches it. */
  readonly program: string
  readonly bounds: Partial<Options>
  /** Executions in which it must be caught. */
  readonly within: number
}

export const BROKEN_TWINS: readonly BrokenTwin[] = [
  ...ENTRY_TWINS,
  ...MOMENT_TWINS,
  ...TABLE_TWINS,
  ...CHUNK_TWINS,
  ...PAGE_TWINS,
  ...DEATH_TWINS,
  ...FRAME_TWINS,
  ...TRANSACTION_TWINS,
  ...POLICY_TWINS,
  ...NEAR_TWINS,
  ...SWEEP_TWINS,
]
