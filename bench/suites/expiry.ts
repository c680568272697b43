/**
 * Expiry suite: how much memory do entries hold whose time is over, and what does it cost to free
 * them?
 *
 * The share: new keys with times to live from seconds to hours, drawn log-uniformly, against an
 * injected clock that runs as fast as it can; nothing but the writes themselves maintains. The
 * cost: two processes at 100,000 sets a second in real time, in pairs; in one, as many entries
 * expire, in the other none does. The difference of their processor time is what expiring costs,
 * freeing the memory included that the other one takes anew. It is a small difference of two large
 * figures: beside it stands what the sweeps alone take, in a process that does nothing else then.
 */
import { MOST_EXPIRY_CPU, MOST_HELD } from '../goals.ts'
import { availableParallelism } from 'node:os'
import { createEngine } from '../../src/index.ts'
import { runChild } from '../child-process.ts'
import type { ExpiryFindings, ExpiryOrder } from '../expiry/process.ts'
import type { SweepFindings } from '../expiry/sweep-process.ts'
import { type HeldShare, TtlLoad } from '../expiry/ttl-load.ts'
import { fnv1a, hex, median, shown, spreadOf } from '../measurement.ts'
import type { Measurement, SuiteResult } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'

const SWEEP_SCRIPT = new URL('../expiry/sweep-process.ts', import.meta.url)
const SCRIPT = new URL('../expiry/process.ts', import.meta.url)
const MIB = 2 ** 20
const SECOND = 1000
const HOUR = 3_600_000

interface Sizes {
  /** Of the injected clock. */
  readonly setsPerSecond: number
  readonly hours: number
  readonly highMs: number
  /** Of real time. */
  readonly rate: number
  readonly pairs: number
  readonly warmUpMs: number
  readonly windowMs: number
}
const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: {
    ...{ setsPerSecond: 50, hours: 0.3, highMs: 0.1 * HOUR },
    ...{ rate: 20_000, pairs: 1, warmUpMs: 2000, windowMs: 1000 },
  },
  default: {
    ...{ setsPerSecond: 200, hours: 3, highMs: 2 * HOUR },
    ...{ rate: 100_000, pairs: 2, warmUpMs: 7000, windowMs: 4000 },
  },
  full: {
    ...{ setsPerSecond: 1000, hours: 4, highMs: 3 * HOUR },
    ...{ rate: 100_000, pairs: 5, warmUpMs: 10_000, windowMs: 10_000 },
  },
}
const LOW_MS = 2 * SECOND

export async function runExpiry(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const sizes = SIZES[options.form]
  progress.step('injected clock', 0, 1)
  const { held, entries } = fastClock(sizes, options.seed)
  const expiring: ExpiryFindings[] = []
  const staying: ExpiryFindings[] = []
  const sweeps: number[] = []
  for (let pair = 0; pair < sizes.pairs; pair++) {
    progress.step('pairs in real time', pair, sizes.pairs)
    const order = orderOf(sizes, options.seed + pair)
    expiring.push(await runChild<ExpiryFindings>(SCRIPT, order))
    staying.push(
      await runChild<ExpiryFindings>(SCRIPT, { ...order, lowMs: HOUR, highMs: HOUR + 1 }),
    )
    const { rate, lowMs, highMs, memory, seed } = order
    const sweepOrder = { rate, lowMs, highMs, memory, seed }
    sweeps.push((await runChild<SweepFindings>(SWEEP_SCRIPT, sweepOrder)).nsPerEntry)
  }
  const perSecond = expiring.map((one) => (one.expirations * SECOND) / one.windowMs)
  // As if exactly the wanted number had expired.
  const cost = expiring.map((one, pair) => {
    const beside = staying[pair] as ExpiryFindings
    return ((one.cpuPercent - beside.cpuPercent) * sizes.rate) / (perSecond[pair] as number)
  })
  const cores = availableParallelism()
  const realHeld = expiring.map((one) => one.held.most)
  const nanoseconds = median(cost) * (10_000_000 / sizes.rate)
  return {
    part: 'expiry',
    about: [
      `Injected clock: ${sizes.setsPerSecond} sets for each of its seconds, times to live of ` +
        `${LOW_MS / SECOND} s to ${sizes.highMs / HOUR} h, ${sizes.hours} h; ${shown(entries)} ` +
        'entries at the end; the first third of the time does not count.',
      `Real time: ${shown(sizes.rate)} sets a second, times to live of ` +
        `${orderOf(sizes, 0).lowMs} to ${orderOf(sizes, 0).highMs} ms; ` +
        `${shown(median(perSecond))} expired a second; ${shown(nanoseconds)} ns for each, of ` +
        `which the sweep alone takes ${shown(median(sweeps))}.`,
    ],
    measurements: [
      line('injected clock, held on average', [held.mean], '%', sizes),
      line('injected clock, held at most', [held.most], '%', sizes),
      line('real time, held at most', realHeld, '%', sizes),
      line('real time, of one processor', cost, '%', sizes),
      line('real time, expired', perSecond, '/s', sizes),
      line('sweeps alone, for each entry', sweeps, 'ns', sizes),
    ],
    tables: [
      {
        title: 'Expiry',
        columns: ['figure', 'found', 'at most', 'verdict'],
        rows: [
          verdict('injected clock: held by what is over, on average', [held.mean], MOST_HELD),
          verdict('injected clock: the same, at most', [held.most], MOST_HELD),
          verdict('real time, times to live of seconds: at most', realHeld, undefined),
          verdict(
            `${shown(sizes.rate)} expiring a second: processor time of ${cores} cores`,
            cost.map((share) => share / cores),
            MOST_EXPIRY_CPU,
          ),
          verdict('the same, of one core', cost, MOST_EXPIRY_CPU),
          verdict('the sweeps alone, of one core', sweeps.map(shareOf), undefined),
        ],
      },
    ],
    charts: [],
  }
}

/** Of a core in percent, for 100,000 entries a second of so many ns each. */
function shareOf(nanoseconds: number): number {
  return nanoseconds / 100
}

function orderOf(sizes: Sizes, seed: number): ExpiryOrder {
  const { rate, warmUpMs, windowMs } = sizes
  const memory = Math.ceil((rate * (warmUpMs + windowMs)) / SECOND) * 240 + 16 * MIB
  return { rate, lowMs: SECOND, highMs: warmUpMs, warmUpMs, windowMs, memory, seed }
}

function fastClock(sizes: Sizes, seed: number): { held: HeldShare; entries: number } {
  const from = Date.UTC(2026, 0, 1)
  let now = from
  const mean = (sizes.highMs - LOW_MS) / Math.log(sizes.highMs / LOW_MS) / SECOND
  const memory = Math.ceil(sizes.setsPerSecond * mean * 320) + 16 * MIB
  const engine = createEngine({ name: 'bench expiry, fast', memory, now: () => now })
  const horizonMs = sizes.hours * HOUR
  const times = { low: LOW_MS, high: sizes.highMs, from, horizonMs, sliceMs: 1 }
  const load = new TtlLoad(engine, times, seed)
  const gap = SECOND / sizes.setsPerSecond
  for (let lookAt = from; now - from < horizonMs; now += gap) {
    load.set(now)
    if (now < lookAt) continue
    load.look(now)
    lookAt = now + SECOND
    if (now - from < horizonMs / 3) load.forgetShares()
  }
  const { entries, evictions } = engine.stats()
  const { problems } = engine.verify()
  engine.close()
  if (problems.length > 0) throw new Error(`integrity: ${problems.join('; ')}`)
  if (evictions.memory + evictions.slots > 0) throw new Error('entries were evicted: no room')
  return { held: load.heldShare(), entries }
}

function verdict(
  what: string,
  values: readonly number[],
  most: number | undefined,
): readonly string[] {
  const value = median(values)
  const { low, high } = spreadOf(values)
  const spread = values.length > 1 ? ` (${low.toFixed(2)}-${high.toFixed(2)})` : ''
  const found = `${value.toFixed(2)} %${spread}`
  if (most === undefined) return [what, found, '-', '-']
  return [what, found, `${most} %`, value <= most ? 'met' : 'not met']
}

function line(operation: string, values: readonly number[], unit: string, of: Sizes): Measurement {
  return {
    ...{ suite: 'expiry', subject: 'heddle', operation, threads: 1, unit },
    ...{ value: median(values), spread: spreadOf(values), parameters: { ...of } },
    checksum: hex(fnv1a(JSON.stringify(of))),
  }
}
