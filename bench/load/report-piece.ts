/** A piece of the load suite's report: closed loop, open loop or memory. */
import { fnv1a, hex, median, shown, spreadOf } from '../measurement.ts'
import type { Part } from '../options.ts'
import type { Distribution, Measurement, Parameters, SuiteResult, Table } from '../measurement.ts'

export interface ReportPiece {
  readonly about: readonly string[]
  readonly measurements: readonly Measurement[]
  readonly tables: readonly Table[]
  readonly charts: SuiteResult['charts']
  readonly distributions: readonly Distribution[]
}

/** Replies are checked while they come, so the checksum is that of what was asked. */
export function measurementOf(
  subject: string,
  operation: string,
  values: readonly number[],
  unit: string,
  parameters: Parameters,
  suite: Part = 'load',
): Measurement {
  return {
    ...{ suite, subject, operation, threads: 1, unit, parameters },
    value: median(values),
    spread: spreadOf(values),
    checksum: hex(fnv1a(JSON.stringify(parameters))),
  }
}

/** `12.3 (11.9-14.0)`: the median of the rounds, their lowest and highest; NaN does not count. */
export function withSpread(values: readonly number[]): string {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return '-'
  const { low, high } = spreadOf(finite)
  return `${shown(median(finite))} (${shown(low)}-${shown(high)})`
}
