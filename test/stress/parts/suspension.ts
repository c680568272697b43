/** The suspension part: a table with a row for each operation in which a thread was parked. */
import { runSuspension } from '../suspension.ts'
import { type Figure, type Part, tableOf } from './part.ts'

const PARK_MS = 200
const LONG_PARK_MS = 10_000
/** What it takes to do all of it once. */
export const WHOLE_SECONDS = 265
const MOST_STRIDE = 12
const LONG = 'throughput, one suspended for long'

export const suspension: Part = async ({ seconds, print }) => {
  const share = Math.min(1, seconds / WHOLE_SECONDS)
  const longParkMs = Math.round(LONG_PARK_MS * share)
  const parkMs = share < 0.05 ? PARK_MS / 4 : PARK_MS
  const stride = Math.min(MOST_STRIDE, Math.ceil((parkMs / PARK_MS) * (1 / share)))
  const budgetMs = seconds * 1000
  const { rows, refused, calls, problems } = await runSuspension({
    parkMs,
    longParkMs,
    stride,
    budgetMs,
  })
  const rate = (perSecond: number): string => (perSecond / 1000).toFixed(1)
  print(
    `Parked for ${parkMs} ms before every ${stride}. step, and once for ${longParkMs} ms; ` +
      `thousands of calls a second of two other threads, ${refused} of ${calls} without room.\n`,
  )
  print(
    tableOf(
      'parked in|steps|parked at|without|median|least|before step|long|longest gap ms'.split('|'),
      rows.map((row) => {
        const { operation, steps, parked, leastAt, longestGapMs } = row
        const rates = [row.without, row.median, row.least].map(rate)
        return [
          operation,
          steps,
          parked,
          ...rates,
          leastAt,
          row.long === undefined ? '-' : rate(row.long),
          longestGapMs.toFixed(0),
        ]
      }),
    ),
  )
  const of = rows.flatMap((row): Figure[] => {
    const parameters = { parkedIn: row.operation, parkMs, longParkMs }
    const common = { suite: 'suspension', unit: 'calls/s', threads: 3, parameters }
    const long: Figure[] =
      row.long === undefined ? [] : [{ operation: LONG, value: Math.round(row.long), ...common }]
    return [
      { operation: 'throughput, nobody suspended', value: Math.round(row.without), ...common },
      { operation: 'throughput, one suspended', value: Math.round(row.median), ...common },
      { operation: 'least throughput, one suspended', value: Math.round(row.least), ...common },
      ...long,
    ]
  })
  const suspensions = rows.reduce((total, row) => total + row.parked, 0)
  const common = { threads: 3, parameters: { parkMs } }
  return {
    totals: { suspensions },
    figures: [...of, { operation: 'suspensions', value: suspensions, unit: '', ...common }],
    problems: problems.map((problem) => `suspension: ${problem}`),
  }
}
