/**
 * Writes that disturb, beside the load: entries that expire together, and entries that push others
 * out. Nothing is answered to them (memcached's noreply, CLIENT REPLY OFF), so that many get in.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Stand } from './stand.ts'

const SMALL = 'w'.repeat(32)
const LARGE = 'W'.repeat(1024)
const BATCH = 1_000
const STORM_EVERY_MS = 4
/** A wave is stored that much before it expires, at least. */
const WAVE_LEAD_MS = 1_500
const WAVE_SAMPLE = 0.05
const HASTE = 1.5
const MS_PER_S = 1000

export interface Wave {
  /** When it expires, ms since the epoch; a whole second. */
  readonly atMs: number
  readonly entries: number
}

function waveKey(n: number): string {
  return `wave:${String(n).padStart(8, '0')}`
}

function setCommand({ protocol }: Stand, key: string, value: string, expiresAtS: number): string {
  if (protocol === 'redis') {
    return `SET ${key} ${value}${expiresAtS === 0 ? '' : ` EXAT ${expiresAtS}`}\r\n`
  }
  return `set ${key} 0 ${expiresAtS} ${value.length} noreply\r\n${value}\r\n`
}

/** Until all that was sent before has been executed. */
export async function silently(stand: Stand, write: () => Promise<void>): Promise<void> {
  const { protocol, talk } = stand
  if (protocol === 'redis') await talk.send('CLIENT REPLY OFF\r\n')
  await write()
  if (protocol === 'redis') await talk.ask('CLIENT REPLY ON\r\n', /\+OK\r\n$/)
  else await talk.ask('mn\r\n', /MN\r\n$/)
}

async function store(stand: Stand, from: number, to: number, expiresAtS: number): Promise<void> {
  await silently(stand, async () => {
    for (let n = from; n < to; n += BATCH) {
      let text = ''
      for (let i = n; i < Math.min(to, n + BATCH); i++) {
        text += setCommand(stand, waveKey(i), SMALL, expiresAtS)
      }
      await stand.talk.send(text)
    }
  })
}

/** Stores entries that all expire at one second; how long that takes is tried with a few. */
export async function storeWave(stand: Stand, entries: number): Promise<Wave> {
  const sample = Math.ceil(entries * WAVE_SAMPLE)
  for (let tries = 1; tries <= 3; tries++) {
    const begunAt = Date.now()
    await store(stand, 0, sample, Math.ceil(begunAt / MS_PER_S) + 60)
    const wholeMs = ((Date.now() - begunAt) / WAVE_SAMPLE) * HASTE * tries
    const expiresAtS = Math.ceil((Date.now() + wholeMs + WAVE_LEAD_MS) / MS_PER_S)
    await store(stand, 0, entries, expiresAtS)
    const atMs = expiresAtS * MS_PER_S
    if (atMs - Date.now() >= WAVE_LEAD_MS) return { atMs, entries }
  }
  throw new Error(`${stand.name}: ${entries} entries took too long to store before they expired`)
}

/** How many of a sample of the wave are still there. */
export async function survivorsOf(stand: Stand, { entries }: Wave): Promise<number> {
  const step = Math.max(1, Math.floor(entries / 200))
  const keys: string[] = []
  for (let n = 0; n < entries; n += step) keys.push(waveKey(n))
  const { protocol, talk } = stand
  if (protocol === 'redis') {
    const reply = await talk.ask(`EXISTS ${keys.join(' ')}\r\n`, /^:\d+\r\n$/)
    return Number(reply.slice(1))
  }
  let found = 0
  for (let at = 0; at < keys.length; at += 50) {
    const reply = await talk.ask(`get ${keys.slice(at, at + 50).join(' ')}\r\n`, /END\r\n$/)
    found += reply.match(/^VALUE /gm)?.length ?? 0
  }
  return found
}

let stored = 0

async function storeLarge(stand: Stand, count: number): Promise<void> {
  let text = ''
  for (let n = 0; n < count; n++) text += setCommand(stand, `large:${stored++}`, LARGE, 0)
  await stand.talk.send(text)
}

/** As fast as the server takes them. */
export async function storeMany(stand: Stand, count: number): Promise<void> {
  await silently(stand, async () => {
    for (let n = 0; n < count; n += BATCH) await storeLarge(stand, Math.min(BATCH, count - n))
  })
}

/** At a rate, in small batches. */
export async function storm(stand: Stand, perSecond: number, seconds: number): Promise<void> {
  await silently(stand, async () => {
    const begunAt = performance.now()
    for (let sent = 0; sent < perSecond * seconds; ) {
      const due = Math.floor(((performance.now() - begunAt) / MS_PER_S) * perSecond) - sent
      if (due > 0) await storeLarge(stand, Math.min(due, BATCH))
      sent += Math.max(0, Math.min(due, BATCH))
      await delay(STORM_EVERY_MS)
    }
  })
}
