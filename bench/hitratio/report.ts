/** The tables and curves of the hit ratio suite, and what of it was asked for. */
import { GAIN_GOALS, MOST_DIFFERENCE } from '../goals.ts'
import { shown } from '../../src/charts/chart.ts'
import type { RatioChart, Table } from '../../src/charts/chart.ts'
import { type Spread, spreadOf } from '../measurement.ts'
import { POLICIES } from '../traces/simulators.ts'
import type { Policy } from '../traces/simulators.ts'
import type { CellFindings, PolicyFindings } from './protocol.ts'

/** The policy that has to beat LRU. */
const CONTENDER = 's3-fifo'
/** Shares of the unique keys at which it has to, and from how many entries the smallest counts. */
const JUDGED = [1, 10]
const SMALL = { percent: 0.1, entries: 500 }

export function ratioOf(cell: CellFindings, hits: number): number {
  return (hits / cell.requests) * 100
}

export function byteRatioOf(cell: CellFindings, bytes: number): number {
  return (bytes / cell.bytesAsked) * 100
}

/** The engine minus the simulation of its policy, in points. */
export function differenceOf(cell: CellFindings, { hits, simulated }: PolicyFindings): number {
  return simulated === undefined ? 0 : ratioOf(cell, hits - simulated)
}

/** From the lowest replay to the highest, minus the simulation, in points. */
export function spreadOfDifference(cell: CellFindings, found: PolicyFindings): Spread {
  const { simulated, replays } = found
  return spreadOf(replays.map((hits) => ratioOf(cell, hits - (simulated ?? 0))))
}

function gainOf(cell: CellFindings, policy: string): number | undefined {
  const found = cell.policies.find((one) => one.policy === policy)
  return found === undefined ? undefined : ratioOf(cell, found.hits - cell.lru)
}

function of(cells: readonly CellFindings[], bound: CellFindings['bound']): CellFindings[] {
  return cells.filter((cell) => cell.bound === bound)
}

function verdict(isMet: boolean): string {
  return isMet ? 'met' : 'not met'
}

function signed(points: number): string {
  return `${points >= 0 ? '+' : ''}${points.toFixed(2)}`
}

/** Each target, what was found, and whether that is it. */
export function targetsTable(cells: readonly CellFindings[]): Table {
  const entries = of(cells, 'entries')
  const rows = POLICIES.map((policy) => nearnessRow(entries, policy))
  const known = (POLICIES as readonly string[]).includes(CONTENDER)
  if (known) rows.push(...contenderRows(entries))
  return { title: 'Targets', columns: ['what', 'found', 'limit', 'verdict'], rows }
}

/** Whether a cell is one of those that a policy is judged by. */
function isJudged({ percent, capacity }: CellFindings): boolean {
  return JUDGED.includes(percent) || (percent === SMALL.percent && capacity >= SMALL.entries)
}

function nearnessRow(cells: readonly CellFindings[], policy: Policy): string[] {
  let worst = 0
  let sum = 0
  let signedSum = 0
  let where = ''
  const judged = cells.filter(isJudged)
  for (const cell of judged) {
    const found = cell.policies.find((one) => one.policy === policy) as PolicyFindings
    const difference = differenceOf(cell, found)
    sum += Math.abs(difference)
    signedSum += difference
    if (Math.abs(difference) < Math.abs(worst)) continue
    worst = difference
    const { low, high, rounds } = spreadOfDifference(cell, found)
    const replays = rounds > 1 ? `, ${rounds} replays: ${signed(low)} to ${signed(high)}` : ''
    where = ` (${cell.trace}, ${cell.percent} %, ${shown(cell.capacity)} entries${replays})`
  }
  const means = [sum, signedSum].map((total) => total / judged.length) as [number, number]
  return [
    `${policy}: largest difference to its simulation, points`,
    `${signed(worst)}${where}; mean of all ${means[0].toFixed(2)}, signed ${signed(means[1])}`,
    `${MOST_DIFFERENCE}`,
    verdict(Math.abs(worst) <= MOST_DIFFERENCE),
  ]
}

function contenderRows(cells: readonly CellFindings[]): string[][] {
  const rows: string[][] = []
  const judged = cells.filter(({ percent }) => JUDGED.includes(percent))
  const gains = judged.map((cell) => gainOf(cell, CONTENDER) as number)
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length
  const at = JUDGED.map((percent) => `${percent} %`).join(' and ')
  rows.push([
    `${CONTENDER} minus LRU at ${at}, mean of ${gains.length}, points`,
    signed(mean),
    `${GAIN_GOALS.mean} or more`,
    verdict(mean >= GAIN_GOALS.mean),
  ])
  const worst = judged.reduce((low, cell) =>
    gainOf(cell, CONTENDER)! < gainOf(low, CONTENDER)! ? cell : low,
  )
  const least = gainOf(worst, CONTENDER) as number
  rows.push([
    `${CONTENDER} minus LRU at ${at}, worst, points`,
    `${signed(least)} (${worst.trace}, ${worst.percent} %)`,
    `${GAIN_GOALS.least} or more`,
    verdict(least >= GAIN_GOALS.least),
  ])
  for (const cell of cells) {
    if (cell.percent !== SMALL.percent || cell.capacity < SMALL.entries) continue
    const what = `${CONTENDER} minus LRU at ${SMALL.percent} %: ${cell.trace}, points`
    rows.push([what, signed(gainOf(cell, CONTENDER) as number), 'none', 'reported'])
  }
  return rows
}

/** Hit ratios with the number of entries bounded. */
export function entriesTable(cells: readonly CellFindings[]): Table {
  const columns = ['trace', 'requests', 'unique', 'maxEntries', 'optimum', 'LRU']
  columns.push(...POLICIES)
  const rows = of(cells, 'entries').map((cell) => [
    cell.trace,
    shown(cell.requests),
    shown(cell.unique),
    `${shown(cell.capacity)} (${cell.percent} %)`,
    ratioOf(cell, cell.best).toFixed(2),
    ratioOf(cell, cell.lru).toFixed(2),
    ...cell.policies.map((found) => {
      const { low, high, rounds } = spreadOfDifference(cell, found)
      const apart = rounds > 1 ? ` / ${(high - low).toFixed(2)}` : ''
      const difference = signed(differenceOf(cell, found))
      return `${ratioOf(cell, found.hits).toFixed(2)} (${difference}${apart})`
    }),
  ])
  return { title: 'By entries: hit ratio in percent', columns, rows }
}

/** Hit ratios with memory bounded. */
export function bytesTable(cells: readonly CellFindings[]): Table {
  const both = (cell: CellFindings, hits: number, bytes: number) =>
    `${ratioOf(cell, hits).toFixed(2)} / ${byteRatioOf(cell, bytes).toFixed(2)}`
  const columns = ['trace', 'requests', 'memory', 'bound', 'LRU', ...POLICIES]
  const rows = of(cells, 'bytes').map((cell) => [
    cell.trace,
    shown(cell.requests),
    `${shown(cell.capacity / 2 ** 20)} MiB (${cell.percent} %)`,
    both(cell, cell.best, cell.bestBytes),
    both(cell, cell.lru, cell.lruBytes),
    ...cell.policies.map(({ hits, hitBytes }) => both(cell, hits, hitBytes)),
  ])
  return { title: 'By bytes: hit ratio / byte hit ratio in percent', columns, rows }
}

/** One picture per trace and bound. */
export function chartsOf(cells: readonly CellFindings[]): RatioChart[] {
  const charts: RatioChart[] = []
  for (const bound of ['entries', 'bytes'] as const) {
    for (const trace of new Set(of(cells, bound).map((cell) => cell.trace))) {
      const own = of(cells, bound).filter((cell) => cell.trace === trace)
      charts.push(chartOf(trace, bound, own))
    }
  }
  return charts
}

function chartOf(
  trace: string,
  bound: CellFindings['bound'],
  cells: readonly CellFindings[],
): RatioChart {
  const curve = (label: string, hitsOf: (cell: CellFindings) => number) => ({
    label,
    points: cells.map((cell) => [cell.percent, 100 - ratioOf(cell, hitsOf(cell))] as const),
  })
  const what = bound === 'entries' ? 'unique keys' : 'bytes of all keys and values'
  return {
    kind: 'ratios',
    title: `Miss ratio of ${trace} by ${bound}`,
    unit: 'requests that miss, %',
    across: `size of the cache, % of the ${what}`,
    series: [
      curve('LRU', (cell) => cell.lru),
      ...POLICIES.map((policy, index) => curve(policy, (cell) => cell.policies[index]!.hits)),
      curve(bound === 'entries' ? 'optimum' : 'bound', (cell) => cell.best),
    ],
  }
}
