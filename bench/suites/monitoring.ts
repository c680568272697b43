/**
 * Monitoring suite: what do the watched notice of being watched?
 *
 * Pairs, one after the other, of the same open loop on one server: alone, and with a scraper every
 * second and the dashboard open; which comes first alternates. Then pairs of CPU time of a get
 * within a worker: with and without counting and timing commands, with and without noting hot keys.
 * Stated are all pairs side by side, and whether the median with lies within the spread without.
 */
import { LoadPool } from '../../src/load/pool.ts'
import { measurementOf, withSpread } from '../load/report-piece.ts'
import { type Measured, openSubject, type Subject } from '../load/subjects.ts'
import {
  type Measurement,
  median,
  shown,
  spreadOf,
  type SuiteResult,
  type Table,
} from '../measurement.ts'
import { costOfScrape, type ScrapeCost } from '../monitoring/scrape.ts'
import { startWatched, type WatchedServer } from '../monitoring/server.ts'
import type { CostCommand, CostReply, CostSetup } from '../monitoring/thread.ts'
import { startWatching } from '../monitoring/watchers.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { busyNote } from '../load/busy-note.ts'
import { linkWorker, type WorkerLink } from '../worker-link.ts'

interface Sizes {
  readonly pairs: number
  readonly seconds: number
  readonly rate: number
  readonly connections: number
  readonly keys: number
  readonly costMs: number
  readonly scrapes: number
}

const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: { pairs: 2, seconds: 0.4, rate: 2_000, connections: 4, keys: 500, costMs: 20, scrapes: 5 },
  default: {
    pairs: 10,
    seconds: 2.5,
    rate: 5_000,
    connections: 20,
    keys: 20_000,
    costMs: 300,
    scrapes: 100,
  },
  full: {
    pairs: 10,
    seconds: 10,
    rate: 10_000,
    connections: 50,
    keys: 100_000,
    costMs: 1_000,
    scrapes: 300,
  },
}
const PART = 'monitoring'
const HAND_OFFS = ['sockets', 'frames'] as const
const OPEN_DEPTH = 64
const NS_PER_US = 1000

type Quantity = readonly [name: string, unit: string, of: (one: Measured) => number]
const percentile = (p: number): Quantity => [
  `p${p}`,
  'us',
  ({ findings }) => findings.response.getValueAtPercentile(p) / NS_PER_US,
]
const QUANTITIES: readonly Quantity[] = [
  ...[50, 99, 99.9].map(percentile),
  ['max', 'us', ({ findings }) => findings.response.maxValue / NS_PER_US],
  ['CPU', 'us/op', (one) => one.userUs + one.systemUs],
]

/** The same quantity without and with, pair by pair. */
interface Pairs {
  readonly what: string
  readonly quantity: string
  readonly unit: string
  readonly without: readonly number[]
  readonly with: readonly number[]
}

export async function runMonitoring(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const busy = busyNote(options)
  const sizes = SIZES[options.form]
  const pairs: Pairs[] = []
  let events = 0
  for (const handOff of HAND_OFFS) {
    const found = await compareLatency(handOff, sizes, options, progress)
    pairs.push(...found.pairs)
    events += found.eventBytes
  }
  pairs.push(...(await compareCosts(sizes, progress)))
  progress.step('a scrape', 0, 1)
  const scrape = await costOfScrape(sizes.pairs, sizes.scrapes)
  const { seed } = options
  const { rate, connections, keys, seconds, costMs } = sizes
  const parameters = { rate, connections, keys, seconds, costMs, seed }
  return {
    part: PART,
    about: [
      `${sizes.pairs} pairs; open loop of 90/10 at ${shown(rate)}/s, ${connections} connections, ` +
        `${seconds} s each; one worker. Server, generator and scraper share the machine.`,
      events > 0
        ? 'The dashboard was open: its events were read.'
        : 'This server has no dashboard yet: the scraper was alone.',
      ...busy,
      'Costs are CPU time of the thread for each get, in batches of 16, without sockets.',
    ],
    measurements: [
      ...pairs.flatMap((one) => measurementsOf(one, parameters)),
      ...scrapeMeasurements(scrape, parameters),
    ],
    tables: [summaryOf(pairs), scrapeTable(scrape), ...tablesOf(pairs)],
    charts: [],
  }
}

async function compareLatency(
  handOff: string,
  sizes: Sizes,
  options: RunOptions,
  progress: Progress,
): Promise<{ pairs: Pairs[]; eventBytes: number }> {
  const server = await startWatched(handOff, 1)
  const pool = new LoadPool(1)
  try {
    const { connections, keys } = sizes
    const values = { low: 32, high: 32 }
    const order = { connections, keys, mostDepth: OPEN_DEPTH, values }
    const subject = await openSubject(pool, server, order)
    const play = () => playOnce(subject, sizes, options)
    await play() // compiled code takes a while to be what it will be
    const alone: Measured[] = []
    const watched: Measured[] = []
    let eventBytes = 0
    for (let pair = 0; pair < sizes.pairs; pair++) {
      progress.step(`${handOff}: pair ${pair + 1}`, pair, sizes.pairs)
      const isFirst = pair % 2 === 0
      if (isFirst) alone.push(await play())
      eventBytes += await playWatched(server, async () => void watched.push(await play()))
      if (!isFirst) alone.push(await play())
    }
    await subject.close()
    const what = `latency, ${handOff}`
    const pairs = QUANTITIES.map(([quantity, unit, of]): Pairs => {
      return { what, quantity, unit, without: alone.map(of), with: watched.map(of) }
    })
    return { pairs, eventBytes }
  } finally {
    await pool.close()
    await server.stop()
  }
}

/** @returns bytes of events that the dashboard got */
async function playWatched(server: WatchedServer, play: () => Promise<void>): Promise<number> {
  const watchers = await startWatching(server.base)
  await play()
  return (await watchers.leave()).eventBytes
}

function playOnce(
  subject: Subject<'heddle'>,
  sizes: Sizes,
  options: RunOptions,
): Promise<Measured> {
  const { seconds, rate } = sizes
  return subject.run({
    ...{ mix: '90/10', choice: 'uniform', trace: undefined, seed: options.seed },
    ...{ depth: OPEN_DEPTH, seconds, rate, allowMisses: false },
  })
}

type CostThread = WorkerLink<CostCommand, CostReply>

/** The threads live side by side and work one at a time. */
async function compareCosts(sizes: Sizes, progress: Progress): Promise<Pairs[]> {
  const { keys, costMs } = sizes
  const open = async (hasClock: boolean, hasHotKeys: boolean): Promise<CostThread> => {
    const workerData: CostSetup = { hasClock, hasHotKeys, keys }
    const file = new URL('../monitoring/thread.ts', import.meta.url)
    const link: CostThread = linkWorker(file, { workerData })
    await link.ready
    await link.ask({ ms: costMs })
    return link
  }
  const bare = await open(false, false)
  const clocked = await open(true, false)
  const noting = await open(false, true)
  const cost = async (thread: CostThread): Promise<number> => {
    const { operations, cpuNs } = await thread.ask({ ms: costMs })
    return cpuNs / operations
  }
  const compared: Pairs[] = []
  for (const [what, thread] of [
    ['counting and timing commands', clocked],
    ['noting hot keys', noting],
  ] as const) {
    const without: number[] = []
    const withIt: number[] = []
    for (let pair = 0; pair < sizes.pairs; pair++) {
      progress.step(`${what}: pair ${pair + 1}`, pair, sizes.pairs)
      const isFirst = pair % 2 === 0
      if (isFirst) without.push(await cost(bare))
      withIt.push(await cost(thread))
      if (!isFirst) without.push(await cost(bare))
    }
    compared.push({ what, quantity: 'CPU of a get', unit: 'ns', without, with: withIt })
  }
  for (const thread of [bare, clocked, noting]) await thread.end()
  return compared
}

function measurementsOf(
  { what, quantity, unit, without, with: withIt }: Pairs,
  parameters: Measurement['parameters'],
): Measurement[] {
  const all = { ...parameters, what }
  return [
    measurementOf('without', `${what}: ${quantity}`, without, unit, all, PART),
    measurementOf('with', `${what}: ${quantity}`, withIt, unit, all, PART),
  ]
}

function scrapeMeasurements(
  { snapshotUs, textUs }: ScrapeCost,
  parameters: Measurement['parameters'],
): Measurement[] {
  return [
    measurementOf('scrape', 'CPU of the snapshot', snapshotUs, 'us', parameters, PART),
    measurementOf('scrape', 'CPU of its text', textUs, 'us', parameters, PART),
  ]
}

function scrapeTable({ snapshotUs, textUs, textBytes }: ScrapeCost): Table {
  return {
    title: 'A scrape: CPU time of a thread, median of rounds (lowest-highest)',
    columns: ['part', 'us', 'bytes'],
    rows: [
      ['snapshot, at once', withSpread(snapshotUs), '-'],
      ['text, in slices of 200 us', withSpread(textUs), shown(textBytes)],
    ],
  }
}

function summaryOf(pairs: readonly Pairs[]): Table {
  const rows = pairs.map(({ what, quantity, unit, without, with: withIt }) => {
    const { low, high } = spreadOf(without)
    const middle = median(withIt)
    const isWithin = middle >= low && middle <= high
    const ratio = median(withIt.map((value, pair) => value / without[pair]!))
    const place = isWithin ? 'within' : middle > high ? 'above' : 'below'
    return [
      ...[what, `${quantity}, ${unit}`, `${shown(median(without))} (${shown(low)}-${shown(high)})`],
      ...[shown(middle), ratio.toFixed(3), place],
    ]
  })
  return {
    title: 'Median of the pairs; "within": the median with lies in the spread without',
    columns: ['what', 'quantity', 'without (lowest-highest)', 'with', 'ratio in pairs', 'with is'],
    rows,
  }
}

/** Every pair, side by side. */
function tablesOf(pairs: readonly Pairs[]): Table[] {
  return [...Map.groupBy(pairs, ({ what }) => what)].map(([what, members]) => ({
    title: `${what}: without / with, pair by pair`,
    columns: ['pair', ...members.map(({ quantity, unit }) => `${quantity}, ${unit}`)],
    rows: members[0]!.without.map((_, pair) => [
      String(pair + 1),
      ...members.map((one) => `${shown(one.without[pair]!)} / ${shown(one.with[pair]!)}`),
    ]),
  }))
}
