/**
 * Memory suite: what does an entry cost beyond its key and value?
 *
 * One million keys of 24 bytes with values of 100 bytes go into an engine in a process of its
 * own; the growth of that process's RSS, divided by the entries, minus 124, is the answer. All
 * entries must be readable afterwards. The arithmetic beside it (memory/arithmetic.ts) says where
 * the bytes go, and what it cannot explain.
 */
import { runChild } from '../child-process.ts'
import { fnv1a, hex, median, shown, spreadOf } from '../measurement.ts'
import type { BarChart, Measurement, SuiteResult, Table } from '../measurement.ts'
import type { MemoryFindings, MemoryOrder } from '../memory/process.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'

const KEY_BYTES = 24
const VALUE_BYTES = 100
/** Budget per entry: what the entries need, and a little that stays free. */
const BUDGET_PER_ENTRY = 176
const MIB = 2 ** 20
const SCRIPT = new URL('../memory/process.ts', import.meta.url)

interface Sizes {
  readonly entries: number
  readonly rounds: number
}

const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: { entries: 50_000, rounds: 1 },
  default: { entries: 1_000_000, rounds: 1 },
  full: { entries: 1_000_000, rounds: 5 },
}

export async function runMemory(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const { entries, rounds } = SIZES[options.form]
  const order: MemoryOrder = {
    entries,
    valueBytes: VALUE_BYTES,
    memory: entries * BUDGET_PER_ENTRY,
  }
  const found: MemoryFindings[] = []
  for (let round = 0; round < rounds; round++) {
    progress.step(`${shown(entries)} entries`, round, rounds)
    const one = await runChild<MemoryFindings>(SCRIPT, order)
    if (one.readable !== entries) {
      throw new Error(`${one.readable} of ${entries} entries are readable`)
    }
    if (one.problems.length > 0) throw new Error(`integrity: ${one.problems.join('; ')}`)
    found.push(one)
  }
  const beyond = found.map((one) => one.rssGrowth / entries - KEY_BYTES - VALUE_BYTES)
  const first = found[0] as MemoryFindings
  return {
    part: 'memory',
    about: [
      `${shown(entries)} keys of ${KEY_BYTES} bytes with values of ${VALUE_BYTES} bytes, ` +
        'all read back whole; ' +
        `budget ${shown(order.memory / MIB)} MiB, expectedEntries ${shown(entries)}.`,
      `Filled: ${first.arithmetic.pagesUsed} of ${first.arithmetic.pages} pages, ` +
        `${shown((entries / first.arithmetic.slots) * 100)} % of ` +
        `${shown(first.arithmetic.slots)} slots.`,
      `RSS growth ${shown(first.rssGrowth / MIB)} MiB: ` +
        `${shown(median(beyond))} bytes per entry beyond key and value.`,
    ],
    measurements: [
      measurementOf(order, beyond, 'beyond key and value', 'B/entry'),
      ...termsOf(order, found),
    ],
    tables: [tableOf(found, entries)],
    charts: [chartOf(found)],
  }
}

type Term = readonly [string, (one: MemoryFindings) => number]

const TERMS: readonly Term[] = [
  ['header', (one) => one.arithmetic.header],
  ['rounding to words and size class', (one) => one.arithmetic.rounding],
  ['page ends', (one) => one.arithmetic.pageEnds],
  ['table', (one) => one.arithmetic.table],
  ['control block, descriptors, rows', (one) => one.arithmetic.control],
  ['young generation of the heap', (one) => one.arithmetic.young],
  ['rest (heap, code, malloc; untouched control pages)', (one) => one.arithmetic.rest],
]

function measurementOf(
  order: MemoryOrder,
  values: readonly number[],
  operation: string,
  unit: string,
): Measurement {
  const { entries, memory } = order
  return {
    suite: 'memory',
    subject: 'heddle',
    operation,
    threads: 1,
    value: median(values),
    unit,
    spread: spreadOf(values),
    parameters: { entries, memory, keyBytes: KEY_BYTES, valueBytes: VALUE_BYTES },
    checksum: hex(fnv1a(`${entries} ${KEY_BYTES} ${VALUE_BYTES}`)),
  }
}

function termsOf(order: MemoryOrder, found: readonly MemoryFindings[]): Measurement[] {
  return TERMS.map(([name, of]) => measurementOf(order, found.map(of), name, 'B/entry'))
}

function tableOf(found: readonly MemoryFindings[], entries: number): Table {
  const rows = TERMS.map(([name, of]) => [name, median(found.map(of)).toFixed(2)])
  const beyond = found.map((one) => one.rssGrowth / entries - KEY_BYTES - VALUE_BYTES)
  const { low, high } = spreadOf(beyond)
  const total = [
    'sum: RSS growth beyond key and value',
    `${median(beyond).toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`,
  ]
  return { title: 'Bytes per entry', columns: ['part', 'bytes'], rows: [...rows, total] }
}

function chartOf(found: readonly MemoryFindings[]): BarChart {
  const groups = TERMS.map(([label, of]) => {
    const values = found.map(of)
    return { label, bars: [{ label: '', value: median(values), ...spreadOf(values) }] }
  })
  return { kind: 'bars', title: 'Bytes per entry beyond key and value', unit: 'bytes', groups }
}
