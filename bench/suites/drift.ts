/**
 * Drift suite: does a cache whose value sizes shift keep what a fresh one would hold?
 *
 * Phases of values of one mix of sizes follow each other in one cache (drift/phases.ts); at the end
 * of each, the entries of its keys are counted and divided by those of a fresh cache after the same
 * writes. memcached goes through the same phases, with its own defaults (slab_automove=1) and with
 * slab_automove=2, which moves a page at each eviction. Beside it the room of large values.
 */
import { FEWEST_KEPT } from '../goals.ts'
import { type PhaseFigures, openHeddle, openMemcached } from '../drift/subjects.ts'
import type { DriftSubject } from '../drift/subjects.ts'
import { churnLarge, type LargeFigures } from '../drift/large-values.ts'
import { MIXED, SHIFT, sizesOf } from '../drift/phases.ts'
import type { MixName } from '../drift/phases.ts'
import { fnv1a, hex, shown } from '../measurement.ts'
import type { Measurement, SuiteResult } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'

const MIB = 2 ** 20
const KIB = 2 ** 10
/** For each thousand sets, once the same mix was written for a while. */
const MOST_MOVES = 5

interface Sizes {
  readonly memory: number
  readonly phases: readonly MixName[]
  /** Of the large values: memory, smallest and largest value. */
  readonly large: readonly [number, number, number]
}
const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: { memory: 8 * MIB, phases: SHIFT, large: [16 * MIB, 16 * KIB, 256 * KIB] },
  default: { memory: 64 * MIB, phases: [...SHIFT, ...MIXED], large: [256 * MIB, 16 * KIB, MIB] },
  full: { memory: 256 * MIB, phases: [...SHIFT, ...MIXED], large: [1024 * MIB, 16 * KIB, MIB] },
}

interface Row {
  readonly subject: string
  readonly phase: number
  readonly mix: MixName
  readonly figures: PhaseFigures
  /** Of what a fresh cache keeps, in percent. */
  readonly kept: number
  /** The mix was that of the phase before, too. */
  readonly isSteady: boolean
}

type Opener = () => Promise<DriftSubject | string>

export async function runDrift(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const { memory, phases, large } = SIZES[options.form]
  const openers: readonly Opener[] = [
    async () => openHeddle(memory),
    () => openMemcached('memcached', memory, []),
    () => openMemcached('memcached, slab_automove=2', memory, ['-o', 'slab_automove=2']),
  ]
  const rows: Row[] = []
  const absent: string[] = []
  for (const opener of options.form === 'smoke' ? openers.slice(0, 2) : openers) {
    const subject = await opener()
    if (typeof subject === 'string') absent.push(`memcached: not measured, ${subject}.`)
    else rows.push(...(await playAll(subject, opener, phases, memory, options.seed, progress)))
  }
  progress.step('large values', 0, 1)
  const churned = churnLarge(...large, options.seed)
  return {
    part: 'drift',
    about: [
      `${shown(memory / MIB)} MiB; each phase writes new keys worth twice the memory. Kept: ` +
        "entries of the phase's keys at its end, beside a fresh cache after the same writes.",
      ...new Set(absent),
      largeSentence(churned),
    ],
    measurements: [...rows.flatMap((row) => measurementsOf(row, memory)), largeLine(churned)],
    tables: [
      {
        title: 'Kept after a shift of sizes',
        columns: [
          ...['subject', 'phase', 'entries kept', 'of a fresh cache, %', 'at least', 'verdict'],
          ...['pages moved', 'per 1,000 sets', 'set p99.9, us', 'slowest'],
        ],
        rows: rows.map(cellsOf),
      },
    ],
    charts: [],
  }
}

async function playAll(
  subject: DriftSubject,
  opener: Opener,
  phases: readonly MixName[],
  memory: number,
  seed: number,
  progress: Progress,
): Promise<Row[]> {
  const rows: Row[] = []
  const fresh = new Map<MixName, number>()
  try {
    for (const [phase, mix] of phases.entries()) {
      progress.step(`${subject.name}, ${mix}`, phase, phases.length)
      const sizes = sizesOf(mix, memory, seed)
      const figures = await subject.play(`phase ${phase}`.replace(' ', '-'), sizes)
      const most = fresh.get(mix) ?? (await freshCount(opener, sizes))
      fresh.set(mix, most)
      const kept = (100 * figures.kept) / most
      const isSteady = phases[phase - 1] === mix
      rows.push({ subject: subject.name, phase, mix, figures, kept, isSteady })
    }
  } finally {
    await subject.close()
  }
  return rows
}

async function freshCount(opener: Opener, sizes: Uint16Array): Promise<number> {
  const subject = await opener()
  if (typeof subject === 'string') throw new Error(subject)
  try {
    return (await subject.play('fresh', sizes)).kept
  } finally {
    await subject.close()
  }
}

function cellsOf({ subject, phase, mix, figures, kept, isSteady }: Row): readonly string[] {
  const { pagesMoved, sets, p999Us, slowestUs } = figures
  const isHeld = subject === 'heddle' && phase > 0
  const moves = pagesMoved === undefined ? undefined : (1000 * pagesMoved) / sets
  const isMet = kept >= FEWEST_KEPT && (!isSteady || (moves ?? 0) <= MOST_MOVES)
  return [
    ...[subject, `${phase}: ${mix}`, shown(figures.kept), kept.toFixed(1)],
    ...(isHeld ? [String(FEWEST_KEPT), isMet ? 'met' : 'not met'] : ['-', '-']),
    pagesMoved === undefined ? '-' : shown(pagesMoved),
    moves === undefined
      ? '-'
      : `${moves.toFixed(2)}${isHeld && isSteady ? ` (at most ${MOST_MOVES})` : ''}`,
    p999Us === undefined ? '-' : shown(p999Us),
    slowestUs === undefined ? '-' : shown(slowestUs),
  ]
}

function measurementsOf(row: Row, memory: number): Measurement[] {
  const { subject, phase, mix, figures, kept } = row
  const of = (operation: string, value: number, unit: string): Measurement => ({
    ...{ suite: 'drift', subject, operation: `${phase}: ${mix}, ${operation}`, threads: 1 },
    ...{ value, unit, parameters: { memory, sets: figures.sets } },
    checksum: hex(fnv1a(`${mix} ${figures.sets}`)),
  })
  const lines = [of('kept of a fresh cache', kept, '%'), of('entries', figures.kept, 'entries')]
  const { pagesMoved, p999Us } = figures
  if (pagesMoved !== undefined) {
    lines.push(of('pages moved per 1,000 sets', (1000 * pagesMoved) / figures.sets, 'pages'))
  }
  if (p999Us !== undefined) lines.push(of('set p99.9', p999Us, 'us'))
  return lines
}

function usedShare({ entryBytes, pageBytes }: LargeFigures): number {
  return (100 * entryBytes) / pageBytes
}

function largeSentence(churned: LargeFigures): string {
  const { low, high, entries, entryBytes, pageBytes } = churned
  return (
    `Large values of ${shown(low / KIB)} to ${shown(high / KIB)} KiB, log-uniform, overwritten ` +
    `and deleted until four times the memory was written: ${shown(entries)} entries of ` +
    `${shown(entryBytes / MIB)} MiB lie in ${shown(pageBytes / MIB)} MiB of pages: ` +
    `${usedShare(churned).toFixed(1)} % of the pages are keys and values.`
  )
}

function largeLine(churned: LargeFigures): Measurement {
  const { low, high, entries } = churned
  return {
    ...{ suite: 'drift', subject: 'heddle', operation: 'large values, share of the pages in use' },
    ...{ threads: 1, value: usedShare(churned), unit: '%', parameters: { low, high, entries } },
    checksum: hex(fnv1a(`${low} ${high} ${entries}`)),
  }
}
