/**
 * Near suite: what does a hot get cost, of a string and of an object, when the thread keeps what it
 * decoded and validates it against shared memory on each hit? Beside a `Map` and lru-cache, which
 * know of no other thread, and the same engine without a near cache.
 *
 * Stated is processor time, the median of interleaved rounds; the ratios are within a round. The
 * plain engine is measured in a process of its own.
 */
import { NEAR_GOALS } from '../goals.ts'
import { shown } from '../../src/charts/chart.ts'
import type { BarChart, Table } from '../../src/charts/chart.ts'
import { runChild } from '../child-process.ts'
import { median, spreadOf } from '../measurement.ts'
import type { Measurement, SuiteResult } from '../measurement.ts'
import type { HotScene, NearCell, NearOrder, NearSubject, ValueKind } from '../near/protocol.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'

interface Sizes {
  readonly keys: number
  readonly rounds: number
  readonly ms: number
  readonly scenes: readonly HotScene[]
}

const SCENES: readonly HotScene[] = [
  { label: '10,000 hot keys, Zipf 0.99', hot: 10_000, skew: 0.99 },
  { label: '1,000 hot keys, uniform', hot: 1_000, skew: 0 },
]
const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: { keys: 2_000, rounds: 2, ms: 5, scenes: [{ label: '200 hot', hot: 200, skew: 0.99 }] },
  default: { keys: 100_000, rounds: 21, ms: 12, scenes: SCENES },
  full: { keys: 100_000, rounds: 101, ms: 25, scenes: SCENES },
}
const SCRIPT = new URL('../near/process.ts', import.meta.url)
const VALUES: readonly ValueKind[] = ['string', 'object']
const TOGETHER: readonly NearSubject[] = ['Map', 'lru-cache', 'heddle near']
const NEAR: NearSubject = 'heddle near'
/** Bytes that a hit with a reused key may allocate: what the measurement itself makes of none. */
const MOST_BYTES = 0.1

interface Found extends NearCell {
  readonly values: ValueKind
}

export async function runNear(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const sizes = SIZES[options.form]
  const { seed } = options
  const found: Found[] = []
  const orders = VALUES.flatMap((values) =>
    sizes.scenes.flatMap((scene) =>
      [TOGETHER, ['heddle' as const]].map((subjects) => ({ values, scene, subjects })),
    ),
  )
  for (const [at, { values, scene, subjects }] of orders.entries()) {
    progress.step(`${values}, ${scene.label}, ${subjects.join(', ')}`, at, orders.length)
    const { keys, rounds, ms } = sizes
    const order: NearOrder = { keys, rounds, ms, scene, subjects, values, seed }
    const cells = await runChild<NearCell[]>(SCRIPT, order)
    found.push(...cells.map((cell) => ({ ...cell, values })))
  }
  return {
    part: 'near',
    about: [
      `Hot gets in one thread, among ${shown(sizes.keys)} stored keys; values are strings of 32 ` +
        'bytes or objects with three fields. "reused key" passes the very key objects that were ' +
        'inserted; a new key is built for each call, and building it is part of the time.',
      'Processor time, medians of rounds in which the caches take turns; ratios are within a ' +
        'round. Each kind of value and each scene has a process of its own, in which a near ' +
        'cache holds the hot keys of the scene; `heddle`, the engine without one, has another.',
      'Map and lru-cache give what this thread put in, and know of no other. A near hit is ' +
        'what the key holds now, whichever thread wrote it.',
    ],
    measurements: found.flatMap((cell) => measurementsOf(cell, found, sizes)),
    tables: [verdicts(found), ...sizes.scenes.map(({ label }) => tableOf(found, label))],
    charts: [chartOf(found)],
  }
}

function partnerOf(found: readonly Found[], near: Found, subject: NearSubject): Found {
  const { scene, key, values } = near
  const partner = found.find((cell) => {
    return (
      cell.subject === subject && cell.scene === scene && cell.key === key && cell.values === values
    )
  })
  if (partner === undefined) throw new Error(`${subject} was not measured`)
  return partner
}

function ratios(near: Found, other: Found): number[] {
  return near.ns.map((ns, round) => ns / other.ns[round]!)
}

function withSpread(values: readonly number[], show: (value: number) => string): string {
  const { low, high } = spreadOf(values)
  return `${show(median(values))} (${show(low)}-${show(high)})`
}

function verdicts(found: readonly Found[]): Table {
  const rows = found
    .filter(({ subject }) => subject === NEAR)
    .flatMap((near) => [
      ...NEAR_GOALS.map(([subject, limit]) => {
        const times = ratios(near, partnerOf(found, near, subject))
        const verdict = median(times) <= limit ? 'met' : 'not met'
        const name = `time in times of ${subject}'s`
        return [near.values, near.scene, near.key, name, two(times), String(limit), verdict]
      }),
      ...(near.key === 'reused key' ? [allocationRow(near)] : []),
    ])
  const columns = ['value', 'keys', 'key', 'figure', 'median (spread)', 'limit', 'verdict']
  return { title: 'A near hit beside its targets', columns, rows }
}

function two(values: readonly number[]): string {
  return withSpread(values, (value) => value.toFixed(2))
}

function allocationRow({ values, scene, key, bytesPerOperation }: Found): string[] {
  const bytes = bytesPerOperation.toFixed(2)
  const verdict = bytesPerOperation <= MOST_BYTES ? 'met' : 'not met'
  return [values, scene, key, 'bytes allocated per hit', bytes, '0', verdict]
}

function tableOf(found: readonly Found[], scene: string): Table {
  const rows = found
    .filter((cell) => cell.scene === scene)
    .map((cell) => [
      cell.values,
      cell.key,
      cell.subject,
      withSpread(cell.ns, shown),
      cell.bytesPerOperation.toFixed(1),
    ])
  const columns = ['value', 'key', 'subject', 'CPU ns/op', 'B/op']
  return { title: `Hot gets: ${scene}`, columns, rows }
}

function measurementsOf(
  cell: Found,
  found: readonly Found[],
  { keys, rounds, ms }: Sizes,
): Measurement[] {
  const { subject, scene, key, values, checksum } = cell
  const state = (unit: string, of: readonly number[]): Measurement => ({
    ...{ suite: 'near', subject, operation: `get ${values}, ${key}`, threads: 1, unit, checksum },
    ...{ value: median(of), spread: spreadOf(of) },
    parameters: { keys, rounds, msPerRound: ms, scene },
  })
  const peers = subject === NEAR ? NEAR_GOALS : []
  return [
    state('CPU ns/op', cell.ns),
    state('B/op', [cell.bytesPerOperation]),
    ...peers.map(([peer]) => state(`x ${peer}`, ratios(cell, partnerOf(found, cell, peer)))),
  ]
}

function chartOf(found: readonly Found[]): BarChart {
  const groups = new Map<string, Found[]>()
  for (const cell of found) {
    const label = `${cell.values}, ${cell.key}, ${cell.scene}`
    groups.set(label, [...(groups.get(label) ?? []), cell])
  }
  return {
    kind: 'bars',
    title: 'Processor time of a hot get',
    unit: 'ns',
    groups: [...groups].map(([label, cells]) => ({
      label,
      bars: cells.map(({ subject, ns }) => ({
        label: subject,
        value: median(ns),
        ...spreadOf(ns),
      })),
    })),
  }
}
