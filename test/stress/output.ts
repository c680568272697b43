/** What a stress run prints on its last line. */
import type { StressReport } from './stress.ts'

export interface StressOutput {
  readonly ok: boolean
  readonly seed: number
  /** Nothing but the problems when the run came to a bad end. */
  readonly run: Partial<StressReport> & Pick<StressReport, 'problems'>
  /** The longest stall of the control run, -1 when there was none. */
  readonly controlStallMs: number
}
