/** What `heddle plan` found, as text for people and as one object of JSON. */
import { formatSize } from '../../engine/sizes.ts'
import { type Forecast, memoryForRatio } from '../../plan/forecast.ts'
import { type Prices, type Purchase, purchaseOf } from '../../plan/purchase.ts'
import { type Risk, riskAt } from '../../plan/risk.ts'
import type { PlanOptions } from './plan-options.ts'

/** Where a plan comes from. */
export interface PlanFacts {
  /** `requests.txt: 95,607 reads of 13,756 keys`. */
  readonly source: string
  /** What a reader has to know to believe the rest. */
  readonly notes: readonly string[]
  /** Requests a second that were seen, or said. */
  readonly rate: number | undefined
}

/** One size of memory, and what it gives and costs. */
interface Row extends Purchase {
  readonly memory: number
  readonly entries: number
  /** 0 to 1. */
  readonly hitRatio: number
  readonly missesPerSecond: number | undefined
  readonly risk: Risk
}

interface Wanted {
  /** 0 to 1. */
  readonly hitRatio: number
  /** Undefined: no memory is enough. */
  readonly row: Row | undefined
}

export interface Plan {
  readonly facts: PlanFacts
  readonly keys: number
  readonly most: number
  readonly memoryForAll: number
  readonly curve: readonly Row[]
  readonly wanted: readonly Wanted[]
}

/** Shares of the memory that holds everything. */
const SHARES = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1]
const MIB = 2 ** 20
const LEAST_MEMORY = 2 * MIB

export function planOf(forecast: Forecast, facts: PlanFacts, options: PlanOptions): Plan {
  const prices: Prices = { ...options.prices, rate: facts.rate }
  const rowOf = (memory: number): Row => {
    const hitRatio = forecast.hitRatioAt(memory)
    const missesPerSecond = facts.rate === undefined ? undefined : facts.rate * (1 - hitRatio)
    const entries = Math.floor(forecast.entriesAt(memory))
    const risk = riskAt(forecast, memory)
    return { memory, entries, hitRatio, missesPerSecond, risk, ...purchaseOf(memory, prices) }
  }
  const { keys, most, memoryForAll } = forecast
  const grid = SHARES.map((share) => Math.round((share * memoryForAll) / MIB) * MIB)
  const memories = [...new Set([...grid, ...options.memories])].sort((a, b) => a - b)
  const wanted = options.wanted.map((hitRatio): Wanted => {
    const memory = memoryForRatio(forecast, hitRatio)
    return { hitRatio, row: memory === undefined ? undefined : rowOf(memory) }
  })
  const curve = memories.filter((memory) => memory >= LEAST_MEMORY).map(rowOf)
  return { facts, keys, most, memoryForAll, curve, wanted }
}

export function planText(plan: Plan, options: PlanOptions): string {
  const { facts, wanted } = plan
  const lines = [facts.source, ...facts.notes.map((note) => `  ${note}`), '']
  const columns = ['memory', 'entries', 'hit ratio', 'misses/s', 'workers', 'nodes', 'a month']
  lines.push(...aligned([columns, ...plan.curve.map(cellsOf)]), '', 'For a hit ratio of')
  lines.push(...wanted.map((one) => wantedLine(one, plan)))
  const warnings = warningsOf(plan, options)
  if (warnings.length > 0) lines.push('', 'Take care:', ...warnings)
  lines.push('', 'Assumed, where no flag says otherwise:', ...assumptionsOf(options, facts))
  return `${lines.join('\n')}\n`
}

function cellsOf(row: Row): string[] {
  const { missesPerSecond } = row
  return [
    sizeText(row.memory),
    row.entries.toLocaleString('en-US'),
    percentText(row.hitRatio),
    missesPerSecond === undefined ? '-' : Math.round(missesPerSecond).toLocaleString('en-US'),
    String(row.workers),
    String(row.nodes),
    row.cost.toLocaleString('en-US'),
  ]
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column]! + 2)).join(''))
}

function wantedLine({ hitRatio, row }: Wanted, { most }: Plan): string {
  const head = `  ${percentText(hitRatio).padStart(7)}  `
  if (row === undefined) {
    return `${head}no memory is enough: at most ${percentText(most)}, as first reads miss`
  }
  const { memory, entries, workersPerNode, memoryPerNode, nodes } = row
  const flags = `--memory ${formatSize(memoryPerNode)} --workers ${workersPerNode}`
  const expected = `--expected-entries ${Math.ceil(entries / nodes)}`
  const where = nodes === 1 ? '' : ` on each of ${nodes} nodes`
  return `${head}${sizeText(memory)}: heddle serve ${flags} ${expected}${where}`
}

/** Of the sizes of memory that were asked for, by themselves or by a hit ratio. */
function warningsOf({ curve, wanted }: Plan, { memories }: PlanOptions): string[] {
  const asked = [
    ...curve.filter(({ memory }) => memories.includes(memory)),
    ...wanted.flatMap(({ row }) => row ?? []),
  ]
  const unsafe = new Map(
    asked.filter(({ risk }) => risk.reasons.length > 0).map((row) => [row.memory, row]),
  )
  return [...unsafe.values()].sort((a, b) => a.memory - b.memory).flatMap(warningLines)
}

function warningLines({ memory, risk }: Row): string[] {
  const { low, high, cliffEnd, rise, standardError, policySpread, reasons } = risk
  const words = {
    cliff:
      `a cliff: from a tenth less to a tenth more memory it is ${pointsText(rise)}` +
      (cliffEnd === undefined
        ? ''
        : `; the cliff ends at ${sizeText(Math.ceil(cliffEnd / MIB) * MIB)}`),
    sample: `the sample is small: its standard error is ${pointsText(standardError)}`,
    policies: `a loop or a scan: policies differ by ${pointsText(policySpread)} (--policy)`,
  }
  const head = `${sizeText(memory)}: expect ${percentText(low)} to ${percentText(high)}`
  return [`  ${head}`, ...reasons.map((reason) => `    ${words[reason]}`)]
}

function pointsText(share: number): string {
  return `${(share * 100).toFixed(1)} points`
}

function assumptionsOf(options: PlanOptions, { rate }: PlanFacts): string[] {
  const { prices, policy, assumed } = options
  const said = (flag: string, text: string) =>
    `  ${text} (${assumed.has(flag) ? `--${flag}` : `said by --${flag}`})`
  return [
    said('policy', `eviction by ${policy}`),
    rate === undefined
      ? '  no rate of requests is known, so one worker is enough (--rate)'
      : `  ${Math.round(rate).toLocaleString('en-US')} requests a second`,
    said('worker-rate', `a worker serves ${prices.workerRate} requests a second`),
    said(
      'node-memory',
      `a node has ${formatSize(prices.nodeMemory)}, less 128mb and 64mb a worker`,
    ),
    said('node-cores', `${prices.nodeCores} cores, a worker each`),
    said('node-price', `and costs ${prices.nodePrice} a month`),
  ]
}

function percentText(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function sizeText(bytes: number): string {
  const [unit, name] = bytes >= 2 ** 30 ? [2 ** 30, 'GiB'] : [MIB, 'MiB']
  const amount = bytes / unit
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)} ${name}`
}

/** Everything of a plan, with units in the names. */
export function planJson(plan: Plan, options: PlanOptions): string {
  const rowOf = ({ memory, memoryPerNode, cost, missesPerSecond, risk, ...row }: Row) => ({
    memoryBytes: memory,
    ...row,
    ...{ hitRatioFrom: risk.low, hitRatioTo: risk.high, warnings: risk.reasons },
    ...{ riseWithinTenth: risk.rise, cliffEndBytes: risk.cliffEnd ?? null },
    ...{ standardError: risk.standardError, policySpread: risk.policySpread },
    missesPerSecond: missesPerSecond ?? null,
    memoryPerNodeBytes: memoryPerNode,
    costPerMonth: cost,
  })
  const { facts, keys, most, memoryForAll, curve, wanted } = plan
  const { rate, nodeMemory, nodeCores, nodePrice, workerRate } = options.prices
  const assumptions = {
    ...{ policy: options.policy, expires: options.expires, warm: options.isWarm },
    requestsPerSecond: facts.rate ?? rate ?? null,
    ...{ requestsPerSecondAndWorker: workerRate, nodeMemoryBytes: nodeMemory, nodeCores },
    nodePricePerMonth: nodePrice,
  }
  return `${JSON.stringify({
    ...{ source: facts.source, notes: facts.notes, keys, highestHitRatio: most },
    memoryForAllBytes: memoryForAll,
    curve: curve.map(rowOf),
    wanted: wanted.map(({ hitRatio, row }) => ({
      hitRatio,
      plan: row === undefined ? null : rowOf(row),
    })),
    assumptions,
  })}\n`
}
