/** A part of `npm run stress`: what it is given, and what it gives back. */

export interface PartOptions {
  readonly seconds: number
  readonly seed: number
  print(text: string): void
}

/** One line of results/runs.ndjson, without the facts of the run. */
export interface Figure {
  /** If it is not that of the part: lines of `stress PART` go into docs/CORRECTNESS.md. */
  readonly suite?: string
  readonly operation: string
  readonly value: number
  readonly unit: string
  readonly threads: number
  readonly parameters?: Readonly<Record<string, string | number | boolean>>
}

export interface PartResult {
  /** For the summary; equal names of several parts are added up. */
  readonly totals: Readonly<Record<string, number>>
  readonly figures: readonly Figure[]
  readonly problems: readonly string[]
}

export type Part = (options: PartOptions) => Promise<PartResult>

/** A table in Markdown. */
export function tableOf(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const line = (cells: readonly unknown[]): string => `| ${cells.join(' | ')} |\n`
  return line(columns) + line(columns.map(() => '---')) + rows.map(line).join('')
}

export function sum(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0)
}
