/**
 * Eviction suite: what does each policy cost? From a cache that is half full to one that holds a
 * tenth of what is asked for: hit ratio, operations a second, processor time of an operation beside
 * that with `clock` in the same round, and the tail. Policies are measured in turn, in processes of
 * their own (eviction/process.ts).
 */
import { shown } from '../../src/charts/chart.ts'
import type { BarChart, Table } from '../../src/charts/chart.ts'
import { runChild } from '../child-process.ts'
import { PERCENTILES } from '../eviction/protocol.ts'
import type { EvictionOrder, LevelFindings } from '../eviction/protocol.ts'
import { fnv1a, hex, median, spreadOf } from '../measurement.ts'
import type { Measurement, SuiteResult } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { POLICIES, SMOKE_POLICIES } from '../traces/simulators.ts'
import type { Policy } from '../traces/simulators.ts'

interface Sizes {
  readonly memory: number
  readonly operations: number
  readonly warmUp: number
  readonly rounds: number
  readonly levels: readonly number[]
}

const MIB = 2 ** 20
const LEVELS = [50, 75, 90, 95, 99, 200, 1000]
const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: {
    memory: 3 * MIB,
    operations: 5_000,
    warmUp: 5_000,
    rounds: 1,
    levels: [50, 99, 200, 1000],
  },
  default: { memory: 16 * MIB, operations: 75_000, warmUp: 500_000, rounds: 3, levels: LEVELS },
  full: { memory: 128 * MIB, operations: 1_000_000, warmUp: 4_000_000, rounds: 5, levels: LEVELS },
}
const SCRIPT = new URL('../eviction/process.ts', import.meta.url)
const REFERENCE: Policy = 'clock'
/** Of one operation, in times of clock's. */
const MOST_COST = 1.25

/** One policy at one level, a value for each round. */
interface Cell {
  readonly policy: Policy
  readonly level: number
  readonly rounds: readonly LevelFindings[]
  /** Processor time of an operation over that with clock, in each round. */
  readonly ratios: readonly number[]
}

export async function runEviction(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const sizes = SIZES[options.form]
  const { memory, operations, warmUp, levels } = sizes
  const policies = options.form === 'smoke' ? SMOKE_POLICIES : POLICIES
  const rounds: Record<string, LevelFindings[][]> = {}
  for (const policy of policies) rounds[policy] = []
  for (let round = 0; round < sizes.rounds; round++) {
    for (const [index, policy] of policies.entries()) {
      const done = round * policies.length + index
      progress.step(policy, done, sizes.rounds * policies.length)
      const order: EvictionOrder = {
        policy,
        memory,
        levels,
        operations,
        warmUp,
        seed: options.seed + round,
      }
      rounds[policy]!.push(await runChild<LevelFindings[]>(SCRIPT, order))
    }
  }
  const cells = levels.flatMap((_, at) =>
    policies.map((policy) => cellOf(policy, rounds[policy]!, rounds[REFERENCE]!, at)),
  )
  return {
    part: 'eviction',
    about: [
      `One thread, ${shown(memory / MIB)} MiB, values of 64 to 1,023 bytes, 90/10, Zipf 0.99, a ` +
        'set after each miss. The level is the number of keys over the entries that a full cache ' +
        'holds: 200 and 1000 % are a working set of 2 and 10 times of memory.',
      'Medians of rounds in which the policies take turns, each in a process of its own; the ' +
        'ratio is that of processor time to clock within a round. Latencies are of each ' +
        'operation, a miss and its set together; what neighbours on this machine do is in them.',
    ],
    measurements: cells.flatMap((cell) => measurementsOf(cell, sizes)),
    tables: [costTable(cells), ...levels.map((level) => levelTable(cells, level))],
    charts: [chartOf(cells)],
  }
}

function cellOf(
  policy: Policy,
  own: readonly LevelFindings[][],
  reference: readonly LevelFindings[][],
  at: number,
): Cell {
  const rounds = own.map((round) => round[at] as LevelFindings)
  const ratios = rounds.map(
    (one, round) => one.cpuNs / (reference[round]![at] as LevelFindings).cpuNs,
  )
  return { policy, level: rounds[0]!.level, rounds, ratios }
}

type Quantity = readonly [string, string, (one: LevelFindings) => number]

const QUANTITIES: readonly Quantity[] = [
  ['hit ratio', '%', ({ hitRatio }) => hitRatio * 100],
  ['throughput', 'operations/s', ({ perSecond }) => perSecond],
  ['CPU', 'CPU ns/op', ({ cpuNs }) => cpuNs],
  ...PERCENTILES.map((percentile): Quantity => {
    return [`p${percentile}`, 'µs', ({ latency }) => (latency[`p${percentile}`] as number) / 1000]
  }),
  ['max', 'µs', ({ latency }) => (latency['max'] as number) / 1000],
  ['evictions', 'evictions', ({ evictions }) => evictions],
]

function withSpread(values: readonly number[]): string {
  const { low, high } = spreadOf(values)
  return `${shown(median(values))} (${shown(low)}-${shown(high)})`
}

/** Each policy's cost of an operation beside clock's, over all levels. */
function costTable(cells: readonly Cell[]): Table {
  const policies = [...new Set(cells.map(({ policy }) => policy))]
  const rows = policies
    .filter((policy) => policy !== REFERENCE)
    .map((policy) => {
      const own = cells.filter((cell) => cell.policy === policy)
      const ratio = median(own.flatMap(({ ratios }) => ratios))
      const worst = own.reduce((high, cell) =>
        median(cell.ratios) > median(high.ratios) ? cell : high,
      )
      return [
        policy,
        ratio.toFixed(2),
        `${median(worst.ratios).toFixed(2)} (at ${worst.level} %)`,
        String(MOST_COST),
        ratio <= MOST_COST ? 'met' : 'not met',
      ]
    })
  const columns = ['policy', 'median of all levels', 'dearest level', 'limit', 'verdict']
  return { title: `Processor time of an operation over that with ${REFERENCE}`, columns, rows }
}

function levelTable(cells: readonly Cell[], level: number): Table {
  const columns = ['policy', ...QUANTITIES.map(([name, unit]) => `${name}, ${unit}`), 'CPU / clock']
  const rows = cells
    .filter((cell) => cell.level === level)
    .map(({ policy, rounds, ratios }) => [
      policy,
      ...QUANTITIES.map(([, , of]) => withSpread(rounds.map(of))),
      withSpread(ratios),
    ])
  const title = level < 100 ? `${level} % full` : `Working set ${level / 100} times of memory`
  return { title, columns, rows }
}

function measurementsOf(cell: Cell, sizes: Sizes): Measurement[] {
  const { policy, level, rounds } = cell
  const { memory, operations } = sizes
  const state = (operation: string, unit: string, values: readonly number[]): Measurement => ({
    ...{ suite: 'eviction', subject: `heddle ${policy}`, operation, threads: 1, unit },
    ...{ value: median(values), spread: spreadOf(values) },
    parameters: { level, memory, operations, keys: rounds[0]!.keys },
    checksum: hex(fnv1a(`${level} ${operations}`)),
  })
  return [
    ...QUANTITIES.map(([name, unit, of]) => state(name, unit, rounds.map(of))),
    state('CPU beside clock', 'ratio', cell.ratios),
  ]
}

function chartOf(cells: readonly Cell[]): BarChart {
  const levels = [...new Set(cells.map(({ level }) => level))]
  return {
    kind: 'bars',
    title: 'Processor time of an operation',
    unit: 'ns',
    groups: levels.map((level) => ({
      label: level < 100 ? `${level} % full` : `${level / 100} x memory`,
      bars: cells
        .filter((cell) => cell.level === level)
        .map(({ policy, rounds }) => {
          const values = rounds.map(({ cpuNs }) => cpuNs)
          return { label: policy, value: median(values), ...spreadOf(values) }
        }),
    })),
  }
}
