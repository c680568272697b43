/**
 * Large suite: four million keys, where an operation costs what its cache misses cost, and a cache
 * in the heap what marking it costs.
 *
 * Each subject is in a process of its own, so that the garbage collector's work is its own; the
 * processes are measured one after the other in rounds. All times are CPU of the whole process, the
 * collector's threads included; ratios are taken within rounds. `heddle, huge pages` is heddle in a
 * process that was started with GLIBC_TUNABLES=glibc.malloc.hugetlb=1 (Linux with glibc).
 */
import { EMBEDDED_GOALS } from '../goals.ts'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { LargeOperation, LargeOrder, LargeReply, LargeSample } from '../large/protocol.ts'
import { median, shown, spreadOf } from '../measurement.ts'
import type { Measurement, SuiteResult, Table } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { KEY_BYTES, VALUE_BYTES } from '../workload.ts'

interface Sizes {
  readonly keys: number
  readonly rounds: number
  readonly ms: number
  /** Long enough for collections of the whole heap. */
  readonly programMs: number
}

const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: { keys: 20_000, rounds: 1, ms: 20, programMs: 60 },
  default: { keys: 4_000_000, rounds: 5, ms: 300, programMs: 2500 },
  full: { keys: 4_000_000, rounds: 9, ms: 1000, programMs: 10_000 },
}

const SCRIPT = new URL('../large/process.ts', import.meta.url)
const HEAP_FLAG = '--max-old-space-size=6144'
const HUGE_PAGES = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' }
const HUGE = 'heddle, huge pages'
const SUBJECTS = process.platform === 'linux' ? ['Map', 'heddle', HUGE] : ['Map', 'heddle']
const OPERATIONS: readonly LargeOperation[] = [
  'get',
  'get in a program',
  'getBytes',
  'getMany 100',
  'getManyBytes 100',
]

const OF_MAP: readonly LargeOperation[] = ['get', 'get in a program']

/** What is asked of heddle: operation, beside what, and the bound; undefined: it is printed. */
const GOALS = [
  ['get', 'x Map', undefined],
  ['get in a program', 'x Map', EMBEDDED_GOALS.largeGetBesideMap],
  ['getMany 100', 'x get', undefined],
  ['getManyBytes 100', 'x get', EMBEDDED_GOALS.hundredBesideGets],
] as const

interface Cell {
  readonly subject: string
  readonly operation: LargeOperation
  readonly samples: LargeSample[]
}

export async function runLarge(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const sizes = SIZES[options.form]
  const cells = SUBJECTS.flatMap((subject) =>
    OPERATIONS.filter((operation) => subject !== 'Map' || OF_MAP.includes(operation)).map(
      (operation): Cell => ({ subject, operation, samples: [] }),
    ),
  )
  progress.step(`fills ${sizes.keys} keys`, 0, 1)
  const started = SUBJECTS.map((subject) => start(subject, sizes.keys, options.seed))
  try {
    const checksums = await Promise.all(started.map(({ ready }) => ready))
    if (new Set(checksums).size !== 1) throw new Error(`subjects disagree: ${checksums.join(' ')}`)
    for (let round = 0; round <= sizes.rounds; round++) {
      progress.step(`rounds, ${sizes.keys} keys`, round, sizes.rounds)
      for (const cell of inTurn(cells, round)) {
        const child = started[SUBJECTS.indexOf(cell.subject)]!.child
        const sample = await measure(child, cell.operation, sizes)
        if (round > 0) cell.samples.push(sample)
      }
    }
    const found = cells.flatMap((cell) => measurementsOf(cell, cells, sizes, checksums[0] ?? ''))
    return resultOf(found)
  } finally {
    for (const { child } of started) child.kill()
  }
}

/** Neighbours in one round have the other order in the next. */
function inTurn(cells: readonly Cell[], round: number): readonly Cell[] {
  const byOperation = OPERATIONS.flatMap((operation) =>
    cells.filter((cell) => cell.operation === operation),
  )
  return round % 2 === 0 ? byOperation : byOperation.reverse()
}

function start(subject: string, keys: number, seed: number) {
  const order: LargeOrder = { subject: subject === 'Map' ? 'Map' : 'heddle', keys, seed }
  const env = { ...process.env, ...(subject === HUGE && HUGE_PAGES) }
  const child = fork(SCRIPT, [JSON.stringify(order)], { execArgv: [HEAP_FLAG], env })
  const ready = replyOf(child, 'ready').then((reply) => reply.checksum)
  return { child, ready }
}

async function measure(child: ChildProcess, operation: LargeOperation, sizes: Sizes) {
  const ms = operation === 'get in a program' ? sizes.programMs : sizes.ms
  const reply = replyOf(child, 'sample')
  child.send({ operation, ms })
  return (await reply).sample
}

async function replyOf<K extends LargeReply['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<LargeReply, { kind: K }>> {
  const end = new AbortController()
  const { signal } = end
  const died = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`a process of the large suite ended with ${String(code)}`)
  })
  const told = once(child, 'message', { signal }) as Promise<LargeReply[]>
  const [reply] = await Promise.race([told, died]).finally(() => {
    died.catch(() => {})
    end.abort()
  })
  if (reply?.kind !== kind) throw new Error(`expected ${kind}, not ${String(reply?.kind)}`)
  return reply as Extract<LargeReply, { kind: K }>
}

function measurementsOf(
  cell: Cell,
  cells: readonly Cell[],
  sizes: Sizes,
  checksum: string,
): Measurement[] {
  const { subject, operation, samples } = cell
  const { keys, ms, programMs } = sizes
  const parameters = { keys, keyBytes: KEY_BYTES.short, valueBytes: VALUE_BYTES, ms, programMs }
  const of = (unit: string, values: readonly number[]): Measurement => ({
    suite: 'large',
    subject,
    operation,
    threads: 1,
    value: median(values),
    unit,
    spread: spreadOf(values),
    parameters,
    checksum,
  })
  const cpu = cpuOf(cell)
  const found = [
    of('CPU ns/op', cpu),
    of(
      'ns/op',
      samples.map((one) => one.ns / one.operations),
    ),
  ]
  const map = cells.find((one) => one.subject === 'Map' && one.operation === operation)
  if (subject !== 'Map' && map !== undefined) found.push(of('x Map', quotients(cpu, cpuOf(map))))
  const get = cells.find((one) => one.subject === subject && one.operation === 'get')
  if (operation.includes('Many') && get !== undefined) {
    found.push(of('x get', quotients(cpu, cpuOf(get))))
  }
  return found
}

function cpuOf({ samples }: Cell): number[] {
  return samples.map((one) => one.cpuNs / one.operations)
}

function quotients(values: readonly number[], bases: readonly number[]): number[] {
  return values.map((value, round) => value / (bases[round] as number))
}

function resultOf(measurements: readonly Measurement[]): SuiteResult {
  return {
    part: 'large',
    about: [
      'CPU of the whole process per operation, the collector included; 12-byte keys, built anew ' +
        'for each call, 32-byte values. Median (lowest-highest) of interleaved rounds.',
      '"get in a program": each tenth request writes, and each leaves an object with key and ' +
        'value, of which the last 65,536 stay referenced.',
      'getMany and getManyBytes are stated per key.',
    ],
    measurements,
    tables: [goalTable(measurements), timeTable(measurements)],
    charts: [],
  }
}

function goalTable(found: readonly Measurement[]): Table {
  const rows = GOALS.flatMap(([operation, unit, limit]) =>
    found
      .filter((one) => one.operation === operation && one.unit === unit)
      .map((one) => {
        const isMet = limit !== undefined && one.value <= limit
        return [
          `${one.subject}: ${operation}, ${unit}`,
          limit === undefined ? 'printed' : `at most ${limit}`,
          `${one.value.toFixed(2)} (${spreadText(one)})`,
          limit === undefined ? '' : isMet ? 'met' : 'missed',
        ]
      }),
  )
  return { title: 'heddle against its goals', columns: ['what', 'goal', 'measured', ''], rows }
}

function timeTable(found: readonly Measurement[]): Table {
  const rows = OPERATIONS.map((operation) => [
    operation,
    ...SUBJECTS.map((subject) => {
      const one = found.find(
        (each) =>
          each.subject === subject && each.operation === operation && each.unit === 'CPU ns/op',
      )
      return one === undefined ? '' : `${shown(one.value)} (${spreadText(one)})`
    }),
  ])
  return { title: 'CPU ns per operation', columns: ['operation', ...SUBJECTS], rows }
}

function spreadText({ spread }: Measurement): string {
  return spread === undefined ? '-' : `${shown(spread.low)}-${shown(spread.high)}`
}
