/**
 * The planner's suite: is what `heddle plan` forecasts what the engine does? Forecasts are made
 * from all keys of each trace and from samples of a tenth and a hundredth of them (SHARDS); then
 * the engine replays the trace with just that memory, and the difference is stated in points of
 * hit ratio.
 */
import { FORECAST_GOALS } from '../goals.ts'
import { Piscina } from 'piscina'
import { shown } from '../../src/charts/chart.ts'
import type { RatioChart, Table } from '../../src/charts/chart.ts'
import { fnv1a, hex } from '../measurement.ts'
import type { Measurement, SuiteResult } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { PlanFindings, PlanTask } from '../plan/protocol.ts'
import type { Progress } from '../progress.ts'
import { traceFiles } from '../traces/catalog.ts'
import { POLICIES, SMOKE_POLICIES } from '../traces/simulators.ts'
import type { Policy } from '../traces/simulators.ts'

interface Sizes {
  readonly mostRequests: number
  readonly percents: readonly number[]
}

const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: { mostRequests: 20_000, percents: [20] },
  default: { mostRequests: 300_000, percents: [5, 10, 25, 50] },
  full: { mostRequests: Number.POSITIVE_INFINITY, percents: [2, 5, 10, 25, 50, 75] },
}
const RATES = [1, 0.1, 0.01]
/** Points: a forecast that is off by more should have said that it is unsafe. */
const LARGE_ERROR = 5

interface Played extends PlanFindings {
  readonly policy: Policy
}

export async function runPlan(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const { mostRequests, percents } = SIZES[options.form]
  const policies = options.form === 'smoke' ? SMOKE_POLICIES : POLICIES
  const files = traceFiles(options, options.form === 'full' || options.chosen)
  const tasks = files.flatMap((file) =>
    policies.map((policy): PlanTask => {
      return { file, mostRequests, policy, percents, rates: RATES, seed: options.seed }
    }),
  )
  const pool = new Piscina<PlanTask, PlanFindings>({
    filename: new URL('../plan/task.ts', import.meta.url).href,
    minThreads: options.threads,
    maxThreads: options.threads,
    concurrentTasksPerWorker: 1,
  })
  let done = 0
  const played = await Promise.all(
    tasks.map(async (task): Promise<Played> => {
      const found = await pool.run(task)
      progress.step(`${found.trace}, ${task.policy}`, ++done, tasks.length)
      return { ...found, policy: task.policy }
    }),
  )
  await pool.destroy()
  return {
    part: 'plan',
    about: [
      'The hit ratio that heddle plan forecasts for a size of memory, and what the engine has ' +
        'with it, cold, one thread; value sizes follow from the key (bench/replay/value.ts).',
      'Memory at shares of the bytes of all keys and values, at least 4 MiB. In brackets: ' +
        'forecast minus engine, in points.',
    ],
    measurements: played.flatMap(measurementsOf),
    tables: [targetsTable(played), tableOf(played)],
    charts: played.map(chartOf),
  }
}

function rateText(rate: number): string {
  return rate === 1 ? 'all keys' : `${rate * 100} % of the keys`
}

function errorsAt(played: readonly Played[], index: number): number[] {
  return played.flatMap(({ sizes }) =>
    sizes.map(({ planned, measured }) => ((planned[index] as number) - measured) * 100),
  )
}

function targetsTable(played: readonly Played[]): Table {
  const rows = RATES.map((rate, index) => {
    const errors = errorsAt(played, index).map(Math.abs)
    const mean = meanOf(errors)
    const [, limit] = FORECAST_GOALS[index] ?? []
    const warned = played.flatMap(({ sizes }) => sizes.map(({ isWarned }) => isWarned[index]!))
    const isLarge = errors.map((error) => error > LARGE_ERROR)
    const both = isLarge.filter((one, n) => one && warned[n]).length
    const large = isLarge.filter(Boolean).length
    return [
      rateText(rate),
      mean.toFixed(2),
      Math.max(...errors).toFixed(2),
      limit === undefined ? 'none' : String(limit),
      limit === undefined ? 'reported' : mean <= limit ? 'met' : 'not met',
      `${both} of ${large}`,
      `${warned.filter(Boolean).length - both} of ${errors.length - large}`,
    ]
  })
  const columns = [
    ...['forecast from', 'mean error', 'largest', 'limit of the mean', 'verdict'],
    ...[`above ${LARGE_ERROR}: warned of`, 'below: warned of'],
  ]
  return { title: 'Errors in points', columns, rows }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function tableOf(played: readonly Played[]): Table {
  const rows = played.flatMap(({ trace, policy, sizes }) =>
    sizes.map(({ percent, memory, measured, planned }) => [
      trace,
      policy,
      `${shown(memory / 2 ** 20)} MiB (${percent} %)`,
      (measured * 100).toFixed(2),
      ...planned.map((one) => {
        const error = (one - measured) * 100
        return `${(one * 100).toFixed(2)} (${error >= 0 ? '+' : ''}${error.toFixed(2)})`
      }),
    ]),
  )
  const columns = ['trace', 'policy', 'memory', 'engine', ...RATES.map(rateText)]
  return { title: 'Forecast and replay: hit ratio in percent', columns, rows }
}

function measurementsOf(one: Played): Measurement[] {
  const { trace, policy, requests, unique } = one
  const state = (operation: string, value: number, unit: string, more: object): Measurement => ({
    ...{ suite: 'plan', subject: `heddle ${policy}`, operation, threads: 1, value, unit },
    parameters: { trace, requests, unique, ...more },
    checksum: hex(fnv1a(`${trace} ${requests} ${unique}`)),
  })
  return [
    ...one.sizes.flatMap(({ percent, memory, measured, planned }) => [
      state('hit ratio', measured * 100, '%', { percent, memory }),
      ...RATES.map((rate, index) =>
        state('forecast', (planned[index] as number) * 100, '%', { percent, memory, rate }),
      ),
    ]),
    ...RATES.map((rate, index) =>
      state('CPU of a forecast', one.planMs[index] as number, 'CPU ms', {
        ...{ rate, keys: one.sampledKeys[index] as number },
      }),
    ),
  ]
}

function chartOf({ trace, policy, sizes }: Played): RatioChart {
  const curve = (label: string, of: (size: Played['sizes'][number]) => number) => ({
    label,
    points: sizes.map((size) => [size.memory / 2 ** 20, 100 - of(size) * 100] as const),
  })
  return {
    kind: 'ratios',
    title: `Forecast and replay of ${trace}, ${policy}`,
    unit: 'requests that miss, %',
    across: 'memory, MiB',
    series: [
      curve('engine', ({ measured }) => measured),
      ...RATES.map((rate, index) => curve(rateText(rate), ({ planned }) => planned[index]!)),
    ],
  }
}
