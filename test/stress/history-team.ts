/**
 * The workers of a history run: started, sent into a round, killed in the midst of it, waited for
 * and replaced.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { EngineHandle } from '../../src/index.ts'
import { FROZEN, MOST_WORKERS, PLAN, type Random } from './history-plan.ts'
import { clearTape, createTape, recordsOn } from './history-tape.ts'
import type { HistoryOrders, TeamMessage } from './history-thread.ts'
import { whereaboutsOf } from './whereabouts.ts'

const PROGRAM = new URL('./history-thread.ts', import.meta.url)
const TAPE_DOUBLES = 48 * 1024
/** Who makes no call for so long stands still. */
const STANDSTILL_MS = 15_000
const POLL_MS = 10
const TURNS_PER_LOOK = 500
/** The longest time for which a worker stays frozen before it is killed. */
const LONGEST_FROZEN_MS = 60

interface Member {
  readonly worker: Worker
  readonly number: number
  readonly tape: SharedArrayBuffer
  readonly isDoomed: boolean
  isDead: boolean
  /** When it is killed, if it is frozen. */
  buriedMs?: number
  /** Records of the round when they last grew. */
  progress: { readonly records: number; readonly atMs: number }
}

/** Whether a worker has recorded nothing for long. */
function standsStill(member: Member): boolean {
  const records = recordsOn(member.tape)
  const { progress } = member
  if (records !== progress.records) member.progress = { records, atMs: performance.now() }
  return performance.now() - member.progress.atMs > STANDSTILL_MS
}

export interface TeamOptions {
  readonly entry: string
  readonly size: number
  readonly seed: number
  readonly clock: SharedArrayBuffer
  /** Some freeze in the midst of an operation: only for a twin that pauses. */
  readonly mayFreeze: boolean
  readonly random: Random
  readonly complain: (text: string) => void
}

export class Team {
  readonly plan = new Int32Array(new SharedArrayBuffer((PLAN.DONE_BY + MOST_WORKERS) * 4))
  readonly #options: TeamOptions
  readonly #members: Member[] = []
  #handle: EngineHandle | undefined
  #started = 0
  #round = 0
  kills = 0

  constructor(options: TeamOptions) {
    this.#options = options
  }

  /** Gives all workers the engine of the rounds to come, or takes it away. */
  async use(handle: EngineHandle | undefined): Promise<void> {
    this.#handle = handle
    const message: TeamMessage = handle === undefined ? {} : { handle }
    const members = this.#members.filter((member) => !member.isDead)
    await Promise.all(members.map((member) => this.#tell(member, message)))
  }

  /** Sends a message and waits for the answer. A doomed worker may freeze on the way. */
  async #tell(member: Member, message: TeamMessage): Promise<void> {
    const started = performance.now()
    let hasAnswered = false
    const answer = once(member.worker, 'message').then(() => {
      hasAnswered = true
    })
    member.worker.postMessage(message)
    while (!hasAnswered && !member.isDead) {
      await Promise.race([answer, sleep(POLL_MS)])
      await this.bury()
      if (performance.now() - started > STANDSTILL_MS) {
        await this.#report(member)
        return
      }
    }
  }

  /** Starts workers in the places of those that are missing or dead. */
  async fill(): Promise<void> {
    const fresh: Promise<void>[] = []
    for (let slot = 0; slot < this.#options.size; slot++) {
      if (this.#members[slot] !== undefined && !this.#members[slot].isDead) continue
      const member = this.#start(slot)
      this.#members[slot] = member
      const message: TeamMessage = this.#handle === undefined ? {} : { handle: this.#handle }
      fresh.push(this.#tell(member, message))
    }
    await Promise.all(fresh)
  }

  #start(slot: number): Member {
    const { entry, seed, clock, random, mayFreeze, complain } = this.#options
    const number = ++this.#started
    // The first is never doomed: somebody has to end each round.
    const isDoomed = mayFreeze && slot > 0 && random(3) === 0
    Atomics.store(this.plan, PLAN.DONE_BY + slot, this.#round)
    const orders: HistoryOrders = {
      worker: number,
      slot,
      entry,
      tape: createTape(TAPE_DOUBLES),
      clock,
      plan: this.plan.buffer as SharedArrayBuffer,
      seed: seed + number,
      doom: isDoomed ? 1000 + random(120_000) : -1,
    }
    const worker = new Worker(PROGRAM, { workerData: orders })
    worker.on('error', (error) => complain(`worker ${number} ended: ${error.stack}`))
    const progress = { records: -1, atMs: 0 }
    return { worker, number, tape: orders.tape, isDoomed, isDead: false, progress }
  }

  startRound(): void {
    // A worker that is killed before it has begun must not leave the tape of the round before.
    for (const { tape } of this.#members) clearTape(tape)
    this.#round = Atomics.add(this.plan, PLAN.ROUND, 1) + 1
    Atomics.notify(this.plan, PLAN.ROUND)
  }

  /** Ends one of the first `threads` workers at whatever it does. */
  async kill(random: Random, threads: number): Promise<void> {
    const active = this.#members.slice(0, threads)
    const candidates = active.filter((member, slot) => slot > 0 && !member.isDead)
    if (candidates.length > 0) await this.#kill(candidates[random(candidates.length)])
  }
  async #kill(member: Member): Promise<void> {
    if (member.isDead) return
    member.isDead = true
    this.kills++
    await member.worker.terminate()
  }

  /** Until all who live have ended the round; those that freeze are killed after a while. */
  async endRound(): Promise<void> {
    for (const member of this.#members) member.progress = { records: -1, atMs: 0 }
    for (let turn = 1; this.#busy().length > 0; turn++) {
      await this.bury()
      await sleep(1)
      if (turn % TURNS_PER_LOOK !== 0) continue
      const still = this.#busy().filter(standsStill)
      if (still.length === 0) continue
      await Promise.all(still.map((member) => this.#report(member)))
      return
    }
  }
  /** Kills those that are frozen, and have been for a while. */
  async bury(): Promise<void> {
    for (const [slot, member] of this.#members.entries()) {
      if (member.isDead || Atomics.load(this.plan, PLAN.DONE_BY + slot) !== FROZEN) continue
      const delay = this.#options.random(LONGEST_FROZEN_MS)
      member.buriedMs ??= performance.now() + delay
      if (performance.now() >= member.buriedMs) await this.#kill(member)
      if (member.isDead) Atomics.store(this.plan, PLAN.DONE_BY + slot, this.#round)
    }
  }
  async #report({ worker, number, tape, isDoomed }: Member): Promise<void> {
    const who = `${isDoomed ? 'doomed ' : ''}worker ${number}`
    const before = recordsOn(tape)
    const where = await whereaboutsOf(worker)
    const did = `had made ${before} calls, ${recordsOn(tape) - before} since`
    this.#options.complain(`${who} does not end round ${this.#round}, ${did}: ${where}`)
  }
  #busy(): Member[] {
    return this.#members.filter((member, slot) => {
      return !member.isDead && Atomics.load(this.plan, PLAN.DONE_BY + slot) !== this.#round
    })
  }

  get alive(): number {
    return this.#members.filter((member) => !member.isDead).length
  }
  get size(): number {
    return this.#options.size
  }
  /** The tape of each worker that was in the last round. */
  tapes(): readonly { readonly number: number; readonly tape: SharedArrayBuffer }[] {
    return this.#members
  }
  async dismiss(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.worker.terminate()))
    for (const member of this.#members) member.isDead = true
  }
}
