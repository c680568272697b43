/**
 * Latency suite: how long does a caller wait when N threads ask at a fixed rate, whatever
 * happens?
 *
 * Open loop: each thread has a plan of start times, one every N/rate seconds, and works through
 * it however late it is; the response time is measured from the planned start, so a stall is
 * charged to every request that it held up (no coordinated omission). The service time, from the
 * real start, is stated beside it. `none` answers at once and shows the floor of the generator
 * and of the machine. Histograms: hdr-histogram-js, three digits.
 */
import { build, decodeFromCompressedBase64 } from 'hdr-histogram-js'
import type { Histogram } from 'hdr-histogram-js'
import type { LatencyCommand, LatencyReply, LatencySetup } from '../latency/protocol.ts'
import { HISTOGRAM } from '../latency/protocol.ts'
import { hex, median, shown, spreadOf } from '../measurement.ts'
import type { CurveChart, Measurement, Spread, SuiteResult, Table } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { grantSubject } from '../subjects/open.ts'
import type { SubjectName } from '../subjects/subject.ts'
import { linkWorker } from '../worker-link.ts'
import type { WorkerLink } from '../worker-link.ts'

type Time = 'response' | 'service'

interface Sizes {
  readonly keys: number
  readonly seconds: number
  /** Operations per second of all threads together. */
  readonly rates: readonly number[]
  readonly rounds: number
}

const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: { keys: 1_000, seconds: 0.1, rates: [20_000], rounds: 1 },
  default: { keys: 100_000, seconds: 0.4, rates: [200_000], rounds: 5 },
  full: { keys: 100_000, seconds: 2, rates: [50_000, 200_000, 500_000, 1_000_000], rounds: 7 },
}
const SUBJECTS: readonly SubjectName[] = ['none', 'lru-cache', 'heddle', 'heddle+lock']
const TIMES: readonly Time[] = ['response', 'service']
const START_IN_MS = 50
const PERCENTILES = [50, 90, 99, 99.9, 99.99]
const CURVE = [0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999]

interface Series {
  readonly subject: SubjectName
  readonly rate: number
  /** Response times of all rounds in one, for the curve. */
  readonly response: Histogram
  readonly rounds: Readonly<Record<Time, Histogram[]>>
  seconds: number
  operations: number
  checksum: number
}

type Link = WorkerLink<LatencyCommand, LatencyReply>

export async function runLatency(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const sizes = SIZES[options.form]
  const granted = SUBJECTS.map((name) => grantSubject(name, sizes.keys))
  const file = new URL('../latency/thread.ts', import.meta.url)
  const links: Link[] = []
  for (let threadIndex = 0; threadIndex < options.threads; threadIndex++) {
    const setup: LatencySetup = {
      threadIndex,
      threads: options.threads,
      keys: sizes.keys,
      seed: options.seed,
      grants: granted.map((one) => one.grant),
    }
    links.push(linkWorker<LatencyCommand, LatencyReply>(file, { workerData: setup }))
  }
  try {
    await Promise.all(links.map((link) => link.ready))
    await (links[0] as Link).ask({ kind: 'fill', shared: true })
    await Promise.all(links.map((link) => link.ask({ kind: 'fill', shared: false })))
    const found = await playRounds(sizes, links, progress)
    await Promise.all(links.map((link) => link.ask({ kind: 'close' })))
    return resultOf(found, options, sizes)
  } finally {
    await Promise.all(links.map((link) => link.end()))
    for (const one of granted) one.release()
  }
}

/** Round 0 warms up and is not kept; its rate is the run's. */
async function playRounds(sizes: Sizes, links: readonly Link[], progress: Progress) {
  const found = sizes.rates.flatMap((rate) => SUBJECTS.map((subject) => newSeries(subject, rate)))
  for (let round = 0; round <= sizes.rounds; round++) {
    for (const series of found) {
      progress.step(`${series.subject} at ${shown(series.rate)}/s`, round, sizes.rounds)
      const { subject, rate } = series
      const seconds = round === 0 ? sizes.seconds / 4 : sizes.seconds
      const startAt = Date.now() + START_IN_MS
      const command: LatencyCommand = { kind: 'load', subject, rate, seconds, startAt }
      const replies = await Promise.all(links.map((link) => link.ask(command)))
      if (round === 0) continue
      series.seconds += sizes.seconds
      addRound(series, replies)
    }
  }
  return found
}

function newSeries(subject: SubjectName, rate: number): Series {
  const response = build(HISTOGRAM)
  const rounds = { response: [], service: [] }
  return { subject, rate, response, rounds, seconds: 0, operations: 0, checksum: 0 }
}

/** Adds up the threads of a round. */
function addRound(series: Series, replies: readonly LatencyReply[]): void {
  const round = { response: build(HISTOGRAM), service: build(HISTOGRAM) }
  for (const reply of replies) {
    if (reply.kind !== 'histograms') throw new Error(`expected histograms, not ${reply.kind}`)
    round.response.add(decodeFromCompressedBase64(reply.response))
    round.service.add(decodeFromCompressedBase64(reply.service))
    series.operations += reply.operations
    series.checksum = (series.checksum + reply.checksum) >>> 0
  }
  for (const time of TIMES) series.rounds[time].push(round[time])
  series.response.add(round.response)
}

function resultOf(found: readonly Series[], options: RunOptions, sizes: Sizes): SuiteResult {
  return {
    part: 'latency',
    about: [
      `${options.threads} threads, open loop: nine gets and a set in ten, ` +
        `${shown(sizes.keys)} keys, ` +
        '32-byte values; latency from the planned start of each request.',
      'The generator polls the clock, so it needs a core per thread; ' +
        '"none" is its own floor on this machine.',
      'The table states the median of the rounds, the curve all rounds in one. A round in which ' +
        'the machine was taken away from a thread shows in the highest.',
      'Rows "service" measure from the real start, which hides the waiting: for comparison only.',
    ],
    measurements: found.flatMap((one) => measurementsOf(one, options, sizes)),
    tables: [tableOf(found)],
    charts: sizes.rates.map((rate) => chartOf(found, rate)),
  }
}

interface Quantile {
  readonly name: string
  /** Nanoseconds, median of the rounds. */
  readonly value: number
  readonly spread: Spread
}

function quantilesOf(series: Series, time: Time): Quantile[] {
  const quantile = (name: string, of: (histogram: Histogram) => number) => {
    const values = series.rounds[time].map(of)
    return { name, value: median(values), spread: spreadOf(values) }
  }
  const percentiles = PERCENTILES.map((p) =>
    quantile(`p${p}`, (histogram) => histogram.getValueAtPercentile(p)),
  )
  return [...percentiles, quantile('max', (histogram) => histogram.maxValue)]
}

function measurementsOf(one: Series, options: RunOptions, sizes: Sizes): Measurement[] {
  const parameters = {
    keys: sizes.keys,
    rate: one.rate,
    seconds: one.seconds,
    operations: one.operations,
  }
  const { subject } = one
  const checksum = hex(one.checksum)
  return TIMES.flatMap((time) =>
    quantilesOf(one, time).map(({ name, value, spread }) => ({
      ...{ suite: 'latency' as const, subject, operation: `${time} ${name}` },
      ...{ threads: options.threads, value, unit: 'ns', spread, parameters, checksum },
    })),
  )
}

function tableOf(found: readonly Series[]): Table {
  const columns = ['subject', 'rate/s', 'time', 'operations', ...PERCENTILES.map((p) => `p${p}`)]
  const rows = found.flatMap((one) =>
    TIMES.map((time) => [
      one.subject,
      shown(one.rate),
      time,
      shown(one.operations),
      ...quantilesOf(one, time).map(microseconds),
    ]),
  )
  return {
    title: 'Microseconds under a fixed rate: median of rounds (lowest-highest)',
    columns: [...columns, 'max'],
    rows,
  }
}

function microseconds({ value, spread }: Quantile): string {
  return `${shown(value / 1000)} (${shown(spread.low / 1000)}-${shown(spread.high / 1000)})`
}

function chartOf(found: readonly Series[], rate: number): CurveChart {
  const series = found
    .filter((one) => one.rate === rate)
    .map((one) => ({
      label: one.subject,
      points: CURVE.filter((p) => one.operations * (1 - p / 100) >= 1).map(
        (p) => [p, one.response.getValueAtPercentile(p)] as const,
      ),
    }))
  return { kind: 'curve', title: `Response time at ${shown(rate)} per second`, unit: 'ns', series }
}
