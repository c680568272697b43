/**
 * Clients with caches of their own (near-cache.ts) while writers write increasing numbers through
 * all doors: Redis, memcached, and the engine itself. Two things are checked.
 *
 * While all is going on: a value from the server is never older than what was acknowledged when it
 * was asked for. In each quiet moment between two rounds of writing: what a client holds without
 * having been told otherwise is what the server has. Something that is told late is waited for, as
 * quiet cannot be seen from outside; what is not told within seconds of quiet is lost.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../../src/index.ts'
import { FORMS, NearCache } from './near-cache.ts'
import { RespSocket } from './resp-socket.ts'

export interface NearCachesOrder {
  readonly port: number
  readonly memcachedPort: number
  readonly seconds: number
  readonly seed: number
  /** Clients of each form. */
  readonly clients: number
  /** Where threads are killed, how often that was. */
  readonly kills: Int32Array | undefined
}

export interface NearCachesResult {
  writes: number
  reads: number
  hits: number
  invalidations: number
  flushes: number
  closed: number
  rounds: number
  /** What was held in the quiet moments and compared. */
  compared: number
  /** Told only after the comparison, within LOST_MS. */
  late: number
  problems: string[]
}

const KEYS = 60
const ROUND_MS = 500
const QUIET_MS = 60
const LOST_MS = 20_000
const RECONNECT_MS = 20
const MOST_PROBLEMS = 10
const MOST_TRIES = 50
/** In any time: on a busy machine one may take all of it. */
const LEAST_ROUNDS = 2
const LEAST_KILLS = 2

type Write = (key: string, value: number) => Promise<boolean>

export class NearCaches {
  readonly result: NearCachesResult = {
    ...{ writes: 0, reads: 0, hits: 0, invalidations: 0, flushes: 0, closed: 0 },
    ...{ rounds: 0, compared: 0, late: 0, problems: [] },
  }
  readonly #order: NearCachesOrder
  readonly #engine: Engine
  readonly #caches: NearCache[] = []
  /** By key, the highest number whose write was acknowledged. */
  readonly #acknowledged = new Map<string, number>()
  #random: number
  #isWriting = false
  #isOver = false

  constructor(order: NearCachesOrder, engine: Engine) {
    this.#order = order
    this.#engine = engine
    this.#random = order.seed >>> 0 || 1
  }

  async run(): Promise<NearCachesResult> {
    const { seconds, clients } = this.#order
    const writers = await this.#openWriters()
    const until = performance.now() + seconds * 1000
    for (const form of FORMS) {
      for (let n = 0; n < clients; n++) this.#caches.push(new NearCache(form, this.#order.port))
    }
    const readers = this.#caches.map((cache) => this.#readOn(cache))
    const { kills } = this.#order
    const isShort = () =>
      this.result.rounds < LEAST_ROUNDS ||
      (kills !== undefined && Atomics.load(kills, 0) < LEAST_KILLS)
    const isDue = () => performance.now() < until || isShort()
    while (isDue() && this.result.problems.length === 0) {
      this.#isWriting = true
      const writing = writers.map((write, index) => this.#writeOn(write, index, writers.length))
      await sleep(ROUND_MS)
      this.#isWriting = false
      await Promise.all(writing)
      await this.#compare()
      this.result.rounds++
    }
    this.#isOver = true
    for (const cache of this.#caches) cache.close()
    await Promise.all(readers)
    for (const { counts } of this.#caches) {
      for (const name of Object.keys(counts) as (keyof typeof counts)[]) {
        this.result[name] += counts[name]
      }
    }
    return this.result
  }

  #below(limit: number): number {
    this.#random ^= this.#random << 13
    this.#random ^= this.#random >>> 17
    this.#random ^= this.#random << 5
    return (this.#random >>> 0) % limit
  }

  #problem(text: string): void {
    if (this.result.problems.length < MOST_PROBLEMS) this.result.problems.push(text)
  }

  /** Reads keys at random until the end; connects anew whenever it is closed. */
  async #readOn(cache: NearCache): Promise<void> {
    while (!this.#isOver) {
      try {
        if (!cache.isOpen) await cache.open()
        const count = cache.form === 'many keys' ? 1 + this.#below(8) : 1
        const keys = new Set(Array.from({ length: count }, () => `k${this.#below(KEYS)}`))
        const before = new Map([...keys].map((key) => [key, this.#acknowledged.get(key) ?? 0]))
        const got = await cache.read([...keys])
        for (const [key, value] of got) {
          if (value === null || Number(value) >= before.get(key)!) continue
          this.#problem(
            `${cache.form}: ${key} is ${value}, and ${before.get(key)} was acknowledged`,
          )
        }
        if (got.size === 0) await sleep(1)
      } catch (error) {
        if (!/closed/.test(String(error))) this.#problem(`${cache.form}: ${String(error)}`)
        await sleep(RECONNECT_MS)
      }
    }
  }

  /** Writes to keys of its own until the round is over. */
  async #writeOn(write: Write, index: number, writers: number): Promise<void> {
    while (this.#isWriting) {
      const key = `k${this.#below(Math.floor(KEYS / writers)) * writers + index}`
      const value = ++this.result.writes
      if (await write(key, value)) this.#acknowledged.set(key, value)
      if (this.#below(4) === 0) await sleep(1)
    }
  }

  /** What is held must be so, at the latest LOST_MS after the last write. */
  async #compare(): Promise<void> {
    await sleep(QUIET_MS)
    const patience = performance.now() + LOST_MS
    // What has expired is found by this.
    await this.#values()
    await sleep(QUIET_MS)
    for (const cache of this.#caches) this.result.compared += cache.held.size
    let stale = await this.#stale()
    this.result.late += stale.length
    while (stale.length > 0 && performance.now() < patience) {
      await sleep(QUIET_MS)
      stale = await this.#stale()
    }
    for (const text of stale) this.#problem(text)
  }

  async #stale(): Promise<string[]> {
    const values = await this.#values()
    await Promise.all(this.#caches.map((cache) => cache.settle().catch(() => {})))
    const stale: string[] = []
    for (const cache of this.#caches) {
      for (const [key, held] of cache.held) {
        const value = values[Number(key.slice(1))]!
        if (held !== value) stale.push(`${cache.form}: ${key} is ${value}, ${held} is still held`)
      }
    }
    return stale
  }

  /** What the server has, by the number of the key. A worker may die meanwhile. */
  async #values(): Promise<(string | null)[]> {
    const names = Array.from({ length: KEYS }, (_, n) => `k${n}`)
    for (let tries = 1; ; tries++) {
      const checker = await RespSocket.open(this.#order.port)
      try {
        return (await checker.ask(['MGET', ...names])) as (string | null)[]
      } catch (error) {
        if (tries === MOST_TRIES) throw error
        await sleep(RECONNECT_MS)
      } finally {
        checker.end()
      }
    }
  }

  async #openWriters(): Promise<Write[]> {
    const { port, memcachedPort } = this.#order
    const inProcess: Write = async (key, value) => {
      this.#engine.set(key, Buffer.from(String(value)))
      return true
    }
    return [this.#redisWriter(port), this.#redisWriter(port), inProcess, memcached(memcachedPort)]
  }

  /** All kinds of writes; what is not acknowledged may have happened. */
  #redisWriter(port: number): Write {
    let socket: RespSocket | undefined
    return async (key, value) => {
      try {
        if (socket === undefined || socket.isClosed) socket = await RespSocket.open(port)
        const kind = this.#below(100)
        const text = String(value)
        if (kind < 60) await socket.ask(['SET', key, text])
        else if (kind < 75) await socket.ask(['SET', key, text, 'PX', String(1 + this.#below(60))])
        else if (kind < 80) await socket.ask(['MSET', key, text])
        else if (kind < 90) await inTransaction(socket, ['SET', key, text])
        else if (kind < 99) await socket.ask(['DEL', key])
        else await socket.ask(['FLUSHALL'])
        return kind < 60 || (kind >= 75 && kind < 90)
      } catch {
        await sleep(RECONNECT_MS)
        return false
      }
    }
  }
}

function memcached(port: number): Write {
  let socket: Socket | undefined
  return async (key, value) => {
    if (socket === undefined || socket.destroyed) {
      socket = connect(port, '127.0.0.1')
      socket.setNoDelay(true)
      socket.on('error', () => {})
    }
    const text = String(value)
    const reply = answerOf(socket)
    socket.write(`set ${key} 0 0 ${text.length}\r\n${text}\r\n`)
    const isStored = (await reply) === 'STORED\r\n'
    if (!isStored) await sleep(RECONNECT_MS)
    return isStored
  }
}

async function inTransaction(socket: RespSocket, command: readonly string[]): Promise<void> {
  await Promise.all([['MULTI'], command, ['EXEC']].map((words) => socket.ask(words)))
}

/** What comes next; nothing when the connection is closed. */
function answerOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const tell = (bytes: Buffer | boolean): void => {
      socket.off('data', tell)
      socket.off('close', tell)
      resolve(String(bytes))
    }
    socket.once('data', tell)
    socket.once('close', tell)
  })
}
