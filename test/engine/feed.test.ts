/**
 * The mutation feed: every change once and with its version while nothing overflows, whatever the
 * threads do to each other; what overflows is reported; what a dead thread left open is settled.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test, vi } from 'vitest'
import { CONTROL } from '../../native-layout/control-block.ts'
import { claimFlush, settleFlush } from '../../src/memory/commit.ts'
import { viewOf } from '../../src/engine/engine.ts'
import type { Engine, Mutation, MutationFeed } from '../../src/index.ts'
import { enter, leave } from '../../src/memory/row.ts'
import type { FeedOrders } from './feed-thread.ts'
import { FakeClock, openEngine, refusalOf } from './open-engine.ts'

const PROGRAM = new URL('./feed-thread.ts', import.meta.url)
const NOTICE = { timeout: 30_000, interval: 5 }

function kindsOf(feed: MutationFeed): string[] {
  return feed.poll().map(({ kind, key }) => `${kind} ${key}`.trim())
}

/** The last record of each key, by version. */
function replay(records: readonly Mutation[]): Map<string, Mutation> {
  const last = new Map<string, Mutation>()
  for (const record of [...records].sort((a, b) => a.version - b.version)) {
    if (record.key !== '') last.set(record.key, record)
  }
  return last
}

/** What the records say against what is stored; both at rest. */
function differences(engine: Engine, records: readonly Mutation[], keys: Iterable<string>) {
  const last = replay(records)
  const wrong: string[] = []
  for (const key of keys) {
    const stored = engine.gets(key)?.version
    const record = last.get(key)
    const told = record?.kind === 'PUT' ? record.version : undefined
    if (told !== stored) wrong.push(`${key}: ${record?.kind} ${told}, stored ${stored}`)
  }
  return wrong
}

async function start(orders: FeedOrders): Promise<Worker> {
  const worker = new Worker(PROGRAM, { workerData: orders })
  worker.on('error', () => {})
  await once(worker, 'message')
  return worker
}

test('every call that changes something is told once, with its version', () => {
  const clock = new FakeClock()
  const engine = openEngine({ feedBytes: '64kb', maxThreads: 4, now: clock.now })
  engine.set('before', 1)
  const feed = engine.mutations()
  engine.set('a', 'one')
  engine.append('a', 'two')
  engine.increment('n')
  engine.increment('n')
  engine.touch('a', 100)
  engine.add('a', 'refused')
  engine.delete('absent')
  engine.get('a')
  const { version } = engine.gets('a')!
  const told = feed.poll()
  expect(told.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
    'PUT a',
    'PUT a',
    'PUT n',
    'PUT n',
    'PUT a',
  ])
  expect(told.at(-1)!.version).toBe(version)
  clock.ms += 200
  expect(engine.get('a')).toBeUndefined()
  engine.delete('n')
  engine.namespace('x').set('a', 1)
  expect(kindsOf(feed)).toEqual(['EXPIRE a', 'DEL n', 'PUT a'])
  expect(feed.poll()).toEqual([])
})

test('a key that is no text is told by its bytes', () => {
  const engine = openEngine({ feedBytes: '64kb', maxThreads: 4 })
  const feed = engine.mutations()
  const key = new Uint8Array([255, 0, 128])
  engine.set(key, 1)
  expect([...feed.poll()[0]!.keyBytes]).toEqual([...key])
})

test('a flush is told with its count, and entries of before are known by their stamp', () => {
  const engine = openEngine({ feedBytes: '64kb', maxThreads: 4 })
  const feed = engine.mutations()
  const space = engine.namespace('x')
  space.set('k', 1)
  engine.clear()
  space.set('k', 2)
  space.clear()
  space.set('k', 3)
  const told = feed.poll()
  const flushes = told.filter(({ kind }) => kind === 'FLUSH')
  expect(flushes.map(({ space, stamp }) => [space, stamp])).toEqual([
    [0, 1],
    [1, 1],
  ])
  const alive = told.filter(({ kind, stamp }) => kind === 'PUT' && stamp >= feed.flushStamp(1))
  expect(alive.map(({ version }) => version)).toEqual([space.gets('k')!.version])
})

test('without feedBytes there is no feed; a second reader has to wait for the first', () => {
  const plain = openEngine()
  expect(refusalOf(() => plain.mutations()).code).toBe('HEDDLE_NO_FEED')
  const engine = openEngine({ feedBytes: '64kb', maxThreads: 4 })
  const feed = engine.mutations()
  expect(refusalOf(() => engine.mutations()).code).toBe('HEDDLE_NAME_TAKEN')
  engine.set('a', 1)
  feed.close()
  engine.set('b', 1)
  expect(feed.poll()).toEqual([])
  const again = engine.mutations()
  engine.set('c', 1)
  feed.close()
  expect(kindsOf(again)).toEqual(['PUT c'])
})

test('a ring goes round many times, whatever the lengths of the keys', () => {
  const engine = openEngine({ feedBytes: '8kb', maxThreads: 4 })
  const feed = engine.mutations()
  for (let n = 0; n < 20_000; n++) {
    const key = 'k'.repeat(1 + (n % 97))
    engine.set(key, n)
    if (n % 5 !== 4) continue
    const told = feed.poll()
    if (told.length !== 5 || told.at(-1)!.key !== key) throw new Error(`round ${n}: ${told.length}`)
  }
})

test('what overflows is a RESYNC, told after it happened, and blocks nobody', () => {
  const engine = openEngine({ feedBytes: '8kb', maxThreads: 4 })
  const feed = engine.mutations()
  for (let n = 0; n < 1000; n++) engine.set(`key ${n}`, n)
  expect(engine.size).toBe(1000)
  const told = feed.poll()
  expect(told[0]!.kind).toBe('RESYNC')
  expect(told.filter(({ kind }) => kind === 'RESYNC')).toHaveLength(1)
  engine.set('later', 1)
  expect(kindsOf(feed)).toEqual(['PUT later'])
})

test.each([
  ['plain', {}],
  ['tiny memory, so that entries are evicted', { memory: '2mb', valueBytes: 20_000 }],
  ['entries that expire', { ttl: 3 }],
])('three threads on few keys, %s: by version the records are the state', async (_, how) => {
  const { memory = '4mb', valueBytes = 40, ttl = 0 } = how as Record<string, never>
  const engine = openEngine({ feedBytes: '1mb', maxThreads: 4, memory })
  const feed = engine.mutations()
  const keys = valueBytes > 1000 ? 200 : 12
  const drains = new Int32Array(new SharedArrayBuffer(4))
  const orders = { handle: engine.handle, keys, valueBytes, ttl, forever: false, drains }
  const workers = await Promise.all([1, 2, 3].map((seed) => start({ ...orders, seed })))
  const records: Mutation[] = []
  let running = workers.length
  for (const worker of workers) worker.on('exit', () => running--)
  for (const worker of workers) worker.postMessage('write')
  await vi.waitUntil(() => {
    for (let told = feed.poll(); told.length > 0; told = feed.poll()) records.push(...told)
    Atomics.add(drains, 0, 1)
    return running === 0
  }, NOTICE)
  const names = Array.from({ length: keys }, (_, n) => `key ${n}`)
  if (ttl > 0) await vi.waitUntil(() => names.every((key) => engine.get(key) === undefined), NOTICE)
  records.push(...feed.poll(1e9))
  expect(records.filter(({ kind }) => kind === 'RESYNC')).toEqual([])
  expect(differences(engine, records, names)).toEqual([])
  const puts = records.filter(({ kind }) => kind === 'PUT').map((r) => `${r.key} ${r.version}`)
  expect(new Set(puts).size).toBe(puts.length)
  expect(puts.length).toBeGreaterThan(1000)
  const { evictions, expirations } = engine.stats()
  const told = (kind: string) => records.filter((record) => record.kind === kind).length
  expect(told('EVICT')).toBe(evictions.memory + evictions.slots + evictions.pages)
  if (ttl > 0) expect(told('EXPIRE')).toBe(expirations)
})

test('threads terminated in the midst of writing: no record too few, none too many', async () => {
  const engine = openEngine({ feedBytes: '1mb', maxThreads: 4 })
  const feed = engine.mutations()
  const records: Mutation[] = []
  const drain = () => {
    for (let told = feed.poll(); told.length > 0; told = feed.poll()) records.push(...told)
  }
  for (let round = 0; round < 12; round++) {
    const orders = { handle: engine.handle, keys: 6, valueBytes: 40, ttl: 0, forever: true }
    const worker = await start({ ...orders, seed: round })
    worker.postMessage('write')
    const before = records.length
    const grows = (): boolean => {
      drain()
      return records.length > before + 500
    }
    await vi.waitUntil(grows, NOTICE)
    await worker.terminate()
    await vi.waitUntil(() => engine.stats().threads === 1, NOTICE)
    drain()
    const names = Array.from({ length: 6 }, (_, n) => `key ${n}`)
    expect(differences(engine, records, names)).toEqual([])
  }
  expect(records.filter(({ kind }) => kind === 'RESYNC')).toEqual([])
})

test('a flush that a dead thread left open is told if its count is there', () => {
  const engine = openEngine({ feedBytes: '64kb', maxThreads: 4 })
  const feed = engine.mutations()
  const view = viewOf(engine)
  const told = [true, false].map((happened) => {
    enter(view)
    const count = view.control[CONTROL.EPOCH]! + 1
    claimFlush(view, 0, count)
    if (happened) view.control[CONTROL.EPOCH] = count
    settleFlush(view)
    leave(view)
    return kindsOf(feed)
  })
  expect(told).toEqual([['FLUSH'], []])
})

test('the reader that closes its engine, or dies, makes room for another', async () => {
  const engine = openEngine({ feedBytes: '1mb', maxThreads: 4 })
  const orders = { handle: engine.handle, keys: 1, valueBytes: 1, ttl: 0, seed: 1 }
  for (const end of ['closes', 'dies'] as const) {
    const worker = await start({ ...orders, forever: false, reads: end })
    expect(refusalOf(() => engine.mutations()).code).toBe('HEDDLE_NAME_TAKEN')
    worker.postMessage('end')
    await vi.waitUntil(() => engine.stats().threads === 1, NOTICE)
    engine.mutations().close()
  }
})
