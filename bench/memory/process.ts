/**
 * A process that fills one engine and prints by how much its RSS grew. It first does the same
 * work on a small engine, which stays, so that compiled code and the heap's own growth are there
 * before the first reading; both readings follow a collection. How much the heap's young
 * generation still grew, which V8 sizes by its own rules, is measured beside. Afterwards it reads
 * every entry back and compares the whole value, and lets the integrity walker run.
 */
import { createEngine } from '../../src/index.ts'
import { growYoungGeneration, settledRss, youngBytes } from '../heap.ts'
import type { Engine } from '../subjects/shared.ts'
import { KEY_PREFIX, keyOf } from '../workload.ts'
import { accountFor } from './arithmetic.ts'
import type { Arithmetic } from './arithmetic.ts'

export interface MemoryOrder {
  readonly entries: number
  readonly valueBytes: number
  /** Budget in bytes. */
  readonly memory: number
}

export interface MemoryFindings {
  readonly rssGrowth: number
  readonly readable: number
  readonly evictions: number
  readonly problems: readonly string[]
  readonly arithmetic: Arithmetic
}

const KEY_BYTES = 24
const WARM_UP_ENTRIES = 50_000
const WARM_UP_MEMORY = 16 * 2 ** 20
const SCRATCH = Buffer.alloc(4096, '.')

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '{}'))))

async function measure(order: MemoryOrder): Promise<MemoryFindings> {
  const { entries, valueBytes, memory } = order
  const warmUp = createEngine({ name: 'bench memory warm-up', memory: WARM_UP_MEMORY })
  fill(warmUp, WARM_UP_ENTRIES, valueBytes)
  countReadable(warmUp, WARM_UP_ENTRIES, valueBytes)
  growYoungGeneration()
  const before = await settledRss()
  const youngBefore = youngBytes()
  const engine = createEngine({ name: 'bench memory', memory, expectedEntries: entries })
  fill(engine, entries, valueBytes)
  const rssGrowth = (await settledRss()) - before
  const youngGrowth = youngBytes() - youngBefore
  const readable = countReadable(engine, entries, valueBytes)
  const { plan } = engine.handle
  const shape = { entries, keyBytes: KEY_BYTES, valueBytes }
  return {
    rssGrowth,
    readable,
    evictions: entries - readable,
    problems: engine.verify().problems,
    arithmetic: accountFor(plan, shape, rssGrowth, youngGrowth),
  }
}

function storedText(id: number, bytes: number): string {
  SCRATCH.write(String(id).padStart(8, '0'), 0, 'latin1')
  return SCRATCH.toString('latin1', 0, bytes)
}

function fill(engine: Engine, entries: number, valueBytes: number): void {
  for (let id = 0; id < entries; id++) {
    engine.set(keyOf(KEY_PREFIX.long, id), storedText(id, valueBytes))
  }
}

function countReadable(engine: Engine, entries: number, valueBytes: number): number {
  let readable = 0
  for (let id = 0; id < entries; id++) {
    const value = engine.get<string>(keyOf(KEY_PREFIX.long, id))
    if (value === storedText(id, valueBytes)) readable++
  }
  return readable
}
