/**
 * A process with one cache of millions of keys. It fills it, and then measures one operation for a
 * while whenever the suite says so, by the CPU time of the whole process: a cache in the heap pays
 * for its entries again each time that the garbage collector marks them, on threads of its own.
 *
 * 'get in a program' is what brings the collector to work, as programs do: each request leaves an
 * object with its key and its value, of which the last IN_FLIGHT stay referenced, and each tenth
 * writes a new value. All other operations read, and drop what they read.
 */
import { fnv1a, hex } from '../measurement.ts'
import { BATCH, makeBatch, type Batch, type OperationName } from '../micro/operations.ts'
import { grantSubject, openSubject } from '../subjects/open.ts'
import type { Subject } from '../subjects/subject.ts'
import { KEY_PREFIX, keyOf, LAST_DIGIT_AT, randomIds, valueFor } from '../workload.ts'
import { collectGarbage } from '../heap.ts'
import type {
  LargeCommand,
  LargeOperation,
  LargeOrder,
  LargeReply,
  LargeSample,
} from './protocol.ts'

/** Requests whose objects are kept: they live longer than the young generation. */
const IN_FLIGHT = 1 << 16
const WRITE_EVERY = 10
const ORDER_BATCHES = 512
const WARM_UP_BATCHES = 100
const CHECKED_IDS = 1000
const DIGIT_ZERO = 48

const order = JSON.parse(process.argv[2] ?? '') as LargeOrder
const prefix = KEY_PREFIX.short
const granted = grantSubject(order.subject, order.keys)
const subject = openSubject(granted.grant)
const ids = randomIds(order.seed, ORDER_BATCHES * BATCH, order.keys)
const batches = new Map<LargeOperation, Batch>()

for (let id = 0; id < order.keys; id++) subject.set(keyOf(prefix, id), valueFor(id, 0))
collectGarbage()
process.on('message', (command: LargeCommand) => {
  tell({ kind: 'sample', sample: measure(batchOf(command.operation), command.ms) })
})
process.on('disconnect', () => process.exit())
tell({ kind: 'ready', checksum: checksumOf(subject) })

function tell(reply: LargeReply): void {
  process.send?.(reply)
}

function batchOf(operation: LargeOperation): Batch {
  let batch = batches.get(operation)
  if (batch === undefined) {
    batch = operation === 'get in a program' ? makeProgram(subject) : readsOf(operation)
    for (let n = 0; n < WARM_UP_BATCHES; n++) batch.run()
    batches.set(operation, batch)
  }
  return batch
}

const READS: Readonly<Record<Exclude<LargeOperation, 'get in a program'>, OperationName>> = {
  get: 'get hit, new key',
  getBytes: 'getBytes hit, new key',
  'getMany 100': 'getMany 100',
  'getManyBytes 100': 'getManyBytes 100',
}

function readsOf(operation: Exclude<LargeOperation, 'get in a program'>): Batch {
  const nothing: readonly string[] = []
  return makeBatch(READS[operation], subject, {
    shape: 'short',
    keys: order.keys,
    threadIndex: 0,
    keyObjects: nothing,
    freshValues: nothing,
    order: ids,
  })
}

/** What is left of a request. */
interface Request {
  readonly id: number
  readonly key: string
  readonly value: string
}

function makeProgram(cache: Subject): Batch {
  const inFlight: (Request | undefined)[] = new Array<undefined>(IN_FLIGHT).fill(undefined)
  let requests = 0
  let from = 0
  function run(): void {
    for (let i = from; i < from + BATCH; i++) {
      const id = ids[i] as number
      const key = keyOf(prefix, id)
      const value = cache.get(key)
      if (value?.charCodeAt(LAST_DIGIT_AT) !== DIGIT_ZERO + (id % 10)) {
        throw new Error(`wrong value for id ${id}: ${String(value)}`)
      }
      if (requests % WRITE_EVERY === 0) cache.set(key, valueFor(id, 1))
      inFlight[requests++ % IN_FLIGHT] = { id, key, value }
    }
    from = (from + BATCH) % ids.length
  }
  return { run, undo() {} }
}

function measure(batch: Batch, ms: number): LargeSample {
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  let operations = 0
  let elapsedMs = 0
  while (elapsedMs < ms) {
    batch.run()
    operations += BATCH
    elapsedMs = performance.now() - startedAt
  }
  const { user, system } = process.cpuUsage(cpu)
  return { operations, ns: elapsedMs * 1e6, cpuNs: (user + system) * 1000 }
}

function checksumOf(cache: Subject): string {
  let digest = fnv1a('')
  for (const id of ids.subarray(0, CHECKED_IDS)) {
    digest = fnv1a(cache.get(keyOf(prefix, id)) ?? 'absent', digest)
  }
  return hex(digest)
}
