/**
 * A thread of the micro suite. It opens every subject, fills its private ones, and then measures
 * one cell (subject and operation) for a few milliseconds whenever the suite says so, with
 * tinybench: each of tinybench's samples is one batch. Threads that measure together meet at the
 * start line first, so that none runs alone at the beginning.
 *
 * Beside the elapsed time each sample carries the thread's own CPU time, which a neighbour on the
 * machine does not inflate (the kernel counts it in ticks: a batch gets none or a whole tick,
 * their sum is right). Allocation is measured apart: two batches right after a collection,
 * by the growth of the heap.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { Bench } from 'tinybench'
import { collectGarbage } from '../heap.ts'
import { fnv1a, median } from '../measurement.ts'
import { openSubject } from '../subjects/open.ts'
import type { Subject, SubjectName } from '../subjects/subject.ts'
import { KEY_PREFIX, keyOf, randomIds, valueFor } from '../workload.ts'
import { BATCH } from './operations.ts'
import type { Batch, Dataset, OperationName } from './operations.ts'
import type { Command, Reply, RoundSample, ThreadSetup } from './protocol.ts'

const ORDER_BATCHES = 256
const ALLOCATION_WARM_UP = 10
const ALLOCATION_ROUNDS = 7
const ALLOCATION_BATCHES = 2
const NS_PER_MS = 1e6
const MEETING_TURNS = 1e9

const setup = workerData as ThreadSetup
const port = parentPort
if (port === null) throw new Error('micro/thread.ts runs as a worker thread')

const data = makeDataset()
const startLine = new Int32Array(setup.startLine)
const subjects = new Map<SubjectName, Subject>()
const batches = new Map<string, Batch>()
const modules = new Map<SubjectName, typeof import('./operations.ts')>()

for (const grant of setup.grants) {
  subjects.set(grant.name, openSubject(grant))
  const copy = `./operations.ts?subject=${encodeURIComponent(grant.name)}`
  modules.set(grant.name, (await import(copy)) as typeof import('./operations.ts'))
}

port.on('message', (command: Command) => port.postMessage(answer(command)))
port.postMessage({ kind: 'done' } satisfies Reply)

function makeDataset(): Dataset {
  const { keys, shape, threadIndex, seed } = setup
  const keyObjects: string[] = []
  const freshValues: string[] = []
  for (let id = 0; id < keys; id++) {
    keyObjects.push(keyOf(KEY_PREFIX[shape], id))
    freshValues.push(valueFor(id, 1))
  }
  const order = randomIds(seed + threadIndex, ORDER_BATCHES * BATCH, keys)
  return { shape, keys, threadIndex, keyObjects, freshValues, order }
}

function answer(command: Command): Reply {
  switch (command.kind) {
    case 'fill':
      fill(command.shared)
      return { kind: 'done' }
    case 'measure': {
      const batch = batchOf(command.subject, command.operation)
      meet(command.meet)
      return { kind: 'sample', sample: measure(batch, command.ms) }
    }
    case 'allocation': {
      const batch = batchOf(command.subject, command.operation)
      return { kind: 'allocation', bytesPerOperation: measureAllocation(batch) }
    }
    case 'checksum':
      return { kind: 'checksum', checksum: checksumOf(subjectOf(command.subject)) }
    case 'close':
      for (const subject of subjects.values()) subject.close()
      port?.removeAllListeners('message')
      return { kind: 'done' }
  }
}

function subjectOf(name: SubjectName): Subject {
  const subject = subjects.get(name)
  if (subject === undefined) throw new Error(`no subject ${name}`)
  return subject
}

function batchOf(name: SubjectName, operation: OperationName): Batch {
  const cell = `${name} ${operation}`
  let batch = batches.get(cell)
  if (batch === undefined) {
    const copy = modules.get(name)
    if (copy === undefined) throw new Error(`no operations for ${name}`)
    batch = copy.makeBatch(operation, subjectOf(name), data)
    batches.set(cell, batch)
  }
  return batch
}

/** Private subjects are filled by each thread, shared ones by the thread that is told to. */
function fill(shared: boolean): void {
  for (const grant of setup.grants) {
    if (grant.name === 'none' || grant.isShared !== shared) continue
    const subject = subjectOf(grant.name)
    subject.fill(() => {
      for (let id = 0; id < data.keys; id++) {
        subject.set(data.keyObjects[id] as string, valueFor(id, 0))
      }
    })
  }
}

/**
 * Counts up the start line of so many threads and spins until all have: threads start within a
 * microsecond.
 */
function meet(threads: number): void {
  if (threads === 1) return
  const goal = Math.ceil((Atomics.add(startLine, threads, 1) + 1) / threads) * threads
  for (let turn = 0; turn < MEETING_TURNS; turn++)
    if (Atomics.load(startLine, threads) >= goal) return
  throw new Error(`the other of ${threads} threads never came to the start line`)
}

function measure(batch: Batch, ms: number): RoundSample {
  let cpuUs = 0
  let cpuAtStart = 0
  const bench = new Bench({ time: ms, iterations: 1, warmup: false, throws: true })
  bench.add('cell', () => batch.run(), {
    async: false,
    beforeEach() {
      cpuAtStart = threadCpuUs()
    },
    afterEach() {
      cpuUs += threadCpuUs() - cpuAtStart
      batch.undo()
    },
  })
  const [task] = bench.runSync()
  const result = task?.result
  if (result?.state !== 'completed') throw new Error(`measurement ended ${result?.state}`)
  const { samplesCount, mean } = result.latency
  return {
    operations: samplesCount * BATCH,
    ns: mean * samplesCount * NS_PER_MS,
    cpuNs: cpuUs * 1000,
  }
}

function threadCpuUs(): number {
  const usage = process.threadCpuUsage()
  return usage.user + usage.system
}

function measureAllocation(batch: Batch): number {
  for (let i = 0; i < ALLOCATION_WARM_UP; i++) {
    batch.run()
    batch.undo()
  }
  const perOperation: number[] = []
  for (let round = 0; round < ALLOCATION_ROUNDS; round++) {
    collectGarbage({ type: 'minor' }) // a full one takes seconds in a heap of millions of keys
    let grown = 0
    for (let i = 0; i < ALLOCATION_BATCHES; i++) {
      const before = process.memoryUsage().heapUsed
      batch.run()
      grown += process.memoryUsage().heapUsed - before
      batch.undo()
    }
    perOperation.push(grown / (ALLOCATION_BATCHES * BATCH))
  }
  return median(perOperation)
}

/** Reads everything, compares whole values, and digests what does not depend on the generation. */
function checksumOf(subject: Subject): number {
  let digest = fnv1a('')
  for (let id = 0; id < data.keys; id++) {
    const value = subject.get(data.keyObjects[id] as string)
    if (value !== valueFor(id, 0) && value !== valueFor(id, 1)) {
      throw new Error(`${subject.name}: id ${id} holds ${String(value)}`)
    }
    digest = fnv1a(value.slice(0, 8), digest)
  }
  return digest
}
