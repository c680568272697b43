/**
 * Memory suite: what does an entry cost beyond its key and value?
 *
 * The same keys and values go into heddle and lru-cache, each in a process of its own, and into
 * memcached and redis-server; the growth of the process's RSS, divided by the entries, minus the
 * mean key and value, is the answer. All entries must be readable afterwards. Of heddle the
 * arithmetic (memory/arithmetic.ts) says where the bytes go, and what it cannot explain.
 */
import { BEYOND_BYTES, MOST_ROUNDING } from '../goals.ts'
import { runChild } from '../child-process.ts'
import { fnv1a, hex, median, shown, spreadOf } from '../measurement.ts'
import type { Measurement, SuiteResult, Table } from '../measurement.ts'
import type { Arithmetic } from '../memory/arithmetic.ts'
import type { Contents } from '../memory/contents.ts'
import { measurePeer, PEERS } from '../memory/peers.ts'
import type { MemoryFindings, MemoryOrder } from '../memory/process.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'

const MIB = 2 ** 20
const SCRIPT = new URL('../memory/process.ts', import.meta.url)

interface Scene {
  readonly name: string
  readonly contents: Contents
  /** Of heddle, in bytes for each entry: what the entries need, and a little that stays free. */
  readonly budget: number
  readonly rounds: number
  readonly withPeers: boolean
}

function scene(name: string, contents: Contents, budget: number, rounds = 1, withPeers = true) {
  return { name, contents, budget, rounds, withPeers }
}
const SHORT = { keyBytes: 24, low: 100, high: 100 }
const UNIFORM = { keyBytes: 24, low: 16, high: 2000 }
const LONG = { keyBytes: 50, low: 500, high: 500 }

const SCENES: Readonly<Record<Form, readonly Scene[]>> = {
  smoke: [
    scene('24 + 100', { entries: 50_000, ...SHORT }, 176),
    scene('24 + 16 to 2,000', { entries: 10_000, ...UNIFORM }, 1400, 1, false),
  ],
  default: [
    scene('24 + 100', { entries: 1_000_000, ...SHORT }, 176),
    scene('24 + 16 to 2,000', { entries: 300_000, ...UNIFORM }, 1160),
  ],
  full: [
    scene('24 + 100', { entries: 1_000_000, ...SHORT }, 176, 3),
    scene('24 + 16 to 2,000', { entries: 300_000, ...UNIFORM }, 1160),
    scene('24 + 100, ten million', { entries: 10_000_000, ...SHORT }, 160, 1, false),
    scene('50 + 500, ten million', { entries: 10_000_000, ...LONG }, 612, 1, false),
  ],
}

/** A subject's figures in a scene: bytes beyond key and value in each round. */
interface Row {
  readonly subject: string
  readonly rssMib: number
  readonly beyond: readonly number[]
}
interface Found {
  readonly scene: Scene
  readonly payload: number
  readonly arithmetic: readonly Arithmetic[]
  readonly rows: readonly Row[]
}

export async function runMemory(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const found: Found[] = []
  const absent: string[] = []
  for (const one of SCENES[options.form]) found.push(await play(one, progress, absent))
  return {
    part: 'memory',
    about: [
      'Beyond: RSS growth for each entry minus the mean key and value; all entries were read ' +
        'back whole (of the servers: counted).',
      ...found.map(sentenceOf),
      ...new Set(absent),
    ],
    measurements: found.flatMap(measurementsOf),
    tables: [targetTable(found), subjectTable(found), termTable(found)],
    charts: found
      .filter(({ scene: { withPeers } }) => withPeers)
      .map(({ scene: { name }, rows }) => ({
        ...{ kind: 'bars' as const, title: `Beyond key and value, ${name}`, unit: 'bytes' },
        groups: rows.map(({ subject, beyond }) => ({
          label: subject,
          bars: [{ label: '', value: median(beyond), ...spreadOf(beyond) }],
        })),
      })),
  }
}

async function play(one: Scene, progress: Progress, absent: string[]): Promise<Found> {
  const { contents, budget, rounds, withPeers, name } = one
  const { entries } = contents
  const memory = Math.ceil(entries * budget)
  const heddle: MemoryFindings[] = []
  for (let round = 0; round < rounds; round++) {
    progress.step(`heddle, ${name}`, round, rounds)
    heddle.push(await child({ subject: 'heddle', contents, memory }))
  }
  const { payload } = heddle[0] as MemoryFindings
  const beyond = (growth: number) => (growth - payload) / entries
  const growths = heddle.map(({ rssGrowth }) => rssGrowth)
  const rows: Row[] = [
    { subject: 'heddle', rssMib: median(growths) / MIB, beyond: growths.map(beyond) },
  ]
  if (withPeers) {
    progress.step(`lru-cache, ${name}`, 0, 1)
    const lru = await child({ subject: 'lru-cache', contents, memory })
    rows.push({
      ...{ subject: 'lru-cache', rssMib: lru.rssGrowth / MIB, beyond: [beyond(lru.rssGrowth)] },
    })
    for (const peer of PEERS) {
      progress.step(`${peer}, ${name}`, 0, 1)
      const result = await measurePeer(peer, contents, Math.ceil((3 * payload) / MIB) + 64)
      if (typeof result === 'string') absent.push(result)
      else {
        const { rssGrowth } = result
        rows.push({ subject: peer, rssMib: rssGrowth / MIB, beyond: [beyond(rssGrowth)] })
      }
    }
  }
  const arithmetic = heddle.map((round) => round.arithmetic as Arithmetic)
  return { scene: one, payload, arithmetic, rows }
}

async function child(order: MemoryOrder): Promise<MemoryFindings> {
  const found = await runChild<MemoryFindings>(SCRIPT, order, ['--max-old-space-size=8192'])
  const { entries } = order.contents
  if (found.readable !== entries) {
    throw new Error(`${order.subject}: ${found.readable} of ${entries} entries are readable`)
  }
  if (found.problems.length > 0) throw new Error(`integrity: ${found.problems.join('; ')}`)
  return found
}

function sentenceOf({ scene: one, payload, arithmetic }: Found): string {
  const { entries } = one.contents
  const [first] = arithmetic as [Arithmetic]
  return (
    `${one.name}: ${shown(entries)} entries, ${shown(payload / MIB)} MiB of keys and values; ` +
    `heddle's budget ${shown((entries * one.budget) / MIB)} MiB holds all; filled are ` +
    `${first.pagesUsed} of ${first.pages} pages, ${shown((entries / first.slots) * 100)} % of ` +
    `${shown(first.slots)} slots.`
  )
}

type Term = readonly [string, (one: Arithmetic) => number]
const TERMS: readonly Term[] = [
  ['header', (one) => one.header],
  ['table', (one) => one.table],
  ['rounding to words and size class', (one) => one.rounding],
  ['page ends', (one) => one.pageEnds],
  ['control block, descriptors, rows', (one) => one.control],
  ['young generation of the heap', (one) => one.young],
  ['rest (heap, code, malloc; untouched control pages)', (one) => one.rest],
]

function termTable(found: readonly Found[]): Table {
  const rows = TERMS.map(([name, of]) => [
    name,
    ...found.map(({ arithmetic }) => median(arithmetic.map(of)).toFixed(2)),
  ])
  const sums = found.map(({ rows: [heddle] }) => median((heddle as Row).beyond).toFixed(2))
  return {
    title: "Where heddle's bytes per entry go",
    columns: ['part', ...found.map(({ scene: { name } }) => name)],
    rows: [...rows, ['sum: RSS growth beyond key and value', ...sums]],
  }
}

function subjectTable(found: readonly Found[]): Table {
  return {
    title: 'Bytes per entry beyond key and value',
    columns: ['scene', 'subject', 'RSS growth, MiB', 'beyond, bytes'],
    rows: found.flatMap(({ scene: { name }, rows }) =>
      rows.map(({ subject, rssMib, beyond }) => {
        const { low, high } = spreadOf(beyond)
        const spread = beyond.length > 1 ? ` (${low.toFixed(1)}-${high.toFixed(1)})` : ''
        return [name, subject, rssMib.toFixed(1), `${median(beyond).toFixed(1)}${spread}`]
      }),
    ),
  }
}

/** Of what is rounded: an entry with its header. */
function roundingShare({ scene: one, payload, arithmetic }: Found): number {
  const stored = payload / one.contents.entries + (arithmetic[0] as Arithmetic).header
  return (100 * median(arithmetic.map(({ rounding }) => rounding))) / stored
}

function targetTable(found: readonly Found[]): Table {
  const rows = found.flatMap((one) => {
    const [heddle, ...others] = one.rows as [Row, ...Row[]]
    const { name } = one.scene
    const own = median(heddle.beyond)
    const bare = own - median(one.arithmetic.map(({ rounding }) => rounding))
    const share = roundingShare(one)
    return [
      verdict(`${name}: beyond without rounding`, bare, BEYOND_BYTES.goal, 'bytes'),
      verdict(`${name}: the same, stretch`, bare, BEYOND_BYTES.stretch, 'bytes'),
      verdict(`${name}: rounding`, share, MOST_ROUNDING, '%'),
      ...others.map(({ subject, beyond }) =>
        verdict(`${name}: beyond, below that of ${subject}`, own, median(beyond), 'bytes'),
      ),
    ]
  })
  return { title: 'Targets', columns: ['target', 'figure', 'at most', 'verdict'], rows }
}

function verdict(what: string, value: number, most: number, unit: string): readonly string[] {
  return [what, `${value.toFixed(2)} ${unit}`, most.toFixed(1), value <= most ? 'met' : 'not met']
}

function measurementsOf(found: Found): Measurement[] {
  const { scene: one, rows, arithmetic } = found
  const parameters = { scene: one.name, ...one.contents, budget: one.contents.entries * one.budget }
  const of = (subject: string, operation: string, values: readonly number[], unit = 'B/entry') => ({
    ...{ suite: 'memory' as const, subject, operation, threads: 1, unit, parameters },
    value: median(values),
    spread: spreadOf(values),
    checksum: hex(fnv1a(JSON.stringify(one.contents))),
  })
  return [
    ...rows.map(({ subject, beyond }) => of(subject, 'beyond key and value', beyond)),
    ...TERMS.map(([name, term]) => of('heddle', name, arithmetic.map(term))),
    of('heddle', 'rounding of an entry', [roundingShare(found)], '%'),
  ]
}
