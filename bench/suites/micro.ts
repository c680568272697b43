/**
 * Micro suite: how long does one operation take, on 1 and on N threads, next to what people use
 * today?
 *
 * All cells of a round (subject, operation, number of threads) are measured one after the other,
 * for a few milliseconds each, and rounds are repeated: the subjects are interleaved, so a slow
 * second of the machine hits all of them. Stated are the median of the rounds, the lowest and
 * highest, and the ratio to lru-cache, which is the median of the ratios within each round. With
 * N threads, Map and lru-cache are N separate caches.
 */
import { hex, median, spreadOf } from '../measurement.ts'
import type { Measurement, SuiteResult } from '../measurement.ts'
import { CACHES, GROUPS, LEAST_ROUNDS, cellsOf } from '../micro/groups.ts'
import type { Cell, CellRounds, Group } from '../micro/groups.ts'
import type { OperationName } from '../micro/operations.ts'
import type { Command, Reply, RoundSample, ThreadSetup } from '../micro/protocol.ts'
import type { RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { grantSubject } from '../subjects/open.ts'
import type { SubjectName } from '../subjects/subject.ts'
import { linkWorker } from '../worker-link.ts'
import type { WorkerLink } from '../worker-link.ts'
import { KEY_BYTES, VALUE_BYTES } from '../workload.ts'
import { microCharts, microTables } from './micro-report.ts'

const HEAP_MIB_OF_LARGE_RUNS = 6144
const LARGE_RUN_KEYS = 1_000_000

export async function runMicro(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const measurements: Measurement[] = []
  for (const one of GROUPS[options.form]) {
    measurements.push(...(await measureGroup(one, options, progress)))
  }
  return {
    part: 'micro',
    about: [
      'Nanoseconds per operation and thread (median of interleaved rounds), ' +
        '32-byte values, string in and out.',
      '"reused key" passes the very key objects that were inserted. In all other rows the ' +
        'key is built anew for each call, and building it is part of the time ' +
        '("build key" states it alone).',
      'heddle+lock is a second engine of the same size, every call of it under one mutex.',
      'On N threads Map and lru-cache are N separate caches; the others are one shared cache. ' +
        '"By CPU" is N times the CPU time per operation of one thread over that of N: ' +
        'what the growth would be if each thread had a core to itself.',
    ],
    measurements,
    tables: microTables(measurements),
    charts: microCharts(measurements),
  }
}

type Link = WorkerLink<Command, Reply>

async function measureGroup(one: Group, options: RunOptions, progress: Progress) {
  const names: SubjectName[] = ['none', ...CACHES, ...(one.withLmdb ? ['lmdb' as const] : [])]
  const threads = one.withThreads ? options.threads : 1
  const granted = names.map((name) => grantSubject(name, one.keys))
  const startLine = new SharedArrayBuffer((threads + 1) * Int32Array.BYTES_PER_ELEMENT)
  const links: Link[] = []
  for (let threadIndex = 0; threadIndex < threads; threadIndex++) {
    const setup: ThreadSetup = {
      threadIndex,
      keys: one.keys,
      shape: one.shape,
      seed: options.seed,
      grants: granted.map((subject) => subject.grant),
      startLine,
    }
    links.push(startThread(setup, one.keys))
  }
  try {
    await Promise.all(links.map((link) => link.ready))
    progress.step(`fills ${one.keys} keys`, 0, 1)
    await (links[0] as Link).ask({ kind: 'fill', shared: true })
    await Promise.all(links.map((link) => link.ask({ kind: 'fill', shared: false })))
    const cells = cellsOf(one, names, threads)
    await measureRounds(one, cells, links, progress)
    await measureAllocations(cells, links[0] as Link)
    const checksums = await checkContents(names, links[0] as Link)
    await Promise.all(links.map((link) => link.ask({ kind: 'close' })))
    return cells.flatMap((cell) => measurementsOf(one, cell, cells, checksums))
  } finally {
    await Promise.all(links.map((link) => link.end()))
    for (const subject of granted) subject.release()
  }
}

function startThread(setup: ThreadSetup, keys: number): Link {
  const file = new URL('../micro/thread.ts', import.meta.url)
  const resourceLimits =
    keys >= LARGE_RUN_KEYS ? { maxOldGenerationSizeMb: HEAP_MIB_OF_LARGE_RUNS } : {}
  return linkWorker<Command, Reply>(file, { workerData: setup, resourceLimits })
}

/** Round 0 warms every cell up and is not kept. */
async function measureRounds(
  one: Group,
  cells: readonly CellRounds[],
  links: readonly Link[],
  progress: Progress,
): Promise<void> {
  const startedAt = performance.now()
  const isLate = () => performance.now() - startedAt > one.seconds * 1000
  for (let round = 0; round <= one.rounds; round++) {
    if (round > LEAST_ROUNDS && isLate()) return
    progress.step(`rounds, ${one.keys} keys of ${KEY_BYTES[one.shape]} bytes`, round, one.rounds)
    for (const cell of cells) {
      const { subject, operation, threads } = cell
      const command: Command = { kind: 'measure', subject, operation, ms: one.ms, meet: threads }
      const replies = await Promise.all(links.slice(0, threads).map((link) => link.ask(command)))
      if (round > 0) keepRound(cell, replies.map(sampleOf))
    }
  }
}

function sampleOf(reply: Reply): RoundSample {
  if (reply.kind !== 'sample') throw new Error(`expected a sample, not ${reply.kind}`)
  return reply.sample
}

function keepRound(cell: CellRounds, samples: readonly RoundSample[]): void {
  let operations = 0
  let ns = 0
  let cpuNs = 0
  let perSecond = 0
  for (const sample of samples) {
    operations += sample.operations
    ns += sample.ns
    cpuNs += sample.cpuNs
    perSecond += (sample.operations / sample.ns) * 1e9
  }
  cell.ns.push(ns / operations)
  cell.perSecond.push(perSecond)
  cell.cpuNs += cpuNs
  cell.operations += operations
}

async function measureAllocations(cells: readonly CellRounds[], link: Link): Promise<void> {
  for (const cell of cells) {
    if (cell.threads !== 1) continue
    const { subject, operation } = cell
    const reply = await link.ask({ kind: 'allocation', subject, operation })
    if (reply.kind === 'allocation') cell.bytesPerOperation = reply.bytesPerOperation
  }
}

/** Every subject must hold the same values at the end. */
async function checkContents(names: readonly SubjectName[], link: Link) {
  const checksums = new Map<SubjectName, string>()
  for (const subject of names) {
    if (subject === 'none') continue
    const reply = await link.ask({ kind: 'checksum', subject })
    if (reply.kind === 'checksum') checksums.set(subject, hex(reply.checksum))
  }
  if (new Set(checksums.values()).size !== 1) {
    throw new Error(`subjects disagree: ${JSON.stringify([...checksums])}`)
  }
  return checksums
}

function measurementsOf(
  one: Group,
  cell: CellRounds,
  cells: readonly CellRounds[],
  checksums: ReadonlyMap<SubjectName, string>,
): Measurement[] {
  const { subject, operation, threads } = cell
  const parameters = {
    keys: one.keys,
    keyBytes: KEY_BYTES[one.shape],
    valueBytes: VALUE_BYTES,
    msPerRound: one.ms,
  }
  const checksum = checksums.get(subject) ?? hex(0)
  function state(unit: string, values: readonly number[]): Measurement {
    const value = median(values)
    const spread = spreadOf(values)
    return {
      suite: 'micro',
      subject,
      operation,
      threads,
      value,
      unit,
      spread,
      parameters,
      checksum,
    }
  }
  const found = [
    state('ns/op', cell.ns),
    state('CPU ns/op', [cell.cpuNs / cell.operations]),
    state('op/s', cell.perSecond),
  ]
  if (!Number.isNaN(cell.bytesPerOperation)) found.push(state('B/op', [cell.bytesPerOperation]))
  const baseline = baselineOf(cell, cells)
  if (baseline !== undefined) {
    found.push(state('x lru-cache', quotients(cell.ns, baseline.ns)))
  }
  const alone = threads === 1 ? undefined : findCell(cells, { subject, operation, threads: 1 })
  if (alone !== undefined) {
    found.push(state('x one thread', quotients(cell.perSecond, alone.perSecond)))
    const cpuAlone = alone.cpuNs / alone.operations
    const byCpu = (threads * cpuAlone * cell.operations) / cell.cpuNs
    if (cpuAlone > 0 && cell.cpuNs > 0) found.push(state('x one thread by CPU', [byCpu]))
  }
  return found
}

/** getBytes is compared with what lru-cache's users have: its get, with the same kind of key. */
function baselineOf(cell: CellRounds, cells: readonly CellRounds[]): CellRounds | undefined {
  if (cell.subject === 'none') return undefined
  const operation = cell.operation.replace('getBytes', 'get') as OperationName
  return findCell(cells, { subject: 'lru-cache', operation, threads: cell.threads })
}

function findCell(cells: readonly CellRounds[], wanted: Cell): CellRounds | undefined {
  return cells.find(
    (cell) =>
      cell.subject === wanted.subject &&
      cell.operation === wanted.operation &&
      cell.threads === wanted.threads,
  )
}

function quotients(values: readonly number[], bases: readonly number[]): number[] {
  return values.map((value, round) => value / (bases[round] as number))
}
