/**
 * What the runs print on their last line; what came to a bad end knows nothing but the problems.
 */
import type { HistoriesReport } from './histories.ts'
import type { StressReport } from './stress.ts'

type AtLeastProblems<Report extends { readonly problems: readonly string[] }> = Partial<Report> &
  Pick<Report, 'problems'>

export interface StressOutput {
  readonly ok: boolean
  readonly seed: number
  readonly run: AtLeastProblems<StressReport>
  /** The longest stall of the control run, -1 when there was none. */
  readonly controlStallMs: number
}

export interface HistoriesOutput {
  readonly seed: number
  readonly report: AtLeastProblems<HistoriesReport>
}
