/**
 * A process that stores new keys at a fixed rate in real time, and prints what its processor did in
 * a window of it: once with times to live that end at the same rate, once with times that do not.
 */
import { setTimeout } from 'node:timers/promises'
import { createEngine } from '../../src/index.ts'
import { type HeldShare, TtlLoad } from './ttl-load.ts'

export interface ExpiryOrder {
  /** Sets a second. */
  readonly rate: number
  readonly lowMs: number
  readonly highMs: number
  /** Before the window, and the window. */
  readonly warmUpMs: number
  readonly windowMs: number
  readonly memory: number
  readonly seed: number
}

export interface ExpiryFindings {
  /** Of one processor, in the window, in percent. */
  readonly cpuPercent: number
  readonly expirations: number
  readonly sets: number
  readonly windowMs: number
  readonly held: HeldShare
}

const LOOK_MS = 100

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '{}'))))

async function measure(order: ExpiryOrder): Promise<ExpiryFindings> {
  const { rate, lowMs, highMs, warmUpMs, windowMs, memory, seed } = order
  const engine = createEngine({ name: 'bench expiry', memory })
  const from = Date.now()
  const times = { low: lowMs, high: highMs, from, horizonMs: warmUpMs + 2 * windowMs, sliceMs: 10 }
  const load = new TtlLoad(engine, times, seed)
  await paced(load, rate, from, warmUpMs)
  load.forgetShares()
  const before = { cpu: process.cpuUsage(), at: performance.now(), sets: load.sets }
  const { expirations } = engine.stats()
  await paced(load, rate, from, warmUpMs + windowMs)
  const { user, system } = process.cpuUsage(before.cpu)
  const tookMs = performance.now() - before.at
  const { problems } = engine.verify()
  if (problems.length > 0) throw new Error(`integrity: ${problems.join('; ')}`)
  return {
    cpuPercent: (user + system) / tookMs / 10,
    expirations: engine.stats().expirations - expirations,
    sets: load.sets - before.sets,
    windowMs: tookMs,
    held: load.heldShare(),
  }
}

/** Sets what is due until so many ms after the start. */
async function paced(load: TtlLoad, rate: number, from: number, untilMs: number): Promise<void> {
  let lookAt = 0
  for (let now = Date.now(); now - from < untilMs; now = Date.now()) {
    const due = Math.floor(((now - from) * rate) / 1000)
    while (load.sets < due) load.set(now)
    if (now >= lookAt) {
      load.look(now)
      lookAt = now + LOOK_MS
    }
    await setTimeout(1)
  }
}
