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
import type { Chart, Table } from '../src/charts/chart.ts'
import type { Part } from './options.ts'

export { shown } from '../src/charts/chart.ts'
export type {
  Bar,
  BarChart,
  Chart,
  CurveChart,
  LineChart,
  PanelChart,
  Table,
} from '../src/charts/chart.ts'

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
  readonly charts: readonly Chart[]
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
