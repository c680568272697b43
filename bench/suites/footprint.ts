/**
 * Footprint suite: hit ratio per byte of whole processes. heddle, memcached and Redis replay the
 * same traces with the same value sizes through sockets, and each is given a memory setting such
 * that its process grows by the same budget, whatever it counts against that setting itself: the
 * setting is tried, the growth of RSS is read, and the setting is corrected until the growth is
 * within 5 % of the budget.
 */
import { shown } from '../../src/charts/chart.ts'
import type { BarChart, Table } from '../../src/charts/chart.ts'
import { replayThrough } from '../footprint/replay.ts'
import type { Replayed, Subject } from '../footprint/replay.ts'
import { fnv1a, hex } from '../measurement.ts'
import type { Measurement, SuiteResult } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { valueBytes } from '../replay/value.ts'
import { shortened, traceFiles } from '../traces/catalog.ts'
import { readTrace } from '../../src/load/trace-reader.ts'
import type { Trace } from '../../src/load/trace-reader.ts'

interface Sizes {
  readonly traces: readonly string[]
  readonly mostRequests: number
  readonly budgetsMb: readonly number[]
  readonly tries: number
}

const MIB = 2 ** 20
const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: { traces: ['web12'], mostRequests: 8_000, budgetsMb: [12], tries: 1 },
  default: {
    ...{ traces: ['web12', 'domains'], mostRequests: 100_000, budgetsMb: [32], tries: 3 },
  },
  full: {
    traces: ['web12', 'domains', 'OLTP', 'orm-busy', 'P3', 'corda-vaultservice'],
    ...{ mostRequests: 1_000_000, budgetsMb: [32, 128], tries: 6 },
  },
}
/** Between RSS growth and budget. */
const TOLERANCE = 0.05
const LEAST_MEMORY = 2 * MIB

function heddle(eviction: string): Subject {
  return {
    name: `heddle ${eviction}`,
    server: 'heddle sockets 1',
    args: (memory) => [
      ...['--memory', String(Math.floor(memory)), '--eviction', eviction],
      ...['--expected-entries', String(Math.ceil(memory / MEAN_BYTES))],
    ],
  }
}

function redis(policy: string): Subject {
  return {
    name: `Redis ${policy}`,
    server: 'redis',
    args: (memory) => ['--maxmemory', String(Math.floor(memory)), '--maxmemory-policy', policy],
  }
}

/** Of an entry: value.ts. */
const MEAN_BYTES = 4_800
const SUBJECTS: readonly Subject[] = [
  heddle('clock'),
  heddle('s3-fifo'),
  {
    name: 'memcached',
    server: 'memcached -t 1',
    args: (memory) => ['-m', String(Math.max(1, Math.round(memory / MIB)))],
  },
  redis('allkeys-lru'),
  redis('allkeys-lfu'),
]

interface Scene {
  readonly trace: Trace
  readonly sizes: Uint32Array
  readonly footprint: number
  readonly bytesAsked: number
  readonly budget: number
}

interface Played extends Scene {
  readonly subject: Subject
  /** The setting that it was given last, in bytes; a string: why it did not run. */
  readonly memory: number
  readonly found: Replayed | string
  readonly tries: number
}

export async function runFootprint(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const sizes = SIZES[options.form]
  const scenes = scenesOf(options, sizes)
  const played: Played[] = []
  for (const [index, scene] of scenes.entries()) {
    for (const subject of SUBJECTS) {
      progress.step(`${scene.trace.name}, ${subject.name}`, index, scenes.length)
      played.push(await play(scene, subject, sizes.tries))
    }
  }
  return {
    part: 'footprint',
    about: [
      'Whole processes, cache aside through one socket, cold, the first ' +
        `${sizes.mostRequests.toLocaleString('en-US')} requests of each trace; value sizes ` +
        'follow from the key (bench/replay/value.ts, 4.7 KiB on average).',
      'The budget is the growth of RSS from a warmed-up, empty server to the end of the replay; ' +
        `each server's own setting is corrected until the growth is within ${TOLERANCE * 100} % ` +
        'of it. A budget above what a trace fills compares nothing and is left out.',
    ],
    measurements: [...played.flatMap(measurementsOf), ...differenceLines(played)],
    tables: [targetsTable(played), tableOf(played)],
    charts: chartsOf(played),
  }
}

function scenesOf(options: RunOptions, sizes: Sizes): Scene[] {
  const files = traceFiles(options, options.form === 'full' || options.chosen)
  return files.flatMap((file) => {
    const trace = shortened(readTrace(file), sizes.mostRequests)
    if (!sizes.traces.includes(trace.name)) return []
    const bytes = Uint32Array.from(trace.keys, (key) => key.length + valueBytes(key))
    const footprint = bytes.reduce((sum, size) => sum + size, 0)
    const bytesAsked = trace.requests.reduce((sum, key) => sum + (bytes[key] as number), 0)
    const budgets = sizes.budgetsMb.map((budgetMb) => budgetMb * MIB)
    return budgets
      .filter((budget) => budget < 0.7 * footprint)
      .map((budget) => ({ trace, sizes: bytes, footprint, bytesAsked, budget }))
  })
}

async function play(scene: Scene, subject: Subject, mostTries: number): Promise<Played> {
  const { trace, sizes, budget } = scene
  let memory = budget
  let best: Played | undefined
  for (let tries = 1; tries <= mostTries; tries++) {
    const found = await replayThrough(subject, memory, trace, sizes)
    const one = { ...scene, subject, memory, found, tries }
    if (typeof found === 'string') return one
    if (best === undefined || offBy(one) < offBy(best)) best = { ...one }
    if (offBy(one) <= TOLERANCE) break
    memory = Math.max(LEAST_MEMORY, memory + (budget - found.rssGrowth))
  }
  return best as Played
}

/** How far the growth is from the budget, as a share of it. */
function offBy({ found, budget }: Played): number {
  return typeof found === 'string' ? 1 : Math.abs(found.rssGrowth / budget - 1)
}

function ratioOf({ found, trace }: Played): number {
  return typeof found === 'string' ? Number.NaN : (found.hits / trace.requests.length) * 100
}

function labelOf({ trace, budget }: Played): string {
  return `${trace.name}, ${shown(budget / MIB)} MiB`
}

interface Rivals {
  readonly label: string
  readonly ours: Played
  readonly theirs: Played
}

/** heddle's better policy and the better of the others, at each budget. */
function rivalsOf(played: readonly Played[]): Rivals[] {
  return [...new Set(played.map(labelOf))].flatMap((label) => {
    const own = played.filter((one) => labelOf(one) === label && typeof one.found !== 'string')
    const best = (isHeddle: boolean) =>
      own
        .filter(({ subject }) => subject.name.startsWith('heddle') === isHeddle)
        .reduce<Played | undefined>((high, one) => {
          return high === undefined || ratioOf(one) > ratioOf(high) ? one : high
        }, undefined)
    const [ours, theirs] = [best(true), best(false)]
    return ours === undefined || theirs === undefined ? [] : [{ label, ours, theirs }]
  })
}

function differenceLines(played: readonly Played[]): Measurement[] {
  return rivalsOf(played).map(({ ours, theirs }) => ({
    ...{ suite: 'footprint', subject: ours.subject.name, threads: 1, unit: 'points' },
    ...{ operation: 'minus the best of the others', value: ratioOf(ours) - ratioOf(theirs) },
    parameters: { trace: ours.trace.name, budget: ours.budget, other: theirs.subject.name },
    checksum: hex(fnv1a(`${ours.trace.name} ${ours.trace.requests.length} ${ours.budget}`)),
  }))
}

/** heddle's better policy beside the better of the others, at each budget. */
function targetsTable(played: readonly Played[]): Table {
  const rows = rivalsOf(played).map(({ label, ours, theirs }) => {
    const points = ratioOf(ours) - ratioOf(theirs)
    return [
      label,
      `${ours.subject.name} ${ratioOf(ours).toFixed(2)}`,
      `${theirs.subject.name} ${ratioOf(theirs).toFixed(2)}`,
      `${points >= 0 ? '+' : ''}${points.toFixed(2)}`,
      points >= 0 ? 'met' : 'not met',
    ]
  })
  const columns = ['trace, budget', 'best of heddle', 'best of the others', 'points', 'at least 0']
  return { title: 'Hit ratio in percent with the same memory', columns, rows }
}

function tableOf(played: readonly Played[]): Table {
  const rows = played.map((one) => {
    const { found, subject, memory, budget, bytesAsked, tries } = one
    if (typeof found === 'string') return [labelOf(one), subject.name, found, '', '', '', '', '']
    const off = (found.rssGrowth / budget - 1) * 100
    return [
      labelOf(one),
      subject.name,
      ratioOf(one).toFixed(2),
      ((found.hitBytes / bytesAsked) * 100).toFixed(2),
      shown(memory / MIB),
      `${shown(found.rssGrowth / MIB)} (${off >= 0 ? '+' : ''}${off.toFixed(1)} %)`,
      shown(found.rssBefore / MIB),
      `${tries}${offBy(one) <= TOLERANCE ? '' : ', not within 5 %'}`,
    ]
  })
  const columns = ['trace, budget', 'server', 'hit ratio, %', 'byte hit ratio, %', 'setting, MiB']
  columns.push('RSS growth, MiB (off)', 'RSS before, MiB', 'tries')
  return { title: 'Hit ratio per byte of whole processes', columns, rows }
}

function measurementsOf(one: Played): Measurement[] {
  const { trace, budget, found, subject, memory, bytesAsked } = one
  if (typeof found === 'string') return []
  const state = (operation: string, value: number, unit: string): Measurement => ({
    ...{ suite: 'footprint', subject: subject.name, operation, threads: 1, value, unit },
    parameters: { trace: trace.name, requests: trace.requests.length, budget, setting: memory },
    checksum: hex(fnv1a(`${trace.name} ${trace.requests.length} ${budget}`)),
  })
  return [
    state('hit ratio', ratioOf(one), '%'),
    state('byte hit ratio', (found.hitBytes / bytesAsked) * 100, '%'),
    state('RSS growth', found.rssGrowth / MIB, 'MiB'),
    state('RSS before', found.rssBefore / MIB, 'MiB'),
  ]
}

function chartsOf(played: readonly Played[]): BarChart[] {
  const measured = played.filter(({ found }) => typeof found !== 'string')
  const labels = [...new Set(measured.map(labelOf))]
  const groups = labels.map((label) => ({
    label,
    bars: measured
      .filter((one) => labelOf(one) === label)
      .map((one) => {
        const value = ratioOf(one)
        return { label: one.subject.name, value, low: value, high: value }
      }),
  }))
  return [{ kind: 'bars', title: 'Hit ratio with the same memory', unit: '%', groups }]
}
