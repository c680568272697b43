/**
 * Tables and charts of the micro suite, from its measurements: one table per set of keys and
 * number of threads, one row per operation, a cell `median (lowest-highest) ratio` per subject;
 * then what an operation allocates, its CPU time, and how the operations per second grow with
 * threads.
 */
import { EMBEDDED_GOALS, NOTHING_BYTES } from '../goals.ts'
import { shown } from '../measurement.ts'
import type { Bar, BarChart, Measurement, Table } from '../measurement.ts'

const CHARTED = ['get hit, new key', 'get hit, reused key', 'get miss', 'set new', '90/10 mix']

type Found = readonly Measurement[]

/** What the design asks of heddle: operation, threads, unit of the measurement, and the bound. */
const GOALS = [
  ['get hit, new key', 1, 'x lru-cache', 'at most', EMBEDDED_GOALS.getBesideLru],
  ['getBytes hit, new key', 1, 'x lru-cache', 'at most', EMBEDDED_GOALS.getBytesBesideLru],
  ['getBytes hit, reused key', 1, 'B/op', 'at most', NOTHING_BYTES],
  ['get hit, reused key', 1, 'x lru-cache', 'at most', 3],
  ['90/10 mix', 2, 'x one thread', 'at least', EMBEDDED_GOALS.twoThreads],
] as const

export function microTables(measurements: Found): Table[] {
  const tables: Table[] = [goalTable(measurements)]
  for (const set of keySets(measurements)) {
    for (const threads of distinct(set.found.map((one) => one.threads))) {
      const found = set.found.filter((one) => one.threads === threads)
      const on = `${set.label}, ${threads} thread${threads === 1 ? '' : 's'}`
      tables.push(timeTable(`ns per operation: ${on}`, found))
      tables.push(plainTable(`CPU ns per operation: ${on}`, found, 'CPU ns/op'))
      if (threads === 1) {
        tables.push(plainTable(`Bytes allocated per operation: ${on}`, found, 'B/op'))
      } else {
        tables.push(
          scalingTable(`Million operations per second, and times one thread: ${on}`, found),
        )
      }
    }
  }
  return tables
}

function goalTable(measurements: Found): Table {
  const rows: string[][] = []
  for (const set of keySets(measurements)) {
    for (const [operation, threads, unit, bound, limit] of GOALS) {
      const found = set.found.filter((one) => one.threads === threads)
      const one = pick(found, operation, 'heddle', unit)
      if (one === undefined) continue
      const isMet = bound === 'at most' ? one.value <= limit : one.value >= limit
      const measured = `${one.value.toFixed(2)} (${spreadText(one)})`
      const what = `${operation}, ${threads} thread${threads === 1 ? '' : 's'}, ${unit}`
      rows.push([`${set.label}: ${what}`, `${bound} ${limit}`, measured, isMet ? 'met' : 'missed'])
    }
  }
  return { title: 'heddle against its goals', columns: ['what', 'goal', 'measured', ''], rows }
}

export function microCharts(measurements: Found): BarChart[] {
  return keySets(measurements).flatMap((set) =>
    distinct(set.found.map((one) => one.threads)).map((threads) => {
      const found = set.found.filter((one) => one.threads === threads && one.unit === 'ns/op')
      const groups = CHARTED.map((label) => ({
        label,
        bars: found.filter((one) => one.operation === label).map(barOf),
      }))
      const title = `${set.label}, ${threads} thread${threads === 1 ? '' : 's'}`
      return { kind: 'bars', title, unit: 'ns per operation', groups } satisfies BarChart
    }),
  )
}

function barOf(one: Measurement): Bar {
  const { low, high } = one.spread ?? { low: one.value, high: one.value }
  return { label: one.subject, value: one.value, low, high }
}

function timeTable(title: string, found: Found): Table {
  const subjects = subjectsOf(found)
  const rows = operationsOf(found).map((operation) => [
    operation,
    ...subjects.map((subject) => {
      const time = pick(found, operation, subject, 'ns/op')
      if (time === undefined) return ''
      const ratio = pick(found, operation, subject, 'x lru-cache')
      const times = ratio === undefined ? '' : `, ${shown(ratio.value)} x`
      return `${shown(time.value)} (${spreadText(time)})${times}`
    }),
  ])
  return { title, columns: ['operation', ...subjects.map(columnOf)], rows }
}

function plainTable(title: string, found: Found, unit: string): Table {
  const subjects = subjectsOf(found)
  const rows = operationsOf(found).map((operation) => [
    operation,
    ...subjects.map((subject) => {
      const one = pick(found, operation, subject, unit)
      return one === undefined ? '' : shown(one.value)
    }),
  ])
  return { title, columns: ['operation', ...subjects], rows }
}

function scalingTable(title: string, found: Found): Table {
  const subjects = subjectsOf(found)
  const rows = operationsOf(found).map((operation) => [
    operation,
    ...subjects.map((subject) => {
      const rate = pick(found, operation, subject, 'op/s')
      const growth = pick(found, operation, subject, 'x one thread')
      if (rate === undefined || growth === undefined) return ''
      const byCpu = pick(found, operation, subject, 'x one thread by CPU')
      const text = `${shown(rate.value / 1e6)}, ${shown(growth.value)} x (${spreadText(growth)})`
      return `${text}, by CPU ${shown(byCpu?.value ?? Number.NaN)} x`
    }),
  ])
  return { title, columns: ['operation', ...subjects], rows }
}

function columnOf(subject: string): string {
  return subject === 'none' || subject === 'lru-cache' ? subject : `${subject}, x lru-cache`
}

function spreadText(one: Measurement): string {
  if (one.spread === undefined) return '-'
  return `${shown(one.spread.low)}-${shown(one.spread.high)}`
}

function keySets(measurements: Found): { label: string; found: Measurement[] }[] {
  const label = (one: Measurement) =>
    `${shown(Number(one.parameters['keys']))} keys of ${one.parameters['keyBytes']} bytes`
  return distinct(measurements.map(label)).map((wanted) => ({
    label: wanted,
    found: measurements.filter((one) => label(one) === wanted),
  }))
}

function subjectsOf(found: Found): string[] {
  return distinct(found.map((one) => one.subject as string))
}

function operationsOf(found: Found): string[] {
  return distinct(found.map((one) => one.operation))
}

function pick(found: Found, operation: string, subject: string, unit: string) {
  return found.find(
    (one) => one.operation === operation && one.subject === subject && one.unit === unit,
  )
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
