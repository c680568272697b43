/**
 * A process that fills an engine with entries of mixed lifetimes on an injected clock, then lets
 * them end while nothing is written, and prints what the steps of maintenance took for each.
 */
import { createEngine } from '../../src/index.ts'
import { maintainStep } from '../../src/engine/maintain.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { TtlLoad } from './ttl-load.ts'

export interface SweepOrder {
  /** Sets a second of the injected clock. */
  readonly rate: number
  readonly lowMs: number
  readonly highMs: number
  readonly memory: number
  readonly seed: number
}

export interface SweepFindings {
  /** Processor time. */
  readonly nsPerEntry: number
  readonly expirations: number
}

/** The clock goes on by so much between the turns of maintenance. */
const TURN_MS = 128
const TURNS = 24
/** The first turns compile. */
const UNCOUNTED = 4
/** Steps without an entry freed: everything was looked at. */
const IDLE_STEPS = 8

process.stdout.write(JSON.stringify(measure(JSON.parse(process.argv[2] ?? '{}'))))

function measure({ rate, lowMs, highMs, memory, seed }: SweepOrder): SweepFindings {
  const from = Date.UTC(2026, 0, 1)
  let now = from
  const engine = createEngine({ name: 'bench sweep', memory, now: () => now })
  const times = { low: lowMs, high: highMs, from, horizonMs: 2 * highMs, sliceMs: 10 }
  const load = new TtlLoad(engine, times, seed)
  for (; now - from < 1.5 * highMs; now += 1000 / rate) load.set(now)
  const view = viewOf(engine)
  let microseconds = 0
  let expirations = 0
  for (let turn = 0; turn < TURNS; turn++) {
    now += TURN_MS
    const before = process.cpuUsage()
    let freed = 0
    for (let idle = 0; idle < IDLE_STEPS; idle++) {
      const step = maintainStep(view)
      if (step > 0) idle = 0
      freed += step
    }
    const { user, system } = process.cpuUsage(before)
    if (turn < UNCOUNTED) continue
    microseconds += user + system
    expirations += freed
  }
  const { problems } = engine.verify()
  engine.close()
  if (problems.length > 0) throw new Error(`integrity: ${problems.join('; ')}`)
  if (expirations === 0) throw new Error('nothing was freed')
  return { nsPerEntry: (microseconds * 1000) / expirations, expirations }
}
