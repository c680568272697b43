/**
 * A worker of the history runs: in each round it calls the engine at random as the plan says, and
 * records each call on its tape. Between rounds it rests.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { AttachOptions, Engine, EngineHandle, Namespace } from '../../src/index.ts'
import {
  FILLERS,
  FROZEN,
  isCounter,
  keyName,
  MOST_KEYS,
  PLAN,
  type Random,
  randomFrom,
  SPACE_FROM,
} from './history-plan.ts'
import { type Details, lineOf, type Name, NAMES, Tape } from './history-tape.ts'

export interface HistoryOrders {
  /** Unique in the life of the engine: values say who wrote them. */
  readonly worker: number
  /** Its place: only the first ones are in a round. */
  readonly slot: number
  /** Address of the engine's entry file. */
  readonly entry: string
  readonly tape: SharedArrayBuffer
  readonly clock: SharedArrayBuffer
  readonly plan: SharedArrayBuffer
  readonly seed: number
  /** A twin that pauses freezes after so many accesses to shared memory; -1: never. */
  readonly doom: number
}

/** The engine of the rounds to come; without a handle there are none: it is to be closed. */
export interface TeamMessage {
  readonly handle?: EngineHandle
}

const LONGEST_TTL_MS = 12
/** A value with more values than that added to it is set anew. */
const MOST_VALUES = 12
const CALLS_PER_TURN = 32
const LARGEST_BYTES = 64 * 1024
const LONGEST_START_MS = 50

class Program {
  readonly #orders: HistoryOrders
  readonly #plan: Int32Array
  readonly #tape: Tape
  readonly #engine: Engine
  readonly #space: Namespace
  readonly #versions: number[] = []
  readonly #target = new Uint8Array(2 ** 20)
  readonly #lengths = new Int32Array(1)
  #sequence = 0
  #names: readonly Name[] = []
  #random: Random = randomFrom(1)

  constructor(orders: HistoryOrders, engine: Engine, plan: Int32Array) {
    this.#orders = orders
    this.#plan = plan
    this.#tape = new Tape(orders.tape, orders.clock)
    this.#engine = engine
    this.#space = engine.namespace('space')
  }

  async round(): Promise<void> {
    const plan = this.#plan
    if (this.#orders.slot >= plan[PLAN.WORKERS]) return
    this.#random = randomFrom(plan[PLAN.SEED] + this.#orders.worker * 7919)
    this.#names = NAMES.filter((_, at) => (plan[PLAN.NAMES] >>> at) & 1)
    this.#tape.rewind()
    arrive(plan)
    for (let n = 1; n <= plan[PLAN.CALLS] && !this.#tape.isFull(); n++) {
      while (this.#random(100) < plan[PLAN.FILL]) this.#fill()
      this.#call(this.#names[this.#random(this.#names.length)])
      if (plan[PLAN.TURNS] === 1 && n % CALLS_PER_TURN === 0) await nextTurn()
    }
  }

  /** Keys that come and go, unrecorded. */
  #fill(): void {
    const key = `filler ${this.#random(FILLERS)}`
    try {
      if (this.#random(4) === 0) this.#engine.delete(key)
      else this.#engine.set(key, 'f'.repeat(this.#size()))
    } catch (error) {
      const { code } = error as { code?: string }
      if (code !== 'HEDDLE_FULL' && code !== 'HEDDLE_CONTENDED') throw error
    }
  }

  #size(): number {
    const kind = this.#random(100)
    if (kind < 85) return this.#random(2 * this.#plan[PLAN.FAVOURED])
    return this.#random(kind < 99 ? 3000 : LARGEST_BYTES)
  }

  #call(name: Name): void {
    const key = this.#random(this.#plan[PLAN.KEYS])
    if (name === 'flush') this.#flush()
    else if (isCounter(key)) this.#onCounter(name, key)
    else this.#onText(name, key)
  }

  /** A flush now and then, not as often as other calls: it would empty most of the rest. */
  #flush(): void {
    if (this.#random(this.#plan[PLAN.FLUSH]) !== 0) return
    const key = this.#random(2) === 0 ? -1 : SPACE_FROM
    this.#record('flush', key, {}, () => (key < 0 ? this.#engine : this.#space).clear())
  }

  #onCounter(name: Name, key: number): void {
    const keys = this.#keysOf(key)
    const text = keyName(key)
    const by = 1 + this.#random(3)
    const ttl = this.#ttl()
    if (this.#readsOrRemoves(name, key)) return
    if (name === 'decr') {
      this.#record(name, key, { sequence: by, ttl }, () => keys.decrement(text, { by, ttl }))
    } else this.#record('incr', key, { sequence: by, ttl }, () => keys.increment(text, { by, ttl }))
  }

  #onText(name: Name, key: number): void {
    if (this.#readsOrRemoves(name, key)) return
    const keys = this.#keysOf(key)
    const text = keyName(key)
    const sequence = ++this.#sequence
    const value = this.#value(text, sequence)
    const ttl = this.#ttl()
    const options = ttl === undefined ? undefined : { ttl }
    if (name === 'add') {
      this.#record(name, key, { sequence, ttl }, () => keys.add(text, value, options))
    } else if (name === 'replace') {
      this.#record(name, key, { sequence, ttl }, () => keys.replace(text, value, options))
    } else if (name === 'cas') {
      if (this.#random(2) === 0) this.#gets(key)
      const version = this.#versions[key] ?? 1
      const details = { sequence, version, ttl }
      this.#record(name, key, details, () => keys.compareAndSet(text, value, version, options))
    } else if (name === 'append') {
      this.#record(name, key, { sequence }, () => keys.append(text, value))
    } else if (name === 'prepend') {
      this.#record(name, key, { sequence }, () => keys.prepend(text, value))
    } else this.#record('set', key, { sequence, ttl }, () => keys.set(text, value, options))
  }

  /** What is the same for all keys; false: not one of these. */
  #readsOrRemoves(name: Name, key: number): boolean {
    const keys = this.#keysOf(key)
    const text = keyName(key)
    if (name === 'get') this.#get(key)
    else if (name === 'gets') this.#gets(key)
    else if (name === 'has') this.#record(name, key, {}, () => keys.has(text))
    else if (name === 'delete') this.#record(name, key, {}, () => keys.delete(text))
    else if (name === 'touch') {
      const ttl = this.#ttl()
      this.#record(name, key, { ttl }, () => keys.touch(text, ttl))
    } else return false
    return true
  }

  #get(key: number): void {
    const keys = this.#keysOf(key)
    const text = keyName(key)
    const way = isCounter(key) ? 0 : this.#random(4)
    this.#record('get', key, {}, () => {
      if (way === 0) return keys.get(text)
      if (way === 1) return keys.getMany([text])[0]
      if (way === 2) keys.getManyBytes([text], this.#target, this.#lengths)
      const length = way === 2 ? this.#lengths[0]! : keys.getBytes(text, this.#target)
      return length < 0 ? undefined : this.#target.subarray(0, length)
    })
  }

  #gets(key: number): void {
    this.#tape.begin('gets', key)
    let value: unknown
    let version = 0
    try {
      const seen = this.#keysOf(key).gets(keyName(key))
      this.#tape.stop()
      value = seen?.value
      version = seen?.version ?? 0
      if (seen !== undefined) this.#versions[key] = version
    } catch (error) {
      this.#tape.stop()
      value = error
    }
    this.#tape.end(keyName(key), plain(value), version)
    this.#shorten(key, value)
  }

  #record(name: Name, key: number, details: Details, call: () => unknown): void {
    this.#tape.begin(name, key, details)
    let result: unknown
    try {
      result = call()
    } catch (error) {
      result = error
    }
    this.#tape.stop()
    this.#tape.end(keyName(key), plain(result))
    if (name === 'get') this.#shorten(key, result)
  }

  /** What many values were added to is deleted by who reads it. */
  #shorten(key: number, value: unknown): void {
    const text = plain(value)
    if (typeof text !== 'string' || text.split('\n').length <= MOST_VALUES) return
    this.#record('delete', key, {}, () => this.#keysOf(key).delete(keyName(key)))
  }

  #value(key: string, sequence: number): string | Uint8Array {
    const line = lineOf(key, this.#orders.worker, sequence, this.#size())
    return sequence % 3 === 1 ? Buffer.from(line, 'latin1') : line
  }
  #ttl(): number | undefined {
    if (this.#random(100) >= this.#plan[PLAN.TTL]) return undefined
    return 1 + this.#random(LONGEST_TTL_MS)
  }
  #keysOf(key: number): Engine | Namespace {
    return key < SPACE_FROM ? this.#engine : this.#space
  }
}

function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
}

/** Waits at the start line until all have arrived, or almost: one may be frozen. */
function arrive(plan: Int32Array): void {
  let arrived = Atomics.add(plan, PLAN.ARRIVED, 1) + 1
  Atomics.notify(plan, PLAN.ARRIVED)
  while (arrived < plan[PLAN.WORKERS]) {
    if (Atomics.wait(plan, PLAN.ARRIVED, arrived, LONGEST_START_MS) === 'timed-out') return
    arrived = Atomics.load(plan, PLAN.ARRIVED)
  }
}

/** Some workers keep values near: fewer than there are keys, or all. */
function nearOf({ seed, worker }: HistoryOrders): AttachOptions {
  const entries = [0, 3, 2 * MOST_KEYS][(seed + worker) % 3]!
  return entries === 0 ? {} : { near: { entries, maxItemSize: LARGEST_BYTES } }
}

async function work(orders: HistoryOrders): Promise<void> {
  // For a twin that pauses, see twin.ts.
  const plan = new Int32Array(orders.plan)
  const heddleFrozen = (): void => void Atomics.store(plan, PLAN.DONE_BY + orders.slot, FROZEN)
  Object.assign(globalThis, { heddleSeed: orders.seed, heddleDoom: orders.doom, heddleFrozen })
  const { attachEngine } = (await import(orders.entry)) as typeof import('../../src/index.ts')
  let engine: Engine | undefined
  let program: Program | undefined
  parentPort!.on('message', ({ handle }: TeamMessage) => {
    engine?.close()
    engine = handle && attachEngine(handle, nearOf(orders))
    program = engine && new Program(orders, engine, plan)
    parentPort!.postMessage('done')
  })
  for (;;) {
    const round = Atomics.load(plan, PLAN.ROUND)
    if (plan[PLAN.DONE_BY + orders.slot] !== round) {
      await program?.round()
      Atomics.store(plan, PLAN.DONE_BY + orders.slot, round)
    }
    // Not blocked while it rests: it may have to recover a neighbour.
    await Atomics.waitAsync(plan, PLAN.ROUND, round).value
  }
}

void work(workerData as HistoryOrders)
