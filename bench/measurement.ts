/**
 * One measurement: a value with its unit and spread, and everything needed to repeat it. A suite
 * returns measurements, tables and charts; results/runs.ndjson gets one line per measurement, and
 * the tables and charts are built from the same measurements, so that no number exists only in
 * prose.
 *
 * The value of repeated rounds is their median, the spread is their lowest and highest: with
 * rounds interleaved on a shared machine the median survives a neighbour's burst, and the spread
 * shows that there was one.
 */
import type { Part } from './options.ts'

export interface Spread {
  readonly low: number
  readonly high: number
  readonly rounds: number
}

export type Parameters = Readonly<Record<string, string | number | boolean>>

export interface Measurement {
  readonly suite: Part
  readonly subject: string
  readonly operation: string
  readonly threads: number
  readonly value: number
  readonly unit: string
  readonly spread?: Spread
  readonly parameters: Parameters
  /** A digest of what the subject returned, or of the input where nothing is returned. */
  readonly checksum: string
}

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

/** A percentile distribution in HdrHistogram's text form, for its plotters. */
export interface Distribution {
  readonly name: string
  readonly text: string
}

export interface SuiteResult {
  readonly part: Part
  /** What its files are named by where it is not the run's form: a part may have a short one. */
  readonly form?: string
  /** The question that the suite answers, and how, in a few sentences for the report. */
  readonly about: readonly string[]
  readonly measurements: readonly Measurement[]
  readonly tables: readonly Table[]
  readonly charts: readonly (BarChart | CurveChart | LineChart)[]
  readonly distributions?: readonly Distribution[]
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('median of no values')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle] as number
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

export function spreadOf(values: readonly number[]): Spread {
  return { low: Math.min(...values), high: Math.max(...values), rounds: values.length }
}

/** FNV-1a of 32 bits over the characters of a text, continued from an earlier digest. */
export function fnv1a(text: string, from = 0x811c9dc5): number {
  let digest = from
  for (let i = 0; i < text.length; i++) {
    digest = Math.imul(digest ^ text.charCodeAt(i), 0x01000193)
  }
  return digest >>> 0
}

export function hex(digest: number): string {
  return digest.toString(16).padStart(8, '0')
}

/** A number for a table: three significant digits below 1000, grouped digits above. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString('en-US')
  if (size >= 100) return value.toFixed(0)
  if (size >= 10) return value.toFixed(1)
  return value.toFixed(2)
}
