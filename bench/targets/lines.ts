/**
 * The lines of results/runs.ndjson, picked for a target: the newest that fits, and what is worked
 * out from several lines of one run. Smoke forms measure nothing and do not count.
 */
import type { Parameters, Spread } from '../measurement.ts'

export interface Line {
  readonly suite: string
  readonly subject: string
  readonly operation: string
  readonly threads: number
  readonly value: number
  readonly unit: string
  readonly spread?: Spread
  readonly parameters: Parameters
  readonly at: string
  readonly form: string
  readonly commit: string
}

/** What a line has to have; parameters that are not named may be anything. */
export interface Wanted {
  readonly suite: string
  readonly subject?: string | RegExp
  readonly operation: string | RegExp
  readonly unit?: string
  readonly threads?: number
  readonly parameters?: Readonly<Record<string, string | number | boolean>>
}

export interface Figure {
  readonly value: number
  /** Lowest and highest, where rounds were taken of this very figure. */
  readonly spread: Spread | undefined
  /** For the table, behind the figure. */
  readonly note: string
  readonly from: Line
}

/** Picks a figure out of all lines; undefined: it was not measured. */
export type Pick = (lines: readonly Line[]) => Figure | undefined

export function readLines(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
    .filter(({ form }) => form !== 'smoke')
}

function isSame(wanted: string | RegExp | undefined, found: string): boolean {
  if (wanted === undefined) return true
  return typeof wanted === 'string' ? wanted === found : wanted.test(found)
}

function fits(line: Line, wanted: Wanted): boolean {
  const { unit, threads, parameters = {} } = wanted
  return (
    line.suite === wanted.suite &&
    isSame(wanted.operation, line.operation) &&
    isSame(wanted.subject, line.subject) &&
    (unit === undefined || unit === line.unit) &&
    (threads === undefined || threads === line.threads) &&
    Object.entries(parameters).every(([name, value]) => line.parameters[name] === value)
  )
}

/** All that fit of the newest run that has any. */
export function newest(lines: readonly Line[], wanted: Wanted): Line[] {
  const fitting = lines.filter((line) => fits(line, wanted))
  const last = fitting.reduce((so, { at }) => (at > so ? at : so), '')
  return fitting.filter(({ at }) => at === last)
}

/** The newest line that fits. */
export function one(wanted: Wanted): Pick {
  return (lines) => {
    const found = newest(lines, wanted).at(-1)
    if (found === undefined) return undefined
    return { value: found.value, spread: found.spread, note: '', from: found }
  }
}

/** A line's value over that of another of the same run, of medians. */
export function ratio(over: Wanted, under: Wanted): Pick {
  return ofTwo(over, under, 'of medians', (one, other) => one / other)
}

/** A line's value less that of another of the same run. */
export function difference(whole: Wanted, part: Wanted): Pick {
  return ofTwo(whole, part, '', (one, other) => one - other)
}

function ofTwo(
  first: Wanted,
  second: Wanted,
  note: string,
  of: (one: number, other: number) => number,
): Pick {
  return (lines) => {
    const from = newest(lines, first).at(-1)
    const other = inRunOf(lines, from, second)
    if (from === undefined || other === undefined) return undefined
    return { value: of(from.value, other.value), spread: undefined, note, from }
  }
}

function inRunOf(lines: readonly Line[], run: Line | undefined, wanted: Wanted) {
  return lines.findLast((line) => line.at === run?.at && fits(line, wanted))
}

/** What several lines of the newest run come to. */
export function together(
  wanted: Wanted,
  note: string,
  of: (values: readonly number[], found: readonly Line[]) => number,
): Pick {
  return (lines) => {
    const found = newest(lines, wanted)
    if (found.length === 0) return undefined
    const values = found.map(({ value }) => value)
    return { value: of(values, found), spread: undefined, note, from: found[0]! }
  }
}

/** The first that was measured. */
export function firstOf(...picks: readonly Pick[]): Pick {
  return (lines) => {
    for (const pick of picks) {
      const found = pick(lines)
      if (found !== undefined) return found
    }
    return undefined
  }
}
