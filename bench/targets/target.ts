/**
 * A target: what was asked for, which command shows it, how its figure is picked out of the lines,
 * and whether that is it.
 */
import { shown } from '../../src/charts/chart.ts'
import type { Table } from '../../src/charts/chart.ts'
import type { Line, Pick } from './lines.ts'

export interface Target {
  /** What the table is divided by. */
  readonly group: 'server' | 'embedded' | 'near cache' | 'memory' | 'hit ratio'
  readonly what: string
  readonly command: string
  readonly bound: 'at most' | 'at least'
  readonly limit: number
  readonly unit: string
  readonly pick: Pick
  /**
   * Where the machine's floor alone is beyond the limit, the limit holds for what lies above it:
   * the floor's ratio to the rival, and that of what lies above the floor.
   */
  readonly aboveFloor?: (
    lines: readonly Line[],
  ) => { readonly floor: number; readonly above: number } | undefined
  /** What the runtime's sockets alone come to, for those that are not met. */
  readonly runtimeFloor?: Pick
}

export interface Judged {
  readonly target: Target
  readonly figure: string
  readonly verdict: string
  /** Commit, day and form of the run; empty where nothing was measured. */
  readonly from: string
}

export function judgeTarget(target: Target, lines: readonly Line[]): Judged {
  const found = target.pick(lines)
  if (found === undefined) return { target, figure: '-', verdict: 'not measured', from: '' }
  const { value, spread, note, from } = found
  const range = spread === undefined ? '' : ` (${shown(spread.low)}-${shown(spread.high)})`
  const words = note === '' ? '' : `, ${note}`
  const judged = verdictOf(target, value, lines)
  return {
    target,
    figure: `${shown(value)}${range}${words}${judged.more}`,
    verdict: judged.verdict,
    from: `${from.commit}, ${from.at.slice(0, 10)}, ${from.form}`,
  }
}

function verdictOf(target: Target, value: number, lines: readonly Line[]) {
  const { bound, limit } = target
  const isMet = bound === 'at most' ? value <= limit : value >= limit
  if (isMet) return { verdict: 'met', more: '' }
  const runtime = target.runtimeFloor?.(lines)
  const its = runtime === undefined ? '' : `; the runtime's floor is ${shown(runtime.value)}`
  const floor = target.aboveFloor?.(lines)
  if (floor === undefined || floor.floor <= limit) return { verdict: 'not met', more: its }
  const more = `; the floor alone is ${shown(floor.floor)}, above it ${shown(floor.above)}${its}`
  return { verdict: floor.above <= limit ? 'met above the floor' : 'not met', more }
}

export function targetTables(judged: readonly Judged[]): Table[] {
  const groups = [...new Set(judged.map(({ target }) => target.group))]
  return groups.map((group) => ({
    title: group,
    columns: ['target', 'limit', 'found', 'verdict', 'command', 'measured on'],
    rows: judged
      .filter(({ target }) => target.group === group)
      .map(({ target, figure, verdict, from }) => [
        target.what,
        `${target.bound} ${target.limit} ${target.unit}`,
        figure,
        verdict,
        `\`${target.command}\``,
        from === '' ? '-' : from,
      ]),
  }))
}
