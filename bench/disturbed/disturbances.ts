/**
 * What may disturb a server while it is under load, and what proves that it did: each reads a
 * counter, a reply or a clock that changes with nothing else, and throws where that has not moved.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { counterOf } from './stand.ts'
import type { Stand } from './stand.ts'
import { storeMany, storeWave, storm, survivorsOf } from './writer.ts'
import type { Wave } from './writer.ts'

export interface DisturbanceSizes {
  readonly waveEntries: number
  readonly stormPerSecond: number
  readonly pageMoves: number
  readonly heapObjects: number
  readonly scrapes: number
  readonly memoryMb: number
}

/** Made ready before the load begins. */
export interface Disturbance {
  readonly name: string
  /** When it will happen by itself, ms since the epoch; undefined: when `happen` is called. */
  readonly atMs?: number
  /** How long it may last. */
  readonly seconds: number
  /** Connections may be lost by it. */
  readonly mayLose?: boolean
  /** Keys may be lost by it. */
  readonly mayMiss?: boolean
  /** @returns what shows that it happened @throws where it did not */
  readonly happen: () => Promise<string>
  /** Looked at once the load is over. @returns more that shows it */
  readonly after?: () => Promise<string>
}

export type Preparation = (stand: Stand, sizes: DisturbanceSizes) => Promise<Disturbance>

const SCRAPE_EVERY_MS = 1_000
const STORM_SECONDS = 0.6
const PAGE_MOVE_EVERY_MS = 25
const WAVE_SECONDS = 1.2
const SHORT_SECONDS = 0.4
const LARGE_PER_MB = 900
const FILL_MB = 16
/** So many of the sets evict: there is neither free room nor anything that has expired. */
const FULL = 0.8

function refuse(stand: Stand, what: string, saw: string): never {
  throw new Error(`${stand.name}: ${what} did not happen: ${saw}`)
}

function isHeddle({ name }: Stand): boolean {
  return name.startsWith('heddle')
}

async function nothing(): Promise<Disturbance> {
  const happen = async () => {
    await delay(SHORT_SECONDS * 1000)
    return 'a second calm window'
  }
  return { name: 'nothing', seconds: SHORT_SECONDS, happen }
}

async function scraper(stand: Stand, { scrapes }: DisturbanceSizes): Promise<Disturbance> {
  const happen = async () => {
    let bytes = 0
    for (let n = 0; n < scrapes; n++) {
      if (n > 0) await delay(SCRAPE_EVERY_MS)
      const response = await fetch(`${stand.base}/metrics`)
      const text = await response.text()
      const isMetrics = response.status === 200 && text.includes('heddle_hits_total')
      if (!isMetrics) refuse(stand, 'a scrape', `${response.status} ${text.slice(0, 60)}`)
      bytes += text.length
    }
    return `${scrapes} scrapes, ${Math.round(bytes / scrapes / 1024)} KiB each`
  }
  return { name: 'a scraper each second', seconds: scrapes, happen }
}

async function flush(stand: Stand): Promise<Disturbance> {
  const isRedis = stand.protocol === 'redis'
  const happen = async () => {
    const reply = isRedis
      ? await stand.talk.ask('FLUSHALL\r\n', /^\+OK\r\n$/)
      : await stand.talk.ask('flush_all\r\n', /^OK\r\n$/)
    const name = isRedis ? 'keyspace_misses' : 'get_misses'
    const before = await counterOf(stand, name)
    await delay(100)
    const missed = (await counterOf(stand, name)) - before
    if (missed < 1) refuse(stand, 'a flush', `no miss followed ${reply.trim()}`)
    return `${missed} misses in the next 100 ms`
  }
  return { name: 'a flush', seconds: SHORT_SECONDS, mayMiss: true, happen }
}

async function evictionStorm(
  stand: Stand,
  { stormPerSecond, memoryMb }: DisturbanceSizes,
): Promise<Disturbance> {
  const name = stand.protocol === 'redis' ? 'evicted_keys' : 'evictions'
  const evictedBy = async (write: () => Promise<void>): Promise<number> => {
    const before = await counterOf(stand, name)
    await write()
    return (await counterOf(stand, name)) - before
  }
  const fill = () => storeMany(stand, FILL_MB * LARGE_PER_MB)
  for (let mb = 0; (await evictedBy(fill)) < FILL_MB * LARGE_PER_MB * FULL; mb += FILL_MB) {
    if (mb > 4 * memoryMb) throw new Error(`${stand.name} does not evict: ${mb} MB were stored`)
  }
  const happen = async () => {
    const evicted = await evictedBy(() => storm(stand, stormPerSecond, STORM_SECONDS))
    const stored = stormPerSecond * STORM_SECONDS
    if (evicted < stored / 10) refuse(stand, 'an eviction storm', `${evicted} were evicted`)
    return `${evicted} evicted by ${Math.round(stored)} sets of 1 KiB`
  }
  const seconds = STORM_SECONDS * 1.5
  return { name: 'an eviction storm', seconds, mayMiss: true, happen }
}

async function pageMove(
  stand: Stand,
  { pageMoves, memoryMb }: DisturbanceSizes,
): Promise<Disturbance> {
  const { talk } = stand
  await storeMany(stand, (memoryMb / 4) * LARGE_PER_MB)
  const text = await talk.ask('stats slabs\r\n', /END\r\n$/)
  const classes = [...text.matchAll(/^STAT (\d+):total_pages (\d+)/gm)]
    .map(([, id, pages]) => ({ id: Number(id), pages: Number(pages) }))
    .sort((a, b) => b.pages - a.pages)
  const from = classes[0]
  const to = from?.id === 20 ? 21 : 20
  if (from === undefined || from.pages < 3) refuse(stand, 'a page move', 'there are too few pages')
  const happen = async () => {
    const before = await counterOf(stand, 'slabs_moved')
    const replies = new Map<string, number>()
    for (let n = 0; n < pageMoves; n++) {
      const reply = await talk.ask(`slabs reassign ${from.id} ${to}\r\n`, /\r\n$/)
      const word = reply.split(' ', 1)[0]!.trim()
      replies.set(word, (replies.get(word) ?? 0) + 1)
      await delay(PAGE_MOVE_EVERY_MS)
    }
    const moved = (await counterOf(stand, 'slabs_moved')) - before
    const said = [...replies].map(([word, count]) => `${count} ${word}`).join(', ')
    if (moved < 1) refuse(stand, 'a page move', said)
    return `${moved} pages moved (${said})`
  }
  const seconds = (pageMoves * PAGE_MOVE_EVERY_MS * 2) / 1000
  return { name: 'page moves', seconds, mayMiss: true, happen }
}

async function expiryWave(stand: Stand, { waveEntries }: DisturbanceSizes): Promise<Disturbance> {
  const counters = { redis: 'expired_keys', heddle: 'reclaimed', memcached: 'curr_items' } as const
  const counter = isHeddle(stand) ? counters.heddle : counters[stand.protocol]
  const wave: Wave = await storeWave(stand, waveEntries)
  const before = await counterOf(stand, counter)
  const happen = async () => {
    await delay(Math.max(0, wave.atMs + WAVE_SECONDS * 1000 - Date.now()))
    const freed = Math.abs((await counterOf(stand, counter)) - before)
    return `${freed} of ${wave.entries} freed within ${WAVE_SECONDS} s (${counter})`
  }
  const after = async () => {
    const left = await survivorsOf(stand, wave)
    if (left > 0) refuse(stand, 'an expiry wave', `${left} of a sample of 200 are still there`)
    return 'a sample of 200 misses'
  }
  const seconds = WAVE_SECONDS + 0.2
  return { name: 'an expiry wave', atMs: wave.atMs, seconds, mayMiss: true, happen, after }
}

async function workerDeath(stand: Stand): Promise<Disturbance> {
  const happen = async () => {
    const reply = await stand.order({ kind: 'lose a worker' })
    const replaced = reply.kind === 'lost' ? reply.replaced : 0
    if (replaced !== 1) refuse(stand, "a worker's death", `${replaced} workers were replaced`)
    return 'its only worker was replaced'
  }
  return { name: "a worker's death", seconds: 1, mayLose: true, happen }
}

async function garbage(stand: Stand, { heapObjects }: DisturbanceSizes): Promise<Disturbance> {
  await stand.order({ kind: 'hold objects', objects: heapObjects })
  const happen = async () => {
    const reply = await stand.order({ kind: 'collect garbage' })
    if (reply.kind !== 'collected' || reply.ms === 0) {
      refuse(stand, 'a major collection', 'perf_hooks saw none')
    }
    return `major, ${reply.ms.toFixed(0)} ms, heap of ${reply.heapMb.toFixed(0)} MiB (perf_hooks)`
  }
  const after = async () => {
    await stand.order({ kind: 'hold objects', objects: 0 })
    return ''
  }
  return { name: 'a major garbage collection', seconds: 1, happen, after }
}

interface Entry {
  readonly prepare: Preparation
  readonly isFor: (stand: Stand) => boolean
}

const isWhole = ({ name }: Stand): boolean => !name.endsWith('apart')
const isHost = (stand: Stand): boolean => isHeddle(stand) && isWhole(stand)

/** Those that leave least behind come first. */
export const DISTURBANCES: readonly Entry[] = [
  { prepare: nothing, isFor: isWhole },
  { prepare: scraper, isFor: isHost },
  { prepare: garbage, isFor: isHeddle },
  { prepare: workerDeath, isFor: isHost },
  { prepare: expiryWave, isFor: isWhole },
  { prepare: pageMove, isFor: (stand) => stand.protocol === 'memcached' && isWhole(stand) },
  { prepare: flush, isFor: isWhole },
  { prepare: evictionStorm, isFor: isWhole },
]
