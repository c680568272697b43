/**
 * Hit ratio suite: how far is heddle's CLOCK from an exact one?
 *
 * Each trace is replayed by one thread (get, and on a miss set) into a heddle limited by
 * `maxEntries` to 1 % and to 10 % of the trace's unique keys, with memory to spare, and into the
 * exact simulations of policies.ts: 2-bit CLOCK, which heddle approximates, and LRU, which people
 * know. Stated is the difference to CLOCK in percentage points. Values are the key itself, so
 * each hit is checked.
 */
import { createEngine } from '../../src/index.ts'
import { fnv1a, hex, shown } from '../measurement.ts'
import type { Measurement, SuiteResult, Table } from '../measurement.ts'
import type { RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { traceFiles } from '../traces/catalog.ts'
import { clockHits, lruHits } from '../traces/policies.ts'
import { readTrace } from '../../src/load/trace-reader.ts'
import type { Trace } from '../../src/load/trace-reader.ts'

const PERCENTS = [1, 10]
const BUDGET_BYTES_PER_ENTRY = 512
const SMALLEST_BUDGET = 8 * 2 ** 20
const SMOKE_REQUESTS = 10_000

interface Found {
  readonly trace: Trace
  readonly percent: number
  readonly capacity: number
  readonly heddle: number
  /** Hits of heddle with keys of one length in place of the trace's: all in one size class. */
  readonly oneSize: number
  readonly clock: number
  readonly lru: number
}

export async function runHitRatio(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const files = traceFiles(options, options.form === 'full' || options.chosen)
  const found: Found[] = []
  for (const [index, file] of files.entries()) {
    const whole = readTrace(file)
    const trace = options.form === 'smoke' ? shortened(whole, SMOKE_REQUESTS) : whole
    for (const percent of PERCENTS) {
      progress.step(`${trace.name} at ${percent} %`, index, files.length)
      found.push(compare(trace, percent))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return {
    part: 'hitratio',
    about: [
      'Hit ratio with maxEntries at 1 % and 10 % of the unique keys of each trace, ' +
        'one thread, cold start.',
      'CLOCK and LRU are exact simulations in the same run; ' +
        'the difference is heddle minus CLOCK, in points; in the last column all keys have one ' +
        'length, so that a new entry takes the chunk of the evicted one, as in textbook CLOCK.',
    ],
    measurements: found.flatMap(measurementsOf),
    tables: [tableOf(found)],
    charts: [
      {
        kind: 'bars',
        title: 'Hit ratio',
        unit: '%',
        groups: found.map((one) => ({
          label: `${one.trace.name} ${one.percent} %`,
          bars: (['heddle', 'clock', 'lru'] as const).map((label) => {
            const value = percentOf(one[label], one.trace)
            return { label, value, low: value, high: value }
          }),
        })),
      },
    ],
  }
}

function shortened(trace: Trace, requests: number): Trace {
  return { ...trace, requests: trace.requests.slice(0, requests) }
}

function compare(trace: Trace, percent: number): Found {
  const universe = trace.keys.length
  const capacity = Math.max(1, Math.round((universe * percent) / 100))
  return {
    trace,
    percent,
    capacity,
    heddle: heddleHits(trace.keys, trace, capacity),
    oneSize: heddleHits(trace.keys.map(ofOneLength), trace, capacity),
    clock: clockHits(trace.requests, universe, capacity),
    lru: lruHits(trace.requests, universe, capacity),
  }
}

function ofOneLength(_key: string, index: number): string {
  return String(index).padStart(ONE_LENGTH, '0')
}
const ONE_LENGTH = 8

function heddleHits(keys: readonly string[], trace: Trace, capacity: number): number {
  const engine = createEngine({
    name: 'bench hit ratio',
    memory: Math.max(SMALLEST_BUDGET, capacity * BUDGET_BYTES_PER_ENTRY),
    maxEntries: capacity,
    expectedEntries: capacity,
  })
  try {
    let hits = 0
    for (const index of trace.requests) {
      const key = keys[index] as string
      const value = engine.get<string>(key)
      if (value === undefined) {
        engine.set(key, key)
      } else {
        if (value !== key) throw new Error(`${trace.name}: ${key} holds ${value}`)
        hits++
      }
    }
    if (engine.size > capacity) throw new Error(`${engine.size} entries of at most ${capacity}`)
    return hits
  } finally {
    engine.close()
  }
}

function percentOf(hits: number, trace: Trace): number {
  return (hits / trace.requests.length) * 100
}

function measurementsOf(one: Found): Measurement[] {
  const { trace, percent, capacity } = one
  const parameters = {
    trace: trace.name,
    requests: trace.requests.length,
    unique: trace.keys.length,
    percent,
    maxEntries: capacity,
  }
  const checksum = hex(fnv1a(`${trace.name} ${one.clock} ${one.lru}`))
  const state = (subject: string, operation: string, value: number, unit: string) =>
    ({
      suite: 'hitratio',
      subject,
      operation,
      threads: 1,
      value,
      unit,
      parameters,
      checksum,
    }) satisfies Measurement
  const ratios = (['heddle', 'clock', 'lru'] as const).map((subject) =>
    state(subject, 'replay', percentOf(one[subject], trace), '%'),
  )
  return [
    ...ratios,
    state('heddle', 'heddle minus clock', differenceOf(one, one.heddle), 'points'),
    state('heddle', 'keys of one length minus clock', differenceOf(one, one.oneSize), 'points'),
  ]
}

function differenceOf(one: Found, hits: number): number {
  return percentOf(hits, one.trace) - percentOf(one.clock, one.trace)
}
function signed(points: number): string {
  return `${points >= 0 ? '+' : ''}${points.toFixed(2)}`
}

function tableOf(found: readonly Found[]): Table {
  const title = 'Hit ratio in percent'
  const columns = ['trace', 'requests', 'unique', 'maxEntries', 'LRU', 'CLOCK', 'heddle', 'points']
  columns.push('keys of one length')
  const rows = found.map((one) => [
    one.trace.name,
    shown(one.trace.requests.length),
    shown(one.trace.keys.length),
    `${shown(one.capacity)} (${one.percent} %)`,
    percentOf(one.lru, one.trace).toFixed(2),
    percentOf(one.clock, one.trace).toFixed(2),
    percentOf(one.heddle, one.trace).toFixed(2),
    signed(differenceOf(one, one.heddle)),
    signed(differenceOf(one, one.oneSize)),
  ])
  return { title, columns, rows }
}
