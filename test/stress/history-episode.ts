/**
 * One engine of the history runs, and the rounds that workers do on it: each is recorded, and
 * checked while the next one is on. See histories.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../../src/index.ts'
import { checkHistory, describeWitness } from '../linearize/check.ts'
import type { Call } from '../linearize/history.ts'
import { ABSENT, type KeyState, present } from '../linearize/model.ts'
import {
  flushedBy,
  keyName,
  MOST_KEYS,
  planRound,
  type Random,
  SPACE_FROM,
} from './history-plan.ts'
import { EVICTIONS, type EvictionName } from '../../src/engine/eviction/names.ts'
import { createTape, readTape, Tape } from './history-tape.ts'
import type { Team } from './history-team.ts'

import type { HistoriesOptions, Totals } from './histories.ts'
const RECOVERY_TIMEOUT_MS = 20_000
interface Variant {
  readonly eviction: EvictionName
  readonly maxEntries?: number
}
const EVICTING = EVICTIONS.filter((name) => name !== 'none')
const MOST_ENTRIES = 300
const CALLS_OF_A_ROUND = 2400
/** One round in so many has deaths. */
const ROUNDS_PER_DEATH = 4
const TAPE_DOUBLES = 64 * 1024

/** More evictions than that during a round are taken for any number: the search would be long. */
const MOST_COUNTED = 8

interface History {
  readonly calls: readonly Call[]
  /** Entries that may have been lost in it. */
  readonly losses: number
  readonly initial: Readonly<Record<string, KeyState>>
}

export interface Run {
  readonly options: HistoriesOptions
  readonly totals: Totals
  readonly random: Random
  readonly clock: SharedArrayBuffer
  readonly team: Team
  readonly number: number
}

/** A third evicts nothing, a third bounds the entries too; who evicts does so by any policy. */
function variantFrom(random: Random): Variant {
  const kind = random(3)
  if (kind === 0) return { eviction: 'none' }
  const eviction = EVICTING[random(EVICTING.length)]!
  return kind === 1 ? { eviction, maxEntries: MOST_ENTRIES } : { eviction }
}

/** One engine. */
export class Episode {
  readonly #run: Run
  readonly #options: HistoriesOptions
  readonly #totals: Totals
  readonly #random: Random
  readonly #clock: Int32Array
  readonly #team: Team
  readonly #tape = createTape(TAPE_DOUBLES)
  readonly #variant: Variant
  #initial: Record<string, KeyState> = {}
  #engine!: Engine
  /** Evictions, and threads that were killed, each maybe between an eviction and its count. */
  #lossesBefore = 0
  /** How long the last round took. */
  #roundMs = 10

  constructor(run: Run) {
    this.#run = run
    this.#options = run.options
    this.#totals = run.totals
    this.#random = run.random
    this.#clock = new Int32Array(run.clock)
    this.#team = run.team
    this.#variant = variantFrom(run.random)
  }

  async run(end: number): Promise<void> {
    const { entry } = this.#options
    const { createEngine } = (await import(entry)) as typeof import('../../src/index.ts')
    const name = `history ${this.#run.number}`
    const common = { name, memory: '2mb', maxThreads: 40, segmentBytes: 64 * 1024 } as const
    const seed = this.#random(1 << 30)
    this.#engine = createEngine({ ...common, seed, ...this.#variant })
    await this.#team.use(this.#engine.handle)
    this.#lossesBefore = this.#team.kills
    await this.#rounds(end)
    if (this.#totals.problems.length === 0) await this.#close()
  }

  async #rounds(end: number): Promise<void> {
    let last: History | undefined
    while (performance.now() < end && this.#totals.problems.length === 0) {
      // The first round of an engine, too: a short run on a busy machine has few others.
      const isDeadly = last === undefined || this.#random(ROUNDS_PER_DEATH) === 0
      if (isDeadly) last = this.#check(last)
      const threads = 2 + this.#random(this.#team.size - 1)
      const calls = Math.ceil(CALLS_OF_A_ROUND / threads / (this.#options.isPaused ? 4 : 1))
      this.#clock[0] = 0
      planRound(this.#team.plan, this.#random, calls, threads)
      const started = performance.now()
      this.#team.startRound()
      if (isDeadly) await this.#killSome(threads)
      else last = this.#check(last)
      await this.#team.endRound()
      if (this.#totals.problems.length > 0) {
        await this.#autopsy()
        return
      }
      await this.#recovered()
      last = this.#collect()
      this.#roundMs = performance.now() - started
      const callsPerMs = last.calls.length / this.#roundMs
      this.#totals.callsPerSecond = Math.max(this.#totals.callsPerSecond, callsPerMs * 1000)
      if (this.#team.alive < this.#team.size) {
        this.#verify()
        await this.#team.fill()
      }
    }
    this.#check(last)
  }

  async #killSome(threads: number): Promise<void> {
    for (let deaths = 1 + this.#random(2); deaths > 0; deaths--) {
      await sleep(this.#random(Math.max(2, this.#roundMs >>> 1)))
      await this.#team.kill(this.#random, threads)
    }
  }

  /** What the threads have seen before all stood still may say more than that they did. */
  async #autopsy(): Promise<void> {
    await this.#team.dismiss()
    const losses = this.#mayLose ? Infinity : 0
    this.#check({ calls: this.#callsUntil([Infinity, Infinity]), initial: this.#initial, losses })
  }

  /** Until the dead are recovered: from then on nothing of theirs may take effect. */
  async #recovered(living = (): number => this.#team.alive): Promise<void> {
    const end = performance.now() + RECOVERY_TIMEOUT_MS
    while (this.#engine.stats().threads > living() + 1) {
      if (performance.now() > end) {
        this.#complain('dead threads are still attached')
        return
      }
      await this.#team.bury() // Who freezes at rest may have been about to recover another.
      await sleep(1)
    }
  }

  /** The history of the round that has ended, and what the next one begins with. */
  #collect(): History {
    const initial = this.#initial
    const settled = [Atomics.add(this.#clock, 0, 1) + 1, Date.now()] as const
    const calls = this.#callsUntil(settled)
    const ends = this.#readKeys()
    const last = this.#callsOn(0, this.#tape, settled)
    this.#initial = Object.fromEntries(
      last.map((call, at) => [call.key, stateAfter(call, ends[at], initial[call.key])]),
    )
    return { calls: [...calls, ...last], initial, losses: this.#lossesSince() }
  }

  get #mayLose(): boolean {
    return this.#variant.eviction !== 'none'
  }
  /** At most so many entries were lost in the round. */
  #lossesSince(): number {
    const total = evictionsOf(this.#engine) + this.#team.kills
    const losses = total - this.#lossesBefore
    this.#lossesBefore = total
    if (!this.#mayLose) return 0
    if (losses > MOST_COUNTED) return Number.POSITIVE_INFINITY
    this.#totals.bounded++
    return losses
  }

  #callsUntil(settled: readonly [number, number]): Call[] {
    return this.#team.tapes().flatMap(({ number, tape }) => this.#callsOn(number, tape, settled))
  }
  #callsOn(worker: number, tape: SharedArrayBuffer, settled: readonly [number, number]): Call[] {
    const complain = (text: string): void => this.#complain(text)
    return readTape(tape, { worker, keyName, flushed: flushedBy, settled, complain })
  }

  /** Reads every key onto the runner's tape; gives when each ends, by the wall clock. */
  #readKeys(): (readonly [number, number])[] {
    const space = this.#engine.namespace('space')
    const tape = new Tape(this.#tape, this.#run.clock)
    tape.rewind()
    return Array.from({ length: MOST_KEYS }, (_, key) => {
      const keys = key < SPACE_FROM ? this.#engine : space
      const name = keyName(key)
      tape.begin('gets', key)
      const seen = keys.gets(name)
      tape.stop()
      const value = seen?.value
      const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
      tape.end(name, text, seen?.version)
      const before = Date.now()
      const left = keys.ttl(name) ?? Number.NEGATIVE_INFINITY
      return [before + left, Date.now() + left] as const
    })
  }

  #check(history: History | undefined): undefined {
    if (history === undefined) return undefined
    const { calls, initial, losses } = history
    const totals = this.#totals
    const verdict = checkHistory(calls, { initial, losses })
    totals.histories++
    totals.calls += calls.length
    totals.cut += calls.filter((call) => call.outcome.kind === 'cut').length
    totals.overlapping += overlapping(calls)
    totals.configurations += verdict.configurations
    if (verdict.ok === 'undecided') totals.undecided++
    if (verdict.ok === false) this.#complain(describeWitness(verdict.witness))
    return undefined
  }

  #verify(): void {
    const { problems } = this.#engine.verify()
    for (const problem of problems.slice(0, 10)) this.#complain(problem)
  }

  async #close(): Promise<void> {
    await this.#team.use(undefined)
    await this.#recovered(() => 0)
    this.#verify()
    const { pagesMoved, recoveries } = this.#engine.stats()
    this.#totals.evictions += evictionsOf(this.#engine)
    this.#totals.pagesMoved += pagesMoved
    this.#totals.recoveries += recoveries
    this.#engine.close()
  }

  #complain(text: string): void {
    if (this.#totals.problems.length > 10) return
    const variant = JSON.stringify(this.#variant)
    this.#totals.problems.push(`episode ${this.#run.number}, ${variant}: ${text}`)
  }
}

function evictionsOf(engine: Engine): number {
  const { memory, slots, entries, pages } = engine.stats().evictions
  return memory + slots + entries + pages
}

/** What a key is after the runner has read it, all being quiet. */
function stateAfter(call: Call, end: readonly [number, number], before = ABSENT): KeyState {
  const { newest } = before
  const seen = call.outcome.kind === 'returned' ? call.outcome.value : undefined
  if (seen === undefined) return { ...ABSENT, newest }
  const { value, version } = seen as { value: string | number; version: number }
  return { ...present(value, version), mayEnd: end[0], mustEnd: end[1] }
}

function overlapping(calls: readonly Call[]): number {
  const ends = new Map<string, number>()
  let count = 0
  for (const call of [...calls].sort((a, b) => a.invoked - b.invoked)) {
    const last = ends.get(call.key) ?? 0
    if (call.invoked < last) count++
    ends.set(call.key, Math.max(last, call.returned))
  }
  return count
}
