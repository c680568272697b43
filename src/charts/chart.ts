/**
 * What a report shows, as data: tables, and charts that say their unit. Who measures fills them in;
 * svg.ts and panels.ts draw them, page.ts makes a page of them.
 */
export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Bar {
  readonly label: string
  readonly value: number
  readonly low: number
  readonly high: number
}

export interface BarChart {
  readonly kind: 'bars'
  readonly title: string
  readonly unit: string
  readonly groups: readonly { readonly label: string; readonly bars: readonly Bar[] }[]
}

export interface CurveChart {
  readonly kind: 'curve'
  readonly title: string
  readonly unit: string
  /** Points of a percentile curve: percentile from 0 to below 100, value in the chart's unit. */
  readonly series: readonly {
    readonly label: string
    readonly points: readonly (readonly [percentile: number, value: number])[]
  }[]
}

export interface LineChart {
  readonly kind: 'lines'
  readonly title: string
  readonly unit: string
  /** What the horizontal axis counts. */
  readonly across: string
  readonly series: readonly {
    readonly label: string
    readonly points: readonly (readonly [x: number, value: number])[]
  }[]
}

/**
 * Panels of the same series and axes, side by side: one picture. Both axes are logarithmic, unless
 * the horizontal one is a time.
 */
export interface PanelChart {
  readonly kind: 'panels'
  readonly isTime?: boolean
  readonly title: string
  readonly unit: string
  /** What the horizontal axis counts. */
  readonly across: string
  readonly panels: readonly { readonly title: string; readonly series: LineChart['series'] }[]
}

/** Shares in percent over the size of a cache, which goes to the right on a logarithmic axis. */
export interface RatioChart {
  readonly kind: 'ratios'
  readonly title: string
  readonly unit: string
  /** What the horizontal axis counts. */
  readonly across: string
  readonly series: LineChart['series']
}

/** What wholes are made of: of each stack a value for every part. */
export interface StackChart {
  readonly kind: 'stacks'
  readonly title: string
  readonly unit: string
  readonly parts: readonly string[]
  readonly stacks: readonly { readonly label: string; readonly values: readonly number[] }[]
}

export type Chart = BarChart | CurveChart | LineChart | PanelChart | RatioChart | StackChart

/** A number for a table: three significant digits below 1000, grouped digits above. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString('en-US')
  if (size >= 100) return value.toFixed(0)
  if (size >= 10) return value.toFixed(1)
  return value.toFixed(2)
}
