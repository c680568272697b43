/**
 * A process that fills one heddle or one lru-cache and prints by how much its RSS grew; both
 * readings follow a collection. heddle's process first does the same work on a small one, which
 * stays, so that compiled code and the heap's own growth are there before the first reading; how
 * much the young generation still grew, which V8 sizes by its own rules, is measured beside. Of an
 * lru-cache the heap is the memory: what was warmed up before would be there for it to fill, and
 * not be seen. Afterwards every entry is read back and compared whole, and the integrity walker
 * runs.
 */
import { LRUCache } from 'lru-cache'
import { createEngine } from '../../src/index.ts'
import { growYoungGeneration, settledRss, youngBytes } from '../heap.ts'
import { accountFor } from './arithmetic.ts'
import type { Arithmetic } from './arithmetic.ts'
import { type Contents, keyFor, payloadOf, prefixOf, valueFor } from './contents.ts'

export interface MemoryOrder {
  readonly subject: 'heddle' | 'lru-cache'
  readonly contents: Contents
  /** Budget of heddle in bytes. */
  readonly memory: number
}

export interface MemoryFindings {
  readonly rssGrowth: number
  /** Bytes of all keys and values. */
  readonly payload: number
  readonly readable: number
  readonly problems: readonly string[]
  /** Of heddle. */
  readonly arithmetic?: Arithmetic
}

interface Cache {
  set(key: string, value: string): void
  get(key: string): string | undefined
}

const WARM_UP_ENTRIES = 50_000
const WARM_UP_MEMORY = 128 * 2 ** 20
/** The walker looks at every chunk and every slot. */
const MOST_VERIFIED = 2_000_000

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '{}'))))

async function measure(order: MemoryOrder): Promise<MemoryFindings> {
  const { contents } = order
  const warmUp = order.subject === 'heddle' ? warmedUp(order) : undefined
  const before = await settledRss()
  const youngBefore = youngBytes()
  const { cache, engine } = open(order, 'bench memory')
  fill(cache, contents)
  const rssGrowth = (await settledRss()) - before
  const youngGrowth = youngBytes() - youngBefore
  const readable = countReadable(cache, contents)
  const payload = payloadOf(contents)
  if (warmUp?.size === 0) throw new Error('the first engine did not stay')
  if (engine === undefined) return { rssGrowth, payload, readable, problems: [] }
  const problems = contents.entries > MOST_VERIFIED ? [] : engine.verify().problems
  const arithmetic = accountFor(engine.handle.plan, contents, rssGrowth, youngGrowth)
  return { rssGrowth, payload, readable, problems, arithmetic }
}

/** A small engine, kept: its memory is not given back between the readings. */
function warmedUp(order: MemoryOrder) {
  const { contents } = order
  const small = { ...contents, entries: Math.min(contents.entries, WARM_UP_ENTRIES) }
  const { cache, engine } = open({ ...order, contents: small, memory: WARM_UP_MEMORY }, 'warm-up')
  fill(cache, small)
  countReadable(cache, small)
  growYoungGeneration()
  return engine
}

function open({ subject, contents, memory }: MemoryOrder, name: string) {
  if (subject === 'lru-cache') {
    return { cache: new LRUCache<string, string>({ max: contents.entries }), engine: undefined }
  }
  const engine = createEngine({ name, memory, expectedEntries: contents.entries })
  const cache: Cache = {
    set: (key, value) => engine.set(key, value),
    get: (key) => engine.get<string>(key),
  }
  return { cache, engine }
}

function fill(cache: Cache, contents: Contents): void {
  const prefix = prefixOf(contents.keyBytes)
  for (let id = 0; id < contents.entries; id++) {
    cache.set(keyFor(prefix, id), valueFor(contents, id))
  }
}

function countReadable(cache: Cache, contents: Contents): number {
  const prefix = prefixOf(contents.keyBytes)
  let readable = 0
  for (let id = 0; id < contents.entries; id++) {
    if (cache.get(keyFor(prefix, id)) === valueFor(contents, id)) readable++
  }
  return readable
}
