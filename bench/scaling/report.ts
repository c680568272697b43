/** What was measured, the law that is fitted to it, and what that says of more cores. */
import { EMBEDDED_GOALS } from '../goals.ts'
import { fnv1a, hex, median, shown, spreadOf } from '../measurement.ts'
import type { Measurement, PanelChart, Parameters, Table } from '../measurement.ts'
import type { Part } from '../options.ts'
import { withSpread } from '../load/report-piece.ts'
import { cpuNsOf, operationsOf } from './embedded.ts'
import type { ThreadsCell } from './embedded.ts'
import { capacityAt, fitUsl, forecast, peakOf, quantileOf } from './usl.ts'
import type { Capacity, Forecast, UslBounds } from './usl.ts'
import type { WorkersCell } from './workers.ts'

const PART: Part = 'scaling'
const GOAL = { operation: '90/10 mix', threads: 2, least: EMBEDDED_GOALS.twoThreads } as const
const FORETOLD = [2, 4, 8, 16, 32]

/** How many times the work of one is done, by threads of one cache or by workers of one server. */
export interface Growth {
  readonly subject: string
  readonly what: string
  /** By the clock, of each round; at most as many threads as there are cores. */
  readonly rounds: readonly (readonly Capacity[])[]
  /** By processor time: N times that of an operation alone, over that beside the others. */
  readonly byCpu: readonly Capacity[]
  /** The same of a few blocks of rounds each, or of each round. */
  readonly byCpuBlocks: readonly (readonly Capacity[])[]
}

export function growthOfThreads(cells: readonly ThreadsCell[], cores: number): Growth[] {
  const kinds = Map.groupBy(cells, (cell) => `${cell.operation}, ${grouped(cell.keys)} keys`)
  return [...kinds].flatMap(([what, members]) =>
    [...Map.groupBy(members, ({ subject }) => subject)].map(([subject, own]) => {
      const alone = own.find(({ threads }) => threads === 1)!
      const more = own.filter(({ threads }) => threads > 1 && threads <= cores)
      return {
        ...{ subject: `embedded ${subject}`, what },
        rounds: alone.perSecond.map((one, round) =>
          more.map(({ threads, perSecond }) => ({ threads, times: perSecond[round]! / one })),
        ),
        byCpu: more.map((cell) => {
          return { threads: cell.threads, times: (cell.threads * cpuNsOf(alone)) / cpuNsOf(cell) }
        }),
        byCpuBlocks: alone.blocks.map((one, block) =>
          more.flatMap(({ threads, blocks }) => {
            const times =
              (threads * cpuNsOf({ blocks: [one] })) / cpuNsOf({ blocks: [blocks[block]!] })
            return Number.isFinite(times) && times > 0 ? [{ threads, times }] : []
          }),
        ),
      }
    }),
  )
}

export function growthOfWorkers(cells: readonly WorkersCell[]): Growth[] {
  return [...Map.groupBy(cells, ({ subject }) => subject)].map(([subject, own]) => {
    const alone = own.find(({ workers }) => workers === 1)!
    const more = own.filter(({ workers }) => workers > 1)
    return {
      ...{ subject, what: '90/10, depth 16' },
      rounds: alone.perSecond.map((one, round) =>
        more.map(({ workers, perSecond }) => {
          return { threads: workers, times: perSecond[round]! / one }
        }),
      ),
      byCpu: more.map(({ workers, cpuUs }) => {
        return { threads: workers, times: (workers * median(alone.cpuUs)) / median(cpuUs) }
      }),
      byCpuBlocks: alone.cpuUs.map((one, round) =>
        more.map(({ workers, cpuUs }) => {
          return { threads: workers, times: (workers * one) / cpuUs[round]! }
        }),
      ),
    }
  })
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

function timesAt({ rounds }: Growth, threads: number): number[] {
  return rounds.flat().flatMap((one) => (one.threads === threads ? [one.times] : []))
}

export function goalTable(growth: readonly Growth[]): Table {
  const own = growth.filter(({ subject, what }) => {
    return subject === 'embedded heddle' && what.startsWith(GOAL.operation)
  })
  return {
    title: 'heddle against its goal: two threads on one engine, times one thread',
    columns: ['what', 'goal', 'measured', '', 'by processor time'],
    rows: own.flatMap((one) => {
      const times = timesAt(one, GOAL.threads)
      if (times.length === 0) return []
      const isMet = median(times) >= GOAL.least
      const cpu = one.byCpu.find(({ threads }) => threads === GOAL.threads)?.times
      const verdict = isMet ? 'met' : 'not met'
      return [
        [one.what, `at least ${GOAL.least}`, withSpread(times), verdict, shown(cpu ?? Number.NaN)],
      ]
    }),
  }
}

export function throughputTable(cells: readonly ThreadsCell[], cores: number): Table {
  return {
    title: `Threads in one process, on ${cores} cores: operations per second of all together`,
    columns: [
      'subject',
      'operation',
      'keys',
      'threads',
      'M/s',
      'CPU ns/op',
      'races lost per M ops',
    ],
    rows: cells.map((cell) => [
      ...[`embedded ${cell.subject}`, cell.operation, grouped(cell.keys)],
      `${cell.threads}${cell.threads > cores ? ', more than cores' : ''}`,
      withSpread(cell.perSecond.map((one) => one / 1e6)),
      shown(cpuNsOf(cell)),
      cell.subject === 'heddle' ? shown((cell.casRetries / operationsOf(cell)) * 1e6) : '-',
    ]),
  }
}

export function workersTable(cells: readonly WorkersCell[]): Table {
  return {
    title: 'Workers of one server: closed loop, depth 16, client on the same cores',
    columns: ['subject', 'workers', 'ops/s', 'CPU us/op'],
    rows: cells.map(({ subject, workers, perSecond, cpuUs }) => [
      ...[subject, String(workers), withSpread(perSecond), withSpread(cpuUs)],
    ]),
  }
}

/** Rounds too short for the clock of processor time say nothing by it. */
function measuredOf({ rounds, byCpu, byCpuBlocks }: Growth) {
  const byClock = { by: 'clock', rounds, middle: quantileOf(rounds, 0.5) }
  const isUsable = ({ times }: Capacity) => Number.isFinite(times) && times > 0
  return [byClock, { by: 'processor time', rounds: byCpuBlocks, middle: byCpu }].filter(
    (one) => one.rounds.flat().length > 0 && one.middle.every(isUsable),
  )
}

function fits(growth: Growth): { by: string; bounds: UslBounds; foretold: Forecast[] }[] {
  return measuredOf(growth).map(({ by, rounds, middle }) => {
    return { by, bounds: fitUsl(middle), foretold: forecast(rounds, FORETOLD) }
  })
}

/** A model: beyond the cores of this machine nothing of it was measured. */
export function modelTable(growth: readonly Growth[]): Table {
  const percent = (value: number) => `${(value * 100).toFixed(2)} %`
  const between = (a: number, b: number, text: (value: number) => string) =>
    text(a) === text(b) ? text(a) : `${text(Math.min(a, b))} to ${text(Math.max(a, b))}`
  return {
    title: 'Model (Universal Scalability Law), times one thread: NOT measured beyond the cores',
    columns: [
      ...['subject', 'what', 'measured by', 'sigma', 'kappa', 'most at'],
      ...FORETOLD.map((threads) => `${threads} threads`),
    ],
    rows: growth.flatMap((one) =>
      fits(one).map(({ by, bounds, foretold }) => {
        const { hopeful, grim } = bounds
        return [
          ...[one.subject, one.what, by, between(grim.sigma, hopeful.sigma, percent)],
          between(hopeful.kappa, grim.kappa, percent),
          between(peakOf(grim), peakOf(hopeful), (n) => (n > 1e4 ? 'no end' : n.toFixed(0))),
          ...foretold.map(({ low, high }) => between(low, high, shown)),
        ]
      }),
    ),
  }
}

export function measurementsOf(
  threads: readonly ThreadsCell[],
  workers: readonly WorkersCell[],
  growth: readonly Growth[],
  parameters: Parameters,
): Measurement[] {
  const line = (
    subject: string,
    operation: string,
    count: number,
    values: readonly number[],
    unit: string,
    more: Parameters = {},
  ): Measurement => {
    const all = { ...parameters, ...more }
    const checksum = hex(fnv1a(JSON.stringify(all)))
    const spread = spreadOf(values)
    return {
      ...{ suite: PART, subject, operation, threads: count, value: median(values), unit, spread },
      ...{ parameters: all, checksum },
    }
  }
  return [
    ...threads.flatMap((cell) => {
      const { operation, threads: count, keys, perSecond } = cell
      const subject = `embedded ${cell.subject}`
      const cpu = line(subject, operation, count, [cpuNsOf(cell)], 'CPU ns/op', { keys })
      const lost = [(cell.casRetries / operationsOf(cell)) * 1e6]
      return [
        line(subject, operation, count, perSecond, 'op/s', { keys }),
        cpu,
        ...(cell.subject === 'heddle'
          ? [line(subject, operation, count, lost, 'races lost per M ops', { keys })]
          : []),
      ]
    }),
    ...workers.flatMap(({ subject, workers: count, perSecond, cpuUs }) => [
      line(subject, '90/10, depth 16', count, perSecond, 'op/s'),
      line(subject, '90/10, depth 16', count, cpuUs, 'CPU us/op'),
    ]),
    ...growth.flatMap((one) =>
      one.byCpu.flatMap(({ threads: count, times }) => [
        line(one.subject, one.what, count, timesAt(one, count), 'x one thread'),
        ...(Number.isFinite(times)
          ? [line(one.subject, one.what, count, [times], 'x one thread by CPU')]
          : []),
      ]),
    ),
    ...growth.flatMap((one) =>
      fits(one).flatMap(({ by, bounds: { hopeful, grim, isDetermined } }) => {
        const more = { by, isDetermined }
        return [
          line(one.subject, one.what, 0, [grim.sigma, hopeful.sigma], 'model sigma', more),
          line(one.subject, one.what, 0, [hopeful.kappa, grim.kappa], 'model kappa', more),
        ]
      }),
    ),
  ]
}

/** By the clock and by processor time, on as many keys as the goal is about. */
export function modelChart(growth: readonly Growth[]): PanelChart {
  const own = growth.find(({ subject, what }) => {
    return subject === 'embedded heddle' && what.startsWith(GOAL.operation)
  })
  const counts = [1, ...FORETOLD]
  const panel = (by: string, measured: readonly Capacity[]) => {
    const { hopeful, grim } = fitUsl(measured)
    const model = (label: string, of: (threads: number) => number) => {
      return { label, points: counts.map((threads) => [threads, of(threads)] as const) }
    }
    const points = measured.map(({ threads, times }) => [threads, times] as const)
    return {
      title: `by ${by}`,
      series: [
        model('linear', (threads) => threads),
        model('model, all sigma', (threads) => capacityAt(hopeful, threads)),
        model('model, all kappa', (threads) => capacityAt(grim, threads)),
        { label: 'measured', points: [[1, 1] as const, ...points] },
      ],
    }
  }
  return {
    ...{ kind: 'panels', title: `${own?.what}: measured, and the model beyond` },
    ...{ across: 'threads', unit: 'times one thread' },
    panels: own === undefined ? [] : measuredOf(own).map(({ by, middle }) => panel(by, middle)),
  }
}
