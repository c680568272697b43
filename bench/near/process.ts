/**
 * A process that measures hot gets of one kind of value and one scene, some subjects in turn, and
 * prints what it found as JSON. The engine without a near cache has a process of its own: so each
 * is compiled as in a program that uses it alone.
 */
import { LRUCache } from 'lru-cache'
import { createEngine } from '../../src/index.ts'
import { collectGarbage } from '../heap.ts'
import { fnv1a, hex, median } from '../measurement.ts'
import { KEY_PREFIX, keyOf, randomNumbers, valueFor } from '../workload.ts'
import type { Cache, Loop, User } from './loops.ts'
import type { HotScene, KeyKind, NearCell, NearOrder, NearSubject } from './protocol.ts'

interface Store extends Cache {
  set(key: string, value: unknown): unknown
}

const PREFIX = KEY_PREFIX.short
const KEY_KINDS: readonly KeyKind[] = ['new key', 'reused key']
const ORDER = 1 << 16
const BLOCK = 512
const WARM_UP_ROUNDS = 3
const ALLOCATION_OPERATIONS = 20_000
const ALLOCATION_ROUNDS = 7
const BYTES_PER_ENTRY = 512
/** Stored keys that lie between two hot ones. */
const STRIDE = 7919

const order = JSON.parse(process.argv[2] ?? '{}') as NearOrder
const keyObjects = Array.from({ length: order.keys }, (_, id) => keyOf(PREFIX, id))
process.stdout.write(JSON.stringify(await measure()))

async function measure(): Promise<NearCell[]> {
  const stores = order.subjects.map((subject) => [subject, open(subject)] as const)
  for (let id = 0; id < order.keys; id++) {
    for (const [, store] of stores) store.set(keyObjects[id]!, storedFor(id))
  }
  const cells: NearCell[] = []
  for (const key of KEY_KINDS) cells.push(...(await measureCells(stores, order.scene, key)))
  for (const [subject, store] of stores) if (subject === 'heddle near') checkKept(store)
  return cells
}

function open(subject: NearSubject): Store {
  if (subject === 'Map') return new Map<string, unknown>()
  if (subject === 'lru-cache') return new LRUCache<string, object>({ max: order.keys }) as Store
  return createEngine({
    name: subject,
    memory: Math.max(2 ** 24, order.keys * BYTES_PER_ENTRY),
    expectedEntries: order.keys,
    ...(subject === 'heddle near' && { near: { entries: order.scene.hot } }),
  })
}

function storedFor(id: number): unknown {
  if (order.values === 'string') return valueFor(id, 0)
  return { id, name: `user number ${id}`, roles: ['reader', 'writer'] } satisfies User
}

async function measureCells(
  stores: readonly (readonly [NearSubject, Store])[],
  scene: HotScene,
  key: KeyKind,
): Promise<NearCell[]> {
  const ids = idsOf(scene)
  const loops: (readonly [NearSubject, Loop])[] = []
  for (const [subject, store] of stores) {
    const copy = `./loops.ts?${encodeURIComponent(`${subject} ${scene.label} ${key}`)}`
    const { makeLoop } = (await import(copy)) as typeof import('./loops.ts')
    loops.push([subject, makeLoop(store, order.values, key, PREFIX, keyObjects)])
  }
  const found = loops.map(([subject, loop]) => {
    const checksum = hex(fnv1a(String(loop(ids, 0, ORDER))))
    return { subject, ns: [] as number[], checksum }
  })
  for (let round = -WARM_UP_ROUNDS; round < order.rounds; round++) {
    for (const [at, [, loop]] of loops.entries()) {
      const ns = slice(loop, ids)
      if (round >= 0) found[at]!.ns.push(ns)
    }
  }
  return found.map((cell, at) => {
    const bytesPerOperation = allocationOf(loops[at]![1], ids)
    return { ...cell, scene: scene.label, key, bytesPerOperation }
  })
}

/** Processor time of one operation, over a slice of time; V8's helpers are in it. */
function slice(loop: Loop, ids: Uint32Array): number {
  const end = performance.now() + order.ms
  const before = process.cpuUsage()
  let operations = 0
  for (let at = 0; performance.now() < end; at = (at + BLOCK) % ORDER) {
    loop(ids, at, at + BLOCK)
    operations += BLOCK
  }
  const { user, system } = process.cpuUsage(before)
  return (Math.max(1, user + system) * 1000) / operations
}

function allocationOf(loop: Loop, ids: Uint32Array): number {
  const grown: number[] = []
  for (let round = 0; round < ALLOCATION_ROUNDS; round++) {
    collectGarbage({ type: 'minor' })
    const before = process.memoryUsage().heapUsed
    loop(ids, 0, ALLOCATION_OPERATIONS)
    grown.push((process.memoryUsage().heapUsed - before) / ALLOCATION_OPERATIONS)
  }
  return Math.max(0, median(grown))
}

/** Hot ids, spread over all, in the order in which they are asked for. */
function idsOf({ hot, skew }: HotScene): Uint32Array {
  const next = randomNumbers(order.seed)
  let sum = 0
  const upTo = Array.from({ length: hot }, (_, rank) => (sum += 1 / (rank + 1) ** skew))
  return Uint32Array.from({ length: ORDER }, () => {
    const drawn = (next() / 2 ** 32) * sum
    let [low, high] = [0, hot - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (upTo[middle]! < drawn) low = middle + 1
      else high = middle
    }
    return (low * STRIDE) % order.keys
  })
}

/** What is called a near hit is one: an object is given again. */
function checkKept(store: Store): void {
  if (order.values === 'string') return
  const { hot } = order.scene
  let kept = 0
  for (let rank = 0; rank < hot; rank++) {
    const key = keyObjects[(rank * STRIDE) % order.keys]!
    const first = store.get(key)
    if (store.get(key) === first) kept++
  }
  if (kept < hot * 0.99) throw new Error(`${kept} of ${hot} hot values are kept near`)
}
