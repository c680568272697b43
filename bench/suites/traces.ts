/**
 * Traces suite, the case that users have: N threads of a piscina pool replay a real trace, with
 * one shared heddle of M bytes, or with N lru-caches of M/N bytes each. Which serves more
 * requests from memory, in how much memory, how fast?
 *
 * M is a share of what the whole trace would occupy. Each replay is a process of its own
 * (replay/process.ts), the variants alternate, and each round starts cold. The hit ratio is that
 * of the first pass, from a cold cache; the throughput is that of the later passes. A miss costs
 * only the building of a value here, no database: in a real program each point of hit ratio saves
 * its queries on top.
 */
import { runChild } from '../child-process.ts'
import { fnv1a, hex, median, shown, spreadOf } from '../measurement.ts'
import type { BarChart, Measurement, SuiteResult, Table } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { VARIANTS } from '../replay/protocol.ts'
import type { ReplayFindings, ReplayOrder, Variant } from '../replay/protocol.ts'
import { valueBytes } from '../replay/value.ts'
import { traceFiles } from '../traces/catalog.ts'
import { readTrace } from '../../src/load/trace-reader.ts'

interface Sizes {
  readonly percents: readonly number[]
  readonly passes: number
  readonly rounds: number
  readonly requests: number
  /** Time for a scene's rounds; on a busy machine fewer of them are made. */
  readonly seconds: number
}

const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: { percents: [25], passes: 2, rounds: 1, requests: 5_000, seconds: 10 },
  default: { percents: [10, 25], passes: 2, rounds: 3, requests: 10_000_000, seconds: 6 },
  full: { percents: [5, 10, 25, 50], passes: 3, rounds: 5, requests: 10_000_000, seconds: 120 },
}
const SMALLEST_MEMORY = 2 * 2 ** 20
const MIB = 2 ** 20
const SCRIPT = new URL('../replay/process.ts', import.meta.url)

interface Scene {
  readonly trace: string
  readonly file: string
  readonly unique: number
  /** Bytes of all keys and values of the trace. */
  readonly footprint: number
  readonly percent: number
  readonly memory: number
  readonly checksum: string
}

interface Played extends Scene {
  readonly variant: Variant
  readonly rounds: readonly ReplayFindings[]
}

export async function runTraces(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const sizes = SIZES[options.form]
  const files = traceFiles(options, options.form === 'full')
  const scenes = files.flatMap((file) => scenesOf(file, sizes))
  const played: Played[] = []
  for (const [index, scene] of scenes.entries()) {
    progress.step(`${scene.trace}, ${scene.percent} % of its bytes`, index, scenes.length)
    played.push(...(await play(scene, sizes, options.threads)))
  }
  return {
    part: 'traces',
    about: [
      `${options.threads} threads of a piscina pool; requests dealt out in turn; ` +
        'get, and on a miss set.',
      'M is a share of the bytes of all keys and values of the trace; value sizes follow ' +
        'from the key (bench/replay/value.ts): 512 to 16,383 bytes, 4.7 KiB on average.',
      'heddle counts everything that it allocates against M (table, headers, threads); ' +
        'lru-cache counts the characters of keys and values only, as its users do. ' +
        'RSS growth shows what both really take. V8 grows and shrinks the young generation of ' +
        "the threads' heaps by rules of its own, which is no matter of the cache: the next " +
        'column leaves it out.',
      'Hit ratio of the first pass, from cold; requests per second and CPU of the later passes. ' +
        'A miss costs only building the value, no query.',
      'lru-cache returns a reference to an object of its thread, heddle a copy for the caller.',
    ],
    measurements: played.flatMap((one) => measurementsOf(one, options, sizes)),
    tables: [tableOf(played)],
    charts: chartsOf(played),
  }
}

function scenesOf(file: string, sizes: Sizes): Scene[] {
  const trace = readTrace(file)
  let footprint = 0
  let digest = fnv1a(trace.name)
  for (const key of trace.keys) {
    const size = valueBytes(key)
    footprint += key.length + size
    digest = fnv1a(`${key} ${size}`, digest)
  }
  return sizes.percents.map((percent) => ({
    trace: trace.name,
    file,
    unique: trace.keys.length,
    footprint,
    percent,
    memory: Math.max(SMALLEST_MEMORY, Math.round((footprint * percent) / 100)),
    checksum: hex(digest),
  }))
}

async function play(scene: Scene, sizes: Sizes, threads: number): Promise<Played[]> {
  const rounds: Record<Variant, ReplayFindings[]> = {
    'heddle, shared': [],
    'lru-cache, one per thread': [],
  }
  const { file, memory } = scene
  const { passes, requests } = sizes
  const startedAt = performance.now()
  for (let round = 0; round < sizes.rounds; round++) {
    if (round > 0 && performance.now() - startedAt > sizes.seconds * 1000) break
    for (const variant of VARIANTS) {
      const order: ReplayOrder = { file, variant, threads, memory, passes, requests }
      rounds[variant].push(await runChild<ReplayFindings>(SCRIPT, order))
    }
  }
  return VARIANTS.map((variant) => ({ ...scene, variant, rounds: rounds[variant] }))
}

const QUANTITIES: readonly (readonly [string, string, (one: ReplayFindings) => number])[] = [
  ['hit ratio', '%', (one) => (one.coldHits / one.requests) * 100],
  ['warm hit ratio', '%', (one) => (one.warmHits / one.warmRequests) * 100],
  ['throughput', 'requests/s', (one) => one.perSecond],
  ['CPU', 'CPU ns/request', (one) => one.cpuNsPerRequest],
  ['RSS growth', 'MiB', (one) => one.rssGrowth / MIB],
  ['without young generation', 'MiB', (one) => (one.rssGrowth - one.youngGrowth) / MIB],
  ['entries', 'entries', (one) => one.entries],
  ['refused sets', 'sets', (one) => one.refused],
]

function measurementsOf(one: Played, options: RunOptions, sizes: Sizes): Measurement[] {
  return QUANTITIES.map(([operation, unit, of]) => {
    const values = one.rounds.map(of)
    return {
      suite: 'traces',
      subject: one.variant,
      operation,
      threads: options.threads,
      value: median(values),
      unit,
      spread: spreadOf(values),
      parameters: {
        trace: one.trace,
        unique: one.unique,
        requests: one.rounds[0]?.requests ?? 0,
        memory: one.memory,
        percentOfFootprint: one.percent,
        passes: sizes.passes,
      },
      checksum: one.checksum,
    }
  })
}

function tableOf(played: readonly Played[]): Table {
  const columns = ['trace, M', 'variant', ...QUANTITIES.map(([name, unit]) => `${name}, ${unit}`)]
  const rows = played.map((one) => [
    labelOf(one),
    one.variant,
    ...QUANTITIES.map(([, , of]) => {
      const { low, high } = spreadOf(one.rounds.map(of))
      return `${shown(median(one.rounds.map(of)))} (${shown(low)}-${shown(high)})`
    }),
  ])
  return { title: 'One shared heddle against one lru-cache per thread', columns, rows }
}

function labelOf(scene: Scene): string {
  return `${scene.trace}, ${shown(scene.memory / MIB)} MiB (${scene.percent} %)`
}

function chartsOf(played: readonly Played[]): BarChart[] {
  const labels = [...new Set(played.map(labelOf))]
  return QUANTITIES.filter(([name]) =>
    ['hit ratio', 'throughput', 'without young generation'].includes(name),
  ).map(([title, unit, of]) => ({
    kind: 'bars',
    title,
    unit,
    groups: labels.map((label) => ({
      label,
      bars: played
        .filter((one) => labelOf(one) === label)
        .map((one) => {
          const values = one.rounds.map(of)
          return { label: one.variant, value: median(values), ...spreadOf(values) }
        }),
    })),
  }))
}
