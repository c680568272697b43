/**
 * Threads in one process on one engine (or on caches of their own, or behind a lock): rounds of one
 * thread and of more, interleaved, with the timed loops of the micro suite. Each round gives how
 * many times the operations of one thread N do, by the clock and by processor time, and how many
 * races the engine lost in between.
 */
import { attachEngine } from '../../src/index.ts'
import type { EngineHandle } from '../../src/index.ts'
import type { OperationName } from '../micro/operations.ts'
import type { Command, Reply, RoundSample, ThreadSetup } from '../micro/protocol.ts'
import { grantSubject } from '../subjects/open.ts'
import type { SubjectName } from '../subjects/subject.ts'
import { linkWorker } from '../worker-link.ts'
import type { WorkerLink } from '../worker-link.ts'

export const OPERATIONS = ['90/10 mix', 'get hit, new key', 'overwrite'] as const
export const SUBJECTS = ['heddle', 'heddle+lock', 'lru-cache'] as const satisfies SubjectName[]
export type ScalingSubject = (typeof SUBJECTS)[number]

export interface ThreadsOrder {
  readonly keys: number
  readonly threads: readonly number[]
  readonly rounds: number
  readonly ms: number
  readonly seed: number
}

interface Block {
  cpuNs: number
  operations: number
}

/** One subject with one operation on so many threads. */
export interface ThreadsCell {
  readonly subject: ScalingSubject
  readonly operation: OperationName
  readonly keys: number
  readonly threads: number
  /** Of all threads together, one value per round. */
  readonly perSecond: number[]
  /** In blocks of rounds, since the kernel counts processor time in ticks of milliseconds. */
  readonly blocks: Block[]
  /** Races that heddle's engine lost in them. */
  casRetries: number
}

const CPU_BLOCKS = 4
type Link = WorkerLink<Command, Reply>

export function operationsOf({ blocks }: ThreadsCell): number {
  return blocks.reduce((sum, one) => sum + one.operations, 0)
}

/** Nanoseconds of processor time for each operation. */
export function cpuNsOf({ blocks }: Pick<ThreadsCell, 'blocks'>): number {
  const cpuNs = blocks.reduce((sum, one) => sum + one.cpuNs, 0)
  return cpuNs / blocks.reduce((sum, one) => sum + one.operations, 0)
}

export async function playThreads(
  order: ThreadsOrder,
  step: (round: number) => void,
): Promise<ThreadsCell[]> {
  const { keys, threads, rounds, ms, seed } = order
  const granted = SUBJECTS.map((name) => grantSubject(name, keys))
  const engine = attachEngine(granted[0]!.grant.handle as EngineHandle)
  const most = Math.max(...threads)
  const startLine = new SharedArrayBuffer((most + 1) * Int32Array.BYTES_PER_ELEMENT)
  const grants = granted.map(({ grant }) => grant)
  const links: Link[] = Array.from({ length: most }, (_, threadIndex) => {
    const setup: ThreadSetup = { threadIndex, keys, shape: 'short', seed, grants, startLine }
    return linkWorker(new URL('../micro/thread.ts', import.meta.url), { workerData: setup })
  })
  try {
    await Promise.all(links.map((link) => link.ready))
    await links[0]!.ask({ kind: 'fill', shared: true })
    await Promise.all(links.map((link) => link.ask({ kind: 'fill', shared: false })))
    const cells = OPERATIONS.flatMap((operation) =>
      threads.flatMap((count) => SUBJECTS.map((one) => newCell(one, operation, keys, count))),
    )
    for (let round = 0; round <= rounds; round++) {
      step(round)
      for (const cell of cells) {
        const before = engine.stats().casRetries
        const samples = await measure(links.slice(0, cell.threads), cell, ms)
        if (round > 0) keep(cell, samples, engine.stats().casRetries - before)
      }
    }
    await Promise.all(links.map((link) => link.ask({ kind: 'close' })))
    return cells
  } finally {
    await Promise.all(links.map((link) => link.end()))
    engine.close()
    for (const one of granted) one.release()
  }
}

function newCell(
  subject: ScalingSubject,
  operation: OperationName,
  keys: number,
  threads: number,
): ThreadsCell {
  const blocks = Array.from({ length: CPU_BLOCKS }, () => ({ cpuNs: 0, operations: 0 }))
  return { subject, operation, keys, threads, perSecond: [], blocks, casRetries: 0 }
}

async function measure(links: readonly Link[], cell: ThreadsCell, ms: number) {
  const { subject, operation, threads } = cell
  const command: Command = { kind: 'measure', subject, operation, ms, meet: threads }
  const replies = await Promise.all(links.map((link) => link.ask(command)))
  return replies.map((reply) => {
    if (reply.kind !== 'sample') throw new Error(`expected a sample, not ${reply.kind}`)
    return reply.sample
  })
}

function keep(cell: ThreadsCell, samples: readonly RoundSample[], casRetries: number): void {
  const operations = samples.reduce((sum, one) => sum + one.operations, 0)
  const cpuNs = samples.reduce((sum, one) => sum + one.cpuNs, 0)
  cell.perSecond.push(samples.reduce((sum, one) => sum + (one.operations / one.ns) * 1e9, 0))
  const block = cell.blocks[cell.perSecond.length % CPU_BLOCKS]!
  block.cpuNs += cpuNs
  block.operations += operations
  if (cell.subject === 'heddle') cell.casRetries += casRetries
}
