/**
 * The load that profile.ts looks at: the 90/10 mix of the micro suite on heddle, for some
 * seconds, either on the main thread (`main`) or on two worker threads (`workers`). Started as
 * `node profile-load.ts main 5`.
 */
import { Worker, isMainThread, workerData } from 'node:worker_threads'
import { BATCH, makeBatch } from './micro/operations.ts'
import type { Dataset } from './micro/operations.ts'
import { grantSubject, openSubject } from './subjects/open.ts'
import type { SubjectGrant } from './subjects/subject.ts'
import { KEY_PREFIX, keyOf, randomIds, valueFor } from './workload.ts'

interface LoadOrder {
  readonly grant: SubjectGrant
  readonly seconds: number
  readonly threadIndex: number
}

const KEYS = 100_000
const WORKERS = 2
const SEED = 7

if (isMainThread) begin(process.argv[2] ?? 'main', Number(process.argv[3] ?? 5))
else load(workerData as LoadOrder)

function begin(where: string, seconds: number): void {
  const granted = grantSubject('heddle', KEYS)
  const subject = openSubject(granted.grant)
  for (let id = 0; id < KEYS; id++) subject.set(keyOf(KEY_PREFIX.short, id), valueFor(id, 0))
  if (where === 'main') {
    load({ grant: granted.grant, seconds, threadIndex: 0 })
    return
  }
  for (let threadIndex = 0; threadIndex < WORKERS; threadIndex++) {
    const order: LoadOrder = { grant: granted.grant, seconds, threadIndex }
    new Worker(new URL(import.meta.url), { workerData: order })
  }
}

function load(order: LoadOrder): void {
  const subject = openSubject(order.grant)
  const freshValues = Array.from({ length: KEYS }, (_, id) => valueFor(id, 1))
  const data: Dataset = {
    shape: 'short',
    keys: KEYS,
    threadIndex: order.threadIndex,
    keyObjects: [],
    freshValues,
    order: randomIds(SEED + order.threadIndex, 256 * BATCH, KEYS),
  }
  const batch = makeBatch('90/10 mix', subject, data)
  const end = performance.now() + order.seconds * 1000
  let batches = 0
  for (; performance.now() < end; batches++) batch.run()
  const rate = Math.round((batches * BATCH) / order.seconds)
  process.stdout.write(`thread ${order.threadIndex}: ${rate} operations per second\n`)
  subject.close()
}
